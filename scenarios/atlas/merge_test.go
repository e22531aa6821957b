package atlas_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
)

// shards are the parts of a sweep, read back from their files.
func shards(t *testing.T, n int) []*atlas.Atlas {
	t.Helper()
	var parts []*atlas.Atlas
	for i := range n {
		s := small()
		s.Shard, s.Shards = i, n
		part := swept(t, s)
		if !part.Partial {
			t.Errorf("shard %d is not partial", i)
		}
		back, err := atlas.Read(bytes.NewReader(written(t, part)))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, back)
	}
	return parts
}

func merged(t *testing.T, parts ...*atlas.Atlas) *atlas.Atlas {
	t.Helper()
	a, err := atlas.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestThreeShardsMergedAreTheFileOfOneRun(t *testing.T) {
	whole := wholeSmall(t)
	parts := shards(t, 3)
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}, {1, 1, 2, 0, 0}} {
		var chosen []*atlas.Atlas
		for _, i := range order {
			chosen = append(chosen, parts[i])
		}
		if got := written(t, merged(t, chosen...)); !bytes.Equal(got, whole) {
			t.Errorf("shards %v give\n%.300s\nand not\n%.300s", order, got, whole)
		}
	}
}

func TestAPartThatIsNotThereLeavesTheResultPartial(t *testing.T) {
	parts := shards(t, 3)
	two := merged(t, parts[2], parts[0])
	if !two.Partial {
		t.Error("two of three shards are not partial")
	}
	if got, want := two.Summary().Points, parts[0].Summary().Points+parts[2].Summary().Points; got != want {
		t.Errorf("%d points, want %d", got, want)
	}
	if got := written(t, merged(t, two, parts[1])); !bytes.Equal(got, wholeSmall(t)) {
		t.Error("with the third it is not the whole")
	}
}

func TestPartsOfOtherSweepsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(a *atlas.Atlas)
		want   string
	}{
		"another image":       {func(a *atlas.Atlas) { a.Config.ImageBytes++ }, "part 2 cannot be merged with the others: it is of another configuration: ION 7350, tool 2.2, image of 513 bytes"},
		"another hash":        {func(a *atlas.Atlas) { a.Config.Hash = "ffffffff" }, "hash ffffffff, and not ION 7350"},
		"other spaces":        {func(a *atlas.Atlas) { a.Spaces = []string{"flash"} }, "it is of other spaces: flash, and not wire"},
		"another calm run":    {func(a *atlas.Atlas) { a.Calm.Bytes++ }, "its run without a fault is another"},
		"other marks":         {func(a *atlas.Atlas) { a.Marks[1].ToMeter++ }, "its run without a fault is another"},
		"another row":         {func(a *atlas.Atlas) { a.Rows[0].Plan = "byte-drop at byte # to-meter" }, `row 0 is "byte-drop at byte # to-meter" at 3 places`},
		"more points":         {func(a *atlas.Atlas) { a.Rows[0].Runs[0][0]++ }, "at 4 places from 1 on, and not"},
		"a point that is not": {func(a *atlas.Atlas) { a.Outcomes[1].Class = "violated" }, `disagree on "byte-flip at byte 3 to-meter": in part 2 it is violated, in one before it resent`},
		"an unknown class":    {func(a *atlas.Atlas) { a.Outcomes[1].Class = "fine" }, `part 2: outcome 1: "fine" is no class`},
	} {
		t.Run(name, func(t *testing.T) {
			other := made([]int{0, 0, 1})
			c.change(other)
			if _, err := atlas.Merge(made([]int{0, 0, 1}), other); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
		})
	}
	if _, err := atlas.Merge(); err == nil {
		t.Error("nothing was merged")
	}
}

// A sweep that was stopped before its last rows were laid out has fewer of them.
func TestAPartMayEndBeforeTheLastRows(t *testing.T) {
	whole, short := made([]int{0, 0, 1}), made([]int{0, 0, 1})
	second := whole.Rows[0]
	second.Space, second.Plan = "pairs", "kill at block 1 then byte-flip at byte # to-meter"
	whole.Rows = append(whole.Rows, second)
	whole.Spaces, short.Spaces = []string{"wire", "pairs"}, []string{"wire", "pairs"}
	short.Partial = true
	if got := merged(t, short, whole); !bytes.Equal(written(t, got), written(t, whole)) {
		t.Errorf("merged to %+v", got.Rows)
	}
	if got := merged(t, short); !got.Partial {
		t.Error("a sweep without the rows of a space is not partial")
	}
}

