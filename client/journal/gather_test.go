package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client/journal"
	"ionbench/simulator/ion"
)

// shelf is a folder in memory.
type shelf map[string][]byte

func (s shelf) List() ([]string, error)          { return slices.Sorted(maps.Keys(s)), nil }
func (s shelf) Read(name string) ([]byte, error) { return s[name], nil }

// usual and spare are names: of the program's own file, and of one that a person has made.
const (
	usual = "PC-0209A001-11.journal"
	spare = "PC-0209A001-11 (copy).journal"
	moved = "before the upgrade.JOURNAL"
)

// saved is a journal of a seed, with counts.
func saved(seed int, held ion.SettingSet, changes ...uint32) *journal.Journal {
	j := journal.Keep(nil, reading(seed, ion.AllSettings&^held, changes...), head())
	j = &journal.Journal{Header: j.Header, Settings: j.Settings, Held: held, Changes: j.Changes, Marked: true}
	return j
}

func on(files map[string]*journal.Journal) shelf {
	s := shelf{}
	for name, j := range files {
		s[name] = journal.Append(nil, j)
	}
	return s
}

func gathered(t *testing.T, s shelf) *journal.Gathered {
	t.Helper()
	g, err := journal.Gather(mine(), s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestOfTwoJournalsOfAMeterTheOneIsTakenThatWasSavedAfterMoreChanges(t *testing.T) {
	older, newer := saved(2, ion.AllSettings, 1), saved(3, ion.AllSettings, 1, 0, 4)
	newer.Saved = older.Saved.Add(-time.Hour) // a clock that was wrong
	for _, c := range []struct {
		files map[string]*journal.Journal
		from  string
		stay  []string
	}{
		{map[string]*journal.Journal{usual: newer, spare: older}, usual, []string{spare}},
		{map[string]*journal.Journal{usual: older, spare: newer}, spare, []string{spare}},
		{map[string]*journal.Journal{usual: older, moved: newer, spare: older}, moved, []string{spare, moved}},
		{map[string]*journal.Journal{journal.Names(mine())[1]: newer, usual: older}, journal.Names(mine())[1], []string{journal.Names(mine())[1]}},
		{map[string]*journal.Journal{moved: newer}, moved, []string{moved}},
	} {
		g := gathered(t, on(c.files))
		if text := g.Journal.Settings.Values[owner].Text; text != "text 3" || !slices.Equal(g.From, []string{c.from}) || !slices.Equal(g.Stay, c.stay) || g.Name != usual {
			t.Errorf("of %v: owner %q from %q, stay %q, saved as %q", slices.Sorted(maps.Keys(c.files)), text, g.From, g.Stay, g.Name)
		}
	}
}

func TestACopyAddsNothing(t *testing.T) {
	j := saved(2, ion.AllSettings, 1)
	g := gathered(t, on(map[string]*journal.Journal{usual: j, spare: j}))
	if !slices.Equal(g.From, []string{usual}) || !slices.Equal(g.Stay, []string{spare}) || g.Journal.Held != j.Held || g.Journal.Older != 0 {
		t.Errorf("%+v", g)
	}
}

// Somebody put the journal of a failed upgrade away, so the next one began a journal of its own, of
// a meter whose settings were the factory's but for one that was written since.
func TestWhatOnlyTheOlderJournalHoldsIsTakenFromIt(t *testing.T) {
	before, after := saved(2, ion.AllSettings, 1, 1, 1), saved(3, set(owner), 1, 1, 2)
	g := gathered(t, on(map[string]*journal.Journal{usual: after, spare: before}))
	j := g.Journal
	if j.Settings.Values[owner].Text != "text 3" || !j.Settings.Values[ptPrimary].Equal(before.Settings.Values[ptPrimary]) || j.Settings.Template != "template 2" || j.Held != ion.AllSettings {
		t.Errorf("it holds %x: %+v", j.Held, j.Settings)
	}
	if want := ion.SettingsOf(ion.Of(ion.Nameplate)) &^ set(owner); j.Older != want {
		t.Errorf("older: %x, and want the rest of the nameplate, %x", j.Older, want)
	}
	certain, older := j.Due(ion.Marks{Reset: ion.AllSettings, Changes: after.Changes})
	if !certain.Has(ptPrimary) || !certain.Has(owner) || older.Groups() != ion.Of(ion.Nameplate) {
		t.Errorf("certain %x, older %x", certain, older)
	}
	if !slices.Equal(g.From, []string{usual, spare}) || !slices.Equal(g.Stay, []string{spare}) {
		t.Errorf("from %q, stay %q", g.From, g.Stay)
	}
	if again, err := journal.Parse(journal.Append(nil, j)); err != nil || again.Held != j.Held || again.Older != j.Older {
		t.Errorf("it cannot be kept: %+v, %v", again, err)
	}
}

func TestAJournalWithoutCountsIsOlderThanOneWithThem(t *testing.T) {
	uncounted, counted := saved(2, ion.AllSettings), saved(3, set(owner), 1)
	uncounted.Marked, uncounted.Saved = false, counted.Saved.Add(time.Hour)
	j := gathered(t, on(map[string]*journal.Journal{usual: uncounted, spare: counted})).Journal
	if j.Settings.Values[owner].Text != "text 3" || j.Held != ion.AllSettings || j.Older != ion.AllSettings&^set(owner) {
		t.Errorf("%+v", j)
	}
	alone := gathered(t, on(map[string]*journal.Journal{spare: uncounted})).Journal
	if alone.Older != 0 || alone.Marked {
		t.Errorf("alone it is %+v", alone)
	}
	later := *saved(4, set(owner))
	second := &journal.Journal{Header: later.Header, Settings: later.Settings, Held: later.Held}
	second.Saved = uncounted.Saved.Add(time.Hour)
	if j := gathered(t, on(map[string]*journal.Journal{usual: uncounted, spare: second})).Journal; j.Settings.Values[owner].Text != "text 4" || j.Older.Has(owner) || !j.Older.Has(ptPrimary) {
		t.Errorf("of two without counts: %+v", j)
	}
}

func TestAReadingFromBeforeTheResetIsWorthMoreThanWhatWasCountedSince(t *testing.T) {
	before, since := saved(1, ion.AllSettings, 1), journal.Keep(nil, reading(0, ion.AllSettings, 1), head())
	since.Saved = before.Saved.Add(time.Hour)
	j := gathered(t, on(map[string]*journal.Journal{usual: since, spare: before})).Journal
	if got, _ := j.Settings.Values[ion.FirstEnergy].Number(); got != 1 || j.Counted != 0 || j.Older != 0 || j.Held != ion.AllSettings {
		t.Errorf("reading %v, counted %x, older %x, held %x", got, j.Counted, j.Older, j.Held)
	}
}

func TestJournalsOfOtherMetersAreLeftOut(t *testing.T) {
	other := saved(3, ion.AllSettings, 9)
	other.Meter.UnitID = 9
	j := saved(2, ion.AllSettings, 1)
	g := gathered(t, on(map[string]*journal.Journal{usual: other, spare: other, moved: j, ".hidden.journal": j, "notes.txt": j}))
	if g.Name != journal.Names(mine())[1] || !slices.Equal(g.From, []string{moved}) || !slices.Equal(g.Stay, []string{moved}) {
		t.Errorf("%+v", g)
	}
	if g := gathered(t, on(map[string]*journal.Journal{spare: other})); g.Journal != nil || g.Name != usual {
		t.Errorf("%+v", g)
	}
}

func TestACopyThatCannotBeReadStopsOnlyWhereItMayBeTheOnlyOne(t *testing.T) {
	j := saved(2, ion.AllSettings, 1)
	s := on(map[string]*journal.Journal{usual: j})
	s[spare] = []byte("damaged")
	if g := gathered(t, s); g.Journal.Held != j.Held || !slices.Equal(g.Unreadable, []string{spare}) {
		t.Errorf("%+v", g)
	}
	delete(s, usual)
	if _, err := journal.Gather(mine(), s); !errors.Is(err, journal.ErrJournal) || !strings.HasPrefix(err.Error(), spare) {
		t.Errorf("alone: %v", err)
	}
	s["another.journal"], s[spare] = s[spare], nil
	delete(s, spare)
	if g := gathered(t, s); g.Journal != nil {
		t.Errorf("a damaged file of no known meter: %+v", g)
	}
	s[usual] = []byte("damaged")
	s[spare] = journal.Append(nil, j)
	if _, err := journal.Gather(mine(), s); !errors.Is(err, journal.ErrJournal) || !strings.HasPrefix(err.Error(), usual) {
		t.Errorf("the program's own: %v", err)
	}
}

// broken cannot be listed.
type broken struct{ shelf }

func (broken) List() ([]string, error) { return nil, fs.ErrPermission }

func TestAFolderThatCannotBeListedIsAnError(t *testing.T) {
	if _, err := journal.Gather(mine(), broken{}); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

func TestNoMoreFilesAreReadThanAreAllowed(t *testing.T) {
	other := saved(3, ion.AllSettings)
	other.Meter.SerialNumber = "PC-OTHER"
	s := shelf{}
	for i := range journal.MaxFiles + 50 {
		s[fmt.Sprintf("%05d.journal", i)] = journal.Append(nil, other)
	}
	s[spare] = journal.Append(nil, saved(2, ion.AllSettings))
	if g := gathered(t, s); !slices.Equal(g.From, []string{spare}) {
		t.Errorf("from %q", g.From)
	}
}
