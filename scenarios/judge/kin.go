package judge

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// markName is the variable of a program's environment by which the processes that come of it are
// known.
const markName = "IONBENCH_JUDGE"

// kin are all processes that come of one program, whatever process group or session they are in.
type kin struct {
	mark  string // entry of their environment, which no other program has
	since uint64 // none of them has begun before, in ticks; 0 where that is not known
}

func newKin() *kin { return &kin{mark: markName + "=" + ourMark + "-" + rand.Text(), since: ticks()} }

// end kills those that still run and reports how many there were, and whether all have ended.
// Root is the process id of the program, or 0 if it has ended and the id may be another's. It does
// not take much longer than lastResort.
func (k *kin) end(root int) (killed int, all bool) {
	type result struct {
		killed int
		all    bool
	}
	done := make(chan result, 1)
	go func() { // to look at a process can block
		seen := map[int]bool{}
		all := untilNone(func() int {
			if n := killEach(k.orphans(), seen); n > 0 {
				return n
			}
			return killEach(k.find(root), seen)
		})
		done <- result{len(seen), all}
	}()
	select {
	case r := <-done:
		return r.killed, r.all
	case <-time.After(2 * lastResort):
		return 0, false
	}
}

// lull is the time between two looks. It is short, for a process that goes on by forking and
// ending must be met between the two.
const lull = 100 * time.Microsecond

// untilNone calls kill until it finds nothing more, and reports whether it came to that within
// lastResort.
func untilNone(kill func() int) bool {
	for began := time.Now(); kill() > 0; time.Sleep(lull) {
		if time.Since(began) > lastResort {
			return false
		}
	}
	return true
}

type alone struct{}

// Alone says that nothing in this process but Run starts processes. Then orphans that hide from
// which program they come are ended too.
func Alone(ctx context.Context) context.Context { return context.WithValue(ctx, alone{}, true) }

// strays are orphans of programs that have hidden whose they are. They are found only where
// nothing but the judge starts processes.
type strays struct {
	before map[int]bool // children of this process that were there first
}

// children are the process ids of programs that are not yet waited for. A stray is none of them.
type children struct {
	mu  sync.Mutex
	ids map[int]bool
}

// started are the programs of this process: it has one list of children.
var started = children{ids: map[int]bool{}}

func (p *children) begin(start func() (pid int, err error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pid, err := start()
	if err == nil {
		p.ids[pid] = true
	}
	return err
}

func (p *children) end(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.ids, pid)
}

func newStrays() *strays {
	s := &strays{before: map[int]bool{}}
	for _, p := range ownChildren() {
		s.before[p.id] = true
	}
	return s
}

// end kills the strays, and their children, and reports how many there were, and whether all
// have ended.
func (s *strays) end() (killed int, all bool) {
	seen := map[int]bool{}
	all = untilNone(func() int { return killEach(s.find(), seen) })
	return len(seen), all
}

func (s *strays) find() []running {
	started.mu.Lock()
	defer started.mu.Unlock()
	var found []running
	for _, p := range ownChildren() {
		if !s.before[p.id] && !started.ids[p.id] {
			found = append(found, p)
		}
	}
	return found
}

// running is a process of this computer.
type running struct {
	id, parent int
	zombie     bool
	began      uint64 // in ticks; 0 where that is not known
}
