package reproduce_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/fixtures/golden"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// fieldLog is a log of fixtures/logs as it was made: runs of the tool one after another,
// against one meter, and what a PC of the field then did to the file.
type fieldLog struct {
	name   string
	meter  world.Meter
	blocks int
	device string   // name at the site
	old    bool     // release 2.1
	plans  []string // of each run
	dress  func([]byte) []byte
	kinds  []string // of faults that each run can be explained by; nil: none can be
	image  string   // what is said of its size
	says   []string // in the remarks
}

func fieldLogs() []fieldLog {
	plant := world.Meter{SerialNumber: "PA-0311B204-03", UnitID: 12, Clock: time.Date(2009, time.November, 17, 9, 12, 3, 0, time.UTC)}
	other := plant
	other.Model, other.Baud, other.SerialNumber = meter.ION7300, 19200, "PG-0402A117-01"
	return []fieldLog{
		{name: "two-no-responses", meter: plant, blocks: 100, plans: []string{"cable-pull at block 41 for 2 no-responses"}, kinds: []string{"cable-pull"}, image: "99 to 100 blocks"},
		{name: "answer-lost", meter: other, blocks: 52, device: "Feeder 7 north", plans: []string{"reply-lost at block 33"}, kinds: []string{"reply-lost"}, image: "52 blocks"},
		{name: "power-back", meter: plant, blocks: 60, plans: []string{"power-loss at block 30 for 25s"}, kinds: []string{"power-loss"}},
		{name: "power-gone", meter: other, blocks: 80, old: true, plans: []string{"power-loss at block 9"}, kinds: []string{"power-loss"}},
		{name: "busy-meter", meter: plant, blocks: 40, plans: []string{"reply-busy at block 18"}, kinds: []string{"reply-busy"}},
		{name: "aborted", meter: plant, blocks: 70, plans: []string{"abort at 60%"}, kinds: []string{"abort"}},
		{name: "pc-crash", meter: plant, blocks: 30, plans: []string{"kill at block 17"}, dress: cutShort, kinds: []string{"kill"}, says: []string{"a torn line"}},
		{name: "three-runs", meter: plant, blocks: 24, plans: []string{"kill at block 20", "cable-pull at block 3", ""}, dress: crlf, kinds: []string{"kill", "cable-pull", ""}},
		{name: "german", meter: plant, blocks: 45, plans: []string{"cable-pull at block 12 for 3 no-responses"}, dress: german, kinds: []string{"cable-pull"}, says: []string{"Dienstag, 17. November 2009", "decimal comma"}},
		{name: "day-or-month", meter: world.Meter{Clock: time.Date(2010, time.April, 5, 23, 58, 40, 0, time.UTC)}, blocks: 20, plans: []string{"cable-pull at block 5"}, dress: slashes, kinds: []string{"cable-pull"}, says: []string{"could be May 4, 2010"}},
		{name: "slow-to-save", meter: plant, blocks: 12, plans: []string{"cable-pull at 500ms for 3 no-responses"}, kinds: []string{"cable-pull"}},
		{name: "never-erased", meter: plant, blocks: 12, plans: []string{"erase-fails at start address 0x050000"}, kinds: []string{"erase-fails"}},
		{name: "noise", meter: plant, blocks: 50, plans: []string{"noise at block 11 for 1m30s rate 1e-4 seed 3"}, kinds: []string{"cable-pull cable-pull reply-lost"}},
		{name: "gateway-reset", meter: plant, blocks: 50, plans: []string{"ip-reset at block 21"}, kinds: []string{"ip-reset"}},
		{name: "strange-lines", meter: plant, blocks: 16, plans: []string{"cable-pull at block 8"}, dress: strange, says: []string{"line 7", "line 14"}},
		{name: "edited", meter: plant, blocks: 16, plans: []string{"cable-pull at block 8"}, dress: edited},
	}
}

