package verdict

import (
	"ionbench/client/upgradelog"
	"ionbench/simulator/meter"
)

func templateLost(e *Evidence, f *findings) {
	if e.Aside.Template != "" && e.Tool.Keeps && e.Tool.succeeds() {
		f.tell("success is claimed; %s", e.Aside.Template)
	}
}

func otherRecord(e *Evidence, f *findings) {
	if e.Aside.Record != "" && e.Tool.succeeds() && e.holds() {
		f.tell("success is claimed; %s", e.Aside.Record)
	}
}

func logGone(e *Evidence, f *findings) {
	if e.Aside.Earlier != "" {
		f.tell("%s", e.Aside.Earlier)
	}
}

func otherFacts(e *Evidence, f *findings) {
	if e.Aside.Facts != "" {
		f.tell("%s", e.Aside.Facts)
	}
}

func toldSecret(e *Evidence, f *findings) {
	if e.Aside.Secret != "" {
		f.tell("%s", e.Aside.Secret)
	}
}

// leftInLoader is for a program that has ended by itself, with the meter within reach: it could
// have restarted the meter that it had put into download state, if its loader reads what is in the flash. Of
// an abort it is advice.
func leftInLoader(e *Evidence, f *findings) {
	_, failure := e.Tool.claims()
	able := failure && e.Tool.Crash == "" && !e.Tool.Aborted && !e.gaveUp() && !e.Forged && e.Meter.Connected && !e.Meter.BadChip
	if able && e.Forbidden == "" && e.Before.State == meter.Application && e.Meter.FlashOps == 0 && e.Meter.State.Loader() {
		f.tell("nothing was erased, and the meter was left in its loader (%v)", e.Tool.Err)
	}
}

// otherWord compares how a log says that its last run ended with how the program did. A log that
// does not say it is no lie.
func otherWord(e *Evidence, f *findings) {
	if !e.Tool.Foreign || e.Log.Err != nil || len(e.Log.Entries) == 0 {
		return
	}
	success, failure := e.Tool.claims()
	switch last := e.Log.Entries[len(e.Log.Entries)-1]; {
	case last.Kind == upgradelog.UpgradeCompleted && failure && !e.Tool.Aborted:
		f.tell("the log ends with %q, and the program with failure (%v)", last.Line, e.Tool.Err)
	case last.Kind == upgradelog.UpgradeFailed && success:
		f.tell("the log ends with %q, and the program with success", last.Line)
	}
}

func misconduct(e *Evidence, f *findings) {
	for _, what := range e.Aside.Conduct {
		f.tell("%s", what)
	}
}
