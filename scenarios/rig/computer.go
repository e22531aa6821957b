package rig

import (
	"slices"
	"strings"

	"ionbench/client/journal"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
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

// elsewhere are the journals on all PCs but one.
func (r *Rig) elsewhere(at int) []kept {
	var list []kept
	for i := range r.pcs {
		if i != at {
			list = append(list, r.pcs[i].disk.journals...)
		}
	}
	return list
}

// keepTruth gives a tool that starts now the ledger. What a person has done to the journals, or
// to the meter without a tool, has come to pass by then.
func (r *Rig) keepTruth(t *tool) {
	s, now := r.bench.Station(), r.Now()
	t.truth, t.author = r.truth, r.author
	t.around = &around{before: r.before, patience: r.timing(&t.of.Tool).Response, said: r.said(), elsewhere: r.elsewhere(r.at)}
	t.look(s, now)
	_, anywhere := t.copies(now)
	t.truth = t.truth.Lose(t.truth.Away() &^ anywhere)
	if has := s.Meter().Settings(now); s.Meter().State() == meter.Application && !t.with.shares(t) {
		t.truth = t.truth.Refresh(&has)
	}
	t.beginAct(s, now, 0, false)
	r.truth = t.truth
}

// copies are the settings whose truth is in the journals that an attempt would find, and in any
// journal.
func (r *Rig) copies(a *world.Attempt) (own, anywhere ion.SettingSet) {
	at := r.computerOf(a.PC)
	t := &tool{of: &attempt{Attempt: *a}, disk: r.pcs[at].disk, around: &around{elsewhere: r.elsewhere(at), said: r.said()}, truth: r.truth}
	return t.copies(r.Now())
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
		foreign := foreignJournal(r.world.MeterOf(a))
		disk.put(keep(a.Folder, journal.Names(foreign.Meter)[0], journal.Append(nil, foreign)))
	case world.SpareJournals:
		disk.copyInto(a.Folder, disk.renamed(a.Folder))
	case world.RenameJournals:
		renamed := disk.renamed(a.Folder)
		disk.removeFolder(a.Folder)
		disk.copyInto(a.Folder, renamed)
	case world.CopyJournals:
		from := disk
		if action.From != "" {
			from = &r.pcs[r.computerOf(action.From)].disk
		}
		disk.copyInto(a.Folder, from.journals)
	}
}

// renamed are the journals of a folder as a file manager names their copies.
func (d *Disk) renamed(folder string) []kept {
	var list []kept
	for _, k := range d.journals {
		if k.folder == folder {
			k.name = strings.TrimSuffix(k.name, journal.Ending) + " (copy)" + journal.Ending
			list = append(list, k)
		}
	}
	return list
}

// foreignJournal is the journal of another meter with the serial number of this one.
func foreignJournal(m world.Meter) *journal.Journal {
	settings := world.CustomSettings(m.Model, m.Revision)
	settings.Template = m.Model.String() + "_PLANT_B"
	theirs := identityOf(&m)
	theirs.UnitID = m.UnitID%ion.MaxUnitID + 1
	return &journal.Journal{
		Header:   journal.Header{Meter: theirs, Revision: m.Revision, Saved: m.Clock},
		Settings: *settings, Held: ion.AllSettings,
	}
}
