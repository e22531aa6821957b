package bench_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
)

// "A connection that breaks is a missing answer: open it again" (PROTOCOL.md, section 13).
func TestAResetIsAMissingAnswer(t *testing.T) {
	const resending = "No response... resending"
	for _, test := range []struct {
		plan           string
		resets, resent int
	}{
		{"ip-reset at block 3", 1, 1},
		{"ip-reset at 60%", 1, 1},
		{"ip-reset at frame 1", 1, 0}, // the answer to the first question is missing, before there is a log
		{"ip-reset at block 2..4", 3, 3},
		{"ip-reset at no-response 1; reply-lost at block 2", 1, 2},
		{"ip-reset at state booting", 1, 0},
	} {
		r := try(t, 5, test.plan)
		resets := r.count("strikes", "ip-reset")
		if r.Claim != nil || len(r.Violations) > 0 || !r.Meter.Connected || resets != test.resets {
			t.Errorf("%s: %v after %d resets, connected %v, %v", test.plan, r.Claim, resets, r.Meter.Connected, r.Violations)
		}
		if n := strings.Count(string(r.Log), resending); n != test.resent || r.Counts.Transmitted != 5+n || int(r.Cost.Blocks) != 5+n {
			t.Errorf("%s: %d resends in the log, the tool counts %d blocks, the line %d", test.plan, n, r.Counts.Transmitted, r.Cost.Blocks)
		}
	}
}

func TestAResendOverTheNextConnectionIsAResend(t *testing.T) {
	calm := try(t, 5, "") // in which a restarting meter is polled
	for plan, more := range map[string]uint64{"ip-reset at block 2..4": 3, "ip-reset at reply 1": 1, "ip-reset at frame 3 from-meter": 1} {
		if r := try(t, 5, plan); r.Cost.Resends != calm.Cost.Resends+more {
			t.Errorf("%s: the line saw %d resends, and %d without it", plan, r.Cost.Resends, calm.Cost.Resends)
		}
	}
}

func TestWhatTheLastHostHadAnsweredIsNoResendOfTheNext(t *testing.T) {
	b := newBare(t, "")
	b.ask(1)
	b.s.HostGone(b.now)
	b.ask(1)
	if n := b.s.Counts().Resends; n != 0 {
		t.Errorf("%d resends", n)
	}
}

// Every resend meets a reset: the tool asks as often as of a silent meter, and for as long.
func TestAPortThatResetsEveryConnectionDoesNotMakeTheToolSpin(t *testing.T) {
	r := try(t, 5, "ip-reset every 1 block; ip-reset every 1 no-response")
	if !errors.Is(r.Claim, client.ErrNoResponse) || len(r.Violations) > 0 || r.Cost.Insisted != 11 {
		t.Errorf("%v after %d requests, %v", r.Claim, r.Cost.Insisted, r.Violations)
	}
	first, _ := r.find(0, "strikes", "ip-reset")
	end, _ := r.find(0, "finished", "")
	if spent := end.At - first.At; spent < 100*time.Second || spent > 115*time.Second {
		t.Errorf("it tried for %v", spent)
	}
}

func TestResetTakesTheBytesAlongThatWereOnTheirWay(t *testing.T) {
	r := try(t, 3, "ip-reset at block 2")
	_, struck := r.find(0, "strikes", "")
	met, asked := r.find(struck, "frame-from-meter", "") // who is there
	sent, again := r.find(asked, "frame-to-meter", "")
	answer, _ := r.find(again, "frame-from-meter", "")
	if met.At > sent.At {
		t.Errorf("the block is sent at %v, and the meter is met at %v", sent.At, met.At)
	}
	if answer.At < sent.At+250*time.Millisecond {
		t.Errorf("the meter answers %v after the reset", answer.At-sent.At)
	}
}

