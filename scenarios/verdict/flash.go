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

// notGivenBack is for our own tool, where nothing but the person was in its way, who did not end that, too: neither was a request
// sent again, nor did one die before the line saw it.
func notGivenBack(e *Evidence, f *findings) {
	t := &e.Tool
	heard := e.Cost.Resends == 0 && e.died() == 0
	able := t.Aborted && !t.Hurried && !t.Foreign && !t.Killed && t.Ordered && t.Counts.Passes == 0 && !e.Forged && heard && e.Meter.Connected
	if able && e.Before.State == meter.Application && e.Meter.FlashOps == 0 && e.Meter.State == meter.Download {
		f.tell("nothing was erased, and the meter was left in its loader")
	}
}

func refusedTooLate(e *Evidence, f *findings) {
	t := &e.Tool
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
