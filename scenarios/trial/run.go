package trial

import (
	"slices"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// Run is a trial under way: its attempt, or one of the recoveries. It can be stepped and,
// at any moment, cloned.
type Run struct {
	rig   *rig.Rig
	first rig.Attempt  // what the recoveries are recoveries of
	had   ion.Settings // by the meter at first
	plans Plans
	done  []*rig.Outcome
	over  bool
	stuck error // why a recovery could not even begin
}

// Start begins a trial. The error is about a configuration or a plan that cannot be.
func Start(c Config, plans Plans, trace Trace) (*Run, error) {
	c = c.withDefaults()
	if err := c.Check(); err != nil {
		return nil, err
	}
	for _, p := range plans {
		for _, f := range p {
			if err := f.Validate(); err != nil {
				return nil, err
			}
		}
	}
	r, err := c.rig(trace)
	if err != nil {
		return nil, err
	}
	t := &Run{rig: r, first: c.attempt(r), had: r.Meter().Settings(r.Now()), plans: plans}
	a := t.first
	a.Plan = t.plan(0)
	return t, r.Begin(a)
}

// Try runs a trial to its end.
func Try(c Config, plans Plans, trace Trace) (*Result, error) {
	r, err := Start(c, plans, trace)
	if err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// plan is what befalls attempt i, counted from 0.
func (r *Run) plan(i int) fault.Plan {
	if i < len(r.plans) {
		return r.plans[i]
	}
	return nil
}

// Step goes on to the next instant at which something happens. It returns false when the
// trial is over.
func (r *Run) Step() bool {
	if r.over {
		return false
	}
	if !r.rig.Step() {
		r.endAttempt()
	}
	return !r.over
}

// endAttempt judges the attempt that has ended and begins the recovery that follows.
func (r *Run) endAttempt() {
	o := r.rig.Finish()
	r.done = append(r.done, o)
	peaceful := len(r.done) > max(1, len(r.plans))
	if o.Upgraded() || !o.Ended || peaceful {
		r.over = true
		return
	}
	if r.stuck = r.rig.BeginRecovery(r.first, r.plan(len(r.done))); r.stuck != nil {
		r.over = true
	}
}

// Attempt is which attempt runs, counted from 0: 0 is the upgrade, the others are
// recoveries.
func (r *Run) Attempt() int { return len(r.done) }

// Over reports that the trial has ended.
func (r *Run) Over() bool { return r.over }

// Rig is the meter and the tool, to look at.
func (r *Run) Rig() *rig.Rig { return r.rig }

// Bench is the bench of the attempt that runs, to look at.
func (r *Run) Bench() *bench.Bench { return r.rig.Bench() }

// Plans are the faults so far, those that Strike added included.
func (r *Run) Plans() Plans { return r.plans }

// Strike adds faults to those of the attempt that runs, as if they had been there from its
// beginning. What has passed is missed.
func (r *Run) Strike(p ...fault.Fault) error {
	if err := r.Bench().Station().AddPlan(p); err != nil {
		return err
	}
	plans := slices.Clone(r.plans)
	for len(plans) <= r.Attempt() {
		plans = append(plans, nil)
	}
	plans[r.Attempt()] = append(slices.Clip(plans[r.Attempt()]), p...)
	r.plans = plans
	return nil
}

// Clone is an independent copy with the same future.
func (r *Run) Clone() *Run {
	c := *r
	c.rig = r.rig.Clone()
	c.done = slices.Clip(r.done)
	return &c
}

// Finish runs the trial to its end.
func (r *Run) Finish() *Result {
	for r.Step() {
	}
	return r.result()
}
