package bench_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// byHand plays an upgrade up to a block, lets a person act, and plays on.
func byHand(t *testing.T, block int, act func(s *bench.Station, now time.Duration)) run {
	t.Helper()
	r := smallRig(t)
	if err := r.Begin(upgrade(t, r, 6, "")); err != nil {
		t.Fatal(err)
	}
	for r.Block() < block && r.Step() {
	}
	act(r.Bench().Station(), r.Now())
	r.Bench().Exchange()
	return run{r.Finish(), r, 0}
}

func TestAFaultWithoutATriggerStrikesAtOnceWhateverItsKind(t *testing.T) {
	for _, kind := range fault.Common() {
		if kind.Place == fault.PlaceHost {
			continue
		}
		text := kind.Kind.String() + parametersOf(kind)
		f, err := fault.Parse(text)
		if err != nil && strings.Contains(err.Error(), "only the clock ends") {
			text += " for 20s"
			f, err = fault.Parse(text)
		}
		if err != nil {
			if !strings.Contains(err.Error(), "flash-op") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		t.Run(text, func(t *testing.T) {
			r := byHand(t, 3, func(s *bench.Station, now time.Duration) {
				number, planned, err := s.AddByHand(now, f[0], bench.Since{})
				if err != nil {
					t.Fatal(err)
				}
				if number != 1 || planned.Trigger.Unit == fault.AtStart || planned.Validate() != nil {
					t.Errorf("it is number %d, %v: %v", number, planned, planned.Validate())
				}
				if again, err := fault.Parse(planned.String()); err != nil || len(again) != 1 || again[0] != planned {
					t.Errorf("%q reads as %v, %v", planned.String(), again, err)
				}
				if p := s.Planned()[0]; p.Strikes != 1 {
					t.Errorf("it struck %d times", p.Strikes)
				}
			})
			if _, at := r.find(0, "strikes", ""); at < 0 {
				t.Error("the trace does not tell of it")
			}
		})
	}
}

// parametersOf returns what a fault of a kind needs to be said.
func parametersOf(k fault.Description) string {
	text := ""
	for _, p := range k.Takes {
		switch {
		case p.Name == "address":
			text += " address 0x030000" // of the small chip
		case p.Must:
			text += " " + p.Name + " " + p.Example
		}
	}
	return text
}

func TestAFaultEndedByHandIsOver(t *testing.T) {
	var end time.Duration
	r := byHand(t, 3, func(s *bench.Station, now time.Duration) {
		number, _, err := s.AddByHand(now, plan(t, "cable-pull")[0], bench.Since{})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Planned()[0].AtWork || s.Reachable() {
			t.Error("the cable is not out")
		}
		if err := s.EndByHand(now, number); err != nil {
			t.Fatal(err)
		}
		end = now
		if p := s.Planned()[0]; p.AtWork || p.Waiting || !s.Reachable() {
			t.Errorf("afterwards: %+v", p)
		}
		if err := s.EndByHand(now, number); err != nil {
			t.Errorf("to end it twice: %v", err)
		}
	})
	if e, at := r.find(0, "ends", ""); at < 0 || e.At != end || r.Claim != nil {
		t.Errorf("%v at %v, and the upgrade: %v", e, e.At, r.Claim)
	}
}

// Each row is done by hand once, and then again by the plan that AddByHand has given. It says the
// moment as a block, so a fault in the middle of one comes at its beginning the second time.
func TestThePlanOfWhatWasDoneByHandDoesItAgain(t *testing.T) {
	for _, text := range []string{"cable-pull for 3 no-responses", "reply-lost", "power-loss for 2s", "meter-reset", "frame-lost to-meter", "byte-flip from-meter"} {
		t.Run(text, func(t *testing.T) {
			var again string
			first := byHand(t, 4, func(s *bench.Station, now time.Duration) {
				_, planned, err := s.AddByHand(now, plan(t, text)[0], bench.Since{})
				if err != nil {
					t.Fatal(err)
				}
				again = planned.String()
			})
			second := try(t, 6, again)
			if a, b := summary(first), summary(second); a != b {
				t.Errorf("by hand: %s\nby %q: %s", a, again, b)
			}
		})
	}
}

// While the flash is cleared the moment is an operation of it, whatever the pace: its beginning, the second time.
func TestWhatIsDoneByHandWhileTheFlashIsClearedIsDoneAgainAtTheSameSector(t *testing.T) {
	for _, text := range []string{"cable-pull for 3 no-responses", "power-loss for 2s", "meter-reset", "meter-silent for 20s"} {
		t.Run(text, func(t *testing.T) {
			r := smallRig(t)
			if err := r.Begin(upgrade(t, r, 6, "")); err != nil {
				t.Fatal(err)
			}
			erased := func(trace []story.Event) (list string) {
				for _, e := range trace {
					switch e.What.(type) {
					case story.SectorErased, story.FaultStruck, story.StateEntered:
						list += e.Untimed() + "\n"
					}
				}
				return list
			}
			station := r.Bench().Station()
			for strings.Count(erased(station.Trace()), "sector-erased") < 2 && r.Step() {
			}
			_, planned, err := station.AddByHand(r.Now(), plan(t, text)[0], bench.Since{})
			if err != nil {
				t.Fatal(err)
			}
			if planned.Trigger.Unit != fault.AtFlashOp {
				t.Errorf("the moment is %v", planned)
			}
			r.Bench().Exchange()
			first := run{r.Finish(), r, 0}
			second := try(t, 6, planned.String())
			if a, b := summary(first), summary(second); a != b {
				t.Errorf("by hand: %s\nby %q: %s", a, planned, b)
			}
			if a, b := erased(first.Trace), erased(second.Trace); a != b {
				t.Errorf("by hand:\n%s\nby %q:\n%s", a, planned, b)
			}
		})
	}
}

// summary is what a log tells of a run.
func summary(r run) string {
	return fmt.Sprintf("%v, %d resends, %d passes", r.Claim, r.resends(), r.Counts.Passes)
}

func TestWhatCannotStrikeByHandSaysSo(t *testing.T) {
	byHand(t, 2, func(s *bench.Station, now time.Duration) {
		if err := s.EndByHand(now, 1); !errors.Is(err, bench.ErrNoFault) {
			t.Errorf("a fault that is not there ends: %v", err)
		}
		if _, _, err := s.AddByHand(now, fault.Fault{Kind: fault.StuckBit, Parameters: fault.Parameters{Address: 3}}, bench.Since{}); err == nil {
			t.Error("an address of the loader is taken")
		}
		if got := len(s.Planned()); got != 0 {
			t.Errorf("%d faults are in the plan", got)
		}
		for range 1000 {
			if _, _, err := s.AddByHand(now, plan(t, "reply-lost at 9h")[0], bench.Since{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.AddByHand(now, plan(t, "reply-lost")[0], bench.Since{}); !errors.Is(err, bench.ErrPlanFull) {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestAFaultWhoseMomentHasPassedDoesNotWaitForIt(t *testing.T) {
	byHand(t, 3, func(s *bench.Station, now time.Duration) {
		if _, _, err := s.AddByHand(now, plan(t, "reply-lost at block 2")[0], bench.Since{}); err != nil {
			t.Fatal(err)
		}
		if p := s.Planned()[0]; p.Waiting || p.Strikes > 0 || !strings.Contains(p.Reason, "had passed") {
			t.Errorf("it waits: %v, struck %d times, reason %q", p.Waiting, p.Strikes, p.Reason)
		}
	})
}

// Between two upgrades the blocks to come are those of the next.
func TestAFaultOfABlockWaitsForTheNextDownloadWhenTheLastIsOver(t *testing.T) {
	r := smallRig(t)
	if o, err := r.Try(upgrade(t, r, 2, "")); err != nil || o.Claim != nil {
		t.Fatal(err, o)
	}
	station := r.Bench().Station()
	for _, text := range []string{"reply-lost at block 3", "reply-lost at 60%"} {
		number, _, err := station.AddByHand(r.Now(), plan(t, text)[0], bench.Since{})
		if err != nil {
			t.Fatal(err)
		}
		if p := station.Planned()[number-1]; !p.Waiting || p.Reason != "" {
			t.Errorf("%s: it waits: %v, %q", text, p.Waiting, p.Reason)
		}
	}
}

func TestAFaultTakenBackNeverStrikes(t *testing.T) {
	r := byHand(t, 2, func(s *bench.Station, now time.Duration) {
		number, _, err := s.AddByHand(now, plan(t, "cable-pull at block 5")[0], bench.Since{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EndByHand(now, number); err != nil {
			t.Fatal(err)
		}
	})
	if r.Claim != nil || len(r.Unstruck) != 1 || !strings.Contains(r.Unstruck[0].Reason, "by hand") {
		t.Errorf("%v, %v", r.Claim, r.Unstruck)
	}
}

func TestAChipHarmedByHandIsMended(t *testing.T) {
	byHand(t, 2, func(s *bench.Station, now time.Duration) {
		if _, _, err := s.AddByHand(now, plan(t, "program-fails address 0x030000")[0], bench.Since{}); err != nil {
			t.Fatal(err)
		}
		if !s.Meter().Chip().Faulty() {
			t.Error("the chip is sound")
		}
		s.MendByHand(now)
		if s.Meter().Chip().Faulty() || s.Meter().State().String() == "off" {
			t.Errorf("the chip is faulty: %v; the meter is %v", s.Meter().Chip().Faulty(), s.Meter().State())
		}
	})
}

// What a copy of a run is planned for may be another plan, as long as nothing of the first has come.
func TestAPlanIsMadeAnewBehindWhatHasStruck(t *testing.T) {
	of := func(text string) *rig.Rig {
		r := smallRig(t)
		if err := r.Begin(upgrade(t, r, 6, text)); err != nil {
			t.Fatal(err)
		}
		return r
	}
	const first, other = "reply-lost at block 2", "cable-pull at block 5 for 2 no-responses; power-loss at flash-op 150 torn for 5s"
	r := of(first + "; abort at block 6")
	for r.Block() < 4 && r.Step() {
	}
	if n := r.Bench().Station().Struck(); n != 1 {
		t.Errorf("%d faults have struck", n)
	}
	if err := r.PlanAnew(0, plan(t, other)); err == nil {
		t.Error("a fault that has struck is taken back")
	}
	if err := r.PlanAnew(1, plan(t, other)); err != nil {
		t.Fatal(err)
	}
	want := of(first + "; " + other).Finish()
	if got := r.Finish(); string(got.Log) != string(want.Log) || got.Cost != want.Cost || len(got.Unstruck) > 0 {
		t.Errorf("its log is\n%s\nand with that plan from the beginning\n%s", got.Log, want.Log)
	}
}
