package verdict

import (
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

func unreadable(e *Evidence, f *findings) {
	if e.Log.Err != nil {
		f.tell("the log cannot be read: %v", e.Log.Err)
	}
	for _, u := range e.Log.Unreadable {
		f.tell("%v", u)
	}
}

// whole reports whether the log is about one upgrade and has all its lines.
func (l *Log) whole() bool { return l.Err == nil && len(l.Runs) == 1 && l.Unsaid == 0 }

func otherCount(e *Evidence, f *findings) {
	counted, seen := e.Tool.Counts.Transmitted-e.Tool.Counts.Withheld, int(e.Cost.Blocks)
	if e.Log.whole() && (counted < seen || counted > seen+e.died()) {
		f.tell("the tool counts %d blocks sent, the line %d", counted, e.Cost.Blocks)
	}
}

// wrongCounts: the numbers of an upgrade must follow from each other. If the upgrade is whole
// and the only one of the process, they must also follow from the tool's counts.
//
// Another program may count a try that could not begin because its connection was gone, or begin
// its counts again with the download.
func wrongCounts(e *Evidence, f *findings) {
	if e.Tool.Foreign && e.died() > 0 {
		return
	}
	sent := e.Tool.Counts.Transmitted + e.died()
	for _, run := range e.Log.Runs {
		last, missing := 0, 0
		for _, l := range run {
			if l.Kind == upgradelog.Proceeding && e.Tool.Foreign {
				last, missing = 0, 0
			}
			if l.Kind != upgradelog.Resending && l.Kind != upgradelog.Aborting {
				continue
			}
			if l.Total <= last || e.Log.whole() && l.Total > sent {
				f.tell("line %d counts %d blocks, after %d and of %d", l.At, l.Total, last, sent)
			}
			if missing = inARow(l, last, missing); l.Number != missing {
				f.tell("line %d counts %d missing answers in a row, and it is %d", l.At, l.Number, missing)
			}
			last = l.Total
		}
	}
}

// inARow returns how many answers in a row are missing with l, after missing answers to the
// block that was sent last. Another block in between starts the count again.
func inARow(l upgradelog.Entry, last, missing int) int {
	if l.Total == last+1 {
		return missing + 1
	}
	return 1
}

func count(run []upgradelog.Entry, k upgradelog.Kind) (n int) {
	for _, l := range run {
		if l.Kind == k {
			n++
		}
	}
	return n
}

func resendsToldTooOften(e *Evidence, f *findings) {
	if resends := count(e.Log.Entries, upgradelog.Resending); resends > int(e.Cost.Resends)+e.died() {
		f.tell("the log has %d resends, the line saw %d", resends, e.Cost.Resends)
	}
}

// wrongProgress checks percentages and efficiency, which follow from the blocks and the
// resends. It is for a download in one pass in which almost only silence made the tool send a
// block again. The log does not show a block that was sent again because it was refused, nor
// the one that was on its way at the end; untold is the number of both.
func wrongProgress(e *Evidence, f *findings) {
	c := &e.Tool.Counts
	if !e.Log.whole() {
		return
	}
	run := e.Log.Runs[0]
	if e.Tool.Foreign {
		foreignProgress(e, f, run)
		return
	}
	untold := c.Transmitted - c.Confirmed - count(run, upgradelog.Resending)
	if untold > 1 || count(run, upgradelog.Proceeding) != 1 {
		return
	}
	resends, percent := 0, 0
	for _, l := range run {
		switch l.Kind {
		case upgradelog.Resending:
			resends++
		case upgradelog.Completed:
			if percent += 10; l.Number != percent || c.Answered < upgradelog.AnsweredAt(percent, c.Blocks) {
				f.tell("line %d: %d%% completed, where %d%% is next and %d of %d blocks were answered", l.At, l.Number, percent, c.Answered, c.Blocks)
			}
		case upgradelog.Efficiency:
			answered := upgradelog.AnsweredAt(percent, c.Blocks)
			sent := answered + resends
			if most := sent + max(0, untold); l.Number > upgradelog.EfficiencyOf(answered, sent) || l.Number < upgradelog.EfficiencyOf(answered, most) {
				f.tell("line %d: efficiency of %d tenths of a percent after %d blocks and %d resends", l.At, l.Number, answered, resends)
			}
		}
	}
}

// foreignProgress is wrongProgress for the log of another program, which PROTOCOL.md leaves more
// freedom: the line of efficiency may stand before or behind its percentage, a block may reach
// several tens and name only the last, and an answer that asks to send the block again may count
// as one or not.
func foreignProgress(e *Evidence, f *findings, run []upgradelog.Entry) {
	c := &e.Tool.Counts
	if c.Blocks == 0 {
		return
	}
	untold := max(0, c.Transmitted-c.Confirmed-count(run, upgradelog.Resending)) + e.died()
	if untold > 1 || count(run, upgradelog.Proceeding) != 1 {
		foreignPasses(e, f, run)
		return
	}
	resends, percent := 0, 0
	for _, l := range run {
		switch l.Kind {
		case upgradelog.Resending:
			resends++
		case upgradelog.Completed:
			if !follows(l.Number, percent, c.Blocks) || c.Answered < upgradelog.AnsweredAt(l.Number, c.Blocks) {
				f.tell("line %d: %d%% completed, where %d%% is next and %d of %d blocks were answered", l.At, l.Number, percent+10, c.Answered, c.Blocks)
			}
			percent = l.Number
		case upgradelog.Efficiency:
			fits := func(percent int) bool {
				answered := upgradelog.AnsweredAt(percent, c.Blocks)
				least, _ := tenths(answered, answered+resends+untold)
				_, most := tenths(answered+untold, answered+untold+resends)
				return least <= l.Number && l.Number <= most
			}
			if next := nextCompleted(run, l.At); !fits(percent) && !fits(next) {
				f.tell("line %d: efficiency of %d tenths of a percent after %d%% of %d blocks and %d resends", l.At, l.Number, percent, c.Blocks, resends)
			}
		}
	}
	endsAtAll(e, f, run, percent)
}

// endsAtAll: a success has come to the end of its last pass, if its log has percentages.
func endsAtAll(e *Evidence, f *findings, run []upgradelog.Entry, percent int) {
	if success, _ := e.Tool.claims(); success && percent != 100 && count(run, upgradelog.Completed) > 0 {
		f.tell("the upgrade ended with success, and the last percentage in the log is %d", percent)
	}
}

// foreignPasses is what is left of foreignProgress where the counts cannot be compared: the
// percentages of every pass follow from each other, a success has come to the end of its last one,
// and no more was answered than was sent.
func foreignPasses(e *Evidence, f *findings, run []upgradelog.Entry) {
	const all = 1000
	percent := 0
	for _, l := range run {
		switch l.Kind {
		case upgradelog.Proceeding:
			percent = 0
		case upgradelog.Completed:
			if !follows(l.Number, percent, e.Tool.Counts.Blocks) {
				f.tell("line %d: %d%% completed, where %d%% is next", l.At, l.Number, percent+10)
			}
			percent = l.Number
		case upgradelog.Efficiency:
			if l.Number > all {
				f.tell("line %d: efficiency of %d tenths of a percent", l.At, l.Number)
			}
		}
	}
	endsAtAll(e, f, run, percent)
}

// tenths are the tenths of a percent that an efficiency lies between: programs round in their own
// ways, and some cut.
func tenths(answered, sent int) (down, up int) {
	const all = 1000
	if sent == 0 {
		return all, all
	}
	return all * answered / sent, (all*answered + sent - 1) / sent
}

// follows reports whether a percentage may stand behind another one: the tens between them were
// reached by the same block.
func follows(percent, last, blocks int) bool {
	if percent%10 != 0 || percent <= last || percent > 100 {
		return false
	}
	return upgradelog.AnsweredAt(last+10, blocks) == upgradelog.AnsweredAt(percent, blocks)
}

// nextCompleted is the percentage behind line at, or 100 if there is none.
func nextCompleted(run []upgradelog.Entry, at int) int {
	for _, l := range run {
		if l.Kind == upgradelog.Completed && l.At > at {
			return l.Number
		}
	}
	return 100
}

// done is what the meter has done since it began to clear its flash.
type done struct {
	cleared  bool
	blocks   uint32 // programmed
	verified bool
	runs     bool // an application has run since
}

// take notes an event of the meter.
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

// allows reports whether the log may have this line in an upgrade of so many blocks.
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

// aheadOfMeter: the meter must have done what the log says before the log says it. This needs
// answers that are not forged.
func aheadOfMeter(e *Evidence, f *findings) {
	if e.Forged {
		return
	}
	var d, undone done // undone: what was done when another tool had the meter begin anew
	for _, event := range e.Story {
		told, ok := event.What.(LineTold)
		if !ok {
			if e.Contested && event.What == (story.StateEntered{State: meter.Erasing}) {
				undone = d
			}
			d.take(event.What)
		} else if l, n := told.LogLine(), e.Tool.Counts.Blocks; !d.allows(l, n) && !undone.allows(l, n) {
			f.tell("the log has %q, and the meter has not come so far", l)
		}
	}
}

// linesMissing: every line that the tool told is on the disk, if there was room.
func linesMissing(e *Evidence, f *findings) {
	if e.Forged || e.Tool.Foreign || len(e.Story) == 0 || e.Log.Unsaid > 0 {
		return
	}
	var told []byte
	for _, event := range e.Story {
		if l, ok := event.What.(LineTold); ok {
			told = upgradelog.Append(told, l.LogLine())
		}
	}
	if len(told) != e.Log.Bytes {
		f.tell("%d bytes of log were told and %d are on the disk", len(told), e.Log.Bytes)
	}
}

// toldTooOften needs answers that are not forged, too.
func toldTooOften(e *Evidence, f *findings) {
	if e.Forged || len(e.Story) == 0 {
		return
	}
	for _, told := range [...]struct {
		kind upgradelog.Kind
		done int
	}{
		{upgradelog.FlashCleared, Clears(e.Story, e.Before.State)},
		{upgradelog.Verified, times(e.Story, story.ImageChecked{Status: ion.StatusOK})},
		{upgradelog.Restarted, Restarts(e.Story, e.Before.State)},
	} {
		lines := 0
		var line upgradelog.Line
		for _, l := range e.Log.Entries {
			if l.Kind == told.kind {
				line = l.Line
				lines++
			}
		}
		if lines > told.done {
			f.tell("the log says %q %d times, and the meter did it %d times", line, lines, told.done)
		}
	}
}

// times counts what happened in a story.
func times(events []story.Event, what story.What) (n int) {
	for _, e := range events {
		if e.What == what {
			n++
		}
	}
	return n
}

// Clears is how often a story's meter has cleared its flash to the end; before is its state at the
// beginning. A meter that is switched on in its loader is ready for blocks as well, and has cleared nothing.
func Clears(events []story.Event, before meter.State) (n int) {
	erases := before == meter.Erasing
	for _, e := range events {
		state, ok := e.What.(story.StateEntered)
		if !ok || e.Source != story.Meter {
			continue
		}
		if erases && state.State == meter.Receiving {
			n++
		}
		erases = state.State == meter.Erasing
	}
	return n
}

// Restarts is how often a story's meter has started behind a loader's restart, or started an application;
// before is its state at the beginning. A restart is one also where what runs then is the loader again, because
// the image is not valid: it was answered, and a log may say so.
func Restarts(events []story.Event, before meter.State) (n int) {
	last, counted := before, false
	for _, e := range events {
		entered, ok := e.What.(story.StateEntered)
		if !ok || e.Source != story.Meter {
			continue
		}
		ofLoader := entered.State == meter.Booting && last >= meter.Download
		if ofLoader || entered.State == meter.Application && !counted {
			n++
		}
		last, counted = entered.State, ofLoader
	}
	return n
}

func gap(e *Evidence, f *findings) {
	if e.Log.Gap {
		f.tell("the tool keeps a log, and of the attempt in which it was killed there is nothing in it")
	}
}
