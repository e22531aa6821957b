package reproduce

import (
	"fmt"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Known is what a log says of how its run ended where no plan that was tried gives it: its lines
// contradict each other, or too few are there.
type Known struct {
	Ending string // in plain words
	Left   Left   // the meter, as far as these words tell
}

func knownOf(r *LoggedRun) *Known {
	k := &Known{Ending: r.ending(), Left: Left{Condition: r.leaves(), tool: r.release(), worn: r.gaveUpTheChip()}}
	switch {
	case k.Left.Condition == RunsNew:
		k.Left.runs = r.words(upgradelog.FirmwareVersion, "Firmware Version = ", "")
	default:
		k.Left.Lost = ion.AllGroups
	}
	return k
}

// ending says how the run ended, by the last line that says so.
func (r *LoggedRun) ending() string {
	for i := len(r.Entries) - 1; i >= 0; i-- {
		switch e := r.Entries[i]; e.Kind {
		case upgradelog.Aborting:
			return fmt.Sprintf("the tool gave up: %d requests for one block had no answer, and at most %d blocks had one before; what kept the answers away (the cable, the meter's power, a gateway) cannot be told from this", e.Number, max(0, e.Total-e.Number))
		case upgradelog.GivingUp:
			return "the tool gave up: it had no answer; what kept it away (the cable, the meter's power, a gateway) cannot be told from this"
		case upgradelog.Refused:
			return fmt.Sprintf("the meter refused: %s", e.Text)
		case upgradelog.AbortedByUser:
			return "a person ended it"
		case upgradelog.UpgradeCompleted:
			return "the upgrade was completed"
		}
	}
	if _, ended := r.Ended(); ended {
		return "the upgrade failed; the line that says why is not there"
	}
	return "its end is not there"
}

// leaves is how the run left the meter, by its lines alone.
func (r *LoggedRun) leaves() Condition {
	last, _ := r.lastOf(upgradelog.Completed)
	behind := r.has(upgradelog.Verified) || r.has(upgradelog.Restarted) || r.has(upgradelog.SettingsRestored) || r.has(upgradelog.TemplateSent)
	begun := r.has(upgradelog.EnteredDownloadState) || r.has(upgradelog.AlreadyInDownloadState) || r.has(upgradelog.FlashCleared) || r.has(upgradelog.Proceeding) || r.has(upgradelog.Resending)
	switch {
	case r.has(upgradelog.UpgradeCompleted):
		return RunsNew
	case behind || last.Number >= 100:
		return Unsaid // it may have started since
	case begun || last.Number > 0 || r.has(upgradelog.Efficiency) || r.has(upgradelog.Aborting):
		return Waits
	}
	return Unsaid
}

// release is the tool's release; none if it is not known.
func (r *LoggedRun) release() client.Release {
	l, ok := r.find(upgradelog.SoftwareVersion)
	if !ok {
		return client.Release{}
	}
	known, err := client.ParseRelease(l.Text)
	if err != nil {
		return client.Release{}
	}
	return known
}
