package storm

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/history"
	"ionbench/scenarios/parallel"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/world"
)

// HistoryOptions of a storm of histories. The zero value is one run of seed 0.
type HistoryOptions struct {
	Seed    uint64
	First   uint64 // the number of the first run
	Runs    int    // 0: 1
	Workers int    // at once; 0: 1
	Shrink  int    // budget for a run that fails; 0: shrink.DefaultBudget
	// AsCases plays every history a second time, as the case file that is made of it.
	AsCases bool

	Failed   func(HistoryFailure) // called for each run that broke an invariant, one at a time; nil for none
	Progress func(done int)       // called for each run that is done, one at a time; nil for none

	Play func(world.World, rig.Trace) (*history.Result, error) // nil: history.Play
}

// HistoryFailure is a run that broke an invariant, or whose case file comes out otherwise.
type HistoryFailure struct {
	Run    uint64
	ID     string
	World  world.World
	Result *history.Result
	// Reasons say what the case file made of it; empty if the history itself broke something.
	Reasons []string

	Shrunk       world.World
	ShrunkResult *history.Result
	Tries        int  // histories that shrinking played
	Done         bool // nothing smaller breaks the same
}

// HistoryReport is what came of a storm of histories.
type HistoryReport struct {
	Runs       int // that were done
	Attempts   int
	Violations int // runs that broke an invariant
	Unstruck   int // faults that never struck
	// Kinds says how many runs came to each kind of history.
	Kinds [history.KindCount]int
}

// RunHistories plays a storm of histories. It ends early with ctx, and then reports the runs that
// were done. The error is about a history that cannot be played, which is a bug of the generator.
func RunHistories(ctx context.Context, o HistoryOptions) (HistoryReport, error) {
	o.Runs, o.Workers = max(o.Runs, 1), max(o.Workers, 1)
	if o.Shrink == 0 {
		o.Shrink = shrink.DefaultBudget
	}
	if o.Play == nil {
		o.Play = history.Play
	}
	var report HistoryReport
	var telling sync.Mutex // guards report
	err := parallel.Each(ctx, o.Workers, o.Runs, func(ctx context.Context, i int) error {
		n := o.First + uint64(i)
		w := drawHistory(o.Seed, n)
		r, failure, err := o.run(ctx, w, n)
		if err != nil {
			return fmt.Errorf("run %d: %w", n, err)
		}
		telling.Lock()
		defer telling.Unlock()
		report.Runs++
		report.Attempts += len(r.Attempts)
		report.Unstruck += r.Unstruck
		for _, k := range r.Kinds(&w) {
			report.Kinds[k]++
		}
		if failure != nil {
			report.Violations++
			if o.Failed != nil {
				o.Failed(*failure)
			}
		}
		if o.Progress != nil {
			o.Progress(report.Runs)
		}
		return nil
	})
	if ctx.Err() != nil {
		err = nil
	}
	return report, err
}

func (o *HistoryOptions) run(ctx context.Context, w world.World, n uint64) (*history.Result, *HistoryFailure, error) {
	r, err := o.Play(w, rig.NoTrace)
	if err != nil {
		return nil, nil, err
	}
	f := &HistoryFailure{Run: n, ID: HistoryID(o.Seed, n), World: w, Result: r, Shrunk: w, ShrunkResult: r}
	if len(r.Findings) > 0 {
		want := r.Signature()
		o.shrink(ctx, f, func(_ world.World, r *history.Result) bool { return slices.Equal(r.Signature(), want) })
		return r, f, nil
	}
	if o.AsCases {
		if f.Reasons, err = asCase(w, r); err != nil || len(f.Reasons) == 0 {
			return r, nil, err
		}
		o.shrink(ctx, f, func(w world.World, r *history.Result) bool {
			if len(r.Findings) > 0 {
				return false // that is another failure
			}
			reasons, err := asCase(w, r)
			return err == nil && len(reasons) > 0
		})
		return r, f, nil
	}
	return r, nil, nil
}

// shrink shrinks a history that fails as alike says, by what comes of it.
func (o *HistoryOptions) shrink(ctx context.Context, f *HistoryFailure, alike func(world.World, *history.Result) bool) {
	fails := func(w world.World) bool {
		r, err := o.Play(w, rig.NoTrace)
		return err == nil && alike(w, r)
	}
	f.Shrunk, f.Tries, f.Done = shrink.History(ctx, f.World, fails, shrink.Options{Budget: o.Shrink})
	if r, err := o.Play(f.Shrunk, rig.NoTrace); err == nil {
		f.ShrunkResult = r
	}
}

// asCase plays a history as the case file that is made of it, and returns what comes out
// otherwise.
func asCase(w world.World, r *history.Result) ([]string, error) {
	text := history.CaseFile(w, r, "a history")
	c, err := cases.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("its case file: %w\n%s", err, text)
	}
	played, err := c.Run()
	if err != nil {
		return nil, fmt.Errorf("its case file: %w\n%s", err, text)
	}
	return played.Reasons, nil
}
