package rig

import (
	"errors"
	"testing"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/scenarios/world"
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
