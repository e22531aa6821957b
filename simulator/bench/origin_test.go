package bench_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/story"
)

// The counts in the reasons are those of the attempt, too.
func TestReasonsOfASecondAttemptCountFromItsBeginning(t *testing.T) {
	number := regexp.MustCompile(`\d+`)
	for _, c := range []struct {
		plan string
		want func(rig.Outcome, run) []string
	}{
		{"power-loss at flash-op 100000", func(o rig.Outcome, _ run) []string { return []string{fmt.Sprint(o.Meter.FlashOps)} }},
		{"byte-drop at byte 10000000 to-meter", func(o rig.Outcome, _ run) []string {
			return []string{fmt.Sprint(o.Cost.BytesToMeter), fmt.Sprint(o.Cost.BytesToHost)}
		}},
		{"frame-lost at frame 100000", func(_ rig.Outcome, r run) []string {
			return []string{fmt.Sprint(r.count("frame-to-meter", "")), fmt.Sprint(r.count("frame-from-meter", ""))}
		}},
		{"reply-lost at reply 5000", func(_ rig.Outcome, r run) []string {
			return []string{fmt.Sprint(len(r.answers()))}
		}},
		{"kill at no-response 500; reply-lost at block 2", func(o rig.Outcome, _ run) []string { return []string{fmt.Sprint(o.Cost.Resends)} }},
		{"kill at block 900", func(rig.Outcome, run) []string { return []string{"3"} }},
	} {
		r := trySecond(t, 3, c.plan)
		if len(r.Unstruck) != 1 {
			t.Errorf("%s: %q", c.plan, r.Unstruck)
			continue
		}
		reason := r.Unstruck[0].Reason
		if got, want := number.FindAllString(reason, -1), c.want(*r.Outcome, r); !slices.Equal(got, want) {
			t.Errorf("%s: %q, with the numbers %v expected", c.plan, reason, want)
		}
	}
	r := smallRig(t)
	if _, err := r.Try(upgrade(t, r, 3, "")); err != nil {
		t.Fatal(err)
	}
	a := upgrade(t, r, 3, "kill at block 2; kill at 50%")
	if err := r.PutFirmware(world.Firmware{OwnErr: fmt.Errorf("no such file")}); err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range o.Unstruck {
		if !strings.Contains(u.Reason, "no download was begun") {
			t.Errorf("%q", u)
		}
	}
	if len(o.Unstruck) != 2 {
		t.Errorf("%q", o.Unstruck)
	}
}

// A plan that is set in the middle of a run does what it would have done from the start,
// but for what has passed.
func TestPlanSetInTheMiddleOfARunCountsFromTheRunsBeginning(t *testing.T) {
	for _, text := range []string{
		"noise at block 4 rate 1e-9", "reply-dup every 2 blocks", "noise at 60% rate 1e-9", "reply-dup every 20%",
		"noise at frame 150 rate 1e-9", "noise at frame 80 from-meter rate 1e-9", "frame-dup every 25 frames to-meter",
		"noise at reply 20 rate 1e-9", "reply-dup every 5 replies", "frame-dup at reply 18..22",
		"noise at flash-op 100 rate 1e-9", "reply-dup every 30 flash-ops", "reply-dup at flash-op 60..64",
		"noise at byte 25000 to-meter rate 1e-9", "byte-flip every 9000 bytes to-meter mask 0x00000001",
		"noise at 40s rate 1e-9", "noise every 10s for 1s rate 1e-9", "noise at 20s..50s every 7s for 1s rate 1e-9",
	} {
		t.Run(text, func(t *testing.T) {
			first := smallRig(t)
			if _, err := first.Try(upgrade(t, first, 2, "")); err != nil {
				t.Fatal(err)
			}
			first.Wait(time.Minute)
			whole, forked := first.Clone(), first.Clone()
			want, err := whole.Try(upgrade(t, whole, 5, text))
			if err != nil {
				t.Fatal(err)
			}
			if err := forked.Begin(upgrade(t, forked, 5, "")); err != nil {
				t.Fatal(err)
			}
			// Where nothing has struck yet, both are one story; later the strikes to come are left.
			for blocks := uint64(1); blocks <= 4; blocks++ {
				for base := first.Bench().Station().Counts().BlocksSent; forked.Bench().Station().Counts().BlocksSent < base+blocks; {
					forked.Bench().Step()
				}
				fork := forked.Clone()
				if err := fork.Bench().Station().SetPlan(plan(t, text)); err != nil {
					t.Fatal(err)
				}
				now := fork.Now()
				o := fork.Finish()
				got, left := strikesAfter(o.Trace, now), strikesAfter(want.Trace, now)
				if strikes := strikesAfter(want.Trace, 0); len(strikes) == len(left) && !slices.Equal(got, left) {
					t.Errorf("set after block %d at %v: strikes at %v, expected %v", blocks, now, got, left)
				} else if len(got) > len(strikes) || len(left) == 0 && len(got) > 0 {
					t.Errorf("set after block %d at %v: strikes at %v, of %v", blocks, now, got, strikes)
				}
				if missed := len(got) == 0; missed != (len(o.Unstruck) == 1) || missed && !strings.Contains(text, "every") && !strings.Contains(o.Unstruck[0].Reason, "its moment had passed when the plan was set") {
					t.Errorf("set after block %d: strikes at %v, and unstruck are %q", blocks, got, o.Unstruck)
				}
			}
		})
	}
}

