package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func testJournal() *client.Journal {
	return &client.Journal{
		SerialNumber: "PC-0209A001-11", UnitID: 105, Revision: "7350V282",
		Saved: time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC), Settings: meter.FactoryTemplate(meter.ION7350, "7350V282"),
	}
}

func sameJournal(a, b *client.Journal) bool {
	return a.SerialNumber == b.SerialNumber && a.UnitID == b.UnitID && a.Revision == b.Revision && a.Saved.Equal(b.Saved) &&
		a.Settings.Template == b.Settings.Template && a.Settings.Differs(&b.Settings) == 0
}

func TestJournalComesBackAsItWasKept(t *testing.T) {
	j := testJournal()
	b := client.AppendJournal([]byte("head"), j)
	got, err := client.ParseJournal(b[4:])
	if err != nil || !sameJournal(got, j) {
		t.Fatalf("%+v: %v", got, err)
	}
	if !bytes.HasPrefix(b, []byte("headionup journal 1\nserial-number = PC-0209A001-11\nunit-id = 105\n")) {
		t.Errorf("%s", b)
	}
}

func TestDamagedJournalIsRefusedWhole(t *testing.T) {
	b := client.AppendJournal(nil, testJournal())
	for n := range b {
		if _, err := client.ParseJournal(b[:n]); !errors.Is(err, client.ErrJournal) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
		changed := bytes.Clone(b)
		changed[n] ^= 0x20
		if _, err := client.ParseJournal(changed); !errors.Is(err, client.ErrJournal) {
			t.Fatalf("byte %d changed: %v", n, err)
		}
	}
	if _, err := client.ParseJournal(append(b, '\n')); !errors.Is(err, client.ErrJournal) {
		t.Errorf("a line more: %v", err)
	}
	if _, err := client.ParseJournal(make([]byte, client.MaxJournalBytes+1)); !errors.Is(err, client.ErrJournal) || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too long: %v", err)
	}
}

// sealed is a journal with a good CRC-32, so that what stands in it is looked at.
func sealed(body string) []byte {
	return fmt.Appendf([]byte(body), "crc-32 = %08x\n", crc32.ChecksumIEEE([]byte(body)))
}

func TestJournalWithAWrongFieldIsRefusedWithItsName(t *testing.T) {
	b := client.AppendJournal(nil, testJournal())
	body := string(b[:len(b)-len("crc-32 = 00000000\n")])
	if _, err := client.ParseJournal(sealed(body)); err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("no %q in %s", old, body)
		}
		return strings.Replace(body, old, new, 1)
	}
	for says, changed := range map[string]string{
		"ionup journal 1":     replace("journal 1", "journal 2"),
		"line 3: unit-id":     replace("unit-id", "unit"),
		"unit-id: ":           replace("= 105", "= 70000"),
		"saved: ":             replace("2008-03-06T", "6 March "),
		"settings: ":          replace("settings = ", "settings = x"),
		"five fields":         body + "more = 1\n",
		"bytes too many":      strings.TrimSuffix(body, "\n") + "00\n",
		"settings: template":  body[:strings.Index(body, "settings = ")] + "settings = \n",
		"saved setting phase": strings.TrimSuffix(body, "\n")[:len(body)-3] + "\n",
	} {
		if _, err := client.ParseJournal(sealed(changed)); !errors.Is(err, client.ErrJournal) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q expected, got %v", says, err)
		}
	}
}

func FuzzParseJournal(f *testing.F) {
	good := client.AppendJournal(nil, testJournal())
	f.Add(good)
	f.Add(good[:len(good)-18])
	f.Add([]byte("ionup journal 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		// With a good CRC-32, or the fuzzer never gets behind it.
		for _, file := range [][]byte{b, sealed(string(b))} {
			j, err := client.ParseJournal(file)
			if err != nil {
				if !errors.Is(err, client.ErrJournal) {
					t.Fatal(err)
				}
				continue
			}
			again, err := client.ParseJournal(client.AppendJournal(nil, j))
			if err != nil || !sameJournal(again, j) {
				t.Fatalf("%+v comes back as %+v: %v", j, again, err)
			}
		}
	})
}

// The tool dies behind the clear; the next process finds the journal and puts the settings
// back. Its own backup would be the factory's.
func TestJournalBringsTheSettingsBackAfterACrash(t *testing.T) {
	cfg := deskConfig()
	cfg.Journal = true
	d := newDesk(t, cfg)
	i, _ := ion.SettingNamed(ion.Nameplate, "owner")
	if err := d.u.SetWrites(map[int]ion.Value{i: ion.TextValue("PLANT")}); err != nil {
		t.Fatal(err)
	}
	if err := d.do(client.TaskWriteSettings); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"the flash is cleared", "the new image runs"} {
		t.Run(when, func(t *testing.T) {
			first := d.another(cfg)
			first.m = d.m.Clone()
			first.start(client.TaskUpgrade)
			for first.step(first.now + time.Hour) {
				running := first.m.State() == meter.Application && len(first.blocks) == 3
				if when == "the flash is cleared" && len(first.blocks) == 1 || running {
					break
				}
			}
			if first.disk == nil || first.journals != 1 {
				t.Fatalf("%d journals", first.journals)
			}
			second := first.another(cfg) // the first process is gone
			if err := second.do(client.TaskRecover); err != nil {
				t.Fatal(err)
			}
			s := second.m.Settings(second.now)
			if got := s.Values[i].Text; got != "PLANT" || !second.removed || second.disk != nil {
				t.Errorf("owner %q, journal removed %v", got, second.removed)
			}
			if flashed := second.clears > 0; flashed != (when == "the flash is cleared") {
				t.Errorf("it was flashed again: %v", flashed)
			}
		})
	}
}