// stopped runs a sweep until so many points are done, and one worker sees it.
func stopped(t *testing.T, s atlas.Sweep, points int) *atlas.Atlas {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.Workers = 1
	s.Progress = func(done, _ int) {
		if done >= points {
			cancel()
		}
	}
	a, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestASweepGoesOnWhereItWasStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("a sweep twice, and others have several workers")
	}
	sweep := small()
	sweep.Faults = append(sweep.Faults, "byte-drop at byte # to-meter", "byte-insert at byte # to-meter seed #")
	whole := swept(t, sweep)
	all := whole.Summary().Points
	part := stopped(t, sweep, all/3)
	if n := part.Summary().Points; !part.Partial || n < all/3 || n >= all {
		t.Fatalf("stopped after %d of %d points, partial: %v", n, all, part.Partial)
	}
	back, err := atlas.Read(bytes.NewReader(written(t, part)))
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	again := sweep
	again.Resume = back
	again.Progress = func(done, _ int) {
		if first == 0 {
			first = done
		}
	}
	again.Workers = 1
	got := swept(t, again)
	if !bytes.Equal(written(t, got), written(t, whole)) {
		t.Error("what was resumed is not the sweep of one go")
	}
	if first <= part.Summary().Points {
		t.Errorf("it began again: the first progress was %d", first)
	}
}

func TestWhatIsResumedIsNotDoneAgain(t *testing.T) {
	sweep := small()
	var err error
	if sweep.Resume, err = atlas.Read(bytes.NewReader(wholeSmall(t))); err != nil {
		t.Fatal(err)
	}
	sweep.Resume.Outcomes[0].Milliseconds = 77_777
	if got := swept(t, sweep); got.Outcomes[0].Milliseconds != 77_777 {
		t.Errorf("the outcome is %+v", got.Outcomes[0])
	}
}

func TestASweepIsNotResumedFromAnother(t *testing.T) {
	other := small()
	other.World = trial.World(512, trial.WithJournal)
	sweep := small()
	sweep.Resume = swept(t, other)
	_, err := sweep.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the sweep cannot go on from that file: it is of another configuration: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestASweepThatIsStoppedAtOnceIsAnAtlasWithoutPoints(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a, err := small().Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	back, err := atlas.Read(bytes.NewReader(written(t, a)))
	if err != nil {
		t.Fatal(err)
	}
	if s := back.Summary(); !back.Partial || s.Skipped == 0 || s.Violations != 0 {
		t.Errorf("%v, partial: %v", s, back.Partial)
	}
}

func TestASweepThatCannotBeIsRefusedBeforeItBegins(t *testing.T) {
	for want, change := range map[string]func(s *atlas.Sweep){
		`there is no space "water"`:        func(s *atlas.Sweep) { s.Spaces = []string{"water"} },
		"space flash is asked for twice":   func(s *atlas.Sweep) { s.Spaces = []string{"flash", "wire", "flash"} },
		"is asked for twice":               func(s *atlas.Sweep) { s.Faults = append(s.Faults, s.Faults[0]) },
		"has no # for the place":           func(s *atlas.Sweep) { s.Faults = []string{"kill at block 3"} },
		"there is no shard 3 of 3":         func(s *atlas.Sweep) { s.Shard, s.Shards = 3, 3 },
		"there is no shard -1 of 3":        func(s *atlas.Sweep) { s.Shard, s.Shards = -1, 3 },
		"there is no shard 1 of 0":         func(s *atlas.Sweep) { s.Shard = 1 },
		"fewer than no workers":            func(s *atlas.Sweep) { s.Workers = -1 },
		"an image of -1 bytes: the meter ": func(s *atlas.Sweep) { s.World = trial.World(-1) },
	} {
		s := small()
		change(&s)
		if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// twice is a sweep of two faults, one after the other.
func twice() atlas.Sweep {
	return atlas.Sweep{
		World:  trial.World(100),
		Faults: []string{"power-loss at flash-op # torn seed #", "reply-lost at reply #"},
		Pairs:  true,
	}
}

func TestPairsAreMergedAndResumedLikeAllElse(t *testing.T) {
	if testing.Short() {
		t.Skip("several sweeps of pairs")
	}
	whole := swept(t, twice())
	file := written(t, whole)
	if !slices.Contains(whole.Spaces, "pairs") || whole.Partial {
		t.Fatalf("the spaces are %v, partial: %v", whole.Spaces, whole.Partial)
	}
	var parts []*atlas.Atlas
	for i := range 2 {
		s := twice()
		s.Shard, s.Shards = i, 2
		parts = append(parts, swept(t, s))
	}
	if !bytes.Equal(written(t, merged(t, parts...)), file) {
		t.Error("two shards merged are another file")
	}
	all := whole.Summary().Points
	for _, n := range []int{1, all / 2} {
		again := twice()
		again.Resume = stopped(t, twice(), n)
		if !again.Resume.Partial {
			t.Errorf("stopped at %d of %d points it is not partial", n, all)
		}
		if _, err := atlas.Read(bytes.NewReader(written(t, again.Resume))); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(written(t, swept(t, again)), file) {
			t.Errorf("stopped at %d of %d points and resumed it is another file", n, all)
		}
	}
}