func strikesAfter(trace []story.Event, now time.Duration) (at []time.Duration) {
	for _, e := range trace {
		if e.What.Kind() == "strikes" && e.At > now {
			at = append(at, e.At)
		}
	}
	return at
}

// What is at work when the next attempt begins ends as it would have ended, and does not
// come again.
func TestFaultsAtWorkGoOnIntoTheNextAttempt(t *testing.T) {
	for _, c := range []struct {
		plan, next string
		ends       func(f []faultEvent) bool // the strike and the end
	}{
		{"noise at block 2 for 30s" + mark, "", func(f []faultEvent) bool { return f[1].at-f[0].at == 30*time.Second }},
		{"noise at 10s..40s" + mark, "", func(f []faultEvent) bool { return f[1].at == 40*time.Second }},
		{"noise at 1s every 30s for 29s" + mark, "", func(f []faultEvent) bool { return f[1].at == 30*time.Second }},
		{"noise at frame 60..200" + mark, "", func(f []faultEvent) bool { return f[1].toMeter+f[1].toHost == 200 }},
		{"noise at frame 40..100 to-meter" + mark, "", func(f []faultEvent) bool { return f[1].toMeter == 100 }},
		{"noise at flash-op 5..60" + mark, "", func(f []faultEvent) bool { return f[0].ops == 4 && f[1].ops == 2*10 && f[1].state == "programming" }},
		{"noise at byte 500..20000 to-meter" + mark, "", func(f []faultEvent) bool { return f[1].bytesTo >= 20000 && f[1].bytesTo < 20252 }},
		{"noise at no-response 1..3" + mark + "; reply-lost at block 1", "reply-lost at block 1..4", func(f []faultEvent) bool { return f[1].resends == 3 }},
		{"cable-pull at block 2 for 2 no-responses", "", func(f []faultEvent) bool { return f[1].resends == 1 }},
	} {
		r := smallRig(t)
		killed, err := r.Try(upgrade(t, r, 5, c.plan+"; kill at block 2"))
		if err != nil || !killed.Killed {
			t.Fatalf("%s: killed %v, %v", c.plan, killed.Killed, err)
		}
		next, err := r.Try(upgrade(t, r, 5, c.next))
		if err != nil || next.Claim != nil || len(next.Unstruck) > 0 {
			t.Fatalf("%s: %v, %v, unstruck %v", c.plan, err, next.Claim, next.Unstruck)
		}
		both := run{next, r, 0}
		both.Trace = slices.Concat(killed.Trace, next.Trace)
		f := slices.DeleteFunc(both.faults(), func(f faultEvent) bool {
			return strings.HasPrefix(f.fault, "kill") || strings.HasPrefix(f.fault, "reply-lost")
		})
		if len(f) != 2 || f[1].kind != "ends" || f[1].at < killed.Trace[len(killed.Trace)-1].At || !c.ends(f) {
			t.Errorf("%s: %+v", c.plan, f)
		}
	}
}

