package rig_test

import (
	"testing"
	"time"

	"ionbench/client"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// The meter was left in download state by an earlier try; then, at the article's hour, the
// upgrade is started and the cable is pulled after 438 answered blocks of 460.
func TestTheArticlesLogComesOutOfTheModel(t *testing.T) {
	const before = 2 * time.Minute
	r, err := rig.New(rig.Setup{Epoch: world.ArticleStart().Add(-before)})
	if err != nil {
		t.Fatal(err)
	}
	file := r.UPG(world.ArticleImageBytes)
	try := func(plan string) *rig.Outcome {
		t.Helper()
		p, err := fault.Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(rig.Attempt{Task: client.TaskUpgrade, Release: client.Release21(), Person: rig.Person{Firmware: file}, Plan: p})
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
