package rig

import (
	"slices"

	"ionbench/client/upgradelog"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// done is what the meter has done since it began to clear its flash.
type done struct {
	cleared  bool
	blocks   uint32 // programmed
	verified bool
	runs     bool // an application, since
}

// take notes what happened to the meter.
func (d *done) take(what story.What) {
	switch w := what.(type) {
	case story.StateEntered:
		d.enter(w.State)
	case story.BlockProgrammed:
		d.blocks = w.Block
	case story.ImageChecked:
		d.verified = d.verified || w.Status == ion.StatusOK
	}
}

func (d *done) enter(s meter.State) {
	switch s {
	case meter.Erasing:
		*d = done{}
	case meter.Receiving:
		d.cleared = true
	case meter.Application:
		d.runs = true
	}
}

// allows says whether the log may have this line, in an upgrade of so many blocks.
func (d *done) allows(l upgradelog.Line, blocks int) bool {
	switch l.Kind {
	case upgradelog.FlashCleared:
		return d.cleared
	case upgradelog.Completed:
		return int(d.blocks) >= upgradelog.AnsweredAt(l.Number, blocks)
	case upgradelog.Verified:
		return d.verified
	case upgradelog.Restarted:
		return d.runs
	}
	return true
}

// judgeTrace is I6 line by line: what the log tells, the meter had done by then, and every
// line that was told is on the disk, if it had room for it. It needs a trace, and answers
// that say what is.
func (o *Outcome) judgeTrace() {
	if slices.ContainsFunc(o.evidence.attempt.Plan, func(f fault.Fault) bool { return f.Kind.Forges() }) {
		return
	}
	var d done
	var told []byte
	for _, e := range o.Trace {
		l, ok := e.What.(LineLogged)
		if !ok {
			d.take(e.What)
			continue
		}
		told = upgradelog.Append(told, l.Line)
		if !d.allows(l.Line, o.Counts.Blocks) {
			o.breaks("I6: the log has %q, and the meter has not come so far", l.Line)
		}
	}
	if len(o.Trace) > 0 && o.Unsaid == 0 && len(told) != len(o.Log) {
		o.breaks("I6: %d bytes of log were told and %d are on the disk", len(told), len(o.Log))
	}
}
