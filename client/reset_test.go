package client_test

import (
	"testing"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// The meter has agreed to enter download state and is reset before it is there: its image
// is intact, so the application boots again. The tool asks once more.
func TestAResetOnTheWayIntoDownloadStateIsSurvived(t *testing.T) {
	r, err := rig.New(&world.World{Firmware: []world.Firmware{{Blocks: 2}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fault.Parse("meter-reset at state booting")
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if o.Claim != nil || len(o.Violations) > 0 || len(o.Unstruck) > 0 {
		t.Errorf("claim %v, broken %v, unstruck %v\n%s", o.Claim, o.Violations, o.Unstruck, o.Log)
	}
}
