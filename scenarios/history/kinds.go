package history

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// Kind is something that a history comes to, however it was drawn: a damaged journal counts where
// a tool has read it.
type Kind uint8

// The kinds.
const (
	JournalFound         Kind = iota // somebody is asked about a journal
	JournalDeclined                  // and says no
	StaleJournal                     // it has settings that somebody changed later
	StaleWanted                      // which are wanted all the same
	DamagedJournal                   // one that cannot be read stops a tool
	OthersJournal                    // another meter's lies in the folder of an upgrade
	RecoveredWithoutOne              // a meter in download state is upgraded, and no journal is found
	PasteAll                         // all groups are written back
	PasteSome                        // some
	PasteNone                        // none
	ChangedBetween                   // settings are written between an upgrade that failed and the next
	InterruptedAfterBoot             // an upgrade ends between the first boot and the write-back
	TwoTools                         // two are at work at the same time
	TwoComputers                     // on two computers
	ToolRefused                      // because another one has the meter or the log
	// KindCount is the number of kinds.
	KindCount
)

var kindNames = [KindCount]string{
	"journal-found", "journal-declined", "stale-journal", "stale-wanted", "damaged-journal", "others-journal", "recovered-without-one",
	"paste-all", "paste-some", "paste-none", "changed-between", "interrupted-after-boot", "two-tools", "two-computers", "tool-refused",
}

// String names the kind.
func (k Kind) String() string { return kindNames[k] }

// Kinds returns what a history came to, in order, each once.
func (r *Result) Kinds(w *world.World) []Kind {
	var met [KindCount]bool
	for i, o := range r.Attempts {
		a := &w.Attempts[i]
		ofQuestions(a, o, &met)
		ofJournals(w, a, o, &met)
		ofOthers(w, i, r.Attempts, &met)
		met[InterruptedAfterBoot] = met[InterruptedAfterBoot] || interrupted(o)
		met[ChangedBetween] = met[ChangedBetween] || writes(a) && o.Claim == nil && between(w, i, r.Attempts)
	}
	var list []Kind
	for k, is := range met {
		if is {
			list = append(list, Kind(k))
		}
	}
	return list
}

func ofQuestions(a *world.Attempt, o *rig.Outcome, met *[KindCount]bool) {
	for _, p := range o.Prompts {
		switch p {
		case client.RestoreSettings:
			met[JournalFound] = true
			met[JournalDeclined] = met[JournalDeclined] || a.NoRestore
		case client.RestoreOlder:
			met[StaleJournal] = true
			met[StaleWanted] = met[StaleWanted] || a.Older
		case client.PasteOptions:
			switch a.Unticked {
			case 0:
				met[PasteAll] = true
			case ion.AllGroups:
				met[PasteNone] = true
			default:
				met[PasteSome] = true
			}
		}
	}
}

func ofJournals(w *world.World, a *world.Attempt, o *rig.Outcome, met *[KindCount]bool) {
	met[DamagedJournal] = met[DamagedJournal] || errors.Is(o.Claim, journal.ErrJournal)
	in := bytes.Contains(o.Log, []byte("Device already in download state"))
	if in && o.Claim == nil && !slices.Contains(o.Prompts, client.RestoreSettings) {
		met[RecoveredWithoutOne] = true
	}
	foreign := slices.ContainsFunc(a.Before, func(b world.Action) bool { return b.Kind == world.ForeignJournal })
	for _, pc := range w.PCs {
		lies := pc.Journal == world.OfAnotherMeter || pc.Journal == world.SameSerial
		foreign = foreign || lies && pc.Name == a.PC && a.Folder == ""
	}
	met[OthersJournal] = met[OthersJournal] || foreign && a.Journal && o.Counts.Passes > 0
}

// ofOthers looks at tools that are at work at the same time.
func ofOthers(w *world.World, i int, all []*rig.Outcome, met *[KindCount]bool) {
	a, o := &w.Attempts[i], all[i]
	var used *locks.InUseError
	met[ToolRefused] = met[ToolRefused] || errors.Is(o.Claim, client.ErrMeterInUse) || errors.As(o.Claim, &used)
	began := time.Duration(0)
	for j := i; w.Attempts[j].Meanwhile > 0; j-- {
		began += w.Attempts[j].Meanwhile // so long after the attempt before it
		if all[j-1].Cost.Time > began {
			met[TwoTools] = true
			met[TwoComputers] = met[TwoComputers] || w.Attempts[j-1].PC != a.PC
		}
	}
}

// interrupted reports whether the meter boots or has booted the image, and the upgrade has not come
// to its end.
func interrupted(o *rig.Outcome) bool {
	log := o.Log[max(0, bytes.LastIndex(o.Log, []byte("Upgrade started at "))):]
	verified, back := bytes.Contains(log, []byte("Firmware verified")), bytes.Contains(log, []byte("Upgrade completed at "))
	return verified && !back && !o.Meter.State.Loader()
}

func writes(a *world.Attempt) bool {
	return a.Task == client.TaskWriteSettings || a.Task == client.TaskSendTemplate
}

// between reports whether an upgrade of the meter had failed before an attempt, and one clears its
// flash behind it.
func between(w *world.World, i int, all []*rig.Outcome) bool {
	flashes := func(j int) bool {
		return w.PlaceOf(&w.Attempts[j]) == w.PlaceOf(&w.Attempts[i]) && all[j].Counts.Passes > 0
	}
	failed, later := false, false
	for j := range all {
		switch {
		case j < i && flashes(j):
			failed = !all[j].Upgraded()
		case j > i && flashes(j):
			later = true
		}
	}
	return failed && later
}
