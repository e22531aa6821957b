package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"testing"

	"ionbench/client/journal"
	"ionbench/simulator/ion"
)

const (
	ptPrimary   = 0
	ptSecondary = 1
	owner       = 10
)

// reading is what a meter tells whose settings are those of a seed.
func reading(seed int, reset ion.SettingSet, changes ...uint32) *journal.Reading {
	r := &journal.Reading{Settings: settings(seed), Marked: true}
	r.Marks.Reset = reset
	copy(r.Marks.Changes[:], changes)
	return r
}

func head() journal.Header { return example().Header }

func set(list ...int) ion.SettingSet {
	var s ion.SettingSet
	for _, i := range list {
		s = s.With(i)
	}
	return s
}

func TestTheMetersOwnSettingsAreKeptIfNobodyHasResetThem(t *testing.T) {
	j := journal.Keep(nil, reading(2, 0), head())
	if j.Held != ion.AllSettings || j.Settings.Values[owner].Text != "text 2" || j.Older != 0 {
		t.Errorf("kept: %+v", j)
	}
}

func TestAFactoryValueIsNeverKeptAsSomebodysOwn(t *testing.T) {
	if j := journal.Keep(nil, reading(2, ion.AllSettings), head()); j.Held != energies() || j.Counted != energies() {
		t.Errorf("of factory values the journal holds %x, and not only what was counted", j.Held)
	}
	j := journal.Keep(nil, reading(2, set(owner)), head())
	if j.Held != ion.AllSettings&^set(owner) {
		t.Errorf("held: %x", j.Held)
	}
}

func TestAJournalIsNotReplacedByFactoryValues(t *testing.T) {
	found := journal.Keep(nil, reading(2, 0), head())
	found.By = "bob"
	j := journal.Keep(found, reading(3, ion.AllSettings), head())
	if j.Held != ion.AllSettings || j.Settings.Values[owner].Text != "text 2" || j.Settings.Template != "template 2" || j.Older != 0 || j.By != "bob" {
		t.Errorf("kept: %+v", j)
	}
}

func TestWhatSomebodyHasWrittenSinceReplacesTheJournals(t *testing.T) {
	found := journal.Keep(nil, reading(2, 0), head())
	j := journal.Keep(found, reading(3, ion.AllSettings&^set(owner), 0, 0, 1), head())
	if j.Settings.Values[owner].Text != "text 3" || !j.Settings.Values[ptPrimary].Equal(found.Settings.Values[ptPrimary]) {
		t.Errorf("kept: %+v", j)
	}
	if want := ion.SettingsOf(ion.Of(ion.Nameplate)) &^ set(owner); j.Older != want {
		t.Errorf("older than what somebody changed: %x, want the rest of the nameplate, %x", j.Older, want)
	}
}

func TestOnlyWhatIsResetIsWrittenBack(t *testing.T) {
	j := journal.Keep(nil, reading(2, 0, 4), head())
	for _, c := range []struct {
		name           string
		marks          ion.Marks
		certain, older ion.SettingSet
	}{
		{"nothing was reset", ion.Marks{Changes: [ion.KindCount]uint32{4}}, 0, 0},
		{"all was reset", ion.Marks{Reset: ion.AllSettings, Changes: [ion.KindCount]uint32{4}}, ion.AllSettings, 0},
		{"one was written again", ion.Marks{Reset: ion.AllSettings &^ set(ptPrimary), Changes: [ion.KindCount]uint32{5}},
			ion.AllSettings &^ ion.SettingsOf(ion.Of(ion.PTCT)), ion.SettingsOf(ion.Of(ion.PTCT)) &^ set(ptPrimary)},
		{"changed, and reset by another upgrade", ion.Marks{Reset: ion.AllSettings, Changes: [ion.KindCount]uint32{5}},
			ion.AllSettings &^ ion.SettingsOf(ion.Of(ion.PTCT)), ion.SettingsOf(ion.Of(ion.PTCT))},
	} {
		if certain, older := j.Due(c.marks); certain != c.certain || older != c.older {
			t.Errorf("%s: certain %x, older %x; want %x, %x", c.name, certain, older, c.certain, c.older)
		}
	}
}

func energies() ion.SettingSet { return ion.SettingsOf(ion.Of(ion.Energy)) }

func TestOfTwoCountsTheHigherOneIsKept(t *testing.T) {
	found := journal.Keep(nil, reading(1, ion.AllSettings), head())
	for seed, want := range map[int]float64{0: 1, 1: 1} {
		j := journal.Keep(found, reading(seed, ion.AllSettings), head())
		if got, _ := j.Settings.Values[ion.FirstEnergy].Number(); got != want || j.Counted != energies() || j.Older != 0 {
			t.Errorf("found 1, read %d: kept %v, counted %x", seed, got, j.Counted)
		}
	}
}

func TestAJournalThatDoesNotCountTakesNothingForOlder(t *testing.T) {
	j := journal.Keep(nil, &journal.Reading{Settings: settings(2)}, head())
	if certain, older := j.Due(ion.Marks{Reset: ion.AllSettings, Changes: [ion.KindCount]uint32{7}}); certain != ion.AllSettings || older != 0 {
		t.Errorf("certain %x, older %x", certain, older)
	}
}

