package journal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ionbench/simulator/ion"
)

// Ending is that of the names of all journals.
const Ending = ".journal"

// Folder is a folder with journals.
type Folder interface {
	List() ([]string, error)          // the names in it, sorted
	Read(name string) ([]byte, error) // nil if there is no such file
}

// MaxFiles bounds how many files of a folder Gather reads.
const MaxFiles = 1000

// Gathered is what a folder has of a meter.
type Gathered struct {
	Name    string   // of the meter's journal, or under which it is to be saved
	Journal *Journal // nil if there is none
	// From are the files of which Journal is made, the newest first.
	From []string
	// Stay are the files of this meter that no program writes to or removes: a person has put them
	// there, as copies or under another name.
	Stay []string
	// Unreadable are such files with the meter's serial number in their names that cannot be read.
	Unreadable []string
}

// Gather looks for all journals of a meter, whatever their names. A person may have copied one, or
// given it another name so that the next upgrade began one of its own. Of each setting it takes
// what the newest of them holds, by the meter's own counts. What only an older one holds was changed
// since if the counts say so, or do not tell: it is Older.
//
// The errors are those of Find. A file with the meter's serial number in its name that cannot be
// read is an error if no other is of this meter.
func Gather(m Meter, f Folder) (*Gathered, error) {
	name, own, err := Find(m, f.Read)
	if err != nil {
		return nil, err
	}
	found := []file{}
	if own != nil {
		found = append(found, file{name, own})
	}
	g, usual := &Gathered{Name: name}, Names(m)
	names, err := f.List()
	if err != nil {
		return nil, err
	}
	for _, n := range candidates(names, name, m) {
		b, err := f.Read(n)
		if b == nil && err == nil {
			continue
		}
		var j *Journal
		if err == nil {
			j, err = Parse(b)
		}
		switch {
		case err != nil && strings.Contains(n, FileName(m.SerialNumber)) && !slices.Contains(usual[:], n):
			g.Unreadable = append(g.Unreadable, n)
		case err == nil && j.Meter.Is(m):
			found = append(found, file{n, j})
			g.Stay = append(g.Stay, n)
		}
	}
	if len(found) == 0 && len(g.Unreadable) > 0 {
		return nil, fmt.Errorf("%s: %w: it cannot be read, and may be the only copy of the settings", g.Unreadable[0], ErrJournal)
	}
	slices.SortStableFunc(found, func(a, b file) int { return b.journal.compareAge(a.journal) })
	for _, c := range found {
		if with := g.Journal.with(c.journal); with != g.Journal {
			g.Journal, g.From = with, append(g.From, c.name)
		}
	}
	return g, nil
}

// file is a journal with its name.
type file struct {
	name    string
	journal *Journal
}

// candidates are the names that another journal of the meter can have. Those with its serial
// number come first.
func candidates(names []string, own string, m Meter) []string {
	some := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return n == own || !strings.HasSuffix(strings.ToLower(n), Ending) || strings.HasPrefix(n, ".")
	})
	serial := FileName(m.SerialNumber)
	slices.SortStableFunc(some, func(a, b string) int {
		return cmp.Compare(strings.Count(b, serial), strings.Count(a, serial))
	})
	return some[:min(len(some), MaxFiles)]
}

// compareAge is positive if j is newer than o. The meter's counts never go back; dates can, and
// are of the oldest setting.
func (j *Journal) compareAge(o *Journal) int {
	if j.Marked != o.Marked {
		if j.Marked {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(j.changes(), o.changes()), j.Saved.Compare(o.Saved))
}

// changes is how often the meter's settings had been changed when the journal was saved.
func (j *Journal) changes() (sum uint64) {
	for _, n := range j.Changes {
		sum += uint64(n)
	}
	return sum
}

// with is the journal with what only an older one of the same meter holds; j itself if that is
// nothing. What the meter had only counted since a reset gives way to a reading from before it.
func (j *Journal) with(o *Journal) *Journal {
	if j == nil {
		return o
	}
	more := o.Held &^ (j.Held &^ j.Counted) &^ (j.Counted & o.Counted)
	if more == 0 {
		return j
	}
	older := more
	if j.Marked && o.Marked {
		older = more & o.olderBy(ion.Marks{Changes: j.Changes})
	}
	n := &Journal{
		Header: j.Header, Settings: j.Settings, Held: j.Held | more, Older: j.Older | older,
		Counted: j.Counted&^more | o.Counted&more, Changes: j.Changes, Marked: j.Marked,
	}
	if o.Saved.Before(n.Saved) {
		n.Saved, n.By, n.Revision = o.Saved, o.By, o.Revision
	}
	n.take(o, more)
	return n
}

// take takes over settings of another journal.
func (j *Journal) take(o *Journal, set ion.SettingSet) {
	for i := range ion.SettingCount {
		if set.Has(i) {
			j.Settings.Values[i] = o.Settings.Values[i]
		}
	}
	if set.Has(ion.TemplateName) {
		j.Settings.Template = o.Settings.Template
	}
}
