package trial

import (
	"slices"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Trial is one that is under way: its attempt, or one of the recoveries. It can be stepped and,
// at any moment, cloned.
type Trial struct {
	rig   *rig.Rig
	first world.Attempt // what the recoveries are recoveries of
	had   ion.Settings  // by the meter at first
	plans Plans
	done  []*rig.Outcome
	over  bool
	stuck error // why a recovery could not even begin
}

// Start begins a trial. The error is about a world or a plan that cannot be.
func Start(w world.World, plans Plans, trace rig.Trace) (*Trial, error) {
	if err := Check(w); err != nil {
		return nil, err
	}
	t, err := prepare(w, plans, rig.Options{Trace: trace})
	if err != nil {
		return nil, err
	}
	return t, t.rig.Begin(t.upgrade())
}

// prepare is a trial of which nothing has begun, in front of the meter of a world that can be.
func prepare(w world.World, plans Plans, o rig.Options) (*Trial, error) {
	r, err := rig.New(&w, o)
	if err != nil {
		return nil, err
	}
	for i, p := range plans {
		if err := r.Bench().Station().CheckPlan(p); err != nil {
			return nil, inAttempt(i, err)
		}
	}
	return &Trial{rig: r, first: r.World().Attempts[0], had: r.Meter().Settings(r.Now()), plans: plans}, nil
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

// plan is what befalls attempt i, counted from 0.
func (r *Trial) plan(i int) fault.Plan {
	if i < len(r.plans) {
		return r.plans[i]
	}
	return nil
}

// Step goes on to the next instant at which something happens. It returns false when the
// trial is over.
func (r *Trial) Step() bool {
	if r.over {
		return false
	}
	if !r.rig.Step() {
		r.endAttempt()
	}
	return !r.over
}

// endAttempt runs the attempt to its end, if it is not there yet, judges it and begins the
// recovery that follows.
func (r *Trial) endAttempt() {
	if r.over = r.isLast(r.rig.Finish()); r.over {
		return
	}
	if r.stuck = r.rig.BeginRecovery(&r.first, r.plan(len(r.done))); r.stuck != nil {
		r.over = true
	}
}

// isLast takes the outcome of an attempt and says whether the trial ends with it.
func (r *Trial) isLast(o *rig.Outcome) bool {
	r.done = append(r.done, o)
	peaceful := len(r.done) > max(1, len(r.plans))
	return o.Upgraded() || !o.Ended && !o.Asleep || peaceful
}

// Attempt is which attempt runs, counted from 0: 0 is the upgrade, the others are
// recoveries.
func (r *Trial) Attempt() int { return len(r.done) }

// Over reports that the trial has ended.
func (r *Trial) Over() bool { return r.over }

// Rig is the meter and the tool, to look at.
func (r *Trial) Rig() *rig.Rig { return r.rig }

// Bench is the bench of the attempt that runs, to look at.
func (r *Trial) Bench() *bench.Bench { return r.rig.Bench() }

// Strike adds a fault to those of an attempt: of the one that runs, as if it had been there
// from its beginning, or of one to come. What has passed is missed.
func (r *Trial) Strike(attempt int, f fault.Fault) error {
	if attempt == r.Attempt() {
		if err := r.rig.Strike(fault.Plan{f}); err != nil {
			return err
		}
	}
	plans := slices.Clone(r.plans)
	for len(plans) <= attempt {
		plans = append(plans, nil)
	}
	plans[attempt] = append(slices.Clip(plans[attempt]), f)
	r.plans = plans
	return nil
}

// Clone is an independent copy with the same future.
func (r *Trial) Clone() *Trial {
	c := new(Trial)
	r.CopyTo(c)
	return c
}

// CopyTo makes c, which is a run that nobody uses any more, a Clone of r in the memory that
// c has. Results of c stay as they are.
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

// AppendState appends all that decides what comes of the trial from here on but for the
// Past of the attempt that runs, and what came of those before it.
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

// TryCaught is Try for plans that nobody has looked at: should the model itself panic, that
// is a broken I5 of the result, so that whoever tries many plans can say which it was.
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
