package storm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/modem"
)

func TestStormsOfFaultsBreakNoInvariant(t *testing.T) {
	storms := 1000
	if testing.Short() {
		storms = 200
	}
	report, err := Run(t.Context(), Options{Seed: 1, Runs: storms, Workers: runtime.GOMAXPROCS(0), Failed: func(f Failure) {
		t.Errorf("run %d breaks %q\n%s %s\nshrunk to %s %s\nionbench replay %s", f.Run, f.Result.Violations, &f.World, f.Plans, &f.Shrunk.World, f.Shrunk.Plans, f.ID)
	}})
	if err != nil || report.Runs != storms {
		t.Fatalf("%d runs, %v", report.Runs, err)
	}
	for class, n := range report.Classes {
		if class := trial.Class(class); n < storms/100 && class < trial.Unrecovered {
			t.Errorf("only %d of %d are %v: %v", n, storms, class, report.Classes)
		}
	}
}

func TestStormsDrawEverythingThatTheFaultsTablesKnow(t *testing.T) {
	seen := map[string]bool{}
	for run := range uint64(3000) {
		w, plans := Draw(1, run, 0)
		if err := trial.Check(w); err != nil {
			t.Fatal(err)
		}
		if err := trial.CheckSaid(w); err != nil {
			t.Fatal(err)
		}
		if n := len(plans[0]); n < 1 || n > MaxFaults {
			t.Fatalf("run %d has %d faults", run, n)
		}
		seen[fmt.Sprint("attempts with faults ", len(plans))] = true
		seen[fmt.Sprintf("windows %t journal %t", w.Attempts[0].Single, w.Attempts[0].Journal)] = true
		for _, f := range slices.Concat(plans...) {
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			seen[f.Kind.String()], seen[f.Trigger.Unit.String()], seen[f.Trigger.Phase.String()], seen[f.Trigger.State.String()] = true, true, true, true
			for _, taking := range f.Kind.Describe().Takes {
				seen[fmt.Sprintf("%v %s %t", f.Kind, taking.Name, f.Parameters.Text(taking.Name) != "")] = true
			}
		}
	}
	want := []string{"attempts with faults 1", "attempts with faults 2", "attempts with faults 3", "before", "torn", "after",
		"windows true journal true", "windows true journal false", "windows false journal true", "windows false journal false"}
	for _, k := range fault.Common() {
		want = append(want, k.Kind.String())
		for _, taking := range k.Takes {
			want = append(want, fmt.Sprintf("%v %s true", k.Kind, taking.Name))
		}
	}
	for u := fault.AtStart; u <= fault.AtReply; u++ {
		want = append(want, u.String())
	}
	for s := fault.Application; s <= fault.Booting; s++ {
		want = append(want, s.String())
	}
	for _, what := range want {
		if !seen[what] {
			t.Errorf("never drawn: %s", what)
		}
	}
}

// harsh is a world in which a run is a failure as soon as a power-loss is in its plan.
func harsh(_ world.World, p trial.Plans, _ rig.Trace) (*trial.Result, error) {
	r := &trial.Result{Plans: p, Unstruck: make([]trial.Unstruck, 1)}
	if slices.ContainsFunc(p[0], func(f fault.Fault) bool { return f.Kind == fault.PowerLoss }) {
		r.Class, r.Violations = trial.Violated, []verdict.Violation{{Rule: verdict.I1, Reason: "gone"}}
	}
	return r, nil
}

func TestARunIsTheSameWhateverTheNumberOfRunsAndWorkers(t *testing.T) {
	storm := func(first uint64, runs, workers int) (list []string, report Report) {
		report, err := Run(t.Context(), Options{Seed: 3, First: first, Runs: runs, Workers: workers, Try: harsh, Failed: func(f Failure) {
			list = append(list, fmt.Sprint(f.Run, f.ID, &f.World, f.Plans, &f.Shrunk.World, f.Shrunk.Plans, f.Shrunk.Runs))
		}})
		if err != nil {
			t.Fatal(err)
		}
		return list, report
	}
	alone, report := storm(0, 120, 1)
	if report.Violations != len(alone) || len(alone) < 4 || report.Runs != 120 || report.Unstruck != 120 || report.Classes[trial.Violated] != len(alone) {
		t.Errorf("%d failures, %+v", len(alone), report)
	}
	if together, again := storm(0, 120, 7); !slices.Equal(together, alone) || again != report {
		t.Errorf("with seven workers:\n%q\nalone:\n%q", together, alone)
	}
	if more, _ := storm(0, 180, 3); len(more) <= len(alone) || !slices.Equal(more[:len(alone)], alone) {
		t.Errorf("of 180 runs the first 120 are\n%q", more)
	}
	some, _ := storm(0, 50, 2)
	if others, _ := storm(50, 70, 2); len(others) == 0 || !slices.Equal(slices.Concat(some, others), alone) {
		t.Errorf("fifty runs and seventy from there on:\n%q\n%q", some, others)
	}
}

