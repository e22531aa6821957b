package bench_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/simulator/bench"
)

// "Plug the cable back in … the upgrade process will continue" (FA212301): so it is with the
// adapter at its other end.
func TestAPortThatVanishesIsAMissingAnswerUntilItIsBack(t *testing.T) {
	for plan, missing := range map[string]int{
		"port-vanishes at block 3 for 1s":       2, // asked for at once, and again when an answer would have come
		"port-vanishes at block 3 for 30s":      4,
		"port-vanishes at block 3 for 85s":      10,
		"port-vanishes at 60% for 5s":           2,
		"port-vanishes at state erasing for 5s": 2,
	} {
		r := try(t, 5, plan)
		n := strings.Count(string(r.Log), "No response")
		if r.Claim != nil || len(r.Violations) > 0 || !r.Meter.Connected || n != missing || r.count("strikes", "") != 1 || r.count("ends", "") != 1 {
			t.Errorf("%s: %v, %d missing answers, want %d; connected %v, %v\n%s", plan, r.Claim, n, missing, r.Meter.Connected, r.Violations, r.Log)
		}
	}
}

func TestAPortThatStaysAwayIsTriedAsOftenAsASilentMeterIsAsked(t *testing.T) {
	r := try(t, 5, "port-vanishes at block 3 for 10m")
	if !errors.Is(r.Claim, client.ErrNoResponse) || len(r.Violations) > 0 || r.Meter.Connected || !strings.Contains(r.Claim.Error(), "the port is gone") {
		t.Errorf("%v, connected %v, %v", r.Claim, r.Meter.Connected, r.Violations)
	}
	first, _ := r.find(0, "strikes", "port-vanishes")
	end, _ := r.find(0, "finished", "")
	if spent := end.At - first.At; spent < 100*time.Second || spent > 115*time.Second {
		t.Errorf("it tried for %v", spent)
	}
	if n := strings.Count(string(r.Log), "No response... aborting (11 of 13)"); n != 1 {
		t.Errorf("log:\n%s", r.Log)
	}
}

func TestAStationTellsThatThePortIsGoneAndThatItIsBack(t *testing.T) {
	b := newBare(t, "port-vanishes at 1s for 2s; port-vanishes at 2s for 3s")
	for _, want := range []struct {
		at     time.Duration
		gone   bool
		orders []bench.Order
	}{
		{900 * time.Millisecond, false, nil},
		{1500 * time.Millisecond, true, []bench.Order{{Command: bench.LosePort}}},
		{4 * time.Second, true, nil},
		{6 * time.Second, false, []bench.Order{{Command: bench.RegainPort}}},
	} {
		b.hear(want.at - b.now)
		if got := b.s.Orders(); b.s.PortGone() != want.gone || b.s.Reachable() == want.gone || !slices.Equal(got, want.orders) {
			t.Errorf("at %v: gone %v, reachable %v, orders %v", want.at, b.s.PortGone(), b.s.Reachable(), got)
		}
	}
}

// The next process of a tool finds no port either.
func TestANewHostIsToldThatThereIsNoPort(t *testing.T) {
	b := newBare(t, "port-vanishes at start for 5s")
	b.s.Orders()
	b.hear(time.Second)
	b.s.HostGone(b.now)
	b.s.Begin(b.now)
	if got := b.s.Orders(); !slices.Equal(got, []bench.Order{{Command: bench.LosePort}}) {
		t.Errorf("orders %v", got)
	}
}