// make makes the log anew.
func (f fieldLog) make(t *testing.T) []byte {
	t.Helper()
	r, err := rig.New(&world.World{Meters: []world.Meter{f.meter}, Firmware: []world.Firmware{{Blocks: f.blocks}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range f.plans {
		plan, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		a := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, DeviceName: f.device}, Plan: plan}
		if f.old {
			a.Release = client.Release21()
		}
		if _, err := r.Try(&a); err != nil {
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
		if golden.Updating() {
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

// stored is a log of fixtures/logs.
func stored(t *testing.T, name string) *reproduce.Log {
	t.Helper()
	b, err := fs.ReadFile(logs.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	log, err := reproduce.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// kindsOf are the kinds of faults of a plan, in order.
func kindsOf(p fault.Plan) string {
	var kinds []string
	for _, f := range p {
		kinds = append(kinds, f.Kind.String())
	}
	return strings.Join(kinds, " ")
}

func remarksOf(r *reproduce.Result) string {
	var b strings.Builder
	for _, remark := range r.Remarks {
		b.WriteString(remark.String() + "\n")
	}
	return b.String()
}

func TestEachFieldLogIsReproducedWithWhatWasInjected(t *testing.T) {
	t.Parallel()
	for _, f := range fieldLogs() {
		t.Run(f.name, func(t *testing.T) {
			log := stored(t, "field-"+f.name+".log")
			if len(log.Runs) != len(f.plans) {
				t.Fatalf("%d runs", len(log.Runs))
			}
			for i, run := range log.Runs {
				r := reproduce.Search(t.Context(), run, reproduce.Options{})
				if r.Reproduced() == (f.kinds == nil) {
					t.Fatalf("run %d: reproduced: %v; %v", i+1, r.Reproduced(), r.Problem)
				}
				if f.kinds != nil {
					wantAmong(t, r, f.kinds[i])
				}
				if f.image != "" && r.Sizes.String() != f.image {
					t.Errorf("the image has %s, want %s", r.Sizes.String(), f.image)
				}
				for _, words := range f.says {
					if said := remarksOf(r); !strings.Contains(said, words) {
						t.Errorf("no remark has %q:\n%s", words, said)
					}
				}
			}
		})
	}
}

// wantAmong wants a candidate with these kinds of faults, and that all of them do have the log
// of the run.
func wantAmong(t *testing.T, r *reproduce.Result, kinds string) {
	t.Helper()
	among := false
	for _, c := range r.Candidates {
		among = among || kindsOf(c.Plan) == kinds
		if !c.Match || c.Differs != "" || !bytes.Equal(c.Log, r.Run.Text()) {
			t.Errorf("%v: called a match, %s, and its log is\n%s", c.Plan, c.Differs, c.Log)
		}
	}
	if !among {
		t.Errorf("%q is not among the candidates; the first is %q: %s", kinds, r.Candidates[0].Plan, r.Candidates[0].Meaning)
	}
}

func TestEveryReproducedLogBecomesACaseThatPasses(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many searches, on one goroutine")
	}
	for _, f := range fieldLogs() {
		if f.kinds == nil {
			continue
		}
		for _, run := range stored(t, "field-"+f.name+".log").Runs {
			r := reproduce.Search(t.Context(), run, reproduce.Options{})
			b, err := r.CaseFile(r.Candidates[0])
			if err != nil {
				t.Errorf("%s, line %d: %v", f.name, run.First, err)
				continue
			}
			c, err := cases.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			played, err := c.Run()
			if err != nil || !played.Passed() || !bytes.Equal(played.Attempts[len(played.Attempts)-1].Log, run.Text()) {
				t.Errorf("%s, line %d: the case does not give the log: %v\n%s", f.name, run.First, err, b)
			}
		}
	}
}

// The article's log: a line, or a power supply, that was lost for good after the 438th answered
// block. 438 blocks are at least 90 % of 486 and not all of 439.
func TestTheArticlesLogIsACableOrPowerLostAfterBlock438(t *testing.T) {
	log := stored(t, "upgrade-failed.log")
	r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
	if !r.Reproduced() || r.Sizes.Min != 439 || r.Sizes.Max != 486 || len(r.Remarks) > 0 {
		t.Fatalf("reproduced: %v, image %s, remarks %v", r.Reproduced(), r.Sizes.String(), r.Remarks)
	}
	best := r.Candidates[0]
	if got := best.Plan.String(); got != "cable-pull at block 439" {
		t.Errorf("the plan is %q", got)
	}
	if want := "The line went dead (the cable) after block 438 of 439 to 486 and stayed so."; best.Meaning != want {
		t.Errorf("got  %q\nwant %q", best.Meaning, want)
	}
	if !bytes.Equal(best.Log, logs.UpgradeFailed()) {
		t.Errorf("its log is\n%s", best.Log)
	}
	if power := r.Candidates[1]; power.Plan.String() != "power-loss at block 439" || power.Display != "" || best.Display != "Upgrading…" || power.Tell == best.Tell {
		t.Errorf("second is %v, display %q, first display %q", power.Plan, power.Display, best.Display)
	}
	if r.Trials > 40 {
		t.Errorf("%d trials", r.Trials)
	}
}

func TestASearchIsTheSameEachTime(t *testing.T) {
	run := stored(t, "field-noise.log").Runs[0]
	a, b := reproduce.Search(t.Context(), run, reproduce.Options{}), reproduce.Search(t.Context(), run, reproduce.Options{})
	if a.Trials != b.Trials || len(a.Candidates) != len(b.Candidates) {
		t.Fatalf("%d trials and %d candidates, then %d and %d", a.Trials, len(a.Candidates), b.Trials, len(b.Candidates))
	}
	for i, c := range a.Candidates {
		if other := b.Candidates[i]; c.Plan.String() != other.Plan.String() || c.ImageBytes != other.ImageBytes {
			t.Errorf("candidate %d is %v, then %v", i+1, c.Plan, other.Plan)
		}
	}
}

func TestASearchEndsWithItsTrialsAndItsContext(t *testing.T) {
	run := stored(t, "field-two-no-responses.log").Runs[0]
	if r := reproduce.Search(t.Context(), run, reproduce.Options{Trials: 1}); r.Reproduced() || r.Trials != 1 || len(r.Candidates) != 1 || r.Candidates[0].Differs == "" {
		t.Errorf("with one trial: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := reproduce.Search(ctx, run, reproduce.Options{}); r.Reproduced() || len(r.Candidates) != 0 {
		t.Errorf("with a context that has ended: %+v", r)
	}
}

func TestTheMeterIsLeftAsTheFailureLeftIt(t *testing.T) {
	r := reproduce.Search(t.Context(), stored(t, "upgrade-failed.log").Runs[0], reproduce.Options{})
	for i, want := range []meter.State{meter.Receiving, meter.Download} { // the cable is in again; the power is back
		left, err := r.Left(r.Candidates[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := left.Meter().State(); got != want {
			t.Errorf("after %v the meter is %v, want %v", r.Candidates[i].Plan, got, want)
		}
		again := world.Recovery(new(world.Attempt))
		o, err := left.Try(&again)
		if err != nil || !o.Upgraded() {
			t.Errorf("after %v it is not recovered: %v, %v", r.Candidates[i].Plan, o.Claim, err)
		}
	}
}
