package verdict

import (
	"slices"

	"ionbench/client"
	"ionbench/simulator/meter"
)

// flashed reports that the flash was touched, but for the mark that a meter makes by itself when
// it first starts an image which was there before.
func (e *Evidence) flashed() bool {
	return e.Meter.FlashOps > 1 || e.Meter.FlashOps == 1 && !e.Meter.Initialized
}

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

func refusedTooLate(e *Evidence, f *findings) {
	t := &e.Tool
	if client.IsRefusal(t.Err) && e.flashed() && t.Counts.Transmitted == 0 && t.choseOnce() {
		f.tell("%d flash operations before the tool said: %v", e.Meter.FlashOps, t.Err)
	}
}

// choseOnce: a file that was chosen again, or a disk that was written to again, may be refused
// after what came of the first choice.
func (t *Tool) choseOnce() bool {
	first := slices.Index(t.Windows, client.ChooseFirmware)
	return !slices.Contains(t.Windows[first+1:], client.ChooseFirmware)
}
