package whatif_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/whatif"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

func plansOf(t *testing.T, text string) trial.Plans {
	t.Helper()
	plans, err := trial.ParsePlans(text)
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

func faultOf(t *testing.T, text string) fault.Fault {
	t.Helper()
	return plansOf(t, text)[0][0]
}

func small() world.World { return trial.World(24_000) }

func walk(t *testing.T, plan string) *whatif.Walk {
	t.Helper()
	w, err := whatif.New(small(), plansOf(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// file is the story as a file.
func file(t *testing.T, s *retell.Story, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// whole is the story of a run that is played from its beginning to its end.
func whole(t *testing.T, plans trial.Plans) []byte {
	t.Helper()
	s, err := retell.Trial(small(), plans)
	return file(t, s, err)
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	a, b := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("%s: line %d is\n%s\nand not\n%s", what, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s: %d lines, not %d", what, len(a), len(b))
}

func TestARunThatWasWalkedOnAndBackIsTheRunOfTheBench(t *testing.T) {
	t.Parallel()
	const plan = "reply-lost at block 2; kill at block 3"
	w := walk(t, plan)
	for _, by := range []whatif.Unit{whatif.ByBlock, whatif.ByFrame, whatif.ByFrame, whatif.ByEvent} {
		if !w.On(by) {
			t.Fatalf("no %v", by)
		}
	}
	here, state := w.At(), w.Rig().AppendState(nil)
	for range 40 {
		w.On(whatif.ByFrame)
	}
	w.Back(whatif.ByBlock)
	w.Go(here)
	if w.At() != here || !bytes.Equal(w.Rig().AppendState(nil), state) {
		t.Errorf("back at %v, it is another state than at %v before", w.At(), here)
	}
	s, err := w.Told()
	same(t, "the walk", file(t, s, err), whole(t, plansOf(t, plan)))
	if w.At() != here {
		t.Error("to tell of the run has moved it")
	}
}

func TestWhatIsStruckInTheMiddleGivesThePlanThatTheBenchRepeatsByteForByte(t *testing.T) {
	t.Parallel()
	for _, struck := range []string{
		"cable-pull for 2 no-responses", "power-loss for 30s", "noise for 5s rate 1e-3 seed 3", "kill", "meter-silent for 25s", "reply-lost", "byte-drop",
		"byte-flip from-meter", "frame-lost", "program-fails address 0x030000", "brown-out", "abort", "suspend for 5m", "line-break for 2s", "cable-pull at block 3 for 2 no-responses",
	} {
		w := walk(t, "reply-lost at block 1")
		w.On(whatif.ByBlock)
		w.On(whatif.ByBlock)
		for range 11 {
			w.On(whatif.ByFrame)
		}
		here := w.At()
		if err := w.Strike(faultOf(t, struck)); err != nil {
			t.Errorf("%s: %v", struck, err)
			continue
		}
		if w.At() != here {
			t.Errorf("%s: it stands at %v, not at %v", struck, w.At(), here)
		}
		w.On(whatif.ByEvent)
		w.On(whatif.ByFrame)
		w.Back(whatif.ByFrame)
		s, err := w.Told()
		got := file(t, s, err)
		same(t, struck, got, whole(t, plansOf(t, w.Plans().String())))
		if bytes.Equal(got, whole(t, plansOf(t, "reply-lost at block 1"))) {
			t.Errorf("%s (%v): nothing came of it", struck, w.Plans())
		}
	}
}

func TestAFaultStrikesBehindWhatHasHappenedAndNotBefore(t *testing.T) {
	t.Parallel()
	w := walk(t, "")
	w.On(whatif.ByBlock)
	before := slices.Clone(w.Rig().Trace())
	if err := w.Strike(faultOf(t, "cable-pull")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.Rig().Trace(), before) {
		t.Error("the past is another")
	}
	if w.On(whatif.ByEvent); w.At() > w.Rig().Trace()[len(before)-1].At+time.Nanosecond {
		t.Errorf("it strikes at %v", w.At())
	}
	if err := w.Strike(faultOf(t, "power-loss for 1s")); err != nil || w.Plans().Faults() != 2 {
		t.Errorf("a second one: %v, %v", w.Plans(), err)
	}
}

func TestARecoveryIsStruckAsWell(t *testing.T) {
	t.Parallel()
	w := walk(t, "kill at block 2")
	for w.Attempt() == 0 {
		w.On(whatif.ByBlock)
	}
	if err := w.Strike(faultOf(t, "reply-lost")); err != nil {
		t.Fatal(err)
	}
	if len(w.Plans()) != 2 || len(w.Plans()[1]) != 1 || w.Attempt() != 1 {
		t.Errorf("the plan is %v in attempt %d", w.Plans(), w.Attempt())
	}
	s, err := w.Told()
	same(t, "the recovery", file(t, s, err), whole(t, plansOf(t, w.Plans().String())))
}

func TestAtItsEndNothingStrikesAndBackFromItIsTheSameRun(t *testing.T) {
	t.Parallel()
	w := walk(t, "")
	for w.On(whatif.ByEvent) {
	}
	if !w.Over() {
		t.Error("it goes on")
	}
	if err := w.Strike(faultOf(t, "cable-pull")); !errors.Is(err, whatif.ErrBetween) {
		t.Errorf("struck: %v", err)
	}
	if !w.Back(whatif.ByBlock) || w.Over() {
		t.Error("no way back")
	}
	n := 1
	for w.Back(whatif.ByBlock) {
		n++
	}
	if n != 4 || w.At() != 0 {
		t.Errorf("%d blocks on the way back, to %v", n, w.At())
	}
	s, err := w.Told()
	same(t, "the way back", file(t, s, err), whole(t, plansOf(t, "")))
}

const twoAttempts = `[meter]
image-bytes = 16384

[firmware]
bytes = 16384

[attempt]
task = upgrade
plan = kill at block 2

[attempt]
before = heal
task   = recover
`

func TestAttemptsThatFollowOneAnotherAreWalkedThrough(t *testing.T) {
	t.Parallel()
	w, err := world.Parse([]byte(twoAttempts))
	if err != nil {
		t.Fatal(err)
	}
	run, err := whatif.InWorld(*w)
	if err != nil {
		t.Fatal(err)
	}
	for run.Attempt() == 0 && run.On(whatif.ByFrame) {
	}
	run.On(whatif.ByBlock)
	if err := run.Strike(faultOf(t, "reply-lost")); err != nil {
		t.Fatal(err)
	}
	s, err := run.Told()
	got := file(t, s, err)
	played, err := retell.History(run.World())
	same(t, "the history", got, file(t, played, err))
	if len(run.World().Attempts[1].Plan) != 1 || !bytes.Contains(got, []byte(`"why":`)) {
		t.Errorf("the world is\n%s", run.World())
	}
}

func TestAttemptsThatOverlapCannotBeWalkedThrough(t *testing.T) {
	t.Parallel()
	w, err := world.Parse([]byte(twoAttempts + "\n[attempt]\nmeanwhile = 5s\ntask = upgrade\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := whatif.InWorld(*w); !errors.Is(err, whatif.ErrOverlap) {
		t.Errorf("%v", err)
	}
}

func TestOneWalksThroughTheEventsOfAnInstantOneByOneAndThereAndBackAreTheSamePlaces(t *testing.T) {
	t.Parallel()
	w := walk(t, "cable-pull at block 2 for 2 no-responses")
	w.On(whatif.ByBlock)
	w.On(whatif.ByBlock)
	type place struct {
		time   time.Duration
		at, of int
	}
	here := func() place {
		at, of := w.Place()
		return place{w.At(), at, of}
	}
	way := []place{here()}
	for range 60 {
		if !w.On(whatif.ByEvent) {
			t.Fatal("the run is over")
		}
		before, now := way[len(way)-1], here()
		if now.time == before.time && now.at != before.at+1 || now.time != before.time && now.at != 1 {
			t.Fatalf("from %+v to %+v: something was passed over", before, now)
		}
		way = append(way, now)
	}
	if !slices.ContainsFunc(way, func(p place) bool { return p.of > 2 }) {
		t.Error("nowhere three events at one instant: this proves nothing")
	}
	for i := len(way) - 2; i >= 0; i-- {
		if w.Back(whatif.ByEvent); here() != way[i] {
			t.Fatalf("back at %+v, not at %+v", here(), way[i])
		}
	}
	instants := 0
	for w.At() < way[len(way)-1].time {
		w.On(whatif.ByInstant)
		if at, of := w.Place(); at != of || of == 0 {
			t.Fatalf("by instant it stands at %d of %d", at, of)
		}
		instants++
	}
	if instants >= len(way)-1 {
		t.Errorf("%d instants for %d events: it is no coarser step", instants, len(way)-1)
	}
}
