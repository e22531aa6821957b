package judge

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of all orphans among its descendants, so that none escapes.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } // an old kernel: groups are ended all the same

// processes are all processes that can be seen.
func processes() []running {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1) // what could be read, if not all
	var all []running
	for _, name := range names {
		if _, notProcess := strconv.Atoi(name); notProcess != nil {
			continue
		}
		if p, ok := readStat("/proc/" + name + "/stat"); ok {
			all = append(all, p)
		}
	}
	return all
}

// readStat reads /proc/PID/stat: "PID (NAME) STATE PARENT ...". A name can have any characters.
func readStat(path string) (p running, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return p, false
	}
	id, _, _ := strings.Cut(string(b), " ")
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 2 {
		return p, false
	}
	p.id, _ = strconv.Atoi(id)
	p.parent, _ = strconv.Atoi(fields[1])
	p.zombie = fields[0] == "Z" || fields[0] == "X"
	return p, true
}

func childrenOf(pid int) []running {
	var children []running
	for _, p := range processes() {
		if p.parent == pid {
			children = append(children, p)
		}
	}
	return children
}

// find returns those that have the mark, and all that descend from them or from the program.
func (k *kin) find(root int) []running {
	var found []running
	member := map[int]bool{}
	rest := processes()
	for again := true; again; {
		again = false
		var others []running
		for _, p := range rest {
			switch {
			case p.zombie:
			case member[p.parent] || root != 0 && p.id == root || k.marks(p.id):
				found, member[p.id], again = append(found, p), true, true
			default:
				others = append(others, p)
			}
		}
		rest = others
	}
	return found
}

func (k *kin) marks(pid int) bool {
	environment, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(environment, []byte(k.mark))
}

// killEach kills processes, notes them in seen, and takes leave of those that have become
// children of this one. It returns how many still ran.
func killEach(found []running, seen map[int]bool) (ran int) {
	for _, p := range found {
		if !p.zombie {
			_ = unix.Kill(p.id, unix.SIGKILL)
			seen[p.id] = true
			ran++
		}
	}
	for _, p := range found {
		if p.zombie {
			reap(p.id)
		}
	}
	for id := range seen {
		reap(id)
	}
	return ran
}

// reap waits for an orphan that has ended. The programs themselves are waited for elsewhere.
func reap(pid int) {
	started.mu.Lock()
	defer started.mu.Unlock()
	if !started.ids[pid] {
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
}

// stopped reports whether a process is stopped by a signal.
func stopped(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.HasPrefix(b[bytes.LastIndexByte(b, ')')+1:], []byte(" T"))
}
