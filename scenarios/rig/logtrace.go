package rig

import (
	"slices"

	"ionbench/client/upgradelog"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// done is what the meter has done since it began to clear its flash.
type done struct {
	cleared  bool
	blocks   uint64 // programmed
	verified bool
	runs     bool // an application, since
}

// take notes an event of the meter.
func (d *done) take(e bench.Event) {
	switch e.Kind + " " + e.Text {
	case "state erasing":
		*d = done{}
	case "state receiving":
		d.cleared = true
	case "block-programmed ":
		d.blocks = e.N
	case "verified ok":
		d.verified = true
	case "state application":
		d.runs = true
	}
}

// allows says whether the log may have this line, in an upgrade of so many blocks.
func (d *done) allows(l upgradelog.Line, blocks int) bool {
	switch l.Kind {
	case upgradelog.FlashCleared:
		return d.cleared
	case upgradelog.Completed:
		return l.Number*blocks <= 100*int(d.blocks)
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
	if slices.ContainsFunc(o.evidence.attempt.Plan, func(f fault.Fault) bool { return f.Kind == fault.ReplyStatus }) {
		return
	}
	var d done
	var told []byte
	for _, e := range o.Trace {
		switch {
		case e.Source == bench.FromMeter:
			d.take(e)
		case e.Source == bench.FromHost && e.Kind == "log":
			told = append(append(told, e.Text...), '\n')
			judgeLine(&d, e.Text, o)
		}
	}
	if len(o.Trace) > 0 && o.Unsaid == 0 && len(told) != len(o.Log) {
		o.breaks("I6: %d bytes of log were told and %d are on the disk", len(told), len(o.Log))
	}
}

func judgeLine(d *done, text string, o *Outcome) {
	parsed, err := upgradelog.Parse([]byte(text))
	if err != nil || len(parsed.Entries) != 1 {
		return // judgeLog tells
	}
	if !d.allows(parsed.Entries[0].Line, o.Counts.Blocks) {
		o.breaks("I6: the log has %q, and the meter has not come so far", text)
	}
}
