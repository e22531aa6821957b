package shrink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

func subject(t testing.TB, w world.World, text string) shrink.Subject {
	t.Helper()
	plans, err := trial.ParsePlans(text)
	if err != nil {
		t.Fatal(err)
	}
	return shrink.Subject{World: w, Plans: plans}
}

// imageBytes is the size of the image of a result, in a world that an id can say.
func imageBytes(t testing.TB, r shrink.Result) int {
	t.Helper()
	if err := trial.CheckSaid(r.World); err != nil {
		t.Fatal(err)
	}
	return r.World.FirmwareOf(&r.World.Attempts[0]).ImageBytes()
}

func try(t testing.TB, s shrink.Subject) *trial.Result {
	t.Helper()
	r, err := trial.Try(s.World, s.Plans, rig.NoTrace)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const busy = `noise at no-response 3 rate 198e-5 seed 4; byte-insert at 102s; reply-late at block 3 by 11s;
	cable-pull to-meter at 31.4% for 47s; power-loss at flash-op 171 torn for 9 no-responses seed 5 bytes 3
	then slow-line at 20s for 5s by 5ms; abort at frame 300`

func TestAPlanShrinksToWhatItsOutcomeNeeds(t *testing.T) {
	for _, c := range []struct {
		class       trial.Class
		world       world.World
		plans, want string
	}{
		{trial.SettingsLost, trial.World(0, trial.ThroughWindows), busy, "cable-pull at block 1"},
		{trial.ClearedAgain, trial.World(0, trial.WithJournal, trial.By(client.Release21()), trial.Of(meter.ION7300)),
			"byte-flip at byte 3001 to-meter mask 0x81; power-loss at 50.5% for 3 no-responses", "power-loss at block 1 for 1 no-response"},
		{trial.Recovered, trial.World(0, trial.WithJournal),
			"cable-pull from-meter at 1m5s..3m; kill at 2m1.5s; byte-dup every 10 frames to-meter length 300", "byte-dup at frame 1 every 10 frames length 4"},
	} {
		t.Run(c.class.String(), func(t *testing.T) {
			s := subject(t, c.world, c.plans)
			if !shrink.EndsAs(c.class, trial.TryCaught)(s) {
				t.Fatalf("it ends as %v before anything is shrunk", try(t, s).Class)
			}
			r := shrink.Minimize(t.Context(), s, shrink.EndsAs(c.class, trial.TryCaught), shrink.Options{})
			if got := r.Plans.String(); got != c.want || !r.Done || imageBytes(t, r) != 7424 {
				t.Errorf("%d runs give %q of %d bytes, done %t; want %q", r.Runs, got, imageBytes(t, r), r.Done, c.want)
			}
			if !shrink.EndsAs(c.class, trial.TryCaught)(r.Subject) {
				t.Error("which does not end like that")
			}
			again := shrink.Minimize(t.Context(), s, shrink.EndsAs(c.class, trial.TryCaught), shrink.Options{})
			if again.Runs != r.Runs || again.Plans.String() != r.Plans.String() || again.World.String() != r.World.String() {
				t.Errorf("another time it gives %q in %d runs", again.Plans, again.Runs)
			}
		})
	}
}

// has tells whether some fault of attempt i fits.
func has(s shrink.Subject, i int, fits func(fault.Fault) bool) bool {
	return i < len(s.Plans) && slices.ContainsFunc(s.Plans[i], fits)
}

func TestEachPartOfAFaultShrinksAsFarAsItCan(t *testing.T) {
	for name, c := range map[string]struct {
		plans, want string
		fails       func(shrink.Subject) bool
	}{
		"nothing is needed": {busy, "", func(shrink.Subject) bool { return true }},
		"two faults of two attempts": {busy, "byte-insert at start then abort at start", func(s shrink.Subject) bool {
			return has(s, 0, func(f fault.Fault) bool { return f.Kind == fault.ByteInsert }) && has(s, 1, func(f fault.Fault) bool { return f.Kind == fault.Abort })
		}},
		"a plan between two": {"kill then kill then abort at 3s", "then then abort at start", func(s shrink.Subject) bool {
			return has(s, 2, func(f fault.Fault) bool { return f.Kind == fault.Abort })
		}},
		"numbers": {"byte-flip at byte 104233..104250 to-meter every 3 bytes mask 0x81 length 400", "byte-flip at byte 1001 to-meter length 300", func(s shrink.Subject) bool {
			return has(s, 0, func(f fault.Fault) bool {
				return f.Trigger.Unit == fault.AtByte && f.Trigger.First > 1000 && f.Parameters.Length >= 300
			})
		}},
		"times": {"reply-late at 1m31.5s by 11.25s", "reply-late at 1m1s by 3s", func(s shrink.Subject) bool {
			return has(s, 0, func(f fault.Fault) bool {
				return f.Trigger.Unit == fault.AtTime && f.Trigger.First > uint64(time.Minute) && f.Parameters.By > 2*time.Second
			})
		}},
		"durations and rates": {"noise from-meter at frame 7 for 30s rate 0.0345 seed 77; cable-pull at block 3 for 9 no-responses",
			"noise at start for 5s rate 1e-3; cable-pull at start for 4 no-responses", func(s shrink.Subject) bool {
				return has(s, 0, func(f fault.Fault) bool { return f.Parameters.Rate > 1e-4 && f.Duration.Time >= 5*time.Second }) &&
					has(s, 0, func(f fault.Fault) bool { return f.Duration.NoResponses > 3 })
			}},
		"inside an operation": {"power-loss at flash-op 171 torn seed 5 bytes 3", "power-loss at flash-op 101", func(s shrink.Subject) bool {
			return has(s, 0, func(f fault.Fault) bool { return f.Trigger.Unit == fault.AtFlashOp && f.Trigger.First > 100 })
		}},
		"percentages and windows": {"reply-lost at 33.3%..77% every 10%", "reply-lost at 11%..44% every 10%", func(s shrink.Subject) bool {
			return has(s, 0, func(f fault.Fault) bool {
				return f.Trigger.Unit == fault.AtPercent && f.Trigger.First > 10_000 && f.Trigger.Last >= 44_000 && f.Trigger.Every > 0
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := shrink.Minimize(t.Context(), subject(t, trial.World(0), c.plans), c.fails, shrink.Options{})
			if got := r.Plans.String(); got != c.want || !r.Done {
				t.Errorf("%d runs give %q, done %t; want %q", r.Runs, got, r.Done, c.want)
			}
		})
	}
}

func TestShrinkingIsBounded(t *testing.T) {
	s := subject(t, trial.World(0), busy)
	asked := 0
	never := func(shrink.Subject) bool { asked++; return false }
	if r := shrink.Minimize(t.Context(), s, never, shrink.Options{Budget: 5}); asked != 5 || r.Runs != 5 || r.Done || r.Plans.String() != s.Plans.String() {
		t.Errorf("%d asked, %+v", asked, r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := shrink.Minimize(ctx, s, never, shrink.Options{}); r.Runs != 0 || r.Done {
		t.Errorf("interrupted: %+v", r)
	}
	var told []string
	shrink.Minimize(t.Context(), s, func(s shrink.Subject) bool { return s.Plans.Faults() >= 3 }, shrink.Options{Progress: func(_ int, now shrink.Subject) {
		told = append(told, now.Plans.String())
	}})
	if len(told) < 3 {
		t.Errorf("progress was told %q", told)
	}
}

func TestAFileOfOnesOwnIsNotReplaced(t *testing.T) {
	f, err := upg.New(7300, "7300V290", time.Unix(1e9, 0), make([]byte, 20_000))
	if err != nil {
		t.Fatal(err)
	}
	s := subject(t, trial.World(0, trial.Of(meter.ION7300), trial.Sending(f), trial.ThroughWindows), "kill at 40%")
	r := shrink.Minimize(t.Context(), s, func(shrink.Subject) bool { return true }, shrink.Options{})
	if w := r.World.Filled(); w.Firmware[0].Own != f || w.Meters[0].Model != meter.ION7300 || w.Attempts[0].Task != client.TaskUpgrade {
		t.Errorf("%s", &r.World)
	}
	if _, err := shrink.CaseFile(s, try(t, s)); err == nil {
		t.Error("there is a case")
	}
	if _, err := shrink.Spec(s, try(t, s)); err == nil {
		t.Error("there is a spec")
	}
}

// wide says much that plays no part.
const wide = `[meter]
model = 7300
unit-id = 256
password = 12
image-bytes = 16384
settings = factory

[meter east]
unit-id = 7
serial-number = PC-EAST

[meter west]
unit-id = 8

[station SCADA]
kind = second-master
unit-id = 7
begins = 9s
every = 40s

[station]
every = 3s

[firmware]
revision = 7300V290
bytes = 30000

[attempt]
title = an upgrade
task = connect
single = yes
journal = yes
device-name = Feeder 7
connections = 1
assistant = upgrade
paste = none
`

func TestTheWorldIsShrunkTowardsTheArticles(t *testing.T) {
	w, err := world.Parse([]byte(wide))
	if err != nil {
		t.Fatal(err)
	}
	plans, err := trial.ParsePlans("kill at block 2")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		fails func(shrink.Subject) bool
		want  string
	}{
		"nothing matters": {func(shrink.Subject) bool { return true }, "[meter]\nimage-bytes = 16384\n\n[firmware]\nbytes = 7424\n\n[attempt]\ntask = upgrade\n"},
		"the unit id matters": {func(s shrink.Subject) bool { return s.World.Meters[0].UnitID == 256 },
			"[meter]\nunit-id = 256\nimage-bytes = 16384\n\n[firmware]\nbytes = 7424\n\n[attempt]\ntask = upgrade\n"},
		"one neighbour and who asks it matter": {func(s shrink.Subject) bool {
			return slices.ContainsFunc(s.World.Meters, func(m world.Meter) bool { return m.Name == "west" }) && len(s.World.Stations) > 0
		},
			"[meter]\nimage-bytes = 16384\n\n[meter west]\nunit-id = 8\n\n[station SCADA]\n\n[firmware]\nbytes = 7424\n\n[attempt]\ntask = upgrade\n"},
		"the windows matter": {func(s shrink.Subject) bool {
			return s.World.Attempts[0].Task == client.TaskConnect && len(s.World.Attempts[0].Assistant) > 0
		},
			"[meter]\nimage-bytes = 16384\n\n[firmware]\nbytes = 7424\n\n[attempt]\ntask = connect\nassistant = upgrade\n"},
	} {
		r := shrink.Minimize(t.Context(), shrink.Subject{World: *w, Plans: plans}, c.fails, shrink.Options{})
		if got := r.World.String(); got != c.want || !r.Done || r.Plans.Faults() > 1 {
			t.Errorf("%s: %q in\n%s", name, r.Plans, got)
		}
	}
	named := shrink.Minimize(t.Context(), subject(t, trial.World(0, trial.ThroughWindows), "kill at block 2"), func(s shrink.Subject) bool { return s.World.Attempts[0].Connections == 1 }, shrink.Options{})
	if named.World.Attempts[0].Task != client.TaskConnect || imageBytes(t, named) != 7424 {
		t.Errorf("a world that an id can say became\n%s", &named.World)
	}
}

// A tool that does not listen writes into both meters of a unit id. What breaks a rule for another reason
// must not be shrunk to that.
func TestShrinkingTakesNoToolItsEarsWhereAMeterHasATwin(t *testing.T) {
	const text = "[meter]\n\n[meter visitor]\nserial-number = PC-0102A007-13\ncomes-on = 2s\nunit-id = %d\n\n[attempt]\ntask = recover\nlisten = %s\npaste = energy\n"
	for name, c := range map[string]struct {
		unit   uint16
		listen string
		ears   bool
	}{
		"with a twin":                     {105, "yes", true},
		"with a neighbour":                {777, "yes", false},
		"one that is deaf from the first": {105, "no", false},
	} {
		w, err := world.Parse(fmt.Appendf(nil, text, c.unit, c.listen))
		if err != nil {
			t.Fatal(err)
		}
		smaller, _, done := shrink.History(t.Context(), *w, func(w world.World) bool { return len(w.Meters) > 1 }, shrink.Options{})
		if a := &smaller.Attempts[0]; a.Listens != c.ears || strings.Contains(smaller.String(), "paste") || !done {
			t.Errorf("%s: listen is %v in\n%s", name, a.Listens, &smaller)
		}
		if got := smaller.Meters[1].Filled().UnitID; got != c.unit {
			t.Errorf("%s: its unit id is %d in\n%s", name, got, &smaller)
		}
	}
}

func TestShrinkingKeepsWhatIsBrokenAndWhere(t *testing.T) {
	// In this world an abort breaks I2, and I3 as well if the image has more than a block.
	try := func(w world.World, p trial.Plans, _ rig.Trace) (*trial.Result, error) {
		r := &trial.Result{Plans: p}
		if has(shrink.Subject{Plans: p}, 0, func(f fault.Fault) bool { return f.Kind == fault.Abort }) {
			r.Class, r.Violations = trial.Violated, []verdict.Violation{{Rule: verdict.I2, Reason: "x"}}
			if w.FirmwareOf(&w.Attempts[0]).ImageBytes() > 7424 {
				r.Violations = append(r.Violations, verdict.Violation{Rule: verdict.I3, Reason: "x"})
			}
		}
		return r, nil
	}
	s := subject(t, trial.World(50_000), "kill at 5s; abort at 60%; kill at 6s")
	first, err := try(s.World, s.Plans, rig.NoTrace)
	if err != nil {
		t.Fatal(err)
	}
	r := shrink.Minimize(t.Context(), s, shrink.FailsLike(first, try), shrink.Options{})
	if r.Plans.String() != "abort at start" || imageBytes(t, r) != 2*7424 {
		t.Errorf("%q of %d bytes", r.Plans, imageBytes(t, r))
	}
}

func TestTheSignatureIsWhatBrokeAndWhereWithoutFigures(t *testing.T) {
	r := &trial.Result{Violations: []verdict.Violation{
		{Rule: verdict.I4, Attempt: 2, Reason: "the recovery ends with \"x\""}, {Rule: verdict.I3, Reason: "failure is claimed (a: b)"}, {Rule: verdict.I4, Attempt: 1, Reason: "other"},
	}}
	if got, want := shrink.SignatureOf(r).String(), "I3 in the upgrade, I4 in the recovery"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := shrink.SignatureOf(&trial.Result{}).String(); got != "" {
		t.Errorf("%q of nothing broken", got)
	}
}

// subjects are trials of all sorts, to be said as a case and as a spec.
func subjects(t *testing.T) []shrink.Subject {
	return []shrink.Subject{
		subject(t, trial.World(0), ""),
		subject(t, trial.World(5*7424+100, trial.WithJournal, trial.ThroughWindows), "cable-pull at block 3"),
		subject(t, trial.World(9000, trial.By(client.Release21()), trial.Of(meter.ION7330)), "cable-pull at block 2; reply-lost at block 1 then power-loss at flash-op 30 torn then kill"),
		subject(t, trial.World(1), "power-loss at block 1 for 2 no-responses"),
	}
}

func TestACaseFileComesOutAsItsTrialDid(t *testing.T) {
	for _, s := range subjects(t) {
		r := try(t, s)
		text, err := shrink.CaseFile(s, r)
		if err != nil {
			t.Fatal(err)
		}
		c, err := cases.Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		played, err := c.Run()
		if err != nil || !played.Passed() || len(played.Attempts) != len(r.Attempts) {
			t.Errorf("%q: %v, %+v\n%s", s.Plans, err, played, text)
			continue
		}
		if string(played.Log) != string(r.Log) {
			t.Errorf("%q: the log of the case is\n%s\nand of the trial\n%s", s.Plans, played.Log, r.Log)
		}
	}
}

func TestACaseFileOfWhatIsBrokenWantsItMended(t *testing.T) {
	s := subjects(t)[1]
	r := try(t, s)
	r.Class, r.Violations = trial.Violated, []verdict.Violation{{Rule: verdict.I4, Attempt: 1, Reason: "the recovery ends badly"}}
	text, err := shrink.CaseFile(s, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cases.Parse(text); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"# Broken: in recovery 1: I4: the recovery ends badly\n", "title = breaks I4 in the recovery: cable-pull at block 3\n", "outcome = success\nimage = intact\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "kept") {
		t.Errorf("it expects settings:\n%s", text)
	}
}

// The overlay puts the specs beside those of the suite without writing there.
func TestSpecsCompileWithTheSuite(t *testing.T) {
	suite, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	folder := t.TempDir()
	for i, s := range subjects(t) {
		r := try(t, s)
		if i == 0 {
			r.Class, r.Violations = trial.Violated, []verdict.Violation{{Rule: verdict.I3, Reason: "x"}}
		}
		source, err := shrink.Spec(s, r)
		if err != nil {
			t.Fatal(err)
		}
		name := "shrunk" + string(rune('a'+i)) + "_test.go"
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, source, 0o644); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(suite, name)] = path
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(path, list, 0o644); err != nil {
		t.Fatal(err)
	}
	vet := exec.Command("go", "vet", "-overlay", path, ".")
	vet.Dir = suite
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
