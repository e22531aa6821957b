// Package storm tries upgrades under many faults at once, drawn at random from numbered
// streams, to find what nobody would think of. It shrinks the failures that it finds.
//
// It draws from the tables of package fault, so a new kind is in the next storm. Run i of a
// seed is the same for any number of runs and workers.
//
// It proves nothing about what it did not draw: package atlas tries every point of one fault.
package storm

import (
	"context"
	"sync"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
)

// Options of a storm. The zero value is one run of seed 0.
type Options struct {
	Seed    uint64
	First   uint64 // the number of the first run
	Runs    int    // 0: 1
	Faults  int    // the most in an attempt; 0: MaxFaults
	Workers int    // at once; 0: 1
	Shrink  int    // budget for a run that fails; 0: shrink.DefaultBudget
	Worlds  Worlds

	Failed   func(Failure)  // called for each run that broke an invariant, in order, one at a time; nil for none
	Progress func(done int) // called for each run that is done, one at a time; nil for none

	Try shrink.Try // plays a trial; nil: trial.TryCaught
}

// Failure is a run that broke an invariant.
type Failure struct {
	shrink.Subject
	Run    uint64
	ID     string // empty if the storm has Worlds of its own
	Result *trial.Result
	Shrunk shrink.Result
}

// Report is what came of a storm.
type Report struct {
	Runs       int // that were done: fewer than requested if the storm was interrupted
	Violations int // runs that broke an invariant
	Unstruck   int // faults that never struck
	Classes    [trial.ClassCount]int
}

// Run plays a storm. It ends early with ctx, and then reports the runs that were done. The
// error is about a trial that cannot be played, which is a bug of the generator.
func Run(ctx context.Context, o Options) (Report, error) {
	o.Runs, o.Workers = max(o.Runs, 1), max(o.Workers, 1)
	if o.Faults == 0 {
		o.Faults = MaxFaults
	}
	if o.Shrink == 0 {
		o.Shrink = shrink.DefaultBudget
	}
	if o.Try == nil {
		o.Try = trial.TryCaught
	}
	c := collector{options: o, waiting: make(map[uint64]*Failure), next: o.First}
	var telling sync.Mutex // guards c
	err := parallel.Each(ctx, o.Workers, o.Runs, func(ctx context.Context, i int) error {
		r := o.run(ctx, o.First+uint64(i))
		telling.Lock()
		defer telling.Unlock()
		c.take(r)
		return r.err
	})
	c.tellAll()
	if ctx.Err() != nil {
		err = nil
	}
	return c.report, err
}

// run is a trial that is done.
type run struct {
	number  uint64
	result  *trial.Result
	failure *Failure
	err     error
}

func (o Options) run(ctx context.Context, n uint64) run {
	w, plans := DrawIn(o.Worlds, o.Seed, n, o.Faults)
	s := shrink.Subject{World: w, Plans: plans}
	result, err := o.Try(w, plans, rig.NoTrace)
	if err != nil || result.Class != trial.Violated {
		return run{number: n, result: result, err: err}
	}
	f := &Failure{Subject: s, Run: n, Result: result}
	if o.Worlds == nil {
		f.ID = ID(o.Seed, n, o.Faults)
	}
	f.Shrunk = shrink.Minimize(ctx, s, shrink.FailsLike(result, o.Try), shrink.Options{Budget: o.Shrink})
	return run{number: n, result: result, failure: f}
}

// collector counts the runs and puts the failures in order.
type collector struct {
	options Options
	report  Report
	waiting map[uint64]*Failure // by run that is done; nil if it did not fail
	next    uint64              // the next run to report
}

func (c *collector) take(r run) {
	if r.err != nil {
		return
	}
	c.report.Runs++
	c.report.Classes[r.result.Class]++
	c.report.Unstruck += len(r.result.Unstruck)
	if r.failure != nil {
		c.report.Violations++
	}
	if c.options.Progress != nil {
		c.options.Progress(c.report.Runs)
	}
	c.waiting[r.number] = r.failure
	for f, ok := c.waiting[c.next]; ok; f, ok = c.waiting[c.next] {
		c.tell(f)
	}
}

// tell reports the next run.
func (c *collector) tell(f *Failure) {
	delete(c.waiting, c.next)
	c.next++
	if f != nil && c.options.Failed != nil {
		c.options.Failed(*f)
	}
}

// tellAll reports the runs that wait for others which an interrupted storm never did.
func (c *collector) tellAll() {
	for ; len(c.waiting) > 0; c.tell(c.waiting[c.next]) {
		for _, done := c.waiting[c.next]; !done; _, done = c.waiting[c.next] {
			c.next++
		}
	}
}
