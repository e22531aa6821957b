package atlas

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// Sweep says what is to be swept.
type Sweep struct {
	World   world.World // must pass trial.Check
	Spaces  []string    // none: DefaultSpaces, unless there are Faults
	Faults  []string    // templates given by the caller, with # for the place
	Workers int         // 0: one per processor
	// Only every Shards-th part is done, from the part Shard on; Shards 0 is all of it.
	Shard, Shards int
	// Progress, if not nil, is called now and then with the number of points done and of all.
	Progress func(done, all int)
	// Pairs: strike a second fault, of the same spaces, everywhere in what follows the first.
	Pairs bool
	// Resume, if not nil, is what an interrupted run of the same sweep left. Its points are not
	// done again.
	Resume *Atlas
	// Start, if not nil, begins a trial with another tool than ours; nil for trial.Start.
	Start func(w world.World, plans trial.Plans, trace rig.Trace) (*trial.Trial, error)
}

// start begins a trial in the world of the sweep.
func (w *sweeper) start(plans trial.Plans, trace rig.Trace) (*trial.Trial, error) {
	if w.failing != nil {
		plans = w.failing
	}
	if w.sweep.Start != nil {
		return w.sweep.Start(w.sweep.World, plans, trace)
	}
	if trace == rig.NoTrace && w.ready != nil {
		return w.ready.Start(plans)
	}
	return trial.Start(w.sweep.World, plans, trace)
}

// Summary is the last line of a sweep.
type Summary struct {
	Points, Classes, Violations, Skipped int
}

// String returns `points=N classes=N violations=N skipped=N`.
func (s Summary) String() string {
	return fmt.Sprintf("points=%d classes=%d violations=%d skipped=%d", s.Points, s.Classes, s.Violations, s.Skipped)
}

// row is a template and what came of its points.
type row struct {
	space string
	template
	before  string   // the faults before it, as the beginning of a plan
	attempt int      // the attempt of the trial in which the places are
	first   uint64   // place of the first point
	places  []uint64 // of each point, in a row of states or in a survey; otherwise it has all from first on
	found   []int32  // index into the outcomes, or missing
	names   []string
}

const missing = -1

// byUnit are rows by the unit of their places.
type byUnit [unitCount][]*row

// sweeper does a sweep.
type sweeper struct {
	sweep     Sweep
	templates []spaced
	rows      []*row
	calm      calm
	futures   futures
	table     outcomes
	seed      maphash.Seed
	done, all atomic.Int64
	left      leftovers
	sparse    bool // the rows have some places only
	// failing is what makes the upgrade fail, in a sweep of its recovery; nil: of the upgrade.
	failing trial.Plans
	ready   *trial.Ready // the world, without a trace
}

type spaced struct {
	space string
	template
}

// calm is the run without a fault.
type calm struct {
	result   *trial.Result
	marks    []Mark
	markedAt []int    // by mark: how many steps before it
	at       []counts // after this many steps
	states   []fault.State
}

// Run sweeps. If ctx ends first, it returns what was done as a partial atlas, without an error.
func (s Sweep) Run(ctx context.Context) (*Atlas, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	w := newSweeper(s)
	if err := w.prepare(); err != nil {
		return nil, err
	}
	if err := w.onAll(ctx, w.singles()); err != nil {
		return nil, err
	}
	if s.Pairs && ctx.Err() == nil {
		if err := w.pairs(ctx); err != nil {
			return nil, err
		}
	}
	return w.atlas(), nil
}

func newSweeper(s Sweep) *sweeper {
	w := &sweeper{sweep: s, seed: maphash.MakeSeed()}
	w.futures.known = make(map[machine.Fingerprint]*future)
	w.table.index = make(map[outcome]int32)
	return w
}

