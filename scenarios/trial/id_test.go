package trial_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

func mustPlans(t testing.TB, text string) trial.Plans {
	t.Helper()
	plans, err := trial.ParsePlans(text)
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

func mustID(t testing.TB, w world.World, plans trial.Plans) string {
	t.Helper()
	id, err := trial.ID(w, plans)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func samePlans(a, b trial.Plans) bool {
	return slices.EqualFunc(a, b, func(x, y fault.Plan) bool { return slices.Equal(x, y) })
}

// sweepPair is the longest plan that a sweep of two faults makes.
const sweepPair = "byte-flip at byte 104233 to-meter then power-loss at flash-op 1170 torn seed 1170"

const fiveFaults = "noise at no-response 3 rate 198e-5 seed 4; byte-insert at 102s; byte-flip at flash-op 41; power-loss at frame 471 for 9 no-responses; reply-late at block 12 by 11s"

func TestAnIDGivesTheTrialBack(t *testing.T) {
	safe := regexp.MustCompile(`^t1\.[A-Za-z0-9_-]{1,77}$`)
	worlds := []world.World{
		trial.World(trial.DefaultImageBytes, trial.Of(meter.ION7350), trial.By(client.Release22())),
		trial.World(1, trial.Of(meter.ION7300), trial.By(client.Release21()), trial.WithJournal),
		trial.World(5*7424+100, trial.Of(meter.ION7330), trial.By(client.Release22()), trial.ThroughWindows),
	}
	for _, w := range worlds {
		for _, text := range []string{"", "kill", sweepPair, fiveFaults, "abort at block 2 then then kill at block 3 then"} {
			plans := mustPlans(t, text)
			id := mustID(t, w, plans)
			if !safe.MatchString(id) || len(id) > 80 || !trial.IsID(id) {
				t.Errorf("%q: the id %q is not safe", text, id)
			}
			again, planned, hash, err := trial.ParseID(id)
			if err != nil || !same(again, w) || !samePlans(planned, plans) || hash != trial.Hash(w) {
				t.Errorf("%q: %s gives %+v, %q, %s, %v", text, id, again, planned, hash, err)
			}
		}
	}
	if a, b := mustID(t, trial.World(0), nil), mustID(t, worlds[0], nil); a != b {
		t.Errorf("the defaults have the id %s, said in full %s", a, b)
	}
}

// The plans of these ids must be the same in all versions. The hashes change with
// trial.ModelVersion.
func TestIDsStayAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		"":        "t1.V56U9tiLAgA",
		sweepPair: "t1.vdmU9tiLAhoRxuXJiBIk1RCWFVRA",
	} {
		if id := mustID(t, trial.World(0), mustPlans(t, text)); id != want {
			t.Errorf("%q has the id %s, want %s", text, id, want)
		}
	}
}

// Earlier versions of the program made these ids.
func TestIDsOfBeforeNameTheSameTrials(t *testing.T) {
	const text = "cable-pull at block 1 then abort at 10s"
	for id, c := range map[string]struct {
		world world.World
		hash  string
	}{
		"t1.ofg5JN_6TAERCAAVMUIA":    {trial.World(1, trial.Of(meter.ION7300), trial.By(client.Release21()), trial.WithJournal), "3924dffa"},
		"t1.yRKnhqAOUeSiAhEIABUxQgA": {trial.World(37220, trial.Of(meter.ION7330), trial.ThroughWindows), "a786a00e"},
		"t1.qQ6ZtQzOGhEIABUxQgA":     {trial.World(0, trial.ThroughWindows, trial.WithJournal), "99b50cce"},
		"t1.lgX1LfwTBhEIABUxQgA":     {trial.World(0, trial.By(client.Release21())), "f52dfc13"},
	} {
		got, plans, hash, err := trial.ParseID(id)
		if err != nil || hash != c.hash || plans.String() != text || !same(got, c.world) {
			t.Errorf("%s is %+v with %q, hash %s: %v", id, got, plans, hash, err)
		}
		if again := mustID(t, c.world, mustPlans(t, text)); again != id {
			t.Errorf("%s is now %s", id, again)
		}
	}
}

// same reports whether two worlds are equal once their defaults are filled in.
func same(a, b world.World) bool {
	a, b = a.Filled(), b.Filled()
	return world.Difference(&a, &b) == nil
}

