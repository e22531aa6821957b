package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/cmd/internal/files"
)

func journalOf(serialNumber string) *client.Journal {
	return &client.Journal{SerialNumber: serialNumber, UnitID: 105, Revision: "7350V282", Saved: time.Unix(1204812000, 0).UTC(), Settings: *custom()}
}

func TestJournalIsKeptForItsMeterAlone(t *testing.T) {
	d := journals{files.Local(), filepath.Join(t.TempDir(), "state", "ionup")}
	if j, err := d.load(serial); j != nil || err != nil {
		t.Fatalf("load = %v, %v before anything was saved", j, err)
	}
	must(t, d.save(journalOf(serial)))
	must(t, d.save(journalOf("PC-2")))
	info, err := os.Stat(d.path(serial))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	j, err := d.load(serial)
	must(t, err)
	if j.SerialNumber != serial || j.Settings.Template != "7350_PLANT_A" {
		t.Errorf("loaded %+v", j)
	}
	must(t, d.remove(serial))
	if j, err := d.load(serial); j != nil || err != nil {
		t.Errorf("load = %v, %v after it was removed", j, err)
	}
	if j, err := d.load("PC-2"); j == nil || err != nil {
		t.Errorf("load = %v, %v of the other meter", j, err)
	}
	names, err := filepath.Glob(filepath.Join(d.folder, ".*"))
	if err != nil || len(names) > 0 {
		t.Errorf("temporary files are left: %v", names)
	}
}

func TestJournalOfAHostileSerialNumberStaysInItsFolder(t *testing.T) {
	d := journals{files.Local(), t.TempDir()}
	seen := map[string]string{}
	for _, number := range []string{"../../etc/passwd", "..", ".", ".hidden", "a/b", "a%2Fb", "a b", "\x00\x1b[2J", "ä", "PC-0209A001-11", `C:\x`} {
		path := d.path(number)
		if filepath.Dir(path) != d.folder || strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("%q is kept at %s", number, path)
		}
		if other, taken := seen[path]; taken {
			t.Errorf("%q and %q share %s", number, other, path)
		}
		seen[path] = number
	}
	if err := d.save(journalOf("")); !errors.Is(err, errNoSerialNumber) {
		t.Errorf("save = %v for a meter without a serial number", err)
	}
}

func TestJournalDoesNotFollowLinks(t *testing.T) {
	d := journals{files.Local(), t.TempDir()}
	elsewhere := filepath.Join(t.TempDir(), "mine")
	must(t, os.WriteFile(elsewhere, client.AppendJournal(nil, journalOf(serial)), 0o600))
	must(t, os.Symlink(elsewhere, d.path(serial)))
	if j, err := d.load(serial); err == nil || !strings.Contains(err.Error(), "is a link, not a file") {
		t.Errorf("load = %v, %v through a link", j, err)
	}
	other := journalOf(serial)
	other.Settings.Template = "other"
	must(t, d.save(other)) // replaces the link
	kept, err := os.ReadFile(elsewhere)
	must(t, err)
	if strings.Contains(string(kept), "other") || len(kept) != len(client.AppendJournal(nil, journalOf(serial))) {
		t.Error("the file behind the link was written")
	}
	if info, err := os.Lstat(d.path(serial)); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		t.Errorf("the link is still there: %v", err)
	}
}

func TestJournalOfAnotherMeterIsRefused(t *testing.T) {
	d := journals{files.Local(), t.TempDir()}
	must(t, os.WriteFile(d.path(serial), client.AppendJournal(nil, journalOf("PC-2")), 0o600))
	if _, err := d.load(serial); !errors.Is(err, client.ErrJournal) || !strings.Contains(err.Error(), "it is that of meter PC-2") {
		t.Errorf("load = %v", err)
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
