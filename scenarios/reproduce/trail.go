package reproduce

import (
	"slices"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// trail is a trial with its states along the way. Trials whose plans begin alike are alike until
// one of the other faults strikes: such a trial goes on from a state of this one.
type trail struct {
	of    *played
	stops []stop
	every int // requests between two stops
	from  int // requests that it has of the trial from which it went on
}

// stop is a state of a trial.
type stop struct {
	rig    *rig.Rig
	counts bench.Counts
	at     time.Duration // since the attempt began
	idle   bool          // the chip has nothing to do
	struck int           // the first faults of the plan, up to the last that has had its moment
	lines  int
	marks  int
}

// Bounds of the memory that trails take.
const (
	maxTrails = 16
	maxStops  = 32
)

// trails are those of the last trials, the latest first, and rigs that are no longer used.
type trails struct {
	list  []*trail
	spent []*rig.Rig
}

// begin begins a trail.
func (ts *trails) begin(p *played) *trail {
	t := &trail{of: p, every: 1}
	if len(ts.list) == maxTrails {
		last := ts.list[maxTrails-1]
		for _, s := range last.stops {
			ts.spent = append(ts.spent, s.rig)
		}
		ts.list = ts.list[:maxTrails-1]
	}
	ts.list = slices.Insert(ts.list, 0, t)
	return t
}

// stop keeps the state of a trial. Where there are too many of them, every other one is forgotten.
func (ts *trails) stop(t *trail, r *rig.Rig, since time.Duration) {
	if len(t.of.marks)%t.every != 0 {
		return
	}
	if len(t.stops) == maxStops {
		kept := t.stops[:0]
		for i, s := range t.stops {
			if i%2 == 1 {
				kept = append(kept, s)
			} else {
				ts.spent = append(ts.spent, s.rig)
			}
		}
		t.stops = kept
		t.every *= 2
	}
	s := r.Bench().Station()
	m := r.Meter()
	t.stops = append(t.stops, stop{
		rig: ts.copyOf(r), counts: s.InRun(), at: r.Now() - since, idle: m.OpsBegun() == m.Chip().Ops(), struck: s.Struck(),
		lines: len(t.of.lines), marks: len(t.of.marks),
	})
}

func (ts *trails) copyOf(r *rig.Rig) *rig.Rig {
	var c *rig.Rig
	if n := len(ts.spent); n > 0 {
		c, ts.spent = ts.spent[n-1], ts.spent[:n-1]
	} else {
		c = new(rig.Rig)
	}
	r.CopyTo(c)
	return c
}

// latest finds the latest state from which a hypothesis can go on, and how many of its faults that
// has already; nil if there is none.
func (ts *trails) latest(h hypothesis) (t *trail, at stop, keep int) {
	found := -1
	for i, other := range ts.list {
		if other.of.bytes != h.bytes || other.of.lead != h.lead {
			continue
		}
		same := common(other.of.plan, h.plan)
		for _, s := range slices.Backward(other.stops) {
			if s.marks <= at.marks {
				break
			}
			if s.struck <= same && s.before(h.plan[same:]) {
				t, at, keep, found = other, s, same, i
				break
			}
		}
	}
	if t != nil { // it was of use
		ts.list = slices.Insert(slices.Delete(ts.list, found, found+1), 0, t)
	}
	return t, at, keep
}

// common is how many faults two plans have in common, from the first on.
func common(a, b fault.Plan) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// before reports whether none of the faults has had its moment. Of a moment that is not counted
// nobody knows.
func (s *stop) before(p fault.Plan) bool {
	return !slices.ContainsFunc(p, func(f fault.Fault) bool {
		t := f.Trigger
		switch t.Unit {
		case fault.AtBlock:
			return s.counts.Block >= t.First
		case fault.AtReply:
			return s.counts.Replies >= t.First
		case fault.AtFlashOp:
			return !s.idle || s.counts.FlashOps >= t.First
		case fault.AtTime:
			return s.at >= time.Duration(t.First)
		}
		return true
	})
}
