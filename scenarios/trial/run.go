package trial

import (
	"slices"
	"sync"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Trial is a trial that runs: its upgrade, or one of the recoveries. It can be stepped, and
// cloned at any moment.
type Trial struct {
	rig   *rig.Rig
	first world.Attempt // the upgrade, without its faults
	had   *ion.Settings // settings of the meter at first
	plans Plans
	done  []*rig.Outcome
	over  bool
	stuck error // why a recovery could not even begin
}

// Start begins a trial. It returns an error if the world or a plan is invalid.
func Start(w world.World, plans Plans, trace rig.Trace) (*Trial, error) {
	return StartWith(w, plans, rig.Options{Trace: trace})
}

// StartWith is Start with other options.
func StartWith(w world.World, plans Plans, o rig.Options) (*Trial, error) {
	if err := Check(w); err != nil {
		return nil, err
	}
	t, err := prepare(w, plans, o)
	if err != nil {
		return nil, err
	}
	return t, t.rig.Begin(t.upgrade())
}

// Ready is a world that stands ready for trials: what it costs to make it is paid once.
type Ready struct {
	mu sync.Mutex // a copy can change what is copied from
	of *Trial     // never begun
}

// Prepare makes a world ready.
func Prepare(w world.World, o rig.Options) (*Ready, error) {
	if err := Check(w); err != nil {
		return nil, err
	}
	t, err := prepare(w, nil, o)
	if err != nil {
		return nil, err
	}
	return &Ready{of: t}, nil
}

// Start begins a trial in the world. It returns an error if a plan is invalid.
func (r *Ready) Start(plans Plans) (*Trial, error) {
	r.mu.Lock()
	t := r.of.Clone()
	r.mu.Unlock()
	if err := t.take(plans); err != nil {
		return nil, err
	}
	return t, t.rig.Begin(t.upgrade())
}

// prepare makes a trial that has not begun. The world must be valid.
func prepare(w world.World, plans Plans, o rig.Options) (*Trial, error) {
	r, err := rig.New(&w, o)
	if err != nil {
		return nil, err
	}
	had := r.Meter().Settings(r.Now())
	t := &Trial{rig: r, first: r.World().Attempts[0], had: &had}
	return t, t.take(plans)
}

// take gives a trial that has not begun its plans, if they can be played.
func (r *Trial) take(plans Plans) error {
	for i, p := range plans {
		if err := r.Bench().Station().CheckPlan(p); err != nil {
			return inAttempt(i, err)
		}
	}
	r.plans = plans
	return nil
}

// upgrade is the first attempt, with its faults.
func (r *Trial) upgrade() *world.Attempt {
	a := r.first
	a.Plan = r.plan(0)
	return &a
}

// Try runs a trial to its end.
func Try(w world.World, plans Plans, trace rig.Trace) (*Result, error) {
	r, err := Start(w, plans, trace)
	if err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// plan is the plan of attempt i, counted from 0.
func (r *Trial) plan(i int) fault.Plan {
	if i < len(r.plans) {
		return r.plans[i]
	}
	return nil
}

// Step runs to the next instant at which something happens. It returns false when the trial is
// over.
func (r *Trial) Step() bool {
	if r.over {
		return false
	}
	if !r.rig.Step() {
		r.endAttempt()
	}
	return !r.over
}

// endAttempt runs the attempt to its end, judges it and, if it was not the last, begins the
// recovery that follows.
func (r *Trial) endAttempt() {
	if r.over = r.isLast(r.rig.Finish()); r.over {
		return
	}
	if r.stuck = r.rig.BeginRecovery(&r.first, r.plan(len(r.done))); r.stuck != nil {
		r.over = true
	}
}

// isLast adds the outcome of an attempt and reports whether the trial ends with it.
func (r *Trial) isLast(o *rig.Outcome) bool {
	r.done = append(r.done, o)
	peaceful := len(r.done) > max(1, len(r.plans))
	return o.Upgraded() || !o.Ended && !o.Asleep || peaceful
}

// Attempt is the number of the attempt that runs: 0 is the upgrade, the others are recoveries.
func (r *Trial) Attempt() int { return len(r.done) }

// Over reports that the trial has ended.
func (r *Trial) Over() bool { return r.over }

// Rig is the meter and the tool, to look at.
func (r *Trial) Rig() *rig.Rig { return r.rig }

// Bench is the bench of the attempt that runs, to look at.
func (r *Trial) Bench() *bench.Bench { return r.rig.Bench() }

// Strike adds faults to the attempt that runs, as if its plan had always had them, or to a
// later attempt. A fault whose moment has passed is missed.
func (r *Trial) Strike(attempt int, faults fault.Plan) error {
	plans := make(Plans, max(len(r.plans), attempt+1)) // copies share the old ones
	copy(plans, r.plans)
	had := len(plans[attempt])
	plans[attempt] = append(slices.Clip(plans[attempt]), faults...)
	if attempt == r.Attempt() {
		if err := r.rig.Strike(plans[attempt][had:]); err != nil {
			return err
		}
	}
	r.plans = plans
	return nil
}

// Clone returns an independent copy with the same future.
func (r *Trial) Clone() *Trial {
	c := new(Trial)
	r.CopyTo(c)
	return c
}

// CopyTo makes c a Clone of r and reuses the memory of c, which must be a trial that is no
// longer used. Earlier results of c stay valid.
func (r *Trial) CopyTo(c *Trial) {
	spent := c.rig
	if spent == nil {
		spent = new(rig.Rig)
	}
	*c = *r
	r.rig.CopyTo(spent)
	c.rig = spent
	c.done = slices.Clip(r.done)
}

// Done are the outcomes of the attempts that have ended.
func (r *Trial) Done() []*rig.Outcome { return r.done }

// AppendState appends everything that decides the rest of the trial, except the Past of the
// attempt that runs and the outcomes of earlier attempts.
func (r *Trial) AppendState(dst []byte) []byte {
	w := machine.Fingerprinting(dst, 0)
	w.Int(min(r.Attempt(), 1))
	machine.Each(&w, r.plans[min(r.Attempt()+1, len(r.plans)):], func(p *fault.Plan) { w.Text(p.String()) })
	return r.rig.AppendState(w.Result())
}

// Finish runs the trial to its end.
func (r *Trial) Finish() *Result {
	for !r.over {
		r.endAttempt()
	}
	return r.result()
}

// TryCaught is Try for generated plans. If the simulation itself panics, the result breaks I5,
// so that a caller that tries many plans can report which one it was.
func TryCaught(w world.World, plans Plans, trace rig.Trace) (*Result, error) {
	return caught(plans, func() (*Result, error) { return Try(w, plans, trace) })
}

func caught(plans Plans, try func() (*Result, error)) (r *Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			r = &Result{Class: Violated, Violations: []verdict.Violation{verdict.Panicked(p)}, Plans: plans}
		}
	}()
	return try()
}
