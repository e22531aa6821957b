package trial

import (
	"slices"
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
)

func TestAPanicOfTheModelIsABrokenInvariant(t *testing.T) {
	plans := Plans{{{Kind: fault.Kill}}}
	r, err := caught(plans, func() (*Result, error) { panic("no end of events") })
	if err != nil || r.Class != Violated || !slices.Equal(r.Violations, []verdict.Violation{{Rule: verdict.I5, Reason: "the model panics: no end of events"}}) || r.Plans.String() != "kill at start" {
		t.Errorf("%+v, %v", r, err)
	}
	calm, err := TryCaught(World(1), nil, rig.NoTrace)
	if err != nil || calm.Class != Unharmed {
		t.Errorf("in peace: %+v, %v", calm, err)
	}
}