// The tool asks at once, and then as often as its response time passes, until the gateway is up.
func TestAGatewayThatIsDownIsAskedUntilItIsUpAgain(t *testing.T) {
	for plan, missing := range map[string]int{"ip-down at block 3 for 30s": 4, "ip-down at block 3 for 2 no-responses": 2} {
		r := try(t, 5, plan)
		if n := strings.Count(string(r.Log), "No response"); r.Claim != nil || len(r.Violations) > 0 || n != missing || r.count("strikes", "") != 1 || r.count("ends", "") != 1 {
			t.Errorf("%s: %v, %d missing answers, want %d; %v", plan, r.Claim, n, missing, r.Violations)
		}
	}
}

func TestAGatewayThatStaysDownIsAskedAsOftenAsASilentMeter(t *testing.T) {
	r := try(t, 5, "ip-down at block 3")
	if !errors.Is(r.Claim, client.ErrNoResponse) || len(r.Violations) > 0 || r.Meter.Connected || r.Cost.Insisted != 11 || r.Unanswered != 11 {
		t.Errorf("%v, asked %d times, connected %v, %v", r.Claim, r.Cost.Insisted, r.Meter.Connected, r.Violations)
	}
	if n := strings.Count(string(r.Log), "No response... aborting (11 of 13)"); n != 1 {
		t.Errorf("log:\n%s", r.Log)
	}
}

func TestStationGivesTheOrderToResetAndGoesOnItself(t *testing.T) {
	b := newBare(t, "ip-reset at frame 1 to-meter")
	if got := b.ask(1); len(got) != 82 {
		t.Errorf("a host that is not reset hears % x", got)
	}
	if orders := b.s.Orders(); !slices.Equal(orders, []bench.Order{{Command: bench.ResetConnection}}) {
		t.Errorf("orders %v", orders)
	}
	if orders := b.s.Orders(); len(orders) != 0 {
		t.Errorf("given twice: %v", orders)
	}
	b.s.HostGone(b.now)
	b.s.HostGone(b.now) // the next one leaves by itself
	if n := b.s.Counts().Resets; n != 1 {
		t.Errorf("%d connections were reset", n)
	}
}

func TestHalfOpenConnectionCarriesNothingAndKeepsNothing(t *testing.T) {
	b := newBare(t, "ip-half-open at 1s for 9s")
	if got := b.askFor(1, 2*time.Second); len(got) != 82 || b.s.Reachable() {
		t.Fatalf("before it % x, reachable %v", got, b.s.Reachable())
	}
	if got := b.askFor(2, 10*time.Second); len(got) != 0 {
		t.Errorf("within it, or behind it, % x", got)
	}
	if c := b.s.Counts(); c.FramesToMeter != 2 || c.BytesToMeter != uint64(2*len(identify(1))) || c.FramesToHost != 1 {
		t.Errorf("%+v", c)
	}
	if got := b.ask(3); len(got) != 82 || !b.s.Reachable() {
		t.Errorf("behind it % x, reachable %v", got, b.s.Reachable())
	}
}

// The echo of an adapter is on the meter's side of the network.
func TestHalfOpenConnectionCarriesNoEcho(t *testing.T) {
	b := newBare(t, "echo; ip-half-open")
	if got := b.ask(1); len(got) != 0 {
		t.Errorf("% x", got)
	}
}

func TestAnswerThatIsOnItsWayIsLostOnAHalfOpenConnection(t *testing.T) {
	b := newBare(t, "ip-half-open at frame 1 from-meter")
	if got := b.ask(1); len(got) != 0 || b.s.Counts().FramesToHost != 1 {
		t.Errorf("% x, %+v", got, b.s.Counts())
	}
}