func TestAFailureIsShrunkAndNamed(t *testing.T) {
	var failures []Failure
	if _, err := Run(t.Context(), Options{Seed: 3, Runs: 60, Try: harsh, Failed: func(f Failure) { failures = append(failures, f) }}); err != nil {
		t.Fatal(err)
	}
	for _, f := range failures {
		if !strings.HasPrefix(f.Shrunk.Plans.String(), "power-loss at start") || f.Shrunk.Plans.Faults() != 1 || !f.Shrunk.Done {
			t.Errorf("%q was shrunk to %q", f.Plans, f.Shrunk.Plans)
		}
		seed, run, faults, err := ParseID(f.ID)
		if err != nil {
			t.Fatal(err)
		}
		if w, plans := Draw(seed, run, faults); w.String() != f.World.String() || plans.String() != f.Plans.String() {
			t.Errorf("%s gives %s %q", f.ID, &w, plans)
		}
	}
}

func TestFewerFaultsWhereFewerAreAskedFor(t *testing.T) {
	for run := range uint64(200) {
		if _, plans := Draw(1, run, 1); len(plans[0]) != 1 {
			t.Fatalf("run %d: %q", run, plans)
		}
	}
}

func TestAnInterruptedStormReportsWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := 0
	report, err := Run(ctx, Options{Seed: 3, Runs: 1_000_000, Workers: 3, Try: harsh, Failed: func(Failure) { failed++ }, Progress: func(done int) {
		if done == 50 {
			cancel()
		}
	}})
	if err != nil || report.Runs < 50 || report.Runs > 60 || failed != report.Violations {
		t.Errorf("%+v, %d told, %v", report, failed, err)
	}
}

func TestAStormThatCannotBeIsAnError(t *testing.T) {
	bad := errors.New("bad")
	_, err := Run(t.Context(), Options{Runs: 5, Try: func(world.World, trial.Plans, rig.Trace) (*trial.Result, error) { return nil, bad }})
	if !errors.Is(err, bad) {
		t.Error(err)
	}
}

func TestIDsOfRuns(t *testing.T) {
	const most = 80
	for _, c := range []struct {
		seed, run uint64
		faults    int
	}{{1, 0, 8}, {0, 12345, 1}, {1<<64 - 1, 1<<64 - 1, 8}} {
		id := ID(c.seed, c.run, c.faults)
		seed, run, faults, err := ParseID(id)
		if err != nil || seed != c.seed || run != c.run || faults != c.faults || len(id) > most || !trial.IsID(id) {
			t.Errorf("%s: %d, %d, %d, %v", id, seed, run, faults, err)
		}
	}
}