func TestAnIDIsAllThatItsWorldSays(t *testing.T) {
	for _, model := range []meter.Model{meter.ION7300, meter.ION7330, meter.ION7350} {
		for _, release := range []client.Release{client.Release21(), client.Release22()} {
			for _, size := range []int{1, 7424, 3 * 7424, trial.DefaultImageBytes, trial.MaxImageBytes} {
				for bits := range 4 {
					w := trial.World(size, trial.Of(model), trial.By(release))
					if bits&1 != 0 {
						trial.WithJournal(&w)
					}
					if bits&2 != 0 {
						trial.ThroughWindows(&w)
					}
					id := mustID(t, w, nil)
					if got, _, _, err := trial.ParseID(id); err != nil || !same(got, w) {
						t.Errorf("%v comes back as %v: %v", &w, &got, err)
					}
					if trimmed := mustID(t, w.Trimmed(), nil); trimmed != id {
						t.Errorf("%v has the id %s, and trimmed %s", &w, id, trimmed)
					}
				}
			}
		}
	}
	blocks := world.World{Meters: []world.Meter{{ImageBytes: 16 << 10}}, Firmware: []world.Firmware{{Blocks: 3}}}
	if w, _, _, err := trial.ParseID(mustID(t, blocks, nil)); err != nil || w.Firmware[0].Bytes != 3*7424 {
		t.Errorf("three blocks are %v: %v", &w, err)
	}
}

// The error must name every field that flags cannot describe. The id has only a hash of the world.
func TestAnIDOfAWorldOfOnesOwnAsksForTheWorld(t *testing.T) {
	hashes := make(map[string]bool)
	for text, want := range map[string]string{
		"[meter]\nimage-bytes = 16384\nunit-id = 7\n":                                              "[meter] unit-id, attempt 1 unit-id",
		"[meter]\nimage-bytes = 16384\nbaud = 1200\n":                                              "[meter] baud, attempt 1 baud",
		"[meter]\nimage-bytes = 4096\n":                                                            "[meter] image-bytes",
		"[meter a]\nimage-bytes = 16384\n":                                                         "[meter] name",
		"[meter]\nimage-bytes = 16384\nsettings = factory\n":                                       "[meter] settings",
		"[meter]\nimage-bytes = 16384\n[firmware]\nrevision = 7350V290\n":                          "[firmware] revision",
		"[meter]\nimage-bytes = 16384\n[attempt]\ntask = recover\n":                                "attempt 1 task",
		"[meter]\nimage-bytes = 16384\n[attempt]\ntask = upgrade\ndisk-full = yes\npaste = none\n": "attempt 1 disk-full, attempt 1 paste",
	} {
		w, err := world.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Firmware) == 0 {
			w.Firmware = []world.Firmware{{Bytes: 7424}}
		}
		if err := trial.CheckSaid(*w); !errors.Is(err, trial.ErrUnsaid) || !strings.Contains(err.Error(), ": "+want+"; give the world as a text") {
			t.Errorf("%q can be said: %v", text, err)
		}
		id := mustID(t, *w, mustPlans(t, "kill"))
		_, plans, hash, err := trial.ParseID(id)
		if !errors.Is(err, trial.ErrNeedsWorld) || plans.String() != "kill at start" || hashes[hash] {
			t.Errorf("%q has the id %s of the hash %s, which says %q: %v", text, id, hash, plans, err)
		}
		hashes[hash] = true
		titled := *w
		titled.Attempts = []world.Attempt{{Title: "again", Tool: world.Tool{Task: client.TaskUpgrade}}}
		if len(w.Attempts) == 0 && trial.CheckHash(titled, hash) != nil {
			t.Errorf("%q is another world once its attempt has a title", text)
		}
		if err := trial.CheckHash(*w, hash); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if r, err := trial.Try(*w, mustPlans(t, "abort at block 1"), rig.NoTrace); err != nil || len(r.Violations) > 0 || !r.Attempts[len(r.Attempts)-1].Upgraded() {
			t.Errorf("%q comes to %+v: %v", text, r, err)
		}
	}
}

func TestAnIDOfAWorldOfAnArrayHoldsIt(t *testing.T) {
	for _, a := range worlds.Arrays() {
		for i := 0; i < len(a.Rows()); i += 7 {
			w := a.Rows()[i].World()
			id := mustID(t, w, mustPlans(t, sweepPair))
			if got, plans, _, err := trial.ParseID(id); err != nil || !same(got, w) || plans.String() != sweepPair {
				t.Errorf("%s has the id %s, which is %v with %q: %v", a.Rows()[i].Name, id, &got, plans, err)
			}
		}
	}
}

