package bench_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/meter"
)

// logged are the entries of the meter's event log.
func (r run) logged() (texts []string) {
	for _, e := range r.Meter.EventLog {
		texts = append(texts, e.Text)
	}
	return texts
}

func TestBrownOutHoldsTheMeterInResetAndTheEventLogKnowsNothing(t *testing.T) {
	calm := try(t, 3, "")
	for _, plan := range []string{"brown-out at block 2 for 30s", "brown-out at flash-op 40 torn for 30s", "brown-out at flash-op 5 for 30s",
		"brown-out at 5s..35s", "brown-out at no-response 1 for 30s; reply-lost at block 2"} {
		r := try(t, 3, plan)
		f := slices.DeleteFunc(r.faults(), func(f faultEvent) bool { return !strings.HasPrefix(f.fault, "brown-out") })
		off, i := r.find(0, "state", "off")
		on, _ := r.find(i, "state", "booting")
		if len(f) != 2 || f[0].at != off.At || f[1].at != on.At || on.At-off.At != 30*time.Second {
			t.Errorf("%s: %+v, off at %v, on at %v", plan, f, off.At, on.At)
		}
		if r.Claim != nil || len(r.Violations) > 0 {
			t.Errorf("%s: %v, %v", plan, r.Claim, r.Violations)
		}
		if !slices.Equal(r.logged(), calm.logged()) {
			t.Errorf("%s: the event log has %q", plan, r.logged())
		}
	}
}

func TestBrownOutCutsAFlashOperationInItsPhase(t *testing.T) {
	for _, phase := range []string{"before", "torn", "after"} {
		r := try(t, 2, "brown-out at flash-op 12 "+phase+" for 3s")
		if cut, _ := r.find(0, "flash-cut", phase); cut.What.Details() != "12 "+phase || r.Claim != nil {
			t.Errorf("%s: %+v, %v", phase, cut, r.Claim)
		}
	}
}

func TestMeterComesBackWhenTheLastFaultThatHoldsItOffEnds(t *testing.T) {
	for _, plan := range []string{
		"brown-out at block 2 for 5s; power-loss at block 2 for 12s", "power-loss at block 2 for 5s; brown-out at block 2 for 12s",
		"power-loss at block 2 for 12s; power-loss at no-response 1 for 1s; meter-reset at no-response 1",
	} {
		r := try(t, 3, plan)
		off, i := r.find(0, "state", "off")
		on, _ := r.find(i, "state", "booting")
		if on.At-off.At != 12*time.Second || r.count("state", "off") != 1 {
			t.Errorf("%s: off at %v, on at %v", plan, off.At, on.At)
		}
		if r.Claim != nil || len(r.Violations) > 0 {
			t.Errorf("%s: %v, %v", plan, r.Claim, r.Violations)
		}
	}
}

func TestWatchdogRestartsAFirmwareThatHangsAndTearsNothing(t *testing.T) {
	calm := try(t, 3, "")
	for _, plan := range []string{"watchdog-reset at block 2 by 5s", "watchdog-reset at flash-op 5 by 5s", "watchdog-reset at flash-op 40 after by 5s",
		"watchdog-reset at state programming by 5s", "watchdog-reset at frame 40 from-meter by 5s"} {
		r := try(t, 3, plan)
		f := r.faults()
		bites, _ := r.find(0, "ends", "watchdog-reset")
		boots, i := r.find(0, "state", "booting")
		for boots.At < bites.At && i >= 0 {
			boots, i = r.find(i+1, "state", "booting")
		}
		if len(f) != 2 || f[1].at-f[0].at != 5*time.Second || boots.At != f[1].at {
			t.Errorf("%s: %+v, it boots at %v", plan, f, boots.At)
		}
		if n := r.between(f[0].at+1, f[1].at, "frame-from-meter"); n != 0 {
			t.Errorf("%s: it sent %d frames meanwhile", plan, n)
		}
		if r.count("state", "off") > 0 || r.count("flash-cut", "") > 0 || !slices.Equal(r.logged(), calm.logged()) {
			t.Errorf("%s: it was off, or its event log says so: %q", plan, r.logged())
		}
		if r.Claim != nil || len(r.Violations) > 0 {
			t.Errorf("%s: %v, %v", plan, r.Claim, r.Violations)
		}
	}
}

func TestWatchdogThatBitesAtOnceRestartsAtTheStrike(t *testing.T) {
	for _, plan := range []string{"watchdog-reset at block 2", "watchdog-reset at flash-op 30", "watchdog-reset at state verifying", "watchdog-reset at 5s"} {
		r := try(t, 3, plan)
		f := r.faults()
		if len(f) != 1 {
			t.Fatalf("%s: %+v", plan, f)
		}
		if boots, _ := r.find(f[0].index, "state", "booting"); boots.At != f[0].at || r.Claim != nil {
			t.Errorf("%s: struck at %v, boots at %v, %v", plan, f[0].at, boots.At, r.Claim)
		}
	}
}

