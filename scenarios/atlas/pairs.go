package atlas

import (
	"context"
	"slices"
	"sync/atomic"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
)

// class stands for all first faults after which the bench is in the same state. Second faults
// strike in what follows the first point of the class.
type class struct {
	first fault.Plan
	step  int   // step of the calm run in which it strikes
	steps int   // steps after the strike that no earlier class passes
	legs  []leg // what these steps pass
	rows  byUnit
}

// pairs strikes a second fault everywhere in what follows each class of first faults. Where the
// futures of two classes have become one, it belongs to the first of them.
func (w *sweeper) pairs(ctx context.Context) error {
	classes := w.classes()
	if err := w.divide(classes); err != nil {
		return err
	}
	for i, c := range classes {
		if w.sweep.Shards > 1 && i%w.sweep.Shards != w.sweep.Shard {
			c.steps = 0
		}
		w.layOut(c)
	}
	if err := w.left.check(); err != nil {
		return err
	}
	var next atomic.Int64
	return w.onAll(ctx, func(ctx context.Context) error {
		run, err := w.start(nil, rig.NoTrace)
		if err != nil {
			return err
		}
		calm, f := &struck{along: newWalk(run)}, w.newFollower()
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(classes) {
				return nil
			}
			if err := w.second(ctx, classes[i], calm, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// classes returns the classes that were found, each with its first point in the order of the
// calm run.
func (w *sweeper) classes() []*class {
	var all []*class
	seen := make(map[[8]byte]bool)
	for _, r := range w.rows {
		for i, found := range r.found {
			if found == missing || seen[w.table.list[found].future] {
				continue
			}
			seen[w.table.list[found].future] = true
			c := &class{}
			if r.unit == states {
				c.first = r.at(uint64(w.calm.states[i]))
			} else {
				n := uint64(i) + 1
				c.first = r.at(n)
				c.step, _ = slices.BinarySearchFunc(w.calm.at, n, func(at counts, n uint64) int {
					if at[r.unit] < n {
						return -1
					}
					return 1
				})
			}
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *class) int { return a.step - b.step })
	return all
}

// struck makes runs in which the first fault of a class has struck. Ask for classes in the
// order of their steps.
type struck struct {
	along *walk
	at    int // steps taken
	run   trial.Trial
}

// after returns the run in which c has struck.
func (s *struck) after(w *sweeper, c *class) (*trial.Trial, error) {
	for ; s.at < c.step; s.at++ {
		if s.at == c.step-1 {
			s.along.next()
		} else {
			s.along.skip()
		}
	}
	if c.step == 0 {
		run, err := w.start(trial.Plans{c.first}, rig.NoTrace)
		if err != nil {
			return nil, err
		}
		run.CopyTo(&s.run)
	} else if err := s.along.fork(&s.run, 0, c.first); err != nil {
		return nil, err
	}
	for s.run.Bench().Station().Waiting() && s.run.Step() {
	}
	return &s.run, nil
}

// divide gives every step after a first fault to the first class that passes it.
func (w *sweeper) divide(classes []*class) error {
	calm, err := w.start(nil, rig.NoTrace)
	if err != nil {
		return err
	}
	walked := make(map[machine.Fingerprint]bool)
	f := w.newFollower()
	whole := calm.Clone()
	for toCheckpoint(whole) {
		walked[f.fingerprint(whole)] = true
	}
	s := &struck{along: newWalk(calm)}
	for _, c := range classes {
		run, err := s.after(w, c)
		if err != nil {
			return err
		}
		along := newWalk(run)
		under, attempt := run.Bench().Station().UnderWay(), run.Attempt()
		for !run.Over() {
			l, ok := along.next()
			if !ok {
				break
			}
			c.steps++
			c.addLeg(l)
			if run.Attempt() != attempt {
				under, attempt = run.Bench().Station().UnderWay(), run.Attempt()
				continue
			}
			if n := run.Bench().Station().UnderWay(); n == under || !run.Bench().Station().Settled() {
				under = n
				continue
			}
			under = run.Bench().Station().UnderWay()
			state := f.fingerprint(run)
			if walked[state] {
				break
			}
			walked[state] = true
		}
	}
	return nil
}

func (c *class) addLeg(l leg) {
	if n := len(c.legs); n > 0 && c.legs[n-1].attempt == l.attempt {
		c.legs[n-1].to = l.to
		return
	}
	c.legs = append(c.legs, l)
}

// layOut makes the rows for what follows a class.
func (w *sweeper) layOut(c *class) {
	for _, l := range c.legs {
		joint := "; "
		if l.attempt > 0 {
			joint = " " + trial.Then + " "
		}
		for _, t := range w.templates {
			n := int(l.to[t.unit] - l.from[t.unit])
			if n == 0 || t.unit == states {
				continue
			}
			r := &row{
				space: pairsSpace, template: t.template, before: c.first.String() + joint, attempt: l.attempt,
				first: l.from[t.unit] + 1, found: slices.Repeat([]int32{missing}, n),
			}
			c.rows[t.unit] = append(c.rows[t.unit], r)
			w.addRow(r)
		}
	}
}

// second strikes everywhere in the steps of a class.
func (w *sweeper) second(ctx context.Context, c *class, calm *struck, f *follower) error {
	if c.steps == 0 {
		return nil
	}
	run, err := calm.after(w, c)
	if err != nil {
		return err
	}
	along := newWalk(run)
	for range c.steps {
		l, ok := along.next()
		if !ok || ctx.Err() != nil {
			return nil
		}
		if err := w.strike(l, along.fork, &c.rows, f); err != nil {
			return err
		}
	}
	return nil
}
