// Package journal is what the tool knows of a meter's settings while it upgrades the firmware:
// which of them are whose, what is kept on the disk, and what may be written back. The rules are
// in client/SETTINGS.md. It has no files and talks to no meter.
//
// The vendor's tool keeps nothing: "When the connection is lost and ION Setup is restarted those
// settings are not retained" (FA212301).
package journal

import (
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Meter says which meter a journal is of. A serial number alone does not: it is a text that two
// meters may share.
type Meter struct {
	SerialNumber string
	Model        uint16 // 7350; 0 if an old journal does not tell
	UnitID       uint16
}

// Is reports whether both are the same meter.
func (m Meter) Is(o Meter) bool {
	sameModel := m.Model == o.Model || m.Model == 0 || o.Model == 0
	return m.SerialNumber == o.SerialNumber && m.UnitID == o.UnitID && sameModel
}

// Image names an image. Two images may have the same revision.
type Image struct {
	Revision string
	CRC      uint32 // CRC-32
}

// Header says what a journal is of, and where it comes from.
type Header struct {
	Meter    Meter
	Image    Image     // that was to be sent
	Saved    time.Time // when the oldest of the settings was saved; whole seconds
	Revision string    // of the application that ran then
	By       string    // who saved that: user and computer
}

// Journal holds settings of a meter, from before its flash is cleared until they are back in it.
// It is never changed once it is made.
type Journal struct {
	Header
	Settings ion.Settings
	// Held are the settings that it holds. The others in Settings mean nothing.
	Held ion.SettingSet
	// Older are those of Held that somebody changed in the meter after they were saved here.
	Older ion.SettingSet
	// Counted are energy readings of Held that nobody has set: the meter has counted them since it
	// was reset.
	Counted ion.SettingSet
	// Changes are the meter's counts when the journal was saved; only if Marked.
	Changes [ion.KindCount]uint32
	Marked  bool

	digest machine.Digest // copies of a tool share the journal
}

// Reading is what an application told of its settings in one answer.
type Reading struct {
	Settings ion.Settings
	Marks    ion.Marks
	// Marked: the meter has marks. Without them nobody knows whose its settings are.
	Marked bool
}

// Keep returns the journal that must be on the disk before the flash of the meter is cleared. A
// setting that nobody has reset is the meter's own. One that a factory initialise has reset is
// that of the journal that was found (nil: none); a factory value is never kept as somebody's.
// The result is nil if there is nothing to keep.
func Keep(found *Journal, r *Reading, head Header) *Journal {
	j := &Journal{Header: head, Settings: r.Settings, Changes: r.Marks.Changes, Marked: r.Marked}
	j.Held = ion.AllSettings &^ r.Marks.Reset
	if found != nil {
		j.inherit(found, r)
	}
	j.Counted |= energy & r.Marks.Reset &^ j.Held
	j.Held |= j.Counted
	if j.Held == 0 {
		return nil
	}
	return j
}

// energy are the readings, which a meter goes on counting.
const energy ion.SettingSet = (1<<ion.EnergyCount - 1) << ion.FirstEnergy

// inherit takes over what only the journal that was found still holds. A reading that was only
// counted may be in the meter still, and more by now.
func (j *Journal) inherit(found *Journal, r *Reading) {
	kept := found.Held & r.Marks.Reset
	for i := range ion.SettingCount {
		if before, _ := found.Settings.Values[i].Number(); found.Counted.Has(i) {
			if now, _ := r.Settings.Values[i].Number(); now > before {
				kept &^= 1 << i
			}
		}
	}
	j.take(found, kept)
	if kept != 0 {
		j.Revision, j.Saved, j.By = found.Revision, found.Saved, found.By
	}
	j.Held |= kept
	j.Counted = kept & found.Counted
	j.Older = kept & found.olderBy(r.Marks)
}

// olderBy returns what is older than something that the meter had later, by the meter's marks.
func (j *Journal) olderBy(marks ion.Marks) ion.SettingSet {
	older := j.Older
	for i := 0; i <= ion.TemplateName; i++ {
		kind := ion.KindOf(i)
		if j.Marked && j.Held.Has(i) && !j.Counted.Has(i) && j.Changes[kind] != marks.Changes[kind] {
			older = older.With(i)
		}
	}
	return older
}

// Due returns what may be written back to a meter with these marks: what is certain to be the
// newest that anybody wanted, and what is older than something that was lost.
func (j *Journal) Due(marks ion.Marks) (certain, older ion.SettingSet) {
	due := j.Held & marks.Reset
	older = due & j.olderBy(marks)
	return due &^ older, older
}

// Rest returns the journal without what need not be kept any more: settings that were written
// back and read back, and those that somebody else has written. before are the meter's marks
// before the settings were written back, after those that were read with them. The result is nil
// if nothing is left.
func (j *Journal) Rest(back ion.SettingSet, before, after ion.Marks) *Journal {
	held := j.Held & before.Reset &^ back
	if held == 0 {
		return nil
	}
	return &Journal{
		Header: j.Header, Settings: j.Settings, Held: held, Older: held & j.olderBy(before), Counted: held & j.Counted,
		Changes: after.Changes, Marked: j.Marked,
	}
}

// Sum stands for what the journal holds and of which meter, without names and dates.
func (j *Journal) Sum() *machine.Sum {
	return j.digest.Of(j.fingerprint)
}

func (j *Journal) fingerprint() []byte {
	w := machine.Fingerprinting(nil, 0)
	w.Text(j.Meter.SerialNumber)
	w.Uint(uint64(j.Meter.Model))
	w.Uint(uint64(j.Meter.UnitID))
	w.Uint(uint64(j.Held))
	w.Uint(uint64(j.Older))
	w.Uint(uint64(j.Counted))
	w.Bool(j.Marked)
	for _, n := range j.Changes {
		w.Uint(uint64(n))
	}
	settings := j.Settings
	settings.Declare(&w)
	return w.Result()
}
