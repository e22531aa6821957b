package rig

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/modem"
	"ionbench/simulator/story"
)

// calledRig has a meter at the other end of a telephone line.
func calledRig(t *testing.T, blocks int) *Rig {
	t.Helper()
	r, err := New(&world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, Firmware: []world.Firmware{{Blocks: blocks}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// calls counts what the trace tells of a step of calls.
func calls(o *Outcome, step string) (n int) {
	for _, e := range o.Trace {
		if c, ok := e.What.(story.CallTold); ok && c.Step == step {
			n++
		}
	}
	return n
}

func TestAMeterIsUpgradedByTelephone(t *testing.T) {
	r := calledRig(t, 6)
	for _, task := range []client.Task{client.TaskIdentify, client.TaskUpgrade, client.TaskConnect} {
		a := &world.Attempt{Tool: world.Tool{Task: task, Single: true}, Person: world.Person{Connections: 1}}
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Violations) > 0 || o.Claim != nil || !o.Ended {
			t.Errorf("%v: ended %v, claim %v, %v", task, o.Ended, o.Claim, o.Violations)
		}
		if calls(o, "connected") != 1 {
			t.Errorf("%v: %d calls were connected", task, calls(o, "connected"))
		}
	}
	if r.Bench().Station().Modem().Carrier() {
		t.Error("the line is still open")
	}
}

func TestANumberThatNobodyAnswersChangesNothing(t *testing.T) {
	r := calledRig(t, 6)
	r.Bench().Station().Modem().SetTrouble(modem.Busy, true)
	o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(o.Claim, phone.ErrBusy) || len(o.Violations) > 0 || o.Meter.FlashOps > 0 {
		t.Errorf("claim %v, %v", o.Claim, o.Violations)
	}
}

// A restarting meter is asked every two seconds for a minute. That is no measure for a number that is
// busy meanwhile.
func TestANumberThatIsBusyWhileTheMeterRestartsIsTriedAsLongAsElsewhere(t *testing.T) {
	for _, state := range []string{"state download", "state booting"} {
		r := calledRig(t, 2)
		plan, err := fault.Parse("carrier-lost at " + state + "; line-busy at " + state + " for 1m")
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Violations) > 0 || o.Claim != nil || calls(o, "connected") != 2 || len(o.Unstruck) > 0 {
			t.Errorf("%s: claim %v, %d calls, %v, %v", state, o.Claim, calls(o, "connected"), o.Violations, o.Unstruck)
		}
	}
}

// A computer that sleeps hears nothing of the end of its call, and then talks to a modem that takes
// commands. That was sent, too.
func TestWhatIsSaidToAModemWithoutACallIsCounted(t *testing.T) {
	r := calledRig(t, 4)
	plan, err := fault.Parse("carrier-lost at block 2; suspend at block 2 for 8s")
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if o.Claim == nil || len(o.Violations) > 0 || o.Cost.Died < 9 {
		t.Errorf("claim %v, %v: %d messages died", o.Claim, o.Violations, o.Cost.Died)
	}
}

// What is in a call that is hung up was sent, and the line never saw it.
func TestWhatDiesInACallIsCounted(t *testing.T) {
	r := calledRig(t, 4)
	plan, err := fault.Parse("retrain at block 2 for 5m")
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if o.Claim == nil || len(o.Violations) > 0 || o.Cost.Blocks != 2 || o.Cost.Died != 10 || o.Counts.Transmitted != 12 {
		t.Errorf("claim %v, %v: %d blocks on the line, %d messages died, the tool counts %d", o.Claim, o.Violations, o.Cost.Blocks, o.Cost.Died, o.Counts.Transmitted)
	}
}

func TestALostCarrierIsCalledAgainWithinTheRetryRule(t *testing.T) {
	r := calledRig(t, 8)
	a := &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}
	if err := r.Begin(a); err != nil {
		t.Fatal(err)
	}
	for r.Block() < 6 && r.Step() {
	}
	r.Bench().Station().Modem().Lose(r.Now())
	o := r.Finish()
	if len(o.Violations) > 0 || o.Claim != nil || calls(o, "connected") != 2 {
		t.Errorf("claim %v, %d calls, %v\n%s", o.Claim, calls(o, "connected"), o.Violations, o.Log)
	}
}

