package atlas

import (
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
)

// What a survey finds at a place is what comes of a trial with that fault alone.
func TestASurveyFindsWhatATrialFinds(t *testing.T) {
	world := worlds.At(2, 4).World()
	w, err := Survey{World: world, Part: 3, Parts: 7, Workers: 2}.prepared()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.onAll(t.Context(), w.singles()); err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, r := range w.rows {
		for i, place := range r.places {
			points++
			f := r.at(place)
			got, err := trial.TryCaught(world, trial.Plans{f}, rig.NoTrace)
			if err != nil {
				t.Fatal(err)
			}
			if found := w.table.list[r.found[i]]; found.class != got.Class || found.ms != milliseconds(got.Cost.Time-w.calm.result.Cost.Time) {
				t.Errorf("%v: the survey finds %v after %d ms more, a trial %v after %v", f, found.class, found.ms, got.Class, got.Cost.Time)
			}
			if len(got.Unstruck) > 0 && f[0].Trigger.Unit != fault.AtFlashOp { // a chip fault can meet an operation that it cannot befall
				t.Errorf("%v: %v", f, got.Unstruck)
			}
		}
	}
	if points < 100 {
		t.Errorf("%d points", points)
	}
}
