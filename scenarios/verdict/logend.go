package verdict

import (
	"ionbench/client"
	"ionbench/client/upgradelog"
)

// What is said here is for the logs of this project's tool. PROTOCOL.md leaves other programs more
// freedom.

// lineOf returns the last line of a kind.
func lineOf(run []upgradelog.Entry, k upgradelog.Kind) (line upgradelog.Entry, ok bool) {
	for _, l := range run {
		if l.Kind == k {
			line, ok = l, true
		}
	}
	return line, ok
}

func ends(l *upgradelog.Entry) bool {
	return l.Kind == upgradelog.UpgradeCompleted || l.Kind == upgradelog.UpgradeFailed
}

// otherEnd: what the log says last of the last upgrade is what the tool claims. A tool that was
// killed, or that the person ended at once, claims nothing.
func otherEnd(e *Evidence, f *findings) {
	success, failure := e.Tool.claims()
	if e.Log.Unsaid > 0 || len(e.Log.Runs) == 0 || !success && !failure {
		return
	}
	run := e.Log.Runs[len(e.Log.Runs)-1]
	switch last := &run[len(run)-1]; {
	case !ends(last):
		f.tell("the log ends with %q, and the upgrade has come to its end", last)
	case success != (last.Kind == upgradelog.UpgradeCompleted):
		f.tell("the log ends with %q, and the tool says %q", last, ending(e.Tool.Err))
	}
}

func twoEnds(e *Evidence, f *findings) {
	for _, run := range e.Log.Runs {
		for i := range run[:len(run)-1] {
			if ends(&run[i]) {
				f.tell("line %d: %q, and the upgrade goes on", run[i].At, &run[i])
			}
		}
	}
}

// otherDevice: "Device" is what the meter says of itself (PROTOCOL.md, section 12).
func otherDevice(e *Evidence, f *findings) {
	if !e.Log.whole() || e.Meter.SerialNumber == "" {
		return
	}
	run := e.Log.Runs[0]
	_, cleared := lineOf(run, upgradelog.FlashCleared)
	serial, named := lineOf(run, upgradelog.DeviceSerialNumber)
	unit, numbered := lineOf(run, upgradelog.DeviceUnitID)
	switch {
	case !cleared:
	case !named || !numbered:
		f.tell("the log does not name the meter whose flash was cleared")
	case serial.Text != e.Meter.SerialNumber || unit.Number != int(e.Meter.UnitID):
		f.tell("the log names %q of unit %d, and the meter is %q of unit %d", serial.Text, unit.Number, e.Meter.SerialNumber, e.Meter.UnitID)
	}
}

func resendsUntold(e *Evidence, f *findings) {
	if !e.Log.whole() {
		return
	}
	run := e.Log.Runs[0]
	if told := count(run, upgradelog.Resending) + count(run, upgradelog.Retrying); told < e.Tool.Counts.Resent {
		f.tell("%d requests were sent again, and the log has %d of them", e.Tool.Counts.Resent, told)
	}
}

// otherEfficiency: with the last block of the image, the efficiency is that of all that was sent.
func otherEfficiency(e *Evidence, f *findings) {
	c := &e.Tool.Counts
	if !e.Log.whole() || c.Answered < c.Blocks || c.Blocks == 0 {
		return
	}
	run := e.Log.Runs[0]
	done, complete := lineOf(run, upgradelog.Completed)
	l, ok := lineOf(run, upgradelog.Efficiency)
	if want := upgradelog.EfficiencyOf(c.Confirmed, c.Transmitted); complete && done.Number == 100 && ok && l.Number != want {
		f.tell("line %d: efficiency of %d tenths of a percent in the end, and %d blocks of %d sent were answered", l.At, l.Number, c.Confirmed, c.Transmitted)
	}
}

func cutLog(e *Evidence, f *findings) {
	if e.Log.Cut {
		f.tell("what was in the log before is not there any more")
	}
}

func mixed(e *Evidence, f *findings) {
	if e.Log != nil && e.Log.Mixed {
		f.tell("the log has lines of somebody else among those of this upgrade")
	}
}

// hiddenLogFailure: a tool whose log lacks lines says so.
func hiddenLogFailure(e *Evidence, f *findings) {
	t := &e.Tool
	if e.Log.Unsaid > 0 && !t.Killed && t.Err == nil && !t.LogFailed {
		f.tell("%d lines could not be written to the log, and the tool says nothing of it", e.Log.Unsaid)
	}
}

// falseStatus: a failure that leaves a meter to be recovered. A session ends as its last upgrade or
// template did.
func falseStatus(e *Evidence, f *findings) {
	w := e.Tool.Windows
	for i := len(w) - 1; i >= 0 && w[i] != client.UpgradeFailed; i-- {
		if w[i] == client.TemplateApplied {
			return
		}
	}
	acts := e.acts()
	last := &acts[len(acts)-1] // what an earlier act has changed is no failure of the last
	if _, failure := e.Tool.claims(); failure && e.Tool.Zero && last.Meter.FlashOps > 0 && !last.forAnother() {
		f.tell("the exit status is that of a success, and the tool says %q", ending(e.Tool.Err))
	}
}
