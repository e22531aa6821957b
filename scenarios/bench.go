package scenarios

import (
	"errors"
	"fmt"
	"slices"

	"ionbench/client/upg"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// Bench is the meter of a world, which has been running for long, on its line. It is for one
// goroutine at a time.
type Bench struct {
	world    world.World
	rig      *rig.Rig
	file     *upg.File
	outcomes []*Outcome
	broken   error // why it is of no use any more
}

// New sets up the meter of a world, and the file that is to be sent to it. A world has one
// meter and at most one attempt, which says how the upgrader of this project is started and
// what the person in front of it does; its own plan comes before that of an [Attempt]. The
// error says what of w cannot be.
func New(w world.World) (*Bench, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	w = w.Filled()
	if n := len(w.Attempts); n > 1 {
		return nil, fmt.Errorf("this world has %d attempts: leave one, and call Try for each", n)
	}
	if len(w.Attempts[0].Before) > 0 {
		return nil, errors.New("the attempt of this world has something done before it: take that out")
	}
	r, err := rig.New(&w, rig.Options{})
	if err != nil {
		return nil, err
	}
	return &Bench{world: w, rig: r, file: r.World().FirmwareOf(&w.Attempts[0]).Own}, nil
}

// Meter is the meter as the world has it: its unit id, its password, what is written on it.
func (b *Bench) Meter() world.Meter { return b.world.MeterOf(&b.world.Attempts[0]) }

// Firmware is the file that is to be sent; nil where the world has none that can be read.
func (b *Bench) Firmware() *upg.File { return b.file }

// Trace is all that has happened so far, in order.
func (b *Bench) Trace() []story.Event { return b.rig.Bench().Station().Trace() }

// Try makes one attempt. The error is a [*Failure] if it did not come out as it should; the
// outcome is there as well then. Without an outcome, the error is about an attempt that could
// not be made or judged, such as one with a plan that cannot be.
func (b *Bench) Try(a Attempt) (*Outcome, error) {
	if b.broken != nil {
		return nil, fmt.Errorf("make another bench: %w", b.broken)
	}
	plan, err := fault.Parse(a.Plan)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if a.Recovery && len(b.outcomes) == 0 {
		return nil, errors.New("a recovery comes after an attempt, and there was none")
	}
	play := b.playOwn
	if a.By.drive != nil {
		play = b.playForeign
	}
	o, err := play(&a, slices.Concat(b.world.Attempts[0].Plan, plan))
	if err != nil {
		return nil, err
	}
	b.outcomes = append(b.outcomes, o)
	if f := a.failure(o); f != nil {
		return o, f
	}
	return o, nil
}

// playOwn has the upgrader of this project at work.
func (b *Bench) playOwn(a *Attempt, plan fault.Plan) (*Outcome, error) {
	if a.Forbidden != "" {
		return nil, errors.New("the upgrader of this project is told by the world what is wrong, and not by Forbidden")
	}
	of := b.world.Attempts[0]
	var err error
	if a.Recovery {
		err = b.rig.BeginRecovery(&of, plan)
	} else {
		of.Plan = plan
		err = b.rig.Begin(&of)
	}
	if err != nil {
		return nil, err
	}
	o := b.rig.Finish()
	return &Outcome{
		Number: len(b.outcomes) + 1, Recovery: a.Recovery, Plan: plan, Own: true,
		Claim: o.Claim, Killed: o.Killed, Aborted: o.Aborted, Prompts: o.Prompts, Log: o.Log,
		Meter: o.Meter, Cost: o.Cost, Trace: o.Trace, Upgraded: o.Upgraded(), Unstruck: o.Unstruck,
		Broken: o.Expect(a.expectation(plan)), ended: cases.VerdictOf(o),
	}, nil
}