// These were made before a neighbour could be switched, and before a port showed DCD, when the same
// numbers were those of other worlds; the last is one of the present.
func TestAnIDOfAWorldOfAnEarlierArrayStillHoldsIt(t *testing.T) {
	for id, name := range map[string]string{"t1.WdUm78KpgAICFggA": "pairs-2", "t1.O5CqaeaDgAIRFggA": "old-pairs-17", "t1.-mR1bePGgAI9FggA": "old-pairs-61", "t1.Vnmkxmj8gAJJFggA": "old1-pairs-73", "t1.gldGIfsvgAJAFggA": "pairs-64"} {
		w, plans, _, err := trial.ParseID(id)
		named, is, _ := worlds.Named(name)
		if err != nil || !is || !same(w, named.World()) || plans.String() != "kill at block 1" {
			t.Errorf("%s: %v with %q: %v", id, &w, plans, err)
		}
		if again := mustID(t, w, plans); again != id {
			t.Errorf("%s has the id %s", id, again)
		}
	}
}

func TestATrialThatCannotBeSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"[attempt]\ntask = upgrade\n[attempt]\ntask = upgrade\n": "a trial is one attempt and its recoveries, and this world has 2: leave one",
		"[attempt]\ntask = identify\n":                           "a trial is about an upgrade, and task = identify is none: use upgrade, recover or connect",
		"[attempt]\ntask = upgrade\nplan = kill\n":               "the faults of a trial are its plans: take them out of the attempt",
		"[attempt]\nbefore = wait 1m\ntask = upgrade\n":          "a trial begins with its attempt: take out what is done before it",
		"[firmware]\ndamage = empty\n":                           "a trial ends with a meter that runs the image: choose a file that is not damaged",
		"[firmware]\nbytes = 3997697\n":                          "an image of 3997697 bytes: the meter has room for 1 to 3997696",
		"[firmware]\nmodel = 7300\nrevision = 7300V283\n":        "the firmware is for a 7300 and the meter is a 7350: choose that model",
	} {
		w, err := world.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trial.Try(*w, nil, rig.NoTrace); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, and not %s", text, err, want)
		}
	}
}

