package trial_test

import (
	"testing"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

func TestThePlansOfAWorldAreOneTextThatIsReadAgain(t *testing.T) {
	var w world.World
	for _, text := range []string{"abort at block 1", "", "cable-pull at block 3; kill at block 5", ""} {
		p, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		w.Attempts = append(w.Attempts, world.Attempt{Plan: p})
	}
	text := trial.PlansOf(&w).String()
	if want := "abort at block 1 then then cable-pull at block 3; kill at block 5"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
	if again, err := trial.ParsePlans(text); err != nil || again.String() != text {
		t.Errorf("%q is read as %v (%v)", text, again, err)
	}
}