func TestHangingMeterCannotBeReachedUntilItIsHealed(t *testing.T) {
	r := try(t, 3, "watchdog-reset at block 2 by 20h")
	if r.Claim == nil || r.Meter.Connected || len(r.Violations) > 0 {
		t.Fatalf("%v, connected %v, %v", r.Claim, r.Meter.Connected, r.Violations)
	}
	r.r.Heal()
	if s := r.r.Bench().Station(); !s.Reachable() || s.Meter().Hung() || s.Meter().State() != meter.Download {
		t.Errorf("healed, it is %v, hung %v", s.Meter().State(), s.Meter().Hung())
	}
}

// acks are how long after the host began a frame the meter began to acknowledge it.
func (r run) acks() (delays []time.Duration) {
	var asked time.Duration
	for _, e := range r.Trace {
		switch {
		case e.What.Kind() == "frame-to-meter":
			asked = e.At
		case e.What.Kind() == "frame-from-meter" && strings.HasPrefix(wire(e), "00 00 14 ac e0"):
			delays = append(delays, e.At-asked)
		}
	}
	return delays
}

func TestSlowMeterBeginsEveryFrameLateAndLosesNone(t *testing.T) {
	calm, slow := try(t, 2, ""), try(t, 2, "meter-slow by 300ms")
	if slow.Claim != nil || slow.resends() != 0 || len(slow.Violations) > 0 {
		t.Fatalf("%v, %d resends, %v", slow.Claim, slow.resends(), slow.Violations)
	}
	a, b := calm.acks(), slow.acks()
	if len(a) != len(b) || len(a) < 60 {
		t.Fatalf("%d acknowledgements, %d of a slow meter", len(a), len(b))
	}
	for i := range a {
		if late := b[i] - a[i]; late != 300*time.Millisecond {
			t.Fatalf("acknowledgement %d is %v later", i, late)
		}
	}
}

func TestSlowMeterKeepsTheOrderOfItsFramesWhenItIsSlowNoMore(t *testing.T) {
	for _, plan := range []string{"meter-slow at block 2 for 6s by 4s", "meter-slow at block 2 for 35s by 11s", "meter-slow at block 1 for 10s by 3s; meter-slow at block 1 for 4s by 9s"} {
		r := try(t, 3, plan)
		if r.Claim != nil || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
			t.Errorf("%s: %v, %v, %v", plan, r.Claim, r.Violations, r.Unstruck)
		}
	}
	// Three questions at once: what the slow meter answers comes late and in turn.
	b := newBare(t, "meter-slow for 8s by 20s")
	ids := []byte(nil)
	for id := uint16(1); id <= 3; id++ {
		b.send(id)
		b.now += 6 * time.Second
		b.s.Advance(b.now)
	}
	if got := b.s.Transmit(nil); len(got) > 0 {
		t.Fatalf("after %v it has sent % x", b.now, got)
	}
	b.now += time.Minute
	b.s.Advance(b.now)
	got := b.s.Transmit(nil)
	for ; len(got) >= 82; got = got[82:] {
		ids = append(ids, got[15])
	}
	if !slices.Equal(ids, []byte{1, 2, 3}) || len(got) > 0 {
		t.Errorf("answered are %v, and % x", ids, got)
	}
}

func TestFramesThatASlowMeterHadStillToSendAreLostWithItsPower(t *testing.T) {
	for _, plan := range []string{"meter-slow by 20s; power-loss at 5s for 1s", "meter-slow by 20s; brown-out at 5s for 1s", "meter-slow by 20s; watchdog-reset at 5s", "meter-slow by 20s; meter-silent at 5s"} {
		if got := newBare(t, plan).ask(1); len(got) != 0 {
			t.Errorf("%s: it sends % x", plan, got)
		}
	}
}

func TestOrdersOfTheHostSayWhenAFaultEnds(t *testing.T) {
	b := newBare(t, "suspend at 5s for 10s; disk-full at 7s; clock-jump at 8s by 1h back; file-gone at 9s; file-changed at 10s")
	take := func(until time.Duration) []bench.Order {
		b.now = until
		b.s.Advance(until)
		return b.s.Orders()
	}
	sleep, wake, full := bench.Order{Command: bench.Sleep}, bench.Order{Command: bench.Wake}, bench.Order{Command: bench.FillDisk}
	for _, c := range []struct {
		until time.Duration
		want  []bench.Order
	}{
		{5 * time.Second, []bench.Order{sleep}},
		{14 * time.Second, []bench.Order{full, {Command: bench.SetClock, By: -time.Hour}, {Command: bench.RemoveFile}, {Command: bench.DamageFile}}},
		{time.Minute, []bench.Order{wake}},
	} {
		if got := take(c.until); !slices.Equal(got, c.want) {
			t.Errorf("by %v: %v, want %v", c.until, got, c.want)
		}
	}
	b.s.Begin(b.now) // another host, whose disk is the same
	if got := take(2 * time.Minute); !slices.Contains(got, full) || slices.Contains(got, wake) {
		t.Errorf("the next host is told of %v", got)
	}
	b.s.Heal(b.now)
	if got := b.s.Orders(); !slices.Equal(got, []bench.Order{{Command: bench.FreeDisk}}) {
		t.Errorf("healed: %v", got)
	}
}