func TestAJournalKeepsWhatIsNotBackYet(t *testing.T) {
	j := journal.Keep(nil, reading(2, 0), head())
	before := ion.Marks{Reset: ion.AllSettings}
	if rest := j.Rest(ion.AllSettings, before, before); rest != nil {
		t.Errorf("all is back, and it keeps %x", rest.Held)
	}
	before.Reset &^= set(ptSecondary) // by somebody else
	after := before
	after.Changes[ion.Nameplate] = 3
	rest := j.Rest(set(owner), before, after)
	if rest.Held != ion.AllSettings&^set(owner, ptSecondary) || rest.Older != 0 {
		t.Fatalf("it keeps %x, older %x", rest.Held, rest.Older)
	}
	after.Reset &^= set(owner)
	if certain, older := rest.Due(after); certain != rest.Held || older != 0 {
		t.Errorf("what was written by this tool makes the rest older: %x, %x", certain, older)
	}
}

func TestAJournalIsFoundByWhatItSaysAndNotByItsName(t *testing.T) {
	other := mine()
	other.Model, other.UnitID = 7300, 9
	folder := map[string][]byte{}
	read := func(name string) ([]byte, error) { return folder[name], nil }
	find := func(m journal.Meter, name string, there bool) {
		t.Helper()
		got, j, err := journal.Find(m, read)
		if err != nil || got != name || (j != nil) != there {
			t.Errorf("found %q, %v, %v; want %q", got, j, err, name)
		}
	}
	find(mine(), "PC-0209A001-11.journal", false)
	folder["PC-0209A001-11.journal"] = journal.Append(nil, example())
	find(mine(), "PC-0209A001-11.journal", true)
	find(other, "PC-0209A001-11-7300-9.journal", false)
	theirs := example()
	theirs.Meter = other
	folder["PC-0209A001-11-7300-9.journal"] = journal.Append(nil, theirs)
	find(other, "PC-0209A001-11-7300-9.journal", true)
	delete(folder, "PC-0209A001-11.journal")
	find(other, "PC-0209A001-11-7300-9.journal", true)

	third := other
	third.UnitID = 10
	folder["PC-0209A001-11.journal"] = journal.Append(nil, example())
	folder["PC-0209A001-11-7300-10.journal"] = journal.Append(nil, theirs)
	if _, _, err := journal.Find(third, read); !errors.Is(err, journal.ErrJournal) {
		t.Errorf("both names are taken: %v", err)
	}
	folder["PC-0209A001-11.journal"] = []byte("half")
	if _, _, err := journal.Find(mine(), read); !errors.Is(err, journal.ErrJournal) {
		t.Errorf("damaged: %v", err)
	}
	if _, _, err := journal.Find(journal.Meter{}, read); !errors.Is(err, journal.ErrNoSerialNumber) {
		t.Errorf("without a serial number: %v", err)
	}
	if _, _, err := journal.Find(mine(), func(string) ([]byte, error) { return nil, fs.ErrPermission }); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("unreadable: %v", err)
	}
}

func TestNamesStayInTheFolder(t *testing.T) {
	for serial, want := range map[string]string{
		"PC-0209A001-11": "PC-0209A001-11.journal", "../../etc/passwd": "%2E.%2F..%2Fetc%2Fpasswd.journal", ".hidden": "%2Ehidden.journal", "a b": "a%20b.journal",
	} {
		if got := journal.Names(journal.Meter{SerialNumber: serial})[0]; got != want {
			t.Errorf("%q is kept in %q, want %q", serial, got, want)
		}
	}
}

func TestEverythingThatAJournalHoldsShowsInItsSum(t *testing.T) {
	changes := map[string]func(j *journal.Journal){
		"the serial":   func(j *journal.Journal) { j.Meter.SerialNumber = "PC-1" },
		"the model":    func(j *journal.Journal) { j.Meter.Model = 7330 },
		"the unit":     func(j *journal.Journal) { j.Meter.UnitID = 9 },
		"what is held": func(j *journal.Journal) { j.Held &^= set(owner) },
		"the older":    func(j *journal.Journal) { j.Older = set(owner) },
		"the counted":  func(j *journal.Journal) { j.Counted = 0 },
		"the marks":    func(j *journal.Journal) { j.Marked = false },
		"a count":      func(j *journal.Journal) { j.Changes[5]++ },
		"the template": func(j *journal.Journal) { j.Settings.Template = "another" },
	}
	for i := range ion.SettingCount {
		changes[fmt.Sprint("setting ", i)] = func(j *journal.Journal) { j.Settings.Values[i] = settings(2).Values[i] }
	}
	for name, change := range changes {
		j := example()
		change(j)
		same := reflect.DeepEqual(j, example()) // some values of the two seeds are the same
		if shows := *j.Sum() != *example().Sum(); shows == same {
			t.Errorf("%s: it shows: %v", name, shows)
		}
	}
	j := example()
	j.By, j.Revision, j.Image.CRC = "bob", "7350V281", 1
	if *j.Sum() != *example().Sum() {
		t.Error("names change the sum")
	}
}
