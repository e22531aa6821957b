package rig_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// besideSwitched plays an upgrade beside a meter that somebody switches.
func besideSwitched(t testing.TB, other world.Meter) (*rig.Rig, *rig.Outcome) {
	t.Helper()
	other.Name, other.SerialNumber = "other", "PC-0102A007-13"
	w := &world.World{Meters: []world.Meter{{}, other}, Firmware: []world.Firmware{{Blocks: 2}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true, Listens: true}}}}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(w, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&r.World().Attempts[0])
	if err != nil {
		t.Fatal(err)
	}
	return r, o
}

// A neighbour of another unit id may be switched whenever somebody likes.
func TestANeighbourThatIsSwitchedDuringAnUpgradeIsNotHarmedAndHarmsNothing(t *testing.T) {
	_, calm := besideSwitched(t, world.Meter{UnitID: 7})
	for at := 3 * time.Second; at < 110*time.Second; at += 17 * time.Second {
		for name, other := range map[string]world.Meter{
			"on": {ComesOn: at}, "off": {GoesOff: at}, "off and on": {GoesOff: at, ComesOn: at + 9*time.Second}, "on and off": {ComesOn: at, GoesOff: at + 9*time.Second},
		} {
			other.UnitID = 7
			r, o := besideSwitched(t, other)
			if !o.Upgraded() || len(o.Violations) > 0 || o.Cost.Resends != calm.Cost.Resends {
				t.Errorf("%s at %v: %v, %v", name, at, o.Claim, o.Violations)
			}
			r.Wait(time.Minute)
			want := meter.Application
			if name == "off" || name == "on and off" {
				want = meter.Off
			}
			if got := r.Bench().Station().Neighbour(0).State(); got != want {
				t.Errorf("%s at %v: it is %v", name, at, got)
			}
		}
	}
}

// A twin that comes on when the tool has listened already gets what the other meter gets. The tool
// hears it sooner or later, and ends before it writes back, unless it comes on between the last
// question who is there and the write: then its settings are not its own any more (I9). Nothing else
// is harmed, and no success is claimed that is none.
func TestATwinThatComesOnDuringAnUpgradeIsHarmedOnlyJustBeforeTheWriteBack(t *testing.T) {
	var first, last time.Duration
	for at := time.Second; at < 110*time.Second; at += time.Second {
		_, o := besideSwitched(t, world.Meter{ComesOn: at, SetUp: world.Untouched, Speed: world.Speed{RTSDelay: 300 * time.Millisecond}})
		for _, v := range o.Violations {
			if v.Rule != verdict.I9 {
				t.Errorf("at %v: %v", at, v)
			}
		}
		if len(o.Violations) > 0 {
			if last = at; first == 0 {
				first = at
			}
		}
	}
	if first == 0 || last-first > 2*time.Second {
		t.Errorf("it is harmed when it comes on from %v to %v", first, last)
	}
}

func TestOnlyMetersThatNobodyTalksToAreSwitched(t *testing.T) {
	for text, want := range map[string]string{
		"[meter]\ncomes-on = 2s\n": "line 2: the first meter on a line is there all the time; put another one before it",
		"[meter]\n[meter b]\nunit-id = 7\ngoes-off = 2s\n[attempt]\ntask = identify\nmeter = b\n": "line 4: an [attempt] is about this meter; take the power of that one away by plan = power-loss",
		"[meter]\n[meter b]\nunit-id = 7\ncomes-on = 2s\ngoes-off = 2s\n":                         "line 4: it is switched on and off at one moment; let one of them be later",
	} {
		if _, err := world.Parse([]byte(text)); fmt.Sprint(err) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
