package trial_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// polled is a line of eight meters that a second master asks in turn, from which one of them is upgraded.
func polled(every time.Duration) world.World {
	w := trial.World(0)
	for unit := uint16(1); unit < 8; unit++ {
		m := w.Meters[0]
		m.Name, m.UnitID = fmt.Sprintf("n%d", unit), w.Meters[0].UnitID+unit
		w.Meters = append(w.Meters, m)
	}
	w.Stations = []world.Station{{Role: talker.SecondMaster, UnitID: w.Meters[0].UnitID, Units: 8, Every: every}}
	return w
}

func TestATrialIsAnUpgradeAndTheRecoveriesThatItTakes(t *testing.T) {
	for _, c := range []struct {
		plans    string
		class    trial.Class
		attempts int
		world    world.World
	}{
		{"", trial.Unharmed, 1, trial.World(0)},
		{"reply-lost at block 3", trial.Resent, 1, trial.World(0)},
		{"power-loss at block 3 for 2 no-responses", trial.ClearedAgain, 1, trial.World(0)},
		{"cable-pull at block 3", trial.SettingsLost, 2, trial.World(0)},
		{"cable-pull at block 3", trial.Recovered, 2, trial.World(0, trial.WithJournal)},
		{"cable-pull at block 3", trial.SettingsLost, 2, trial.World(0, trial.ThroughWindows)},
		{"kill at start", trial.Recovered, 2, trial.World(0)},
		{"cable-pull at block 3 then power-loss at flash-op 30 torn", trial.SettingsLost, 3, trial.World(0)},
		{"suspend at block 3 for 100h", trial.Recovered, 2, trial.World(0, trial.WithJournal)},
		{"stuck-bit at flash-op 90 mask 0xff then program-fails every 1 flash-op", trial.SettingsLost, 3, trial.World(0)},
		{"brown-out at flash-op 30 torn for 5s; disk-full at block 3 for 10ms", trial.ClearedAgain, 1, trial.World(0)},
		{"abort at block 2 then abort at block 2 then kill at block 3", trial.Recovered, 4, trial.World(0, trial.WithJournal)},
		{"", trial.Unrecovered, 2, polled(17 * time.Second)},
		{"", trial.Resent, 1, polled(time.Minute)},
	} {
		t.Run(c.plans, func(t *testing.T) {
			plans, err := trial.ParsePlans(c.plans)
			if err != nil {
				t.Fatal(err)
			}
			r, err := trial.Try(c.world, plans, rig.NoTrace)
			if err != nil {
				t.Fatal(err)
			}
			if r.Class != c.class || len(r.Attempts) != c.attempts || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
				t.Errorf("%v in %d attempts, want %v in %d; broken %q, unstruck %q", r.Class, len(r.Attempts), c.class, c.attempts, r.Violations, r.Unstruck)
			}
			if got := plans.String(); got != c.plans {
				t.Errorf("the plan reads %q", got)
			}
		})
	}
}

func TestAFaultOfARecoveryThatNeverComesNeverStruck(t *testing.T) {
	for plans, want := range map[string][]string{
		"reply-lost at block 3 then kill at block 2":                  {"in recovery 1: kill at block 2: never struck: it did not come to this recovery"},
		"kill at block 2 then then kill at block 2; abort at block 3": {"in recovery 2: kill at block 2: never struck: it did not come to this recovery", "in recovery 2: abort at block 3: never struck: it did not come to this recovery"},
		"kill at block 2 then kill at block 2 then":                   nil,
	} {
		r, err := trial.Try(trial.World(0), mustPlans(t, plans), rig.NoTrace)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range r.Unstruck {
			got = append(got, u.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", plans, got)
		}
	}
}

// However long the line is dead or the PC asleep, the meter counts energy meanwhile, and no value
// that was written is missed for it.
func TestHoursMayPassAtAnyAnswer(t *testing.T) {
	patient := trial.World(1)
	patient.Attempts[0].Timeout = time.Hour
	for i := 1; i <= 120; i++ {
		for _, plan := range []string{fmt.Sprintf("suspend at reply %d for 20h", i), fmt.Sprintf("cable-pull at reply %d for 10 no-responses", i)} {
			r, err := trial.Try(patient, mustPlans(t, plan), rig.NoTrace)
			if err != nil || len(r.Violations) > 0 {
				t.Errorf("%q: %q, %v", plan, r.Violations, err)
			}
		}
	}
}

// A fault that puts in more than the line can carry has left the line with the others when a
// recovery begins.
func TestNothingThatAFaultPutOnTheLineOutlivesIt(t *testing.T) {
	slow := trial.World(7424)
	slow.Meters[0].Baud = 4800
	slow.Meters[0].EraseTime, slow.Attempts[0].Timeout = 8*time.Second, time.Hour
	r, err := trial.Try(slow, mustPlans(t, "byte-insert at byte 1..16024 from-meter length 4; kill at byte 16024 from-meter"), rig.NoTrace)
	if err != nil || len(r.Violations) > 0 || r.Class != trial.Recovered {
		t.Errorf("%v, %q, %v", r.Class, r.Violations, err)
	}
}

func TestTrialsInAWorldThatStandsReadyAreThoseThatMakeItAnew(t *testing.T) {
	w := trial.World(2*7424, trial.WithJournal)
	ready, err := trial.Prepare(w, rig.Options{Trace: rig.Events})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"kill at block 1", "", "power-loss at start for 1s", "cable-pull at block 1 then kill at block 2", "kill at block 1"} {
		plans, err := trial.ParsePlans(text)
		if err != nil {
			t.Fatal(err)
		}
		began, err := ready.Start(plans)
		if err != nil {
			t.Fatal(err)
		}
		want, err := trial.Try(w, plans, rig.Events)
		if err != nil {
			t.Fatal(err)
		}
		got := began.Finish()
		if got.Class != want.Class || got.Cost != want.Cost || len(got.Attempts) != len(want.Attempts) {
			t.Fatalf("%q: %v %+v, and anew %v %+v", text, got.Class, got.Cost, want.Class, want.Cost)
		}
		for i := range want.Attempts {
			if !slices.EqualFunc(got.Attempts[i].Trace, want.Attempts[i].Trace, func(a, b story.Event) bool { return a.String() == b.String() }) {
				t.Errorf("%q: attempt %d is another", text, i)
			}
		}
	}
	if _, err := ready.Start(trial.Plans{fault.Plan{{Kind: fault.WrongNumber, Trigger: fault.Trigger{Unit: fault.AtStart}}}}); err == nil {
		t.Error("a plan is taken that cannot be played")
	}
}
