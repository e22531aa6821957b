package mutants

import (
	"slices"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// The article's tool sends a request again ten times, and counts anew for the next one. Only outages that
// last just as long show a tool that does so nine times, and only several in one run a tool that goes on
// counting.
func TestTheDefaultSpacesShowABrokenRetryRule(t *testing.T) {
	sweep := func(t *testing.T, bug string) *atlas.Atlas {
		s := atlas.Sweep{World: trial.World(ion.BlockBytes + 1), Spaces: []string{"outage"}}
		s.Start = func(w world.World, plans trial.Plans, trace rig.Trace) (*trial.Trial, error) {
			return trial.StartWith(w, plans, rig.Options{Trace: trace, Planted: planted.Pair{Tool: bug}})
		}
		a, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	healthy := sweep(t, "")
	if n := healthy.Summary().Violations; n != 0 {
		t.Errorf("%d points break an invariant without a bug", n)
	}
	for _, c := range []struct {
		bug    string
		breaks bool // an invariant
	}{
		{"nine-resends", true},
		{"eleven-resends", true},
		{"no-resend", true},
		{"retry-counter-not-reset", true},
		{"waits-half-as-long", false},
		{"waits-twice-as-long", false},
	} {
		t.Run(c.bug, func(t *testing.T) {
			broken := sweep(t, c.bug)
			d, err := atlas.Diff(healthy, broken, atlas.DefaultThreshold())
			if err != nil {
				t.Fatal(err)
			}
			if d.Points[atlas.Worse] == 0 {
				t.Errorf("nothing is worse: %v", d.Points)
			}
			if n := broken.Summary().Violations; n > 0 != c.breaks {
				t.Errorf("%d points break an invariant", n)
			}
		})
	}
	if !slices.Contains(atlas.DefaultSpaces(), "outage") {
		t.Error("outages are not swept unless somebody asks for them")
	}
}