func TestWhatAStalledNetworkKeptComesInOneBurst(t *testing.T) {
	plain := newBare(t, "")
	first, second := plain.ask(1), plain.ask(2)

	b := newBare(t, "ip-stall at frame 1 from-meter for 30s")
	if got := b.askFor(1, 10*time.Second); len(got) != 0 || b.s.Reachable() || b.s.Counts().FramesToHost != 1 {
		t.Fatalf("% x, reachable %v, %+v", got, b.s.Reachable(), b.s.Counts())
	}
	if got := b.askFor(2, 10*time.Second); len(got) != 0 || b.s.Counts().FramesToMeter != 2 || b.s.Counts().FramesToHost != 1 {
		t.Fatalf("% x, %+v", got, b.s.Counts())
	}
	pieces, gaps := b.arrivals()
	if len(pieces) != 2 || !bytes.Equal(pieces[0], first) || !bytes.Equal(pieces[1], second) {
		t.Errorf("% x", pieces)
	}
	if request := time.Duration(len(identify(2))) * 10 * time.Second / 9600; gaps[1] < request {
		t.Errorf("the second answer comes %v behind the first: the request takes %v on the line", gaps[1], request)
	}
	if !b.s.Reachable() {
		t.Error("it is not reachable behind it")
	}
}

func TestOverlappingStallsEndWithTheLast(t *testing.T) {
	b := newBare(t, "ip-stall for 10s; ip-stall at 5s for 15s; ip-half-open at 21s for 1s")
	if got := b.askFor(1, 19*time.Second); len(got) != 0 {
		t.Errorf("% x", got)
	}
	if got := b.hear(time.Second + time.Millisecond*500); len(got) != 82 {
		t.Errorf("behind the last % x", got)
	}
}

// What is forgotten is not kept, and what was kept comes to a connection that forgets.
func TestNetworkThatForgetsKeepsNothing(t *testing.T) {
	for _, plan := range []string{"ip-stall for 10s; ip-half-open for 5s", "ip-stall at 2s for 10s; ip-half-open at 2s for 30s"} {
		b := newBare(t, plan)
		b.hear(3 * time.Second)
		if got := b.askFor(1, 40*time.Second); len(got) != 0 {
			t.Errorf("%s: % x", plan, got)
		}
	}
}

func TestStalledNetworkKeepsOneMebibyteADirection(t *testing.T) {
	const mebibyte = 1 << 20
	b := newBare(t, "ip-stall for 1s")
	for range 3 {
		b.s.Receive(0, bytes.Repeat([]byte{0x55}, mebibyte/2))
	}
	b.hear(2 * time.Second)
	if got := b.s.Counts().BytesToMeter; got != mebibyte {
		t.Errorf("%d bytes go on", got)
	}
}

func TestHostThatLeavesTakesAlongWhatTheNetworkKept(t *testing.T) {
	b := newBare(t, "ip-stall at frame 1 from-meter for 30s")
	b.askFor(1, 10*time.Second)
	b.askFor(2, 10*time.Second)
	b.s.HostGone(b.now)
	if got := b.hear(time.Minute); len(got) != 0 {
		t.Errorf("the next host hears % x", got)
	}
}

func TestHealLetsGoOfWhatTheNetworkKept(t *testing.T) {
	b := newBare(t, "ip-stall")
	b.ask(1)
	b.s.Heal(b.now)
	if got := b.hear(time.Minute); len(got) != 82 || !b.s.Reachable() {
		t.Errorf("% x, reachable %v", got, b.s.Reachable())
	}
}

func TestUpgradeOutlivesANetworkThatFailsForAWhile(t *testing.T) {
	for _, kind := range []string{"ip-half-open", "ip-stall"} {
		for n := 1; n <= 4; n++ {
			r := try(t, 3, fmt.Sprintf("%s at block 2 for %d no-responses; noise at no-response %d%s", kind, n, n, mark))
			if lines := strings.Count(string(r.Log), "No response"); lines != n || r.Claim != nil || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
				t.Errorf("%s, %d: %d lines, %v, %v, %v", kind, n, lines, r.Claim, r.Violations, r.Unstruck)
			}
		}
		r := try(t, 3, kind+" at block 2")
		if !errors.Is(r.Claim, client.ErrNoResponse) || r.Meter.Connected {
			t.Errorf("%s for ever: %v, connected %v", kind, r.Claim, r.Meter.Connected)
		}
		o, err := r.r.Recover(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}})
		if err != nil || len(o.Violations) > 0 {
			t.Errorf("%s: the recovery: %v, %v", kind, err, o.Violations)
		}
	}
}
