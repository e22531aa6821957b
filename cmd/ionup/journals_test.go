package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client/journal"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/ion"
)

func meterOf(serialNumber string) journal.Meter {
	return journal.Meter{SerialNumber: serialNumber, Model: 7350, UnitID: 105}
}

func journalOf(serialNumber string) *journal.Journal {
	return &journal.Journal{
		Header:   journal.Header{Meter: meterOf(serialNumber), Revision: "7350V282", Saved: time.Unix(1204812000, 0).UTC()},
		Settings: *custom(), Held: ion.AllSettings,
	}
}

// save saves a journal, and returns its path.
func (d journals) mustSave(t *testing.T, j *journal.Journal) string {
	t.Helper()
	path, err := d.save(j.Meter, j)
	must(t, err)
	return path
}

func TestJournalIsKeptForItsMeterAlone(t *testing.T) {
	t.Parallel()
	d := journals{files.Local(), filepath.Join(t.TempDir(), "state", "ionup")}
	if _, j, err := d.find(meterOf(serial)); j != nil || err != nil {
		t.Fatalf("find = %v, %v before anything was saved", j, err)
	}
	path := d.mustSave(t, journalOf(serial))
	d.mustSave(t, journalOf("PC-2"))
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	_, j, err := d.find(meterOf(serial))
	must(t, err)
	if j.Meter.SerialNumber != serial || j.Settings.Template != "7350_PLANT_A" {
		t.Errorf("loaded %+v", j)
	}
	if _, _, err := d.remove(meterOf(serial)); err != nil {
		t.Fatal(err)
	}
	if _, j, err := d.find(meterOf(serial)); j != nil || err != nil {
		t.Errorf("find = %v, %v after it was removed", j, err)
	}
	if _, j, err := d.find(meterOf("PC-2")); j == nil || err != nil {
		t.Errorf("find = %v, %v of the other meter", j, err)
	}
	names, err := filepath.Glob(filepath.Join(d.folder, ".*"))
	if err != nil || len(names) > 0 {
		t.Errorf("temporary files are left: %v", names)
	}
}

func TestJournalOfAHostileSerialNumberStaysInItsFolder(t *testing.T) {
	t.Parallel()
	d := journals{files.Local(), t.TempDir()}
	seen := map[string]string{}
	for _, number := range []string{"../../etc/passwd", "..", ".", ".hidden", "a/b", "a%2Fb", "a b", "\x00\x1b[2J", "ä", "PC-0209A001-11", `C:\x`} {
		path, _, err := d.find(meterOf(number))
		must(t, err)
		if filepath.Dir(path) != d.folder || strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("%q is kept at %s", number, path)
		}
		if other, taken := seen[path]; taken {
			t.Errorf("%q and %q share %s", number, other, path)
		}
		seen[path] = number
	}
	if _, err := d.save(meterOf(""), journalOf("")); !errors.Is(err, journal.ErrNoSerialNumber) {
		t.Errorf("save = %v for a meter without a serial number", err)
	}
}

func TestJournalDoesNotFollowLinks(t *testing.T) {
	t.Parallel()
	d := journals{files.Local(), t.TempDir()}
	elsewhere := filepath.Join(t.TempDir(), "mine")
	must(t, os.WriteFile(elsewhere, journal.Append(nil, journalOf(serial)), 0o600))
	must(t, os.Symlink(elsewhere, filepath.Join(d.folder, serial+".journal")))
	if _, j, err := d.find(meterOf(serial)); err == nil || !strings.Contains(err.Error(), "is a link, not a file") {
		t.Errorf("find = %v, %v through a link", j, err)
	}
	if _, err := d.save(meterOf(serial), journalOf(serial)); err == nil || !strings.Contains(err.Error(), "is a link, not a file") {
		t.Errorf("save = %v over a link", err)
	}
	kept, err := os.ReadFile(elsewhere)
	must(t, err)
	if !bytes.Equal(kept, journal.Append(nil, journalOf(serial))) {
		t.Error("the file behind the link was written")
	}
}

func TestJournalOfAnotherMeterWithTheSameSerialNumberIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := journals{files.Local(), t.TempDir()}
	first := d.mustSave(t, journalOf(serial))
	twin := meterOf(serial)
	twin.Model, twin.UnitID = 7300, 9
	if _, j, err := d.find(twin); j != nil || err != nil {
		t.Errorf("find = %v, %v", j, err)
	}
	theirs := journalOf(serial)
	theirs.Meter = twin
	if path := d.mustSave(t, theirs); path == first || filepath.Base(path) != serial+"-7300-9.journal" {
		t.Errorf("it is saved as %s", path)
	}
	if _, _, err := d.remove(twin); err != nil {
		t.Fatal(err)
	}
	if _, j, err := d.find(meterOf(serial)); j == nil || err != nil {
		t.Errorf("find = %v, %v of the first", j, err)
	}
}

func TestJournalFolderIsThatOfTheUser(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	for _, test := range []struct{ state, flag, want string }{
		{"", "", "/home/somebody/.local/state/ionup"},
		{"relative", "", "/home/somebody/.local/state/ionup"},
		{"/var/state", "", "/var/state/ionup"},
		{"/var/state", "here", "here"},
	} {
		t.Setenv("XDG_STATE_HOME", test.state)
		if d, err := openJournals(files.Local(), test.flag); err != nil || d.folder != test.want {
			t.Errorf("XDG_STATE_HOME=%q --journal=%q: %q (%v), want %q", test.state, test.flag, d.folder, err, test.want)
		}
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	if _, err := openJournals(files.Local(), ""); err == nil || !strings.Contains(err.Error(), "no folder for the journal") {
		t.Errorf("openJournals = %v without a home", err)
	}
}

// A person has put the journal of a failed upgrade aside, or made a copy of it.
func TestSettingsAreFoundWhereverAPersonHasPutTheJournal(t *testing.T) {
	t.Parallel()
	for name, lay := range map[string]func(t *testing.T, own, copied string){
		"put aside": func(t *testing.T, own, copied string) { rename(t, own, copied) },
		"copied": func(t *testing.T, own, copied string) {
			b, err := os.ReadFile(own)
			if err != nil {
				t.Fatal(err)
			}
			put(t, copied, b)
		},
		"copied and damaged": func(t *testing.T, _, copied string) { put(t, copied, []byte("damaged")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, "meter-silent at block 2")
			file := b.upg(5)
			ionup(t, append(b.tool("upgrade", file), "--timeout", "10ms", "--baud", "19200")...).wantCode(1)
			own, copied := b.path("journal/PC-0209A001-11.journal"), b.path("journal/PC-0209A001-11 (copy).journal")
			lay(t, own, copied)
			b.heal()
			r := ionup(t, append(b.tool("recover", file), "--yes")...).wantCode(0)
			b.wantSettings(custom())
			wantNoFile(t, own)
			if _, err := os.Stat(copied); err != nil {
				t.Errorf("the copy is gone: %v", err)
			}
			r.wantSays(copied + map[string]string{
				"put aside":          "; it stays as it is\n",
				"copied":             " is of this meter, too, and holds nothing newer; it is not used, and stays as it is",
				"copied and damaged": " cannot be read; it is left as it is, and another journal of this meter is used",
			}[name])
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
