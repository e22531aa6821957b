package reproduce

import (
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/simulator/fault"
)

// hypothesis is what may have happened.
type hypothesis struct {
	plan  fault.Plan
	bytes int           // of the image
	lead  time.Duration // of the attempt behind a full second: logs have no parts of one
}

// mark is a request that the tool began to send.
type mark struct {
	at      time.Duration // since the attempt began
	step    client.Step   // of the tool's procedure
	block   int           // 0 for none
	pass    int           // of the download
	replies uint64        // that the meter had begun to send
	ops     uint64        // that its flash had done
	lines   int           // that stood in the log
}

// played is what came of a hypothesis, up to the first line that is not as in the log.
type played struct {
	hypothesis
	lines   []upgradelog.Line
	at      []time.Duration // of each line
	marks   []mark
	matched int          // lines that are as in the log, stamps at the end aside
	differs bool         // at line matched
	late    int          // seconds by which the last stamp comes too early
	outcome *rig.Outcome // nil where it was stopped at a line that differs
}

// exact reports that the log is the same.
func (p *played) exact() bool { return !p.differs && p.late == 0 }

// play tries a hypothesis on the bench.
func (w *scene) play(h hypothesis, want []upgradelog.Entry) (p *played, err error) {
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
	return p, nil
}

// note writes down what a trial does, step by step.
type note struct {
	p        *played
	want     []upgradelog.Entry
	rig      *rig.Rig
	begun    time.Duration
	requests uint64
}

func (n *note) look() {
	p := n.p
	for _, l := range n.rig.Past().Lines[len(p.lines):] {
		n.line(l.AsRead())
	}
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

// line compares a line with the one that stands there in the log.
func (n *note) line(l upgradelog.Line) {
	p := n.p
	p.lines = append(p.lines, l)
	p.at = append(p.at, n.rig.Now()-n.begun)
	switch {
	case p.differs:
	case p.matched == len(n.want):
		p.differs = true
	case n.want[p.matched].Line == l:
		p.matched++
	case isEnd(l.Kind) && n.want[p.matched].Kind == l.Kind:
		p.late = int(n.want[p.matched].Time.Sub(l.Time) / time.Second)
		p.matched++
	default:
		p.differs = true
	}
}

func isEnd(k upgradelog.Kind) bool {
	return k == upgradelog.UpgradeCompleted || k == upgradelog.UpgradeFailed
}

// end: a log that is shorter than the one of the field differs as well.
func (n *note) end() {
	if n.p.matched < len(n.want) {
		n.p.differs = true
	}
}
