package rig_test

import (
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// secondStruck plays a reading of a first PC and, from the fourth second on, an upgrade of a second
// one with faults of its own.
func secondStruck(t testing.TB, text string) (first, second *rig.Outcome) {
	t.Helper()
	plan, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w := &world.World{PCs: []world.PC{{Name: "office"}, {Name: "van"}}, Firmware: []world.Firmware{{Blocks: 2}}, Attempts: []world.Attempt{
		{PC: "office", Tool: world.Tool{Task: client.TaskReadSettings}},
		{PC: "van", Meanwhile: 4 * time.Second, Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: plan},
	}}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(w, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Together(r.World().Attempts)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0], outcomes[1]
}

// Whatever strikes the second host, at whatever moment that it can count: the first ends as if it had
// not, and the second as alone on the line.
func TestFaultsOfTheSecondToolStrikeItAlone(t *testing.T) {
	_, calm := secondStruck(t, "")
	if calm.Claim != nil || len(calm.Violations) > 0 {
		t.Fatalf("%v, %v", calm.Claim, calm.Violations)
	}
	for _, c := range []struct {
		plan                     string
		killed, aborted, success bool
		resends                  uint64 // beside those that the two cost each other
	}{
		{plan: "kill at block 2", killed: true},
		{plan: "kill at start", killed: true},
		{plan: "kill at state erasing", killed: true},
		{plan: "abort at 40%", aborted: true},
		{plan: "abort at 30s", aborted: true},
		{plan: "kill at no-response 2; cable-pull at block 1", killed: true},
		{plan: "suspend at block 1 for 25s", success: true, resends: 1},
		{plan: "clock-jump at reply 20 by 1h; disk-full at block 1 for 1m", success: true},
		{plan: "file-gone at start"},
		{plan: "file-changed at start"},
		{plan: "cable-pull at block 1 for 10 no-responses", success: true, resends: 10},
		{plan: "cable-pull at block 1 for 11 no-responses"},
		{plan: "cable-pull from-meter at frame 70 to-meter for 2 no-responses", success: true, resends: 2},
		{plan: "frame-lost at frame 70 to-meter", success: true, resends: 1},
		{plan: "frame-lost at frame 70 from-meter", success: true, resends: 1},
		{plan: "frame-lost at frame 70..71 from-meter", success: true, resends: 2},
		{plan: "frame-lost at reply 60 from-meter", success: true, resends: 1},
		{plan: "port-vanishes at block 1 for 12s", success: true, resends: 1},
		{plan: "ip-reset at block 1", success: true, resends: 1},
		{plan: "ip-half-open at block 1 for 2 no-responses", success: true, resends: 2},
	} {
		first, second := secondStruck(t, c.plan)
		if len(first.Violations)+len(second.Violations)+len(second.Unstruck) > 0 || first.Claim != nil {
			t.Errorf("%s: %v, %v, %v; the first says %v", c.plan, first.Violations, second.Violations, second.Unstruck, first.Claim)
		}
		if second.Killed != c.killed || second.Aborted != c.aborted || second.Upgraded() != c.success || c.success && second.Cost.Resends != calm.Cost.Resends+c.resends {
			t.Errorf("%s: killed %v, aborted %v, %v after %d resends", c.plan, second.Killed, second.Aborted, second.Claim, second.Cost.Resends)
		}
	}
}

func TestFaultsOfTheSecondToolThatDoNotStrikeAreTold(t *testing.T) {
	for _, plan := range []string{"kill at block 3", "abort at frame 4000 to-meter", "kill at 24h", "kill at reply 4000"} {
		if _, second := secondStruck(t, plan); len(second.Unstruck) != 1 || !second.Upgraded() {
			t.Errorf("%s: %v", plan, second.Unstruck)
		}
	}
}
