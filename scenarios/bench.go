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

// Bench is the meter of a world on its line. The meter has been running for an hour. Only one
// goroutine may use a Bench at a time.
type Bench struct {
	world    world.World
	rig      *rig.Rig
	file     *upg.File
	outcomes []*Outcome
	broken   error // why the bench can no longer be used
}

// New sets up the meter of a world and its firmware file. The world must have one meter and at
// most one attempt. That attempt says how the upgrader of this project is started and what the
// person does. Its plan is added before the plan of each [Attempt]. New returns an error if the
// world is invalid.
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

// Meter is what the world says about the meter: its unit id, its password, its serial number and
// more.
func (b *Bench) Meter() world.Meter { return b.world.MeterOf(&b.world.Attempts[0]) }

// Firmware is the file to send; nil if the world has no file that can be read.
func (b *Bench) Firmware() *upg.File { return b.file }

// Trace returns all events so far, in order, without the frames.
func (b *Bench) Trace() []story.Event { return withoutWire(b.whole()) }

// whole is Trace with the frames and what of them arrived, since an upgrader that is a function has come: its
// story is told by them, and that of the project's own by playing its case again.
func (b *Bench) whole() []story.Event { return b.rig.Bench().Station().Trace() }

// withoutWire are the events that a person reads.
func withoutWire(all []story.Event) []story.Event {
	if !slices.ContainsFunc(all, story.Event.OfWire) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), story.Event.OfWire)
}

// Try makes one attempt. If the attempt did not go as it should, Try returns the outcome and a
// [*Failure]. If the attempt could not be made or judged, for example because its plan is
// invalid, Try returns only an error.
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

// playOwn plays an attempt with the upgrader of this project.
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
		Meter: o.Meter, Cost: o.Cost, Trace: withoutWire(o.Trace), Upgraded: o.Upgraded(), Unstruck: o.Unstruck,
		Broken: o.Expect(a.expectation(plan)), ended: cases.VerdictOf(o),
	}, nil
}
