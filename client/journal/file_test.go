package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"
	"time"

	"ionbench/client/journal"
	"ionbench/simulator/ion"
)

// settings are valid ones, of which each value differs with seed.
func settings(seed int) ion.Settings {
	s := ion.Settings{Template: fmt.Sprint("template ", seed)}
	for i, setting := range ion.SettingTable() {
		text := fmt.Sprint(seed % 2)
		switch {
		case setting.Type == ion.Words:
			text = fmt.Sprintf("text %d", seed)
		case setting.Min > 1:
			text = fmt.Sprint(setting.Min + float64(seed))
		case setting.Min > 0 && setting.Max > 2:
			text = fmt.Sprint(100 + seed)
		case setting.Min > 0:
			text = fmt.Sprint(0.5 + float64(seed)/100)
		}
		v, err := setting.Parse(text)
		if err != nil {
			panic(err)
		}
		s.Values[i] = v
	}
	return s
}

func mine() journal.Meter {
	return journal.Meter{SerialNumber: "PC-0209A001-11", Model: 7350, UnitID: 105}
}

func example() *journal.Journal {
	return &journal.Journal{
		Header: journal.Header{
			Meter: mine(), Revision: "7350V282", Image: journal.Image{Revision: "7350V283", CRC: 0x0a5f00b1},
			Saved: time.Date(2008, 3, 6, 15, 58, 12, 0, time.UTC), By: "ann@workshop",
		},
		Settings: settings(1), Held: ion.AllSettings, Older: 1 << 3, Counted: 1 << 20, Marked: true, Changes: [ion.KindCount]uint32{1, 2, 3, 0, 5, 9},
	}
}

func sealed(body string) []byte {
	return fmt.Appendf([]byte(body), "crc-32 = %08x\n", crc32.ChecksumIEEE([]byte(body)))
}

func bodyOf(j *journal.Journal) string {
	b := journal.Append(nil, j)
	return string(b[:bytes.LastIndex(b, []byte("crc-32"))])
}

func TestJournalComesBackAsItWasSaved(t *testing.T) {
	unmarked := example()
	unmarked.Marked, unmarked.Changes = false, [ion.KindCount]uint32{}
	for _, j := range []*journal.Journal{example(), unmarked} {
		b := journal.Append([]byte("head"), j)
		got, err := journal.Parse(b[4:])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, j) {
			t.Errorf("it is\n%+v\nand was\n%+v", got, j)
		}
	}
}

func TestJournalOfTheFirstVersionIsRead(t *testing.T) {
	s := settings(1)
	body := fmt.Sprintf("ionup journal 1\nserial-number = PC-0209A001-11\nunit-id = 105\nrevision = 7350V282\nsaved = 2008-03-06T15:58:12Z\nsettings = %x\n", ion.AppendSettings(nil, &s))
	j, err := journal.Parse(sealed(body))
	if err != nil {
		t.Fatal(err)
	}
	if !j.Meter.Is(mine()) || j.Meter.Model != 7350 || j.Held != ion.AllSettings || j.Marked || j.Older != 0 {
		t.Errorf("it is %+v", j)
	}
}

func TestDamagedJournalIsRefused(t *testing.T) {
	b := journal.Append(nil, example())
	for n := range b {
		if _, err := journal.Parse(b[:n]); !errors.Is(err, journal.ErrJournal) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
		changed := bytes.Clone(b)
		changed[n] ^= 1
		if _, err := journal.Parse(changed); !errors.Is(err, journal.ErrJournal) {
			t.Fatalf("byte %d changed: %v", n, err)
		}
	}
	if _, err := journal.Parse(append(b, '\n')); !errors.Is(err, journal.ErrJournal) {
		t.Errorf("with a line too many: %v", err)
	}
	if _, err := journal.Parse(make([]byte, journal.MaxBytes+1)); !errors.Is(err, journal.ErrJournal) || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too long: %v", err)
	}
}

func TestJournalWithAWrongFieldSaysWhich(t *testing.T) {
	body := bodyOf(example())
	for _, c := range []struct{ from, to, says string }{
		{"ionup journal 2", "ionup journal 3", "it does not begin with"},
		{"unit-id = 105", "unit-id = 1.5", "unit-id"},
		{"unit-id = 105", "unit = 105", "line 3: unit-id expected"},
		{"saved = 2008", "saved = yesterday", "saved"},
		{"settings = ", "settings = zz", "settings"},
		{"settings = ", "settings = 00", "settings"},
		{"model = 7350", "model = ION", "model"},
		{"image = 0a5f", "image = wxyz", "image"},
		{"held = 3fffffff", "held = 7fffffff", "held: 7fffffff: there are no such settings here"},
		{"held = 3fffffff", "held = 00000001", "older: 00000008: there are no such settings here"},
		{"counted = 00100000", "counted = 00000001", "counted: 00000001: there are no such settings here"},
		{"changes = 1 2", "changes = 2", "changes: 5 counts, and it is 6"},
		{"changes = 1 2", "changes = 1 -2", "changes"},
	} {
		changed := strings.Replace(body, c.from, c.to, 1)
		if changed == body {
			t.Fatalf("%q is not in\n%s", c.from, body)
		}
		if _, err := journal.Parse(sealed(changed)); !errors.Is(err, journal.ErrJournal) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q in it", c.to, err, c.says)
		}
	}
}

func TestANameOfAnyKindStaysOnItsLine(t *testing.T) {
	j := example()
	j.By = "ann\nheld = 0\x7f"
	got, err := journal.Parse(journal.Append(nil, j))
	if err != nil || got.By != "ann?held = 0?" || got.Held != j.Held {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	good := bodyOf(example())
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "journal 2", "journal 1", 1)))
	f.Add([]byte("ionup journal 2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, sealed(string(b))} {
			j, err := journal.Parse(file)
			if err != nil {
				if !errors.Is(err, journal.ErrJournal) {
					t.Fatal(err)
				}
				continue
			}
			again, err := journal.Parse(journal.Append(nil, j))
			if err != nil {
				t.Fatalf("what was read cannot be saved: %v", err)
			}
			if again.Held != j.Held || again.Older != j.Older || again.Changes != j.Changes {
				t.Fatalf("it is %+v and comes back as %+v", j, again)
			}
		}
	})
}
