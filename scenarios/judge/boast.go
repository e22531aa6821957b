package judge

import (
	"fmt"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
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
	if n := verdict.Clears(a.Trace, before); told[upgradelog.FlashCleared] > n {
		return fmt.Sprintf("the log says %d times that the flash is cleared, and it was %d times", told[upgradelog.FlashCleared], n)
	}
	if told[upgradelog.SettingsRestored] > 0 && a.Questions > 0 && a.Programs == 0 {
		return "the log says that settings are restored, and none was read or written"
	}
	return ""
}
