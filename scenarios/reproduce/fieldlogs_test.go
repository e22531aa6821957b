package reproduce_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/rig"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

var update = flag.Bool("update", false, "write the logs of fixtures/logs anew")

// fieldLog is a log of fixtures/logs as it was made: runs of the tool one after another,
// against one meter, and what a PC of the field then did to the file.
type fieldLog struct {
	name   string
	setup  rig.Setup
	blocks int
	device string   // name at the site
	old    bool     // release 2.1
	plans  []string // of each run
	dress  func([]byte) []byte
	finds  []string // kinds of faults that the last run must be explained by; nil: it cannot be
	image  string   // what is said of its size
	says   []string // in the remarks
}

func fieldLogs() []fieldLog {
	plant := rig.Setup{SerialNumber: "PA-0311B204-03", UnitID: 12, Epoch: time.Date(2009, time.November, 17, 9, 12, 3, 0, time.UTC)}
	other := plant
	other.Model, other.Baud, other.SerialNumber = meter.ION7300, 19200, "PG-0402A117-01"
	return []fieldLog{
		{name: "two-no-responses", setup: plant, blocks: 100, plans: []string{"cable-pull at block 41 for 2 no-responses"}, finds: []string{"cable-pull"}, image: "96 to 100 blocks"},
		{name: "answer-lost", setup: other, blocks: 52, device: "Feeder 7 north", plans: []string{"reply-lost at block 33"}, finds: []string{"reply-lost"}, image: "52 blocks"},
		{name: "power-back", setup: plant, blocks: 60, plans: []string{"power-loss at block 30 for 25s"}, finds: []string{"power-loss"}},
		{name: "power-gone", setup: other, blocks: 80, old: true, plans: []string{"power-loss at block 9"}, finds: []string{"power-loss"}},
		{name: "busy-meter", setup: plant, blocks: 40, plans: []string{"reply-busy at block 18"}, finds: []string{"reply-busy"}},
		{name: "aborted", setup: plant, blocks: 70, plans: []string{"abort at 60%"}, finds: []string{"abort"}},
		{name: "pc-crash", setup: plant, blocks: 30, plans: []string{"kill at block 17"}, dress: cutShort, finds: []string{"kill"}, says: []string{"no line of an Upgrade.log"}},
		{name: "three-runs", setup: plant, blocks: 24, plans: []string{"kill at block 20", "cable-pull at block 3", ""}, dress: crlf, finds: []string{}},
		{name: "german", setup: plant, blocks: 45, plans: []string{"cable-pull at block 12 for 3 no-responses"}, dress: german, finds: []string{"cable-pull"}, says: []string{"Dienstag, 17. November 2009", "decimal comma"}},
		{name: "day-or-month", setup: rig.Setup{Epoch: time.Date(2010, time.April, 5, 23, 58, 40, 0, time.UTC)}, blocks: 20, plans: []string{"cable-pull at block 5"}, dress: slashes, finds: []string{"cable-pull"}, says: []string{"could be May 4, 2010"}},
		{name: "slow-to-save", setup: plant, blocks: 12, plans: []string{"cable-pull at 500ms for 3 no-responses"}, finds: []string{"cable-pull"}},
		{name: "never-erased", setup: plant, blocks: 12, plans: []string{"erase-fails at start address 0x050000"}, finds: []string{"erase-fails"}},
		{name: "noise", setup: plant, blocks: 50, plans: []string{"noise at block 11 for 1m30s rate 1e-4 seed 3"}, finds: []string{"noise"}},
		{name: "gateway-reset", setup: plant, blocks: 50, plans: []string{"ip-reset at block 21"}, finds: []string{"ip-reset"}},
		{name: "strange-lines", setup: plant, blocks: 16, plans: []string{"cable-pull at block 8"}, dress: strange, finds: []string{"cable-pull"}, says: []string{"line 7", "line 14"}},
		{name: "edited", setup: plant, blocks: 16, plans: []string{"cable-pull at block 8"}, dress: edited},
	}
}

// make makes the log anew.
func (f fieldLog) make(t *testing.T) []byte {
	t.Helper()
	r, err := rig.New(f.setup)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range f.plans {
		plan, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		a := rig.Attempt{Task: client.TaskUpgrade, DeviceName: f.device, Plan: plan, Person: rig.Person{Firmware: f.setup.UPG(f.blocks * ion.BlockBytes), Paste: ion.AllGroups}}
		if f.old {
			a.Release = client.Release21()
		}
		if _, err := r.Try(a); err != nil {
			t.Fatal(err)
		}
		r.Heal()
	}
	if f.dress == nil {
		return r.Disk().Log
	}
	return f.dress(r.Disk().Log)
}

func crlf(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }

// cutShort is what a crash of the PC leaves of the last line.
func cutShort(b []byte) []byte { return append(b, "60% com"...) }

func german(b []byte) []byte {
	s := strings.NewReplacer("Tuesday, November 17, 2009 9:", "Dienstag, 17. November 2009 09:", " AM\n", "\n", ".0%", ",0%").Replace(string(b))
	for _, n := range "123456789" {
		s = strings.ReplaceAll(s, "."+string(n)+"%", ","+string(n)+"%")
	}
	return crlf([]byte(s))
}

func slashes(b []byte) []byte {
	return []byte(strings.NewReplacer("Monday, April 05, 2010 11:58:40 PM", "4/5/2010 23:58:40", "Tuesday, April 06, 2010 12:", "4/6/2010 0:", " AM\n", "\n").Replace(string(b)))
}

func strange(b []byte) []byte {
	lines := strings.SplitAfter(string(b), "\n")
	lines = slices.Insert(lines, 6, "Modem initialised (AT&F)\n")
	return []byte(strings.Join(slices.Insert(lines, 13, "\x00\x00\x00\n"), ""))
}

// edited is a count that no tool writes.
func edited(b []byte) []byte {
	return bytes.Replace(b, []byte("resending (4 of 11)"), []byte("resending (4 of 19)"), 1)
}

func TestTheLogsAreStoredAsTheyWereMade(t *testing.T) {
	for _, f := range fieldLogs() {
		made, path := f.make(t), "field-"+f.name+".log"
		if *update {
			if err := os.WriteFile(filepath.Join("..", "..", "fixtures", "logs", path), made, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if stored, err := fs.ReadFile(logs.Files(), path); err != nil || !bytes.Equal(stored, made) {
			t.Errorf("%s is not what is made (%v): go test ./scenarios/reproduce -update", path, err)
		}
	}
}

func TestEachFieldLogIsReproducedWithWhatWasInjected(t *testing.T) {
	for _, f := range fieldLogs() {
		t.Run(f.name, func(t *testing.T) {
			stored, err := fs.ReadFile(logs.Files(), "field-"+f.name+".log")
			if err != nil {
				t.Fatal(err)
			}
			log, err := reproduce.Read(stored)
			if err != nil || len(log.Runs) != len(f.plans) {
				t.Fatalf("%d runs, %v", len(log.Runs), err)
			}
			for i, run := range log.Runs {
				r := reproduce.Search(t.Context(), run, reproduce.Options{})
				t.Logf("run %d: %d trials, image %s", i+1, r.Trials, r.Sizes.String())
				for _, c := range r.Candidates {
					t.Logf("%v %q: %s %s", c.Match, c.Plan, c.Meaning, c.Differs)
				}
				if r.Reproduced() != (f.finds != nil) {
					t.Fatalf("reproduced: %v; %v", r.Reproduced(), r.Problem)
				}
			}
		})
	}
}