func TestAnIDTellsMistypedFromWrong(t *testing.T) {
	id := mustID(t, trial.World(0), mustPlans(t, sweepPair))
	for i := len("t1."); i < len(id); i++ {
		for _, typed := range []string{id[:i] + id[i+1:], id[:i] + string(id[i]^1) + id[i+1:], id[:i]} {
			if typed == id {
				continue
			}
			if _, _, _, err := trial.ParseID(typed); !errors.Is(err, trial.ErrNoID) {
				t.Errorf("%s: %v", typed, err)
			}
		}
	}
	for text, want := range map[string]string{
		"":                           "does not begin with t1.",
		"kill":                       "does not begin with t1.",
		"t2.AAAA":                    "of the kind t2",
		"t1.":                        "mistyped",
		"t1." + id[3:10] + "\n":      "mistyped",
		id + strings.Repeat("A", 80): "characters, at most 80",
	} {
		if _, _, _, err := trial.ParseID(text); !errors.Is(err, trial.ErrNoID) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAnIDOfAnotherConfigurationOrKindIsWrongAndNotMistyped(t *testing.T) {
	id := mustID(t, trial.World(0), mustPlans(t, "kill at block 3"))
	changed := func(at int, b byte) string {
		raw, err := base64.RawURLEncoding.DecodeString(id[len("t1."):])
		if err != nil {
			t.Fatal(err)
		}
		raw[at] = b
		binary.BigEndian.PutUint16(raw, uint16(crc32.ChecksumIEEE(raw[2:])))
		return "t1." + base64.RawURLEncoding.EncodeToString(raw)
	}
	for name, c := range map[string]struct {
		id   string
		want error
	}{
		"another hash":          {changed(2, 0xEE), trial.ErrOtherRun},
		"an unknown kind":       {changed(7, 0x1F), trial.ErrOtherRun},
		"bits without meaning":  {changed(6, 0x90), trial.ErrNoID},
		"a row of no array":     {changed(6, 0x80), trial.ErrOtherRun},
		"an unknown model":      {changed(6, 0x03), trial.ErrNoID},
		"a size of the default": {changed(6, 0x40), trial.ErrOtherRun},
	} {
		if _, plans, _, err := trial.ParseID(c.id); !errors.Is(err, c.want) || plans != nil {
			t.Errorf("%s: %v, %v", name, plans, err)
		}
	}
}

func TestFiveFaultsFitIntoAnIDWhateverTheirKinds(t *testing.T) {
	const few = 5
	var examples []string
	for _, k := range fault.Kinds() {
		examples = append(examples, k.Example)
	}
	examples = append(examples, examples[:few]...)
	for i := range len(examples) - few {
		mustID(t, trial.World(trial.MaxImageBytes), mustPlans(t, strings.Join(examples[i:i+few], "; ")))
	}
}

func TestAnIDOfAFileOfOnesOwnAsksForTheFile(t *testing.T) {
	file := ownFile(t, 3)
	plans := mustPlans(t, "kill at block 1")
	id := mustID(t, trial.World(0, trial.Sending(file)), plans)
	w, planned, hash, err := trial.ParseID(id)
	if !errors.Is(err, trial.ErrNeedsFile) || !samePlans(planned, plans) {
		t.Fatalf("%v, %v", planned, err)
	}
	trial.Sending(file)(&w)
	if err := trial.CheckHash(w, hash); err != nil {
		t.Error(err)
	}
	trial.Sending(ownFile(t, 4))(&w)
	if err := trial.CheckHash(w, hash); !errors.Is(err, trial.ErrOtherRun) {
		t.Errorf("with another file: %v", err)
	}
}

func ownFile(t *testing.T, first byte) *upg.File {
	t.Helper()
	f, err := upg.New(7350, "7350V290", time.Unix(1e9, 0), append([]byte{first}, make([]byte, 999)...))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheHashIsOverEverythingThatDecidesATrial(t *testing.T) {
	seen := map[string]world.World{}
	later := *ownFile(t, 3)
	later.Dated = later.Dated.Add(time.Second)
	for _, w := range []world.World{
		trial.World(0), trial.World(0, trial.Of(meter.ION7300)), trial.World(0, trial.By(client.Release21())),
		trial.World(0, trial.WithJournal), trial.World(0, trial.ThroughWindows), trial.World(1),
		trial.World(0, trial.Sending(ownFile(t, 3))), trial.World(0, trial.Sending(ownFile(t, 4))), trial.World(0, trial.Sending(&later)),
	} {
		hash := trial.Hash(w)
		if other, taken := seen[hash]; taken || len(hash) != 8 {
			t.Errorf("%+v and %+v have the hash %s", w, other, hash)
		}
		seen[hash] = w
	}
}

func TestATrialWithoutAnIDSaysWhy(t *testing.T) {
	long := mustPlans(t, strings.Repeat(fiveFaults+"; ", 3))
	for name, c := range map[string]struct {
		world world.World
		plans trial.Plans
		want  string
	}{
		"too long":             {trial.World(0), long, "does not fit into an id"},
		"too many attempts":    {trial.World(0), make(trial.Plans, trial.MaxPlans+1), "at most 16"},
		"a plan without sense": {trial.World(0), trial.Plans{{{Kind: fault.Abort, Trigger: fault.Block(0)}}}, "a block is from"},
		"no such model":        {trial.World(0, trial.Of(7000)), nil, "model"},
		"no such release":      {trial.World(0, trial.By(client.Release{Version: "3"})), nil, "release"},
		"no such size":         {trial.World(trial.MaxImageBytes + 1), nil, "room for"},
	} {
		if id, err := trial.ID(c.world, c.plans); err == nil || id != "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, text := range []string{"", "kill", sweepPair, fiveFaults} {
		f.Add(mustID(f, trial.World(77), mustPlans(f, text)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, plans, _, err := trial.ParseID(text)
		if err != nil {
			if !errors.Is(err, trial.ErrNoID) && !errors.Is(err, trial.ErrOtherRun) && !errors.Is(err, trial.ErrNeedsFile) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if again, err := trial.ID(w, plans); err != nil || again != text {
			t.Fatalf("%q gives %+v with %q, whose id is %q; %v", text, w, plans, again, err)
		}
	})
}
