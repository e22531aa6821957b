package reproduce

import (
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/simulator/fault"
)

// hypothesis is something that may have happened.
type hypothesis struct {
	plan  fault.Plan
	bytes int           // of the image
	lead  time.Duration // how long after a full second the attempt begins; logs show only full seconds
	// settled: it is another cause of lines that are right, and gets no further faults.
	settled bool
}

// mark is a request that the tool began to send.
type mark struct {
	at      time.Duration // since the attempt began
	step    client.Step   // of the tool's procedure
	block   int           // 0 for none
	pass    int           // of the download
	replies uint64        // answers that the meter had begun to send
	ops     uint64        // operations that its flash had done
	lines   int           // lines in the log
}

// played is a hypothesis that was played, up to the first line that differs from the log.
type played struct {
	hypothesis
	lines   []upgradelog.Line
	at      []time.Duration // of each line
	marks   []mark
	matched int          // lines that equal the log's, except for stamps at the end
	differs bool         // at line matched
	late    int          // seconds by which the last stamp comes too early
	outcome *rig.Outcome // nil if it was stopped at a line that differs
	left    Left         // known if the log is the same
}

// exact reports whether the log is the same.
func (p *played) exact() bool { return !p.differs && p.late == 0 }

// play tries a hypothesis on the bench.
func (w *scene) play(h hypothesis, want *mended) (p *played, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			p, err = nil, fmt.Errorf("the model panics: %v", broken)
		}
	}()
	base, err := w.rig(h.lead)
	if err != nil {
		return nil, err
	}
	r := base.Clone()
	p = &played{hypothesis: h}
	begun := r.Now()
	if err := w.begin(r, h.bytes, h.plan); err != nil {
		return nil, err
	}
	n := note{p: p, want: want, rig: r, begun: begun}
	n.look()
	for !p.differs && r.Step() {
		n.look()
	}
	if p.differs {
		return p, nil
	}
	p.outcome = r.Finish()
	n.look()
	n.end()
	if p.exact() {
		r.Heal()
		p.left = leftBy(r, w.file(h.bytes).Own.Image, w.upgrade.Release)
	}
	return p, nil
}

// note records a trial, step by step.
type note struct {
	p        *played
	want     *mended
	rig      *rig.Rig
	begun    time.Duration
	requests uint64
	past     rig.Past // of the lines that were looked at
}

func (n *note) look() {
	p := n.p
	past := n.rig.Past()
	for _, l := range past.LinesAfter(&n.past) {
		n.line(l.AsRead())
	}
	n.past = past
	s := n.rig.Bench().Station()
	if requests := s.Requests(); requests != n.requests {
		n.requests = requests
		c := s.InRun()
		p.marks = append(p.marks, mark{
			at: n.rig.Now() - n.begun, step: n.rig.Doing(), block: n.rig.Block(), pass: n.passes(),
			replies: c.Replies, ops: c.FlashOps, lines: len(p.lines),
		})
	}
}

func (n *note) passes() int {
	passes := 0
	for _, l := range n.p.lines {
		if l.Kind == upgradelog.Proceeding {
			passes++
		}
	}
	return passes
}

// line compares a line with the log's line at the same place.
func (n *note) line(l upgradelog.Line) {
	p := n.p
	p.lines = append(p.lines, l)
	p.at = append(p.at, n.rig.Now()-n.begun)
	switch {
	case p.differs:
	case p.matched == len(n.want.Entries):
		p.differs = true
	case n.want.same(p.matched, l):
		p.matched++
	case isEnd(l.Kind) && n.want.Entries[p.matched].Kind == l.Kind:
		p.late = n.want.late(p.matched, l)
		p.matched++
	default:
		p.differs = true
	}
}

func isEnd(k upgradelog.Kind) bool {
	return k == upgradelog.UpgradeCompleted || k == upgradelog.UpgradeFailed
}

// end: a log that is too short differs, too.
func (n *note) end() {
	if n.p.matched < len(n.want.Entries) {
		n.p.differs = true
	}
}
