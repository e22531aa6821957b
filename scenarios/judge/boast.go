package judge

import (
	"fmt"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// boasts says what the log tells of the meter before it is so, or without that it ever was; empty for
// nothing. Percentages are looked at elsewhere.
func (a *Execution) boasts(log *verdict.Log, before meter.State) string {
	if log == nil {
		return ""
	}
	told := map[upgradelog.Kind]int{}
	for _, e := range log.Entries {
		told[e.Kind]++
	}
	if n := a.cleared(before); told[upgradelog.FlashCleared] > n {
		return fmt.Sprintf("the log says %d times that the flash is cleared, and it was %d times", told[upgradelog.FlashCleared], n)
	}
	if told[upgradelog.SettingsRestored] > 0 && a.Questions > 0 && a.Programs == 0 {
		return "the log says that settings are restored, and none was read or written"
	}
	return ""
}

// cleared is how often the flash was cleared to its end; before is the meter's state at the beginning.
func (a *Execution) cleared(before meter.State) (n int) {
	erases := before == meter.Erasing
	for _, e := range a.Trace {
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
