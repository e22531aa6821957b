package rig

import (
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/machine"
)

// Past is what an attempt said and cost so far: what counts for the verdict at its end and
// does not show in its state. Attempts of equal state have the same future, whatever their
// past.
type Past struct {
	Prompts  []client.Prompt
	Log      []byte
	Lines    []upgradelog.Line // of Log
	Unsaid   int
	Cost     verdict.Cost
	FlashOps uint64
}

// Past is that of the attempt that runs.
func (r *Rig) Past() Past {
	t := r.bench.Host().(*tool)
	return Past{Prompts: t.prompts, Log: t.disk.Log[r.before.log:], Lines: t.lines, Unsaid: t.unsaid, Cost: r.cost(), FlashOps: r.before.FlashOps(r.bench.Station())}
}

// With is the outcome of an attempt whose past was p, where o came of one whose past was q,
// and both were in the same state then. It is judged anew.
func (o *Outcome) With(p, q Past) *Outcome {
	c := *o
	c.Prompts = append(append([]client.Prompt(nil), p.Prompts...), o.Prompts[len(q.Prompts):]...)
	c.Log = append(append([]byte(nil), p.Log...), o.Log[len(q.Log):]...)
	c.Unsaid = o.Unsaid - q.Unsaid + p.Unsaid
	c.Cost = o.Cost.Minus(q.Cost).Plus(p.Cost)
	c.Meter.FlashOps = o.Meter.FlashOps - q.FlashOps + p.FlashOps
	c.Trace = nil
	c.judge()
	return &c
}

// cost is what the attempt took so far.
func (r *Rig) cost() verdict.Cost {
	c := r.before.Cost(r.bench.Station(), r.Now())
	c.Acts = len(r.bench.Host().(*tool).prompts)
	return c
}

// AppendState appends all that decides what comes of the attempt from here on, its verdict
// included, but for its Past. Times are relative to now, and so is nothing of the calendar.
func (r *Rig) AppendState(dst []byte) []byte {
	now := r.Now()
	dst = r.bench.Station().AppendState(dst, now)
	dst = r.bench.Host().AppendState(dst, now)
	w := machine.Fingerprinting(append(dst, r.yardstick[:]...), now)
	w.Bool(r.before.FlashOps(r.bench.Station()) > 0)
	return w.Result()
}

// gauge takes the fingerprint of what the attempt that runs will be judged by.
func (r *Rig) gauge() {
	w := machine.Fingerprinting(nil, 0)
	w.Uint(uint64(r.before.State))
	r.before.Settings.Declare(&w)
	r.set.settings.Declare(&w)
	if c := r.recovery; w.Has(c != nil) {
		w.Bool(c.answers)
		w.Bool(c.struck)
		c.expected.settings.Declare(&w)
	}
	r.yardstick = machine.FingerprintOf(w.Result())
}

// Left is how much of the time that the attempt may take is left.
func (r *Rig) Left() time.Duration { return r.before.At + r.attempt.limit() - r.Now() }
