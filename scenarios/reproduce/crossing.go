package reproduce

import (
	"slices"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
)

// crossing is a state in which a trial was behind its last fault, with all that its log depends on.
// Trials that come to the same one go the same way from there, whatever led to it.
type crossing struct {
	state machine.Fingerprint
	at    time.Duration // since the attempt began
	lead  time.Duration
	bytes int
	lines int // all of them right
}

// crossed is a trial at a crossing.
type crossed struct {
	at    crossing
	of    *played
	past  rig.Past
	marks int
	last  mark // what was counted there
}

// maxCrossings is how many crossings of a trial are looked at: those of its next few messages.
const maxCrossings = 6

// cross looks whether the trial has come to a crossing, and reports whether another trial has been there:
// then it has the rest from that one.
func (n *note) cross() bool {
	s := n.rig.Bench().Station()
	if s.UnderWay() == n.underWay || len(n.crossed) == maxCrossings || n.want == nil || n.p.differs {
		return false
	}
	n.underWay = s.UnderWay()
	if len(n.p.plan) == 0 || !s.Settled() || len(s.Unstruck()) > 0 || ofPC(n.p.plan) {
		return false
	}
	n.state = n.rig.AppendState(n.state[:0])
	c, counts := crossed{of: n.p, past: n.rig.Past(), marks: len(n.p.marks)}, s.InRun()
	c.at = crossing{machine.FingerprintOf(n.state), n.rig.Now() - n.begun, n.p.lead, n.p.bytes, len(n.p.lines)}
	c.last = mark{replies: counts.Replies, ops: counts.FlashOps}
	if other, known := n.crossings[c.at]; known {
		n.take(c, other)
		return true
	}
	n.crossed = append(n.crossed, c)
	return false
}

// ofPC reports whether a fault befalls the PC, of which the state does not tell everything.
func ofPC(p fault.Plan) bool {
	return slices.ContainsFunc(p, func(f fault.Fault) bool { return f.Kind.Place() == fault.PlaceHost })
}

// take takes the rest of a trial that was at the same crossing.
func (n *note) take(here, there crossed) {
	p, o := n.p, there.of
	p.lines = append(p.lines, o.lines[here.at.lines:]...)
	p.at = append(p.at, o.at[here.at.lines:]...)
	for _, m := range o.marks[there.marks:] {
		m.replies += here.last.replies - there.last.replies
		m.ops += here.last.ops - there.last.ops
		p.marks = append(p.marks, m)
	}
	p.matched, p.beyond, p.differs, p.late, p.left = o.matched, o.beyond, o.differs, o.late, o.left
	if o.outcome != nil {
		p.outcome = o.outcome.With(here.past, there.past)
	}
}

// keep makes the crossings of a trial that is over known to later ones.
func (n *note) keep() {
	for _, c := range n.crossed {
		n.crossings[c.at] = c
	}
}
