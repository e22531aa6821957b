package judge

import (
	"fmt"
	"strings"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// boasts says what the log tells of the meter before it is so, or without that it ever was; empty for
// nothing. Percentages are looked at elsewhere.
func (a *Execution) boasts(log *verdict.Log, before meter.State) string {
	if log == nil {
		return ""
	}
	told, restored := map[upgradelog.Kind]int{}, ion.Groups(0)
	for _, e := range log.Entries {
		if told[e.Kind]++; e.Kind == upgradelog.SettingsRestored {
			restored |= groupsNamed(e.Text)
		}
	}
	if n := verdict.Clears(a.Trace, before); told[upgradelog.FlashCleared] > n {
		return fmt.Sprintf("the log says %d times that the flash is cleared, and it was %d times", told[upgradelog.FlashCleared], n)
	}
	if told[upgradelog.SettingsRestored] > 0 && a.Questions > 0 && a.Programs == 0 {
		return "the log says that settings are restored, and none was read or written"
	}
	if n := told[upgradelog.Resending]; n > 0 && a.Busied > 0 {
		return fmt.Sprintf("the log says %d times that the answer to a block was missing, and every block that was sent again had been answered busy", n)
	}
	if lost := restored & a.Lost; lost != 0 {
		return fmt.Sprintf("the log says that settings are restored, and %v are not in the meter", lost)
	}
	return ""
}

// groupsNamed are the groups that a line of restored settings names.
func groupsNamed(text string) (groups ion.Groups) {
	for _, g := range ion.AllGroups.List() {
		if strings.Contains(text, g.String()) {
			groups |= ion.Of(g)
		}
	}
	return groups
}

// hides says what of the run the log leaves out that it should have; empty for nothing. Who is killed, or
// aborted, may not have come to write it.
func (a *Execution) hides(log *verdict.Log) string {
	if log == nil || a.Killed || a.Aborted || a.Exit.TimedOut {
		return ""
	}
	missing := 0
	for _, e := range log.Entries {
		if e.Kind == upgradelog.Resending || e.Kind == upgradelog.Aborting || e.Kind == upgradelog.Retrying {
			missing++
		}
	}
	if missing == 0 && a.Unanswered > 0 {
		return fmt.Sprintf("%d times a block was sent again because its answer was missing, and the log has no line of a missing answer", a.Unanswered)
	}
	if a.success() && a.unfinished(log) {
		return "the program ended with success, and its log does not say that: so reads the log of a run that crashed"
	}
	return ""
}

// goesOn says what a log tells behind the end of an upgrade that is no end; empty for nothing. Behind a success
// nothing but notes may stand. A failure may have been told before the meter was given back.
func goesOn(log *verdict.Log) string {
	if log == nil {
		return ""
	}
	for _, run := range log.Runs {
		for i, e := range run {
			if e.Kind != upgradelog.UpgradeCompleted && e.Kind != upgradelog.UpgradeFailed {
				continue
			}
			for _, behind := range run[i+1:] {
				if success := e.Kind == upgradelog.UpgradeCompleted; success && behind.Kind != upgradelog.Note || behind.Kind == upgradelog.UpgradeCompleted {
					return fmt.Sprintf("line %d of the log is %q, and behind it the upgrade goes on with %q", e.At, e.Line, behind.Line)
				}
			}
		}
	}
	return ""
}

// adviseEntered looks at whether a meter that was found in its loader, and stayed there, is said to have been put there.
func (a *Execution) adviseEntered(log *verdict.Log, before meter.State) {
	if log == nil || before < meter.Download {
		return
	}
	for _, e := range a.Trace {
		if state, ok := e.What.(story.StateEntered); ok && e.Source == story.Meter && state.State < meter.Download {
			return // or its application was back
		} else if ok && state.State == meter.Erasing {
			break
		}
	}
	for _, e := range log.Entries {
		if e.Kind == upgradelog.EnteredDownloadState {
			a.warn(duty.LogLines, fmt.Sprintf("line %d of the log is %q, and the meter was found there", e.At, e.Line))
			return
		}
	}
}

// adviseTens looks at whether every ten has a line of its own, and one of efficiency behind it.
func (a *Execution) adviseTens(log *verdict.Log) {
	if log == nil || !a.success() || len(log.Runs) == 0 {
		return
	}
	began, early, tens, efficiencies := false, false, 0, 0
	for _, e := range log.Runs[len(log.Runs)-1] {
		switch e.Kind {
		case upgradelog.Proceeding:
			began, tens, efficiencies = true, 0, 0
		case upgradelog.Completed:
			tens++
		case upgradelog.Efficiency:
			efficiencies++
			early = early || efficiencies > tens
		}
	}
	const all = 10
	if began && (tens < all || efficiencies < tens) {
		a.warn(duty.LogLines, fmt.Sprintf("of the ten tens of the download the log has %d, and %d lines of efficiency", tens, efficiencies))
	}
	if began && early {
		a.warn(duty.LogLines, "a line of efficiency stands before that of its ten")
	}
}