// onAll runs work on all workers. It is no error if ctx ends: the atlas is then partial.
func (w *sweeper) onAll(ctx context.Context, work func(context.Context) error) error {
	workers := w.sweep.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	err := parallel.Each(ctx, workers, workers, func(ctx context.Context, _ int) error { return work(ctx) })
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// prepare runs the calm run and lays out the rows.
func (w *sweeper) prepare() error {
	if err := w.choose(); err != nil {
		return err
	}
	if err := w.measure(); err != nil {
		return err
	}
	last := w.calm.at[len(w.calm.at)-1]
	last[states] = uint64(len(w.calm.states))
	for _, t := range w.templates {
		r := &row{space: t.space, template: t.template, first: 1, found: slices.Repeat([]int32{missing}, int(last[t.unit]))}
		if t.unit == states {
			for _, s := range w.calm.states {
				r.places, r.names = append(r.places, uint64(s)), append(r.names, s.String())
			}
		}
		w.addRow(r)
	}
	if w.sweep.Resume != nil {
		return w.resume(w.sweep.Resume)
	}
	return nil
}

func (w *sweeper) addRow(r *row) {
	w.rows = append(w.rows, r)
	w.all.Add(int64(len(r.found)))
	w.takeOver(r)
}

// choose reads which faults are to be swept.
func (w *sweeper) choose() error {
	names := w.sweep.Spaces
	if len(names) == 0 && len(w.sweep.Faults) == 0 {
		names = DefaultSpaces()
	}
	for _, name := range names {
		templates, err := templatesOf(name)
		if err != nil {
			return err
		}
		for _, t := range templates {
			w.templates = append(w.templates, spaced{name, t})
		}
	}
	for _, text := range w.sweep.Faults {
		t, err := parseTemplate(text)
		if err != nil {
			return err
		}
		w.templates = append(w.templates, spaced{"fault", t})
	}
	return nil
}

// measure runs the calm run and records what can be struck in it. Its futures are known from
// then on.
func (w *sweeper) measure() (err error) {
	if w.ready == nil && w.sweep.Start == nil {
		if w.ready, err = trial.Prepare(w.sweep.World, rig.Options{Trace: rig.NoTrace}); err != nil {
			return err
		}
	}
	run, err := w.start(nil, rig.Events)
	if err != nil {
		return err
	}
	began, requests := run.Bench().Now(), uint64(0)
	for {
		swept := run.Attempt() == len(w.failing)
		w.calm.at = append(w.calm.at, counts{})
		if swept {
			w.calm.at[len(w.calm.at)-1] = countsOf(run)
		}
		if n := run.Bench().Station().Requests(); n != requests {
			requests = n
			if swept {
				w.calm.marks = append(w.calm.marks, markOf(run, run.Bench().Now()-began))
				w.calm.markedAt = append(w.calm.markedAt, len(w.calm.at)-1)
			}
		}
		if !run.Step() {
			break
		}
	}
	w.calm.result = run.Finish()
	if r := w.calm.result; len(r.Violations) > 0 || len(r.Attempts) != 1+len(w.failing) {
		return &calmError{r}
	}
	w.calm.states = statesOf(w.calm.result.Attempts[len(w.failing)].Trace)
	again, err := w.start(nil, rig.NoTrace)
	if err != nil {
		return err
	}
	w.newFollower().follow(again)
	return nil
}

// calmError is about an upgrade that comes to nothing without a fault.
type calmError struct{ result *trial.Result }

func (e *calmError) Error() string {
	return "the upgrade does not succeed without a fault: " + strings.Join(append(verdict.Texts(e.result.Violations), e.result.Class.String()), "; ")
}

func markOf(run *trial.Trial, at time.Duration) Mark {
	n := countsOf(run)
	return Mark{
		Step:         run.Rig().Doing(),
		Block:        run.Rig().Block(),
		Milliseconds: milliseconds(at),
		ToMeter:      n[toMeterBytes],
		FromMeter:    n[fromMeterBytes],
		FlashOps:     n[flashOps],
	}
}

// statesOf returns the states that the meter enters, in the order of first entry.
func statesOf(trace []story.Event) []fault.State {
	var entered []fault.State
	for _, e := range trace {
		w, ok := e.What.(story.StateEntered)
		if !ok {
			continue
		}
		if s, ok := fault.ParseState(w.State.String()); ok && !slices.Contains(entered, s) {
			entered = append(entered, s)
		}
	}
	return entered
}

func (w *sweeper) newFollower() *follower { return &follower{futures: &w.futures, seed: w.seed} }

// chunk is how many steps of the calm run a worker takes at a time.
const chunk = 8

// singles is the work of one fault at every place of the calm run. Each worker takes the next
// steps that no other has begun, in order, so its own copy of the run only goes forward.
func (w *sweeper) singles() func(context.Context) error {
	var rows byUnit
	for _, r := range w.rows {
		rows[r.unit] = append(rows[r.unit], r)
	}
	var next atomic.Int64
	return func(ctx context.Context) error {
		run, err := w.start(nil, rig.NoTrace)
		if err != nil {
			return err
		}
		along, f := newWalk(run), w.newFollower()
		for at := 0; ; {
			part := int(next.Add(1)) - 1
			if part*chunk >= len(w.calm.at) || ctx.Err() != nil {
				return nil
			}
			if w.elsewhere(part) || w.nothingIn(part, &rows) {
				continue
			}
			if part == 0 {
				if err := w.atTheStart(run, &rows, f); err != nil {
					return err
				}
			}
			for ; at < part*chunk; at++ {
				along.skip()
			}
			for ; at < (part+1)*chunk; at++ {
				l, ok := along.next()
				if !ok || ctx.Err() != nil {
					break
				}
				if err := w.strike(l, along.fork, &rows, f); err != nil {
					return err
				}
			}
		}
	}
}

// elsewhere reports whether another shard does that part.
func (w *sweeper) elsewhere(part int) bool {
	return w.sweep.Shards > 1 && !w.sweep.Pairs && part%w.sweep.Shards != w.sweep.Shard
}

// nothingIn reports whether no row of a survey has a place in that part.
func (w *sweeper) nothingIn(part int, rows *byUnit) bool {
	if !w.sparse || part == 0 {
		return false
	}
	from, to := w.calm.at[part*chunk], w.calm.at[min((part+1)*chunk, len(w.calm.at)-1)]
	for u := range unitCount {
		for _, r := range rows[u] {
			if first, end := r.within(from[u], to[u]); first < end {
				return false
			}
		}
	}
	return true
}

// atTheStart strikes at what a run does as it begins, and at the states that it enters.
func (w *sweeper) atTheStart(run *trial.Trial, rows *byUnit, f *follower) error {
	anew := func(into *trial.Trial, attempt int, faults fault.Plan) error {
		r, err := w.start(trial.Plans{faults}, rig.NoTrace)
		if err == nil && w.failing != nil {
			err = r.Strike(attempt, faults)
		}
		if err == nil {
			r.CopyTo(into)
		}
		return err
	}
	if err := w.strike(leg{to: countsOf(run)}, anew, rows, f); err != nil {
		return err
	}
	for _, r := range rows[states] {
		for i, s := range r.places {
			if err := w.point(anew, r, i, r.attempt, s, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// forking makes a run in which faults are about to strike.
type forking func(into *trial.Trial, attempt int, faults fault.Plan) error

// strike strikes at every place of a leg.
func (w *sweeper) strike(l leg, fork forking, rows *byUnit, f *follower) error {
	if w.sparse {
		return w.strikeSome(l, fork, rows, f)
	}
	for u := range unitCount {
		for n := l.from[u] + 1; n <= l.to[u]; n++ {
			for _, r := range rows[u] {
				if r.attempt != l.attempt {
					continue
				}
				if err := w.point(fork, r, int(n-r.first), l.attempt, n, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// strikeSome strikes at the places of a leg that the rows have.
func (w *sweeper) strikeSome(l leg, fork forking, rows *byUnit, f *follower) error {
	for u := range unitCount {
		for _, r := range rows[u] {
			if r.attempt != l.attempt {
				continue
			}
			for i, end := r.within(l.from[u], l.to[u]); i < end; i++ {
				if err := w.point(fork, r, i, l.attempt, r.places[i], f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// point is one place on a fork.
func (w *sweeper) point(fork forking, r *row, i, attempt int, place uint64, f *follower) error {
	if r.found[i] != missing {
		return nil // done by the resumed sweep
	}
	if err := fork(&f.fork, attempt, r.at(place)); err != nil {
		return err
	}
	r.found[i] = w.table.number(f.follow(&f.fork), &w.calm)
	if done := w.done.Add(1); w.sweep.Progress != nil && done%1024 == 0 {
		w.sweep.Progress(int(done), int(w.all.Load()))
	}
	return nil
}