// A station keeps its plan for several hosts: what has still to strike counts anew with
// each, what is spent stays so.
func TestFaultsThatHaveStillToStrikeBeginAnewWithEachHost(t *testing.T) {
	for text, want := range map[string]string{
		"frame-lost at frame 3 to-meter":       "1 1 1 1 0 1",
		"frame-lost at frame 2 to-meter":       "1 0 1 1 1 1",
		"frame-lost every 2 frames to-meter":   "1 0 1 0 1 0",
		"byte-drop at byte 200 from-meter":     "1 1 1 1 0 1",
		"byte-drop every 100 bytes from-meter": "1 0 1 0 0 0",
		"frame-lost at 150s to-meter":          "1 1 1 1 1 0",
	} {
		b := newBare(t, text)
		var got []string
		for id := range uint16(6) {
			if id == 2 {
				b.s.Begin(b.now)
			}
			answered := 0
			if len(b.ask(id)) == 82 {
				answered = 1
			}
			got = append(got, fmt.Sprint(answered))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: answered %s, expected %s", text, got, want)
		}
	}
}

// Two runs that began at different times are in one state when they are equally far.
func TestStateKnowsCountsFromTheRunsBeginningAlone(t *testing.T) {
	for _, text := range []string{"kill at 30s", "kill at frame 9", "byte-drop at byte 99 to-meter", "kill at flash-op 4", "kill at no-response 7", "reply-dup every 9s"} {
		state := func(begun, passed time.Duration) []byte {
			s := smallRig(t).Bench().Station()
			b := &bare{t: t, s: s}
			for id := range uint16(begun / time.Hour) {
				b.ask(id)
			}
			s.PowerOff(time.Hour)
			s.Advance(begun)
			if err := s.SetPlan(plan(t, text)); err != nil {
				t.Fatal(err)
			}
			s.Begin(begun)
			s.Advance(begun + passed)
			return s.AppendState(nil, begun+passed)
		}
		early, late := state(time.Hour, time.Second), state(2*time.Hour, time.Second)
		if !bytes.Equal(early, late) {
			t.Errorf("%s: the state depends on when the run began", text)
		}
		if timed := strings.HasSuffix(text, "s"); timed == bytes.Equal(early, state(time.Hour, 2*time.Second)) {
			t.Errorf("%s: two states a second apart are equal: %v", text, !timed)
		}
	}
}

// Without chip times all operations of a job are carried out in one instant, one by one all
// the same for the faults that wait for them.
func TestFaultsMissNoFlashOperationOfAnInstantChip(t *testing.T) {
	for _, c := range []struct {
		plan  string
		every int
	}{
		{"reply-dup every 3 flash-ops", 3},
		{"reply-dup at flash-op 1 after every 1 flash-ops", 1},
		{"reply-dup every 4 flash-ops; frame-dup to-meter at flash-op 2 every 4 flash-ops", 2},
	} {
		r, err := rig.New(&world.World{Meters: []world.Meter{{ImageBytes: 4096, Baud: 115200}}}, rig.Options{Chip: smallChip(), Trace: rig.FrameTrace, Instant: true})
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(upgrade(t, r, 2, c.plan))
		if err != nil {
			t.Fatal(err)
		}
		all := run{o, r, 0}
		if got, want := all.count("strikes", ""), int(o.Meter.FlashOps)/c.every; got != want || o.Claim != nil {
			t.Errorf("%s: %d strikes in %d operations, %d expected; %v", c.plan, got, o.Meter.FlashOps, want, o.Claim)
		}
		for i, f := range all.faults()[:6/c.every] {
			before := (i+1)*c.every - 1
			if strings.Contains(c.plan, "after") {
				before++
			}
			if f.ops != before {
				t.Errorf("%s: strike %d after %d operations, %d expected", c.plan, i+1, f.ops, before)
			}
		}
	}
}

// A power loss that tears an operation counts it: who waits for its end is not forgotten.
func TestFlashOperationThatAPowerLossTearsIsOver(t *testing.T) {
	plain := try(t, 2, "")
	erasing, _ := plain.find(0, "state", "erasing")
	const fifth = 4500 * time.Millisecond // half of the fifth sector is erased by then
	power := fmt.Sprintf("; power-loss at %v for 1s", erasing.At+fifth)
	t.Run("a window ends", func(t *testing.T) {
		r := try(t, 2, "noise at flash-op 3..5"+mark+power)
		end, i := r.find(0, "ends", "noise")
		if i < 0 || end.At != erasing.At+fifth {
			t.Errorf("it ends at %v, the power at %v", end.At, erasing.At+fifth)
		}
	})
	t.Run("a repetition goes on", func(t *testing.T) {
		r := try(t, 2, "reply-dup at flash-op 5 after every 5 flash-ops"+power)
		if got, want := r.count("strikes", "reply-dup"), int(r.Meter.FlashOps)/5; got != want {
			t.Errorf("%d strikes in %d operations", got, r.Meter.FlashOps)
		}
	})
}