// Each fault of the telephone network, alone and where the tool dials again because of another: what
// comes of the upgrade, how often it was connected, and the recovery afterwards.
func TestWhateverBefallsACallTheMeterIsUpgradedOrRecovered(t *testing.T) {
	for _, c := range []struct {
		plan  string
		claim error // nil: it succeeds
		calls int
	}{
		{"carrier-lost at block 6", nil, 2},
		{"carrier-lost at state erasing", nil, 2},
		{"carrier-lost at state verifying", nil, 2},
		{"carrier-lost at block 3; carrier-lost at block 6", nil, 3},
		{"carrier-lost at block 6; line-busy at block 6 for 20s", nil, 2},
		{"retrain at block 6 for 8s", nil, 1},
		{"babble at block 3 for 1 no-responses by 25ms; carrier-lost at no-response 1", nil, 2}, // as the line takes the frame
		{"port-vanishes at block 6 for 30s", nil, 2},
		{"port-vanishes at state verifying for 30s; carrier-lost at block 3", nil, 3},
		{"port-vanishes at block 6 for 1h", client.ErrNoResponse, 1},
		{"ip-reset at block 6", nil, 2},
		{"retrain every 2 blocks for 5s", nil, 1},
		{"line-busy at start for 1m", phone.ErrBusy, 0},
		{"no-dial-tone at start for 1m", phone.ErrNoDialTone, 0},
		{"no-answer at start for 1m", phone.ErrNoAnswer, 0},
		{"wrong-number at start for 2m", phone.ErrNoCarrier, 0},
		{"carrier-lost at block 6; line-busy at block 6 for 1h", client.ErrNoResponse, 1},
		{"carrier-lost at block 6; no-answer at block 6 for 1h", client.ErrNoResponse, 1},
		{"carrier-lost at block 6; no-dial-tone at block 6 for 1h", client.ErrNoResponse, 1},
		{"carrier-lost at block 6; wrong-number at block 6 for 1h", client.ErrNoResponse, 1},
		{"power-loss at block 6 for 20s", nil, 2},
	} {
		r := calledRig(t, 8)
		plan, err := fault.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		a := &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: plan}
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if !o.Ended || len(o.Violations) > 0 || !errors.Is(o.Claim, c.claim) || (c.claim == nil) != (o.Claim == nil) || calls(o, "connected") != c.calls || len(o.Unstruck) > 0 {
			t.Errorf("%s: ended %v with %v after %d calls, %v, %v", c.plan, o.Ended, o.Claim, calls(o, "connected"), o.Violations, o.Unstruck)
		}
		if o.Claim == nil {
			continue
		}
		if err := r.BeginRecovery(a, nil); err != nil {
			t.Fatal(err)
		}
		if back := r.Finish(); back.Claim != nil || len(back.Violations) > 0 || back.Meter.Lost != 0 {
			t.Errorf("%s, and then the recovery: %v, %v, lost %v", c.plan, back.Claim, back.Violations, back.Meter.Lost)
		}
	}
}

// A computer that sleeps does not hear the modem say that the carrier is lost. Where its port shows DCD, it sees
// so when it wakes, and dials again; where not, it talks to the modem until the retry rule ends that.
func TestWhereAPortShowsDCDACarrierThatWasLostUnheardIsCalledAgain(t *testing.T) {
	for dcd, want := range map[bool]struct {
		claim error
		calls int
	}{true: {nil, 2}, false: {client.ErrNoResponse, 1}} {
		r, err := New(&world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, PCs: []world.PC{{DCD: dcd}}, Firmware: []world.Firmware{{Blocks: 8}}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := fault.Parse("suspend at block 6 for 20s; carrier-lost at block 6")
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(o.Claim, want.claim) || (want.claim == nil) != (o.Claim == nil) || calls(o, "connected") != want.calls || len(o.Violations) > 0 || len(o.Unstruck) > 0 {
			t.Errorf("DCD %v: %v after %d calls, %v, %v\n%s", dcd, o.Claim, calls(o, "connected"), o.Violations, o.Unstruck, o.Log)
		}
	}
}

func TestAFaultOfTheTelephoneNetworkWantsATelephone(t *testing.T) {
	r, err := New(&world.World{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range fault.Kinds() {
		plan, err := fault.Parse(d.Example)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Bench().Station().CheckPlan(plan); d.Kind.ByPhone() != (err != nil) {
			t.Errorf("%s at a line: %v", d.Example, err)
		}
	}
}

// A tool that is killed while its block comes out of the call has sent it, and the line saw a part of it.
func TestABlockThatIsCutShortInACallIsCounted(t *testing.T) {
	at := blockBegins(t)
	for after := -500 * time.Millisecond; after < 500*time.Millisecond; after += 10 * time.Millisecond {
		plan, err := fault.Parse(fmt.Sprintf("kill at %v", at+after))
		if err != nil {
			t.Fatal(err)
		}
		o, err := calledRig(t, 4).Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		if !o.Killed || len(o.Violations) > 0 {
			t.Errorf("killed %v after block 2 came to the line: %v, %v", after, o.Killed, o.Violations)
		}
	}
}

// blockBegins is when the first frame of the second block has come out of the call of calledRig.
func blockBegins(t *testing.T) time.Duration {
	r := calledRig(t, 4)
	if err := r.Begin(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}); err != nil {
		t.Fatal(err)
	}
	for r.Block() < 2 && r.Step() {
	}
	return r.Now()
}
