package ion

import (
	"fmt"

	"ionbench/simulator/machine"
)

// SettingSet is a set of settings: bit i for the setting of that index in SettingTable, and
// TemplateName for the name of the template.
type SettingSet uint32

// TemplateName is the place of the template's name in a SettingSet.
const TemplateName = SettingCount

// AllSettings is every setting, and the name of the template.
const AllSettings SettingSet = 1<<(SettingCount+1) - 1

// Has reports whether the setting with an index, or TemplateName, is in the set.
func (s SettingSet) Has(index int) bool { return s&(1<<index) != 0 }

// With returns the set with one more setting.
func (s SettingSet) With(index int) SettingSet { return s | 1<<index }

// Groups returns the groups that have a setting in the set. The template's name is in none.
func (s SettingSet) Groups() Groups {
	var groups Groups
	for i, setting := range SettingTable() {
		if s.Has(i) {
			groups |= Of(setting.Group)
		}
	}
	return groups
}

// SettingsOf returns the settings of some groups. The template's name is not among them.
func SettingsOf(groups Groups) SettingSet {
	var set SettingSet
	for i, setting := range SettingTable() {
		if groups.Has(setting.Group) {
			set = set.With(i)
		}
	}
	return set
}

// KindCount is the number of kinds of settings whose changes a meter counts: the groups, and
// the template's name as the last.
const KindCount = int(groupCount) + 1

// KindOf is the kind of a setting, by its index in SettingTable, or of TemplateName.
func KindOf(index int) int {
	if index == TemplateName {
		return KindCount - 1
	}
	return int(SettingTable()[index].Group)
}

// Marks are what a meter knows of its settings besides their values.
//
// Assumption: a real meter tells both in another form, if at all.
type Marks struct {
	// Reset are the settings that a factory initialise has reset and nobody has written since.
	Reset SettingSet
	// Changes counts, for each kind, how often a setting of it was changed in the meter's life.
	// A write of the value that is there already is no change, unless the setting was reset.
	Changes [KindCount]uint32
}

// Total is how often any setting was changed.
func (m *Marks) Total() (n uint32) {
	for _, changes := range m.Changes {
		n += changes
	}
	return n
}

// Declare declares the marks, as they are saved.
func (m *Marks) Declare(w *machine.State) {
	machine.SavedUint32(w, &m.Reset)
	if unknown := m.Reset &^ AllSettings; unknown != 0 {
		w.Fail(fmt.Errorf("no such settings: %x", uint32(unknown)))
	}
	for i := range m.Changes {
		machine.SavedUint32(w, &m.Changes[i])
	}
}
