package reproduce

import (
	"errors"
	"fmt"
	"slices"
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
	// first: it is tried before what explains more of the log, for it explains all or nothing.
	first bool
	// wasLate is how late the trial ended that led to another size of the image; 0 if none did.
	wasLate int
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
	beyond  int          // lines behind these that the tool writes at once with the log's last, where that is cut
	differs bool         // at the line behind them
	late    int          // seconds by which the last stamp comes too early
	outcome *rig.Outcome // nil if it was stopped at a line that differs
	left    Left         // known if the log is the same
}

// right is how many of the trial's lines are right.
func (p *played) right() int { return p.matched + p.beyond }

// exact reports whether the log is the same.
func (p *played) exact() bool { return !p.differs && p.late == 0 }

// mostQuiet is how much may happen on the bench between two requests, of which the longest has some hundred
// frames. More is a line that comes and goes for weeks while the PC sleeps, or a station that babbles then.
const mostQuiet = 10_000

var errEndless = errors.New("too much happens between two requests")

// play tries a hypothesis on the bench, until it writes another line than is wanted; with nothing
// wanted, to its end. fresh is how many of its requests no trial before has sent.
func (w *scene) play(h hypothesis, want *mended) (p *played, fresh int, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			p, err = nil, fmt.Errorf("the model panics: %v", broken)
		}
	}()
	n, err := w.setOut(h, want)
	if err != nil {
		return nil, 0, err
	}
	p = n.p
	for quiet := 0; !p.differs && n.rig.Step(); quiet++ {
		known := len(p.marks) + len(p.lines)
		n.look()
		if known != len(p.marks)+len(p.lines) {
			quiet = 0
		}
		sent := len(p.marks) - n.trail.from
		if quiet > mostQuiet {
			return nil, sent, errEndless
		}
		if n.cross() {
			n.keep()
			return p, sent, nil
		}
	}
	if p.differs {
		n.keep()
		return p, len(p.marks) - n.trail.from, nil
	}
	p.outcome = n.rig.Finish()
	n.look()
	n.end()
	if p.exact() {
		n.rig.Heal()
		p.left = leftBy(n.rig, w.file(h.bytes).Own.Image, w.upgrade.Release)
		p.left.called = w.called
	}
	n.keep()
	return p, len(p.marks) - n.trail.from, nil
}

// setOut begins a trial, or goes on from where an earlier one was that began alike.
func (w *scene) setOut(h hypothesis, want *mended) (*note, error) {
	base, err := w.rig(h.lead)
	if err != nil {
		return nil, err
	}
	n := &note{p: &played{hypothesis: h}, want: want, begun: base.Now(), trails: &w.trails, crossings: w.crossings}
	if t, at, keep := w.trails.latest(h); t != nil && want != nil {
		n.rig = at.rig.Clone()
		if err := n.rig.PlanAnew(keep, h.plan[keep:]); err != nil {
			return nil, err
		}
		n.follow(t.of, at)
		n.trail = w.trails.begin(n.p)
		n.trail.from = at.marks
		return n, nil
	}
	n.rig = base.Clone()
	if err := w.begin(n.rig, h.bytes, h.plan); err != nil {
		return nil, err
	}
	n.trail = &trail{of: n.p, every: 1}
	if want != nil {
		n.trail = w.trails.begin(n.p)
	}
	n.look()
	return n, nil
}

// note records a trial, step by step.
type note struct {
	p        *played
	want     *mended
	rig      *rig.Rig
	begun    time.Duration
	requests uint64
	logged   rig.Logged // the lines that were looked at
	trails   *trails
	trail    *trail

	underWay  uint64    // messages that were looked at
	crossed   []crossed // by this trial
	crossings map[crossing]crossed
	state     []byte // memory
}

// follow notes what another trial noted until it stopped there.
func (n *note) follow(of *played, at stop) {
	n.p.lines, n.p.at, n.p.marks = slices.Clone(of.lines[:at.lines]), slices.Clone(of.at[:at.lines]), slices.Clone(of.marks[:at.marks])
	n.p.matched = min(at.lines, len(n.want.Entries)) // all are right, or it would have ended
	n.p.beyond = at.lines - n.p.matched
	n.requests, n.logged = n.rig.Bench().Station().Requests(), n.rig.Logged()
	n.underWay = n.rig.Bench().Station().UnderWay()
}

func (n *note) look() {
	p := n.p
	logged := n.rig.Logged()
	if logged != n.logged {
		for _, l := range logged.After(n.logged) {
			n.line(l.AsRead())
		}
		n.logged = logged
	}
	s := n.rig.Bench().Station()
	if requests := s.Requests(); requests != n.requests {
		n.requests = requests
		c := s.InRun()
		p.marks = append(p.marks, mark{
			at: n.rig.Now() - n.begun, step: n.rig.Doing(), block: n.rig.Block(), pass: n.passes(),
			replies: c.Replies, ops: c.FlashOps, lines: len(p.lines),
		})
		if !p.differs && n.want != nil {
			n.trails.stop(n.trail, n.rig, n.begun)
		}
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
	case p.differs, n.want == nil:
	case p.matched == len(n.want.Entries) && n.atOnce():
		p.beyond++
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

// atOnce reports whether the trial's last line, which the log does not have, was written at once with the one
// before. No end of a tool comes between: whoever cut the log has cut it there.
func (n *note) atOnce() bool {
	at := n.p.at
	_, ended := n.want.Ended()
	return !ended && len(at) > 1 && at[len(at)-1] == at[len(at)-2]
}

func isEnd(k upgradelog.Kind) bool {
	return k == upgradelog.UpgradeCompleted || k == upgradelog.UpgradeFailed
}

// end: a log that is too short differs, too.
func (n *note) end() {
	if n.want != nil && n.p.matched < len(n.want.Entries) {
		n.p.differs = true
	}
}
