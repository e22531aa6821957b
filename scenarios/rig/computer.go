package rig

import (
	"slices"

	"ionbench/client/journal"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// computer is a PC of the world: what outlives the processes that run on it.
type computer struct {
	disk Disk
	things
}

// here is the PC of the latest attempt.
func (r *Rig) here() *computer { return &r.pcs[r.at] }

// computerOf is the place of an attempt's PC among those of the rig.
func (r *Rig) computerOf(name string) int {
	return max(0, slices.IndexFunc(r.world.PCs, func(pc world.PC) bool { return pc.Name == name }))
}

// declareElsewhere declares the disks of the other PCs: what they hold is not lost.
func (r *Rig) declareElsewhere(w *machine.State) {
	for i := range r.pcs {
		if i != r.at {
			r.pcs[i].disk.declare(w)
		}
	}
}

// toJournals carries out an action on the journals in the folder of an attempt.
func (r *Rig) toJournals(a *world.Attempt, action world.Action) {
	disk := &r.pcs[r.computerOf(a.PC)].disk
	switch action.Kind {
	case world.RemoveJournals:
		disk.removeFolder(a.Folder)
	case world.DamageJournals:
		disk.damage(a.Folder)
	case world.ForeignJournal:
		foreign := r.foreignJournal()
		disk.put(kept{a.Folder, journal.Names(foreign.Meter)[0], journal.Append(nil, foreign)})
	case world.CopyJournals:
		from := disk
		if action.From != "" {
			from = &r.pcs[r.computerOf(action.From)].disk
		}
		disk.copyInto(a.Folder, from.journals)
	}
}

// foreignJournal is the journal of another meter with the serial number of the rig's.
func (r *Rig) foreignJournal() *journal.Journal {
	m := r.said()
	settings := world.CustomSettings(m.Model, m.Revision)
	settings.Template = m.Model.String() + "_PLANT_B"
	theirs := identityOf(m)
	theirs.UnitID = m.UnitID%ion.MaxUnitID + 1
	return &journal.Journal{
		Header:   journal.Header{Meter: theirs, Revision: m.Revision, Saved: m.Clock},
		Settings: *settings, Held: ion.AllSettings,
	}
}
