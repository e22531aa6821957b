package mutants

import (
	"slices"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

// The article's tool sends a request again ten times. Only outages that last just as long show a
// tool that does so nine times.
func TestTheDefaultSpacesShowAToolThatGivesUpTooSoon(t *testing.T) {
	sweep := func(bug string) *atlas.Atlas {
		s := atlas.Sweep{World: trial.World(300), Spaces: []string{"outage"}}
		s.Start = func(w world.World, plans trial.Plans, trace rig.Trace) (*trial.Trial, error) {
			return trial.StartWith(w, plans, rig.Options{Trace: trace, Planted: planted.Pair{Tool: bug}})
		}
		a, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	healthy, hasty := sweep(""), sweep("nine-resends")
	d, err := atlas.Diff(healthy, hasty, atlas.DefaultThreshold())
	if err != nil {
		t.Fatal(err)
	}
	if d.Points[atlas.Worse] == 0 {
		t.Errorf("nothing is worse: %v", d.Points)
	}
	if n := hasty.Summary().Violations; n == 0 || healthy.Summary().Violations != 0 {
		t.Errorf("%d points break an invariant, and %d without the bug", n, healthy.Summary().Violations)
	}
	if !slices.Contains(atlas.DefaultSpaces(), "outage") {
		t.Error("outages are not swept unless somebody asks for them")
	}
}
