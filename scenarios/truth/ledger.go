// Package truth knows, for every setting of a meter and at every moment, whose value is the
// right one: what somebody wrote last, or what was there at first. It follows the meter's own
// marks, and is told who is at work. So it needs no answer of the tool: a write that is on its
// way when the tool is killed has come to pass if the meter carried it out, and not if not.
//
// It is for those who play attempts one after another. What they find goes into the evidence of
// package verdict; this package has no rules.
package truth

import (
	"math"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Ledger says which value of each setting is the truth, and where it is. It is never changed:
// copies of a rig share it, and what happens makes another one.
type Ledger struct {
	settings ion.Settings // the truth
	marks    ion.Marks    // of the meter, when it was looked at last
	// away are the settings that a factory initialise took out of the meter; gone are those of
	// them that nobody has any more.
	away, gone ion.SettingSet
	replaced   ion.SettingSet // see Replaced

	print machine.Fingerprint
}

// Author says whose writes the meter carries out.
type Author struct {
	// Own are the settings that a person writes. All others are written back: they should be
	// what they were.
	Own ion.SettingSet
	// Older: the person has agreed that settings which are lost come back as they once were.
	Older bool
}

// Begin returns the ledger of a meter as it is: what it has is the truth.
func Begin(has *ion.Settings, marks ion.Marks) *Ledger {
	l := &Ledger{settings: *has, marks: marks}
	return l.sealed()
}

// sealed is a new ledger that is complete.
func (l *Ledger) sealed() *Ledger {
	w := machine.Fingerprinting(nil, 0)
	l.settings.Declare(&w)
	l.marks.Declare(&w)
	w.Uint(uint64(l.away))
	w.Uint(uint64(l.gone))
	w.Uint(uint64(l.replaced))
	l.print = machine.FingerprintOf(w.Result())
	return l
}

// Declare declares the ledger.
func (l *Ledger) Declare(w *machine.State) { w.Text(string(l.print[:])) }

// Look returns the ledger after what the meter has done since the last look.
func (l *Ledger) Look(now time.Duration, has *ion.Settings, marks ion.Marks, by Author) *Ledger {
	if marks == l.marks {
		return l
	}
	next := *l
	next.marks = marks
	for i := range ion.TemplateName + 1 {
		switch {
		case marks.Reset.Has(i):
			next.away = next.away.With(i)
		case l.marks.Reset.Has(i) || marks.Changes[ion.KindOf(i)] != l.marks.Changes[ion.KindOf(i)] && !l.holds(i, has, now):
			next.write(i, has, now, by)
		}
	}
	return next.sealed()
}

// write notes that the meter was written to.
func (l *Ledger) write(i int, has *ion.Settings, now time.Duration, by Author) {
	// Nobody notes what a meter counts: an older reading is the best that there is once the meter
	// has been reset.
	counts := i != ion.TemplateName && ion.SettingTable()[i].Group == ion.Energy
	agreed := by.Own.Has(i) || l.gone.Has(i) || l.away.Has(i) && (by.Older || counts)
	if !agreed && !l.holds(i, has, now) {
		l.replaced = l.replaced.With(i)
	}
	l.take(i, has)
}

// take makes a value of the meter the truth.
func (l *Ledger) take(i int, has *ion.Settings) {
	l.away &^= 1 << i
	l.gone &^= 1 << i
	if i == ion.TemplateName {
		l.settings.Template = has.Template
	} else {
		l.settings.Values[i] = has.Values[i]
	}
}

// mostPerHour is more than the circuit of any meter uses, in kWh, kVARh or kVAh.
const mostPerHour = 14

// holds reports whether settings have the truth. An energy reading may have counted on.
func (l *Ledger) holds(i int, s *ion.Settings, now time.Duration) bool {
	if i == ion.TemplateName {
		return s.Template == l.settings.Template
	}
	if ion.SettingTable()[i].Group != ion.Energy {
		return s.Values[i].Equal(l.settings.Values[i])
	}
	was, _ := l.settings.Values[i].Number()
	is, ok := s.Values[i].Number()
	slack := 0.001 + math.Abs(was)*1e-6 // a float32 has seven digits
	return ok && is >= was-slack && is <= was+slack+mostPerHour*(now.Hours()+1)
}

// Refresh returns the ledger with the energy readings that the meter has counted up to now. Call
// it before an attempt, while the meter counts: what was saved before then is less, and what it
// counts until its flash is erased is lost with every upgrade.
func (l *Ledger) Refresh(has *ion.Settings) *Ledger {
	next := *l
	for i, s := range ion.SettingTable() {
		if s.Group == ion.Energy && !l.away.Has(i) {
			next.settings.Values[i] = has.Values[i]
		}
	}
	return next.sealed()
}

// Settings are the truth. Those that are Gone mean nothing.
func (l *Ledger) Settings() *ion.Settings { return &l.settings }

// Marks are those of the meter at the last look.
func (l *Ledger) Marks() ion.Marks { return l.marks }

// Present are the settings whose truth is in the meter.
func (l *Ledger) Present() ion.SettingSet { return ion.AllSettings &^ l.away }

// Away are the settings whose truth is not in the meter, and not gone.
func (l *Ledger) Away() ion.SettingSet { return l.away &^ l.gone }

// Gone are the settings of which nobody has the truth.
func (l *Ledger) Gone() ion.SettingSet { return l.gone }

// Replaced are the settings that were written back, since Judged, with something else than the
// truth, without anybody's consent.
func (l *Ledger) Replaced() ion.SettingSet { return l.replaced }

// Judged returns the ledger without what was replaced.
func (l *Ledger) Judged() *Ledger {
	if l.replaced == 0 {
		return l
	}
	next := *l
	next.replaced = 0
	return next.sealed()
}

// In returns which of the settings in a copy are the truth, where held says which it has. What is
// gone is nowhere, also if a copy happens to have the same.
func (l *Ledger) In(copied *ion.Settings, held ion.SettingSet, now time.Duration) ion.SettingSet {
	var set ion.SettingSet
	for i := range ion.TemplateName + 1 {
		if held.Has(i) && !l.gone.Has(i) && l.holds(i, copied, now) {
			set = set.With(i)
		}
	}
	return set
}

// Lose returns the ledger after the last copies of some settings are lost.
func (l *Ledger) Lose(set ion.SettingSet) *Ledger {
	if set &= l.Away(); set == 0 {
		return l
	}
	next := *l
	next.gone |= set
	return next.sealed()
}

// Differs are the settings that are not in the meter as they should be.
func (l *Ledger) Differs(has *ion.Settings, now time.Duration) ion.SettingSet {
	return ion.AllSettings &^ l.In(has, ion.AllSettings, now)
}
