package rig_test

import (
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
)

// secondPC plays the upgrade of a PC into which another PC comes with one of its own, whose lock
// it cannot see.
func secondPC(t testing.TB, blocks int, comes time.Duration) []*rig.Outcome {
	w := &world.World{PCs: []world.PC{{Name: "office"}, {Name: "van"}}, Firmware: []world.Firmware{{Blocks: blocks}}}
	r, err := rig.New(w, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	upgrade := world.Attempt{PC: "office", Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}}
	second := upgrade
	second.PC, second.Meanwhile = "van", comes
	outcomes, err := r.Together([]world.Attempt{upgrade, second})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// From the first request to the last answer: whoever comes when, settings are in the meter or in
// a journal.
func TestWheneverASecondPCBeginsToUpgradeTheMeterNothingIsLost(t *testing.T) {
	step := 130 * time.Millisecond
	if testing.Short() {
		step *= 10
	}
	for blocks := 1; blocks <= 2; blocks++ {
		for comes := step; comes < 110*time.Second; comes += step {
			for i, o := range secondPC(t, blocks, comes) {
				if len(o.Violations) > 0 {
					t.Errorf("%d blocks, the second after %v, tool %d: %v", blocks, comes, i+1, o.Violations)
				}
			}
		}
	}
}
