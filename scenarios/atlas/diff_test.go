package atlas_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

func TestDiffSaysWhatBecameOfEachPoint(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, now []int
		want     []string
	}{
		{"nothing", []int{0, 0, 1, 4}, []int{0, 0, 1, 4}, nil},
		{"a class that is worse", []int{0, 0, 0, 1}, []int{0, 1, 1, 1}, []string{"worse 2-3: resent, was unharmed"}},
		{"and one that is better", []int{3, 1, 3}, []int{2, 1, 4}, []string{"worse 3-3: violated, was settings-lost", "better 1-1: recovered, was settings-lost"}},
		{"a longer row", []int{0, 1}, []int{0, 1, 1, 2}, []string{"appeared 3-4: "}},
		{"a shorter row", []int{0, 1, 1}, []int{0}, []string{"vanished 2-3: "}},
		{"two stretches", []int{0, 0, 0, 0}, []int{1, 0, 1, 1}, []string{"worse 1-1: resent, was unharmed", "worse 3-4: resent, was unharmed"}},
		{"what is missing", []int{0, -1, 0, 0}, []int{1, 4, -1, 0}, []string{"worse 1-1: resent, was unharmed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := difference(t, made(c.old), made(c.now))
			if got := told(d); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			points := 0
			for _, n := range d.Points {
				points += n
			}
			if want := max(len(c.old), len(c.now)); points != want {
				t.Errorf("%d points are counted, want %d: %v", points, want, d.Points)
			}
		})
	}
}

func difference(t *testing.T, old, now *atlas.Atlas) *atlas.Difference {
	t.Helper()
	d, err := atlas.Diff(old, now, atlas.DefaultThreshold())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func told(d *atlas.Difference) []string {
	var list []string
	for _, r := range d.Ranges {
		list = append(list, fmt.Sprintf("%s %d-%d: %s", r.Change, r.First, r.Last, r.Why))
	}
	return list
}

func TestInTheSameClassTheCostDecides(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *atlas.PointOutcome)
		want   string
	}{
		{"a tenth of the time and more", func(o *atlas.PointOutcome) { o.Milliseconds += 6001 }, "worse 1-1: takes longer"},
		{"a tenth of the time", func(o *atlas.PointOutcome) { o.Milliseconds += 6000 }, ""},
		{"much less time", func(o *atlas.PointOutcome) { o.Milliseconds -= 30_000 }, "better 1-1: the old one takes longer"},
		{"another act", func(o *atlas.PointOutcome) { o.Acts++ }, "worse 1-1: takes more acts of the person"},
		{"more bytes", func(o *atlas.PointOutcome) { o.Bytes += 1000 }, ""},
		{"another setting lost", func(o *atlas.PointOutcome) { o.Lost = []string{"clock", "energy"} }, "worse 1-1: loses energy too"},
		{"no setting lost", func(o *atlas.PointOutcome) { o.Lost = nil }, "better 1-1: the old one loses clock too"},
		{"an invariant", func(o *atlas.PointOutcome) {
			o.Violations = []verdict.Violation{{Rule: verdict.I7, Attempt: 2, Reason: "gone"}}
		}, "worse 1-1: breaks I7 too"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := made([]int{3})
			c.change(&now.Outcomes[0])
			if got := strings.Join(told(difference(t, made([]int{3}), now)), "; "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	// A second is little, however many percent of nothing it is.
	old, now := made([]int{0}), made([]int{0})
	now.Outcomes[0].Milliseconds = 1000
	if got := told(difference(t, old, now)); got != nil {
		t.Errorf("a second more than none: %q", got)
	}
}

func TestTheExampleOfARangeIsThePointThatGotSlowerByMost(t *testing.T) {
	now := made([]int{1, 2, 2})
	now.Outcomes[0].Class, now.Outcomes[0].Milliseconds = "recovered", 5000
	d := difference(t, made([]int{0, 0, 0}), now)
	if len(d.Ranges) != 1 || d.Ranges[0].Example != "byte-flip at byte 2 to-meter" || d.Ranges[0].New.Milliseconds != 60_000 || d.Ranges[0].Old.Class != "unharmed" {
		t.Errorf("the ranges are %+v", d.Ranges)
	}
}

func TestStatesAreComparedByTheirNames(t *testing.T) {
	named := func(a *atlas.Atlas, names ...string) *atlas.Atlas {
		a.Rows[0].Plan, a.Rows[0].Unit, a.Rows[0].Names = "power-loss at state #", "state", names
		return a
	}
	old := named(made([]int{0, 1, 2}), "download", "erasing", "booting")
	now := named(made([]int{1, 0, 2}), "erasing", "download", "verifying")
	d := difference(t, old, now)
	if got := told(d); !slices.Equal(got, []string{"vanished 3-3: ", "appeared 3-3: "}) {
		t.Errorf("got %q", got)
	}
	if d.Ranges[0].Example != "power-loss at state booting" || d.Ranges[1].Name != "verifying" {
		t.Errorf("the ranges are %+v", d.Ranges)
	}
}

func TestRowsThatOneDoesNotHaveAppearOrVanish(t *testing.T) {
	both := func(plan string) *atlas.Atlas {
		a := made([]int{0, 0, 1})
		r := a.Rows[0]
		r.Plan = plan
		a.Rows = append(a.Rows, r)
		return a
	}
	d := difference(t, both("byte-drop at byte # to-meter"), both("byte-dup at byte # to-meter"))
	if got := told(d); !slices.Equal(got, []string{"vanished 1-3: ", "appeared 1-3: "}) {
		t.Errorf("got %q", got)
	}
	if d.Points[atlas.Same] != 3 || d.Points[atlas.Vanished] != 3 || d.Points[atlas.Appeared] != 3 {
		t.Errorf("the points are %v", d.Points)
	}
}

func TestWhatElseDiffersIsNotedAndWhatCannotBeComparedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(a *atlas.Atlas)
		note, refusal string
	}{
		"another image size":     {func(a *atlas.Atlas) { a.Config.ImageBytes = 1024 }, "", "the images have 512 and 1024 bytes: a place is another moment in each"},
		"another meter":          {func(a *atlas.Atlas) { a.Config.Model = 7330 }, "", "an ION 7350 and an ION 7330"},
		"through the windows":    {func(a *atlas.Atlas) { a.Config.Windows = true }, "", "one comes to the upgrade through the windows"},
		"no row in common":       {func(a *atlas.Atlas) { a.Rows[0].Plan = "byte-drop at byte # to-meter" }, "", "no row in common"},
		"another release":        {func(a *atlas.Atlas) { a.Config.Release = "2.1" }, "the new one of ION 7350, tool 2.1", ""},
		"another version":        {func(a *atlas.Atlas) { a.Config.Hash = "00000000" }, "the firmware or the version of the model is another", ""},
		"another calm run":       {func(a *atlas.Atlas) { a.Marks[1].ToMeter = 201 }, "the run without a fault is another", ""},
		"one that is not all":    {func(a *atlas.Atlas) { a.Partial = true }, "the new atlas is partial", ""},
		"nothing but the points": {func(*atlas.Atlas) {}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			now := made([]int{0, 0, 1})
			c.change(now)
			d, err := atlas.Diff(made([]int{0, 0, 1}), now, atlas.DefaultThreshold())
			if c.refusal != "" {
				if err == nil || !strings.Contains(err.Error(), c.refusal) {
					t.Errorf("the error is %v, want %s", err, c.refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(d.Notes, "; "); !strings.Contains(got, c.note) || c.note == "" && got != "" {
				t.Errorf("the notes are %q, want %q", got, c.note)
			}
		})
	}
}
