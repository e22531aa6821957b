package rig_test

import (
	"testing"
	"time"

	"ionbench/client"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// An earlier attempt has left the meter in download state. At the time of the article's log the
// upgrade is started, and the cable is pulled after 438 of 460 blocks are answered.
func TestTheArticlesLogComesOutOfTheModel(t *testing.T) {
	const before = 2 * time.Minute
	r, err := rig.New(&world.World{
		Meters:   []world.Meter{{Clock: world.ArticleStart().Add(-before)}},
		Firmware: []world.Firmware{{Bytes: world.ArticleImageBytes}},
	}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	try := func(plan string) *rig.Outcome {
		t.Helper()
		p, err := fault.Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(&world.Attempt{
			Tool:   world.Tool{Task: client.TaskUpgrade, Release: client.Release21()},
			Person: world.Person{Unticked: ion.AllGroups},
			Plan:   p,
		})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	try("abort at block 1")
	r.Wait(before - r.Now())
	o := try("cable-pull at block 439")
	if got, want := string(o.Log), string(logs.UpgradeFailed()); got != want {
		t.Errorf("the log is\n%s\nand not the article's", got)
	}
}