func TestIDsOfRunsTellMistypedFromWrong(t *testing.T) {
	id := ID(7, 42, 8)
	signed := func(text string) string { return text + "." + checksum(text) }
	for text, want := range map[string]error{
		"":                                     trial.ErrNoID,
		strings.Replace(id, ".42.", ".43.", 1): trial.ErrNoID,
		id[:len(id)-1]:                         trial.ErrNoID,
		signed("s1.8.7.042." + generator()):    trial.ErrNoID,
		signed("s1.9.7.42." + generator()):     trial.ErrNoID,
		signed("s1.8"):                         trial.ErrNoID,
		signed("s2.8.7.42." + generator()):     trial.ErrOtherRun,
		signed("s1.8.7.42.00000000"):           trial.ErrOtherRun,
		signed("t1"):                           trial.ErrOtherRun,
	} {
		if _, _, _, err := ParseID(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(ID(1, 979, 8))
	f.Add(ID(1<<64-1, 0, 1))
	f.Fuzz(func(t *testing.T, text string) {
		seed, run, faults, err := ParseID(text)
		if err == nil && ID(seed, run, faults) != text {
			t.Fatalf("%q is taken for %q", text, ID(seed, run, faults))
		}
		if err != nil && !errors.Is(err, trial.ErrNoID) && !errors.Is(err, trial.ErrOtherRun) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// Noise garbles the first question about the settings; then the power is away for nine more,
// and back with the eleventh, which the booting meter does not hear. Three seconds later it
// would answer. The tool has asked as often as the article has it: its failure is one.
func TestAFailureAfterElevenQuestionsIsNoFalseAlarm(t *testing.T) {
	plans, err := trial.ParsePlans("noise at no-response 3 rate 198e-5 seed 4; byte-insert at 102s; byte-flip at flash-op 41; power-loss at frame 495 for 9 no-responses")
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.Try(trial.World(5*7424+100, trial.ThroughWindows), plans, rig.Events)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Violations) > 0 || r.Class != trial.Recovered {
		t.Errorf("%v, %q", r.Class, r.Violations)
	}
}

// The answer to the first question arrives at a PC that has just gone to sleep. The ten after it
// fall to a meter without power, and to lost frames. The line has seen an answer, the tool none.
func TestAnAnswerThatASleepingComputerDoesNotHearIsNone(t *testing.T) {
	plans, err := trial.ParsePlans("slow-line at no-response 2 for 3s by 8ms; suspend at byte 1985 from-meter for 1s; frame-lost from-meter at 13s every 17.549s; " +
		"reply-nak at state erasing; power-loss at frame 41 from-meter for 28s")
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.Try(trial.World(257, trial.By(client.Release21()), trial.ThroughWindows), plans, rig.Events)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Attempts[0].Unanswered; len(r.Violations) > 0 || r.Class != trial.Recovered || n != 11 {
		t.Errorf("%v, %q, %d questions without an answer", r.Class, r.Violations, n)
	}
}

func TestStormsInWorldsOfEveryKindBreakNoInvariant(t *testing.T) {
	storms := 150
	if testing.Short() {
		storms = 20
	}
	rows := worlds.Triples().Rows()
	among := func(below func(int) int) world.World { return rows[below(len(rows))].World() }
	report, err := Run(t.Context(), Options{Seed: 9, Runs: storms, Workers: runtime.GOMAXPROCS(0), Worlds: among, Shrink: 50, Failed: func(f Failure) {
		t.Errorf("run %d breaks %q\n%s %s", f.Run, f.Result.Violations, &f.World, f.Plans)
	}})
	if err != nil || report.Runs != storms {
		t.Fatalf("%d runs, %v", report.Runs, err)
	}
	w, plans := DrawIn(among, 9, 5, 2)
	if again, same := DrawIn(among, 9, 5, 2); again.String() != w.String() || same.String() != plans.String() {
		t.Error("the same run is another one")
	}
}

// A dip of the power and a cell that reads badly bring the meter into its loader before the tool
// asks for the first time: no application is there from which settings could be saved.
func TestAMeterWhoseApplicationIsGoneBeforeTheToolAsksLosesItsSettingsAsTheArticleSays(t *testing.T) {
	for _, text := range []string{
		"read-changes at start for 2 no-responses address 0x030fae; power-loss at start for 1 no-response",
		"read-changes at state booting for 4s address 0x032475; brown-out at start for 1 no-response",
	} {
		for _, changes := range [][]func(*world.World){nil, {trial.WithJournal}} {
			plans, err := trial.ParsePlans(text)
			if err != nil {
				t.Fatal(err)
			}
			r, err := trial.Try(trial.World(7424, changes...), plans, rig.NoTrace)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Violations) > 0 {
				t.Errorf("%s: %q", text, r.Violations)
			}
		}
	}
}

func TestAddressesAreThoseOfTheChipAlsoWithAnImageThatFillsIt(t *testing.T) {
	g := flash.Am29F032B()
	d := drawer{Stream: fault.NewStream(1, "addresses"), blocks: ion.Blocks(trial.MaxImageBytes)}
	for range 2000 {
		if n, err := strconv.Atoi(d.address()); err != nil || n < g.Protected*g.SectorBytes || n >= g.Bytes() {
			t.Fatalf("address %#x: %v", n, err)
		}
	}
}

// The tool writes the settings back and hears no answer; then a cell of the record sticks, and no
// application is there to say that they are in the meter. The journal looks older than a change that
// was the tool's own. It asks, the person says no, and the journal keeps them.
func TestWhatWasWrittenBackUnheardAndLostWithTheImageStaysInTheJournal(t *testing.T) {
	for _, reply := range []int{70, 71} {
		plans, err := trial.ParsePlans(fmt.Sprintf("stuck-bit at state application address 0x020005 mask 0xc1; cable-pull from-meter at reply %d", reply))
		if err != nil {
			t.Fatal(err)
		}
		run, err := trial.Start(trial.World(1, trial.WithJournal), plans, rig.Events)
		if err != nil {
			t.Fatal(err)
		}
		r := run.Finish()
		if len(r.Violations) > 0 || r.Class != trial.SettingsLost || run.Rig().Disk().Journals() != 1 {
			t.Errorf("reply %d: %v, %q, %d journals", reply, r.Class, r.Violations, run.Rig().Disk().Journals())
		}
	}
}

// A world in which the meter is called has the faults of the telephone, and no other world has.
func TestFaultsOfTheTelephoneAreDrawnWhereTheMeterIsCalled(t *testing.T) {
	for _, called := range []bool{false, true} {
		seen := map[fault.Kind]bool{}
		among := func(func(int) int) world.World {
			w := trial.World(100)
			if called {
				w.Meters[0].Phone = modem.DefaultNumber
			}
			return w
		}
		for run := range uint64(600) {
			w, plans := DrawIn(among, 3, run, 0)
			for _, p := range plans {
				for _, f := range p {
					seen[f.Kind] = true
				}
			}
			if _, err := trial.Start(w, plans, rig.NoTrace); err != nil {
				t.Fatal(err)
			}
		}
		for _, k := range fault.Kinds() {
			if k.Kind.ByPhone() && seen[k.Kind] != called {
				t.Errorf("called %v, %v drawn %v", called, k.Kind, seen[k.Kind])
			}
		}
	}
}
