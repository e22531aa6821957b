package verdict

import (
	"slices"

	"ionbench/client"
	"ionbench/simulator/meter"
)

// flashed reports whether the flash was touched. The mark that a meter writes by itself when it
// first starts an image does not count if the image was there before.
func (e *Evidence) flashed() bool {
	if e.forAnother() {
		return false
	}
	return e.Meter.FlashOps > 1 || e.Meter.FlashOps == 1 && !e.Meter.Initialized
}

// forAnother reports whether all that the flash did was for another tool.
func (e *Evidence) forAnother() bool { return e.Contested && e.Tool.Orders == 0 }

func flashTouched(e *Evidence, f *findings) {
	if e.Forbidden != "" && e.flashed() {
		f.tell("%d flash operations, and %s", e.Meter.FlashOps, e.Forbidden)
	}
}

func loaderForNothing(e *Evidence, f *findings) {
	if e.Forbidden != "" && !e.flashed() && e.Before.State == meter.Application && e.Meter.State.Loader() {
		f.tell("the meter was told to enter download state, and %s", e.Forbidden)
	}
}

// triesToGiveBack is how often a meter is asked at least before it is left in its loader: the public ION
// client sends five times in all.
const triesToGiveBack = 5

// notGivenBack is for our own tool, where only the person was in its way, who did not end that, too. Whatever
// was lost before: it has either asked in vain until it might give up, or was heard, and knew what to do. A
// loader whose image is no longer good, or that misreads it, starts none.
func notGivenBack(e *Evidence, f *findings) {
	t := &e.Tool
	able := t.Aborted && !t.Hurried && !t.Foreign && !t.Killed && t.Ordered && t.Counts.Passes == 0 && !e.Forged && e.Meter.Connected && !e.Meter.BadChip
	if !able || e.Meter.Revision == "" || t.Asked >= triesToGiveBack || e.Before.State != meter.Application || e.Meter.FlashOps != 0 || e.Meter.State != meter.Download {
		return
	}
	f.tell("nothing was erased, and the meter was left in its loader, when the last request had been sent %d times without an answer", t.Asked)
}

// refusedTooLate: one that was alone when the flash was cleared can be joined by a twin behind it. And who
// began with a loader may find, behind its clear, an application that another tool has brought back, and refuse
// to clear that.
func refusedTooLate(e *Evidence, f *findings) {
	t := &e.Tool
	if e.hasTwin(func(o *Other) bool { return o.Switched }) || e.Contested && e.Before.State.Loader() {
		return
	}
	if client.IsRefusal(t.Err) && e.flashed() && !e.busyBefore() && t.Counts.Transmitted == 0 && t.choseOnce() {
		f.tell("%d flash operations before the tool said: %v", e.Meter.FlashOps, t.Err)
	}
}

// busyBefore reports whether the meter was still busy with its flash, for an earlier attempt.
func (e *Evidence) busyBefore() bool {
	switch e.Before.State {
	case meter.Erasing, meter.Programming, meter.Verifying, meter.Booting:
		return true
	}
	return false
}

// choseOnce reports whether the person chose a file, or the tool wrote to a disk, only once: a
// second try may be refused after the first one had its effect.
func (t *Tool) choseOnce() bool {
	first := slices.Index(t.Windows, client.ChooseFirmware)
	return !slices.Contains(t.Windows[first+1:], client.ChooseFirmware)
}
