package verdict

import (
	"slices"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// promised returns the groups that are there if the tool keeps its promise. A tool that saved
// the settings, or found them in a journal, and asked what to restore, has promised what was
// ticked.
//
// Where the truth is known, Truth says it setting by setting.
func (e *Evidence) promised() ion.Groups {
	t := &e.Tool
	switch {
	case t.Keeps:
		return ion.AllGroups
	case !t.asked(client.PasteOptions) || t.asked(client.SendTemplate):
		return 0
	case t.asked(client.RestoreSettings) && !t.NoRestore:
		return t.Paste
	case e.Before.State != meter.Application:
		return 0 // the tool saved what the meter had when it came up
	}
	return t.Paste & e.Meter.Lost // what was there when the tool began
}

func brokenPromise(e *Evidence, f *findings) {
	if e.Truth != nil {
		if set := e.Truth.Broken; set != 0 && e.Tool.succeeds() {
			f.tell("success is claimed; %s: promised and lost", names(set))
		}
		return
	}
	if broken := e.Lost & e.promised(); broken != 0 && e.Tool.succeeds() {
		f.tell("success is claimed; %v were promised and are lost", broken)
	}
}

// noJournal: if there was an application to save the settings from, they are on the disk from
// the first erase until they are back. A log that could not be written to its end does not show
// when they were back.
func noJournal(e *Evidence, f *findings) {
	t := &e.Tool
	if t.Journal == nil || !t.Ordered || !e.flashed() || t.succeeds() || e.needsNone() {
		return
	}
	if t.Journal.Err != nil {
		f.tell("the flash was cleared, and the journal cannot be read: %v", t.Journal.Err)
	} else if !t.Journal.There && e.Log.Unsaid == 0 {
		f.tell("the flash was cleared, and there is no journal")
	}
}

// needsNone reports whether there is nothing to keep, or all of it is back.
func (e *Evidence) needsNone() bool {
	if e.Truth != nil {
		return e.Truth.Back || e.Truth.Kept == 0
	}
	return e.Log.completed()
}

// completed reports whether an upgrade in this log has come to its end.
func (l *Log) completed() bool {
	return slices.ContainsFunc(l.Entries, func(e upgradelog.Entry) bool { return e.Kind == upgradelog.UpgradeCompleted })
}

func lostWithoutFlash(e *Evidence, f *findings) {
	written := e.Tool.asked(client.SendTemplate) || e.Tool.asked(client.PasteOptions)
	lost := e.Meter.Lost
	if e.Tool.Foreign { // nobody knows whether it wrote settings; what is right in the end is no loss
		lost &= e.Lost
	}
	if e.Meter.FlashOps == 0 && lost != 0 && !written && !e.Contested {
		f.tell("%v lost, and the flash was not touched", lost)
	}
}

func lostByRecovery(e *Evidence, f *findings) {
	if lost := e.Recovery.Lost; lost != 0 && !e.Recovery.Struck && e.Upgraded() {
		f.tell("after the recovery %v are not as they should be", lost)
	}
}
