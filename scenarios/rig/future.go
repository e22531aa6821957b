package rig

import (
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/machine"
)

// Past is what an attempt said and cost so far. The verdict needs it, but AppendState leaves
// it out: attempts of equal state have the same future, whatever their past.
type Past struct {
	Prompts  []client.Prompt
	Unsaid   int
	Cost     verdict.Cost
	FlashOps uint64

	written *written
	acts    acts
}

// Logged is how far the log of an attempt has come. The zero value is its beginning.
type Logged struct{ last *written }

// Logged returns how far the log of the attempt that runs has come.
func (r *Rig) Logged() Logged { return Logged{r.bench.Host().(*tool).written} }

// After are the lines that were written after an earlier state of the same log, in order.
func (l Logged) After(earlier Logged) []upgradelog.Line { return l.last.after(earlier.last) }

// LogSum stands for the text of the log.
func (p *Past) LogSum() machine.Sum { return p.written.textSum() }

// Past returns the past of the attempt that runs.
func (r *Rig) Past() Past {
	t := r.bench.Host().(*tool)
	return Past{acts: t.acts, Prompts: t.prompts, written: t.written, Unsaid: t.unsaid, Cost: r.cost(), FlashOps: r.before.FlashOps(r.bench.Station())}
}

// With returns the outcome of an attempt with past p. o is the outcome of another attempt that
// was in the same state when its past was q. The new outcome is judged again.
func (o *Outcome) With(p, q Past) *Outcome {
	c := *o
	c.Prompts = append(append([]client.Prompt(nil), p.Prompts...), o.Prompts[len(q.Prompts):]...)
	c.Log = append(p.written.text(), o.Log[q.written.size():]...)
	c.Unsaid = o.Unsaid - q.Unsaid + p.Unsaid
	c.Cost = o.Cost.Minus(q.Cost).Plus(p.Cost)
	c.Meter.FlashOps = o.Meter.FlashOps - q.FlashOps + p.FlashOps
	c.Trace = nil
	c.acts = p.after(o.acts, &q)
	c.judge()
	return &c
}

// cost is what the attempt has cost so far.
func (r *Rig) cost() verdict.Cost {
	c := r.before.Cost(r.bench.Station(), r.Now())
	c.Acts = len(r.bench.Host().(*tool).prompts)
	return c
}

// AppendState appends everything that decides the rest of the attempt and its verdict, except
// its Past. Times are relative to now; the calendar is left out.
func (r *Rig) AppendState(dst []byte) []byte {
	now := r.Now()
	dst = r.bench.Station().AppendState(dst, now)
	dst = r.bench.Host().AppendState(dst, now)
	w := machine.Fingerprinting(append(dst, r.yardstick[:]...), now)
	ops := r.before.FlashOps(r.bench.Station())
	w.Bool(ops > 0)
	if o := r.bench.Host().(*tool).acts.open; o != nil {
		w.Bool(ops > o.ops)
	}
	r.before.DeclareOthers(&w, r.bench.Station())
	r.declareElsewhere(&w)
	r.others.each(func(_ int, s *bench.Station) { w.Text(string(s.AppendState(nil, now))) })
	return w.Result()
}

// gauge sets the fingerprint of what the attempt will be judged by.
func (r *Rig) gauge() {
	w := machine.Fingerprinting(nil, 0)
	w.Uint(uint64(r.before.State))
	r.before.Settings.Declare(&w)
	if c := r.recovery; w.Has(c != nil) {
		w.Bool(c.answers)
		w.Bool(c.struck)
		c.expected.settings.Declare(&w)
		w.Uint(uint64(c.expected.wanted))
		w.Uint(uint64(c.expected.dated))
	}
	r.yardstick = machine.FingerprintOf(w.Result())
}

// Left is the time until the attempt reaches its limit.
func (r *Rig) Left() time.Duration { return r.before.At + r.attempt.limit - r.Now() }
