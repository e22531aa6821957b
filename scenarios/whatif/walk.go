// Package whatif walks through a run: on and back from an instant, by whatever happens, by frame and
// by block, and with further faults that strike at the instant to which one has come. It is for
// people who look at the story of a run and ask what else could have come of it; the page of a story
// has it as WebAssembly (cmd/internal/engine).
//
// A walk is the run itself and not a drawing of it: the meter and the tool are there, as they are at
// that instant, and what follows is played from there. A fault that strikes in the middle gets the
// trigger that names the moment exactly, so the plan of a walk gives the same run on the bench, byte
// for byte.
//
// Trials can be walked through, and worlds whose attempts follow one another. Attempts that overlap
// (world.World.Together) cannot: each of their lines has a bench of its own.
package whatif

import (
	"errors"
	"fmt"
	"time"

	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
)

// Errors of walks.
var (
	// ErrOverlap: attempts of the world overlap.
	ErrOverlap = errors.New("attempts that overlap cannot be walked through: their lines are played side by side")
	// ErrBetween: there is no attempt that a fault could strike.
	ErrBetween = errors.New("nothing runs here that a fault could strike: the attempt has ended")
	// ErrNoMoment: the kind of the fault has no trigger that names this moment.
	ErrNoMoment = errors.New("no trigger names this moment for such a fault: say one, such as at block 5")
	// ErrFull: so many faults were struck that there is an end of it.
	ErrFull = errors.New("the plan is full")
)

// Unit is by what one steps.
type Unit uint8

// The units.
const (
	ByEvent   Unit = iota // whatever happens, one after the other, also within one instant
	ByInstant             // whatever happens; all of one instant is one step
	ByFrame               // frames that either end begins to send
	ByBlock               // blocks that the tool begins to send, for the first time or again
)

var unitNames = [...]string{"event", "instant", "frame", "block"}

// String names the unit.
func (u Unit) String() string { return unitNames[u] }

// ParseUnit returns the unit with that name.
func ParseUnit(text string) (Unit, error) {
	for u, name := range unitNames {
		if name == text {
			return Unit(u), nil
		}
	}
	return 0, fmt.Errorf("one steps by event, instant, frame or block, not by %q", text)
}

// is reports whether an event is one of the unit.
func (u Unit) is(e story.Event) bool {
	switch w := e.What.(type) {
	case story.BytesArrived, story.LampToggled:
		return false
	case story.FrameSent:
		if u != ByBlock || w.Direction != line.ToMeter {
			return u != ByBlock
		}
		head, first := ion.Wire(w.Bytes).Head()
		return first && head.Op == ion.OpBlock
	}
	return u == ByEvent || u == ByInstant
}

// played is a run that is stepped.
type played interface {
	step() bool // to the next instant; false: it is over
	over() bool
	attempt() int // that runs, from 0
	rig() *rig.Rig
	clone() played
	told() (*retell.Story, error) // of all of it, played to its end
}

// Limits of a walk.
const (
	maxMarks  = 64  // copies of the run that are kept on the way
	maxStruck = 100 // faults of one attempt
)

// Walk is a run and the instant to which one has come. It is used by one goroutine.
type Walk struct {
	world world.World
	plans trial.Plans // of each attempt
	run   played
	marks []played // copies on the way, in the order of time, the first at the beginning
	every int      // steps between two marks
	steps int      // since the last one
	seen  int      // events of the line to which one has come; those behind it are of this instant
}

// New is a walk that stands at the beginning of a trial.
func New(w world.World, plans trial.Plans) (*Walk, error) {
	if err := trial.Check(w); err != nil {
		return nil, err
	}
	t, err := trial.Start(w, plans, rig.WholeTrace)
	if err != nil {
		return nil, err
	}
	return begun(w, plans, &aTrial{world: w, Trial: t}), nil
}

// InWorld is a walk that stands at the beginning of a world's first attempt. Each attempt has its
// own plan.
func InWorld(w world.World) (*Walk, error) {
	s, err := newSequence(w)
	if err != nil {
		return nil, err
	}
	return begun(w, trial.PlansOf(&w), s), nil
}

func begun(w world.World, plans trial.Plans, run played) *Walk {
	return &Walk{world: w, plans: plans, run: run, marks: []played{run.clone()}, every: 16}
}

// At is the instant, on the clock of the bench. All that happens there has happened.
func (w *Walk) At() time.Duration { return w.run.rig().Now() }

// Over reports that the run has come to its end.
func (w *Walk) Over() bool { return w.run.over() }

// Attempt is the number of the attempt that runs, from 0.
func (w *Walk) Attempt() int { return w.run.attempt() }

// Rig is the meter and the tool at this instant, to look at.
func (w *Walk) Rig() *rig.Rig { return w.run.rig() }

// Plans are the faults of each attempt, with those that were struck on the way.
func (w *Walk) Plans() trial.Plans { return w.plans }

// World is the world with these faults, where its attempts have them.
func (w *Walk) World() *world.World { return &w.world }

// happened is what has happened on the line so far.
func (w *Walk) happened() []story.Event { return w.Rig().Bench().Station().Trace() }

// on goes to the next instant, and keeps a copy now and then.
func (w *Walk) on() bool {
	if w.run.over() {
		return false
	}
	w.run.step()
	if w.steps++; w.steps >= w.every {
		w.mark()
	}
	return true
}

// mark keeps a copy of the run as it is now. Where there are too many, every second one goes.
func (w *Walk) mark() {
	w.steps = 0
	if w.marks[len(w.marks)-1].rig().Now() >= w.At() {
		return
	}
	w.marks = append(w.marks, w.run.clone())
	if len(w.marks) <= maxMarks {
		return
	}
	kept := w.marks[:0]
	for i := 0; i < len(w.marks); i += 2 {
		kept = append(kept, w.marks[i])
	}
	clear(w.marks[len(kept):])
	w.marks, w.every = kept, 2*w.every
}

// On steps to the next event of a unit, or to the end. It returns false if there is none. Within an
// instant only the place among its events changes (Place): meter and tool stand as they do when all of
// it has happened.
func (w *Walk) On(by Unit) bool {
	if by == ByInstant {
		w.seen = len(w.happened())
	}
	for {
		all := w.happened()
		for i := min(w.seen, len(all)); i < len(all); i++ {
			if by.is(all[i]) {
				w.stand(by, i)
				return true
			}
		}
		w.seen = len(all)
		if !w.on() {
			return false
		}
	}
}

// Back steps to the last event of a unit before the place where one stands, or to the beginning. It
// returns false if there is none.
func (w *Walk) Back(by Unit) bool {
	all, now := w.happened(), w.At()
	last := min(w.seen, len(all)) - 1 // on it one stands, if it is of this instant
	for i := last; i >= 0; i-- {
		e := all[i]
		if by.is(e) && (e.At < now || i < last && by != ByInstant) {
			if e.At < now {
				w.Go(e.At)
			}
			w.stand(by, i)
			return true
		}
	}
	w.Go(0)
	return false
}

// stand takes the place behind an event, or behind all of its instant.
func (w *Walk) stand(by Unit, event int) {
	if w.seen = event + 1; by == ByInstant {
		w.seen = len(w.happened())
	}
}

// Place says at which of the events of this instant one stands, from 1, and how many there are. Nobody
// stands at one, 0, where nothing happens.
func (w *Walk) Place() (at, of int) {
	for i, e := range w.happened() {
		if e.At != w.At() || !ByEvent.is(e) {
			continue
		}
		if of++; i < w.seen {
			at++
		}
	}
	return at, of
}

// Go goes to a time of the run: what happens until then has happened, and nothing after it.
func (w *Walk) Go(at time.Duration) {
	w.reach(at)
	w.seen = len(w.happened())
}

func (w *Walk) reach(at time.Duration) {
	if at < w.At() {
		i := len(w.marks) - 1
		for i > 0 && w.marks[i].rig().Now() > at {
			i--
		}
		w.run, w.steps = w.marks[i].clone(), 0
	}
	for !w.run.over() && w.next() <= at {
		if w.ending() { // the next step is the time between two attempts, which may go beyond
			before := w.run.clone()
			if w.on(); w.At() > at {
				w.run = before
				return
			}
			continue
		}
		w.on()
	}
}

// next is when something happens next.
func (w *Walk) next() time.Duration {
	at, ok := w.Rig().Bench().Next()
	if !ok || w.ending() {
		return w.At()
	}
	return at
}

// ending reports that the attempt that runs has ended.
func (w *Walk) ending() bool {
	_, more := w.Rig().Bench().Next()
	return !more || w.Rig().Bench().Host().Done() || w.Rig().Left() <= 0
}

// Strike adds a fault to the plan of the attempt that runs. One without a trigger strikes at this
// instant, when all that happens there has happened: it gets the trigger that names the moment
// behind it. Any other strikes when its trigger says, as if the run had always had it; the walk
// stands at the same time of that run then.
func (w *Walk) Strike(f fault.Fault) error {
	if w.run.over() || w.ending() {
		return ErrBetween
	}
	if f.Trigger.Unit == fault.AtStart {
		t, ok := w.Rig().Bench().Station().NextMoment(w.At(), f)
		if !ok {
			return ErrNoMoment
		}
		f.Trigger = t
	}
	plans := make(trial.Plans, max(len(w.plans), w.Attempt()+1))
	copy(plans, w.plans)
	own := plans[w.Attempt()]
	if len(own) >= maxStruck {
		return ErrFull
	}
	plans[w.Attempt()] = append(own[:len(own):len(own)], f)
	return w.Plan(plans)
}

// Plan replaces the faults of all attempts. The walk stands at the same time of the run that there
// is then.
func (w *Walk) Plan(plans trial.Plans) error {
	var other *Walk
	var err error
	if _, alone := w.run.(*aTrial); alone {
		other, err = New(w.world, plans)
	} else {
		other, err = InWorld(withPlans(w.world, plans))
	}
	if err != nil {
		return err
	}
	other.Go(w.At())
	*w = *other
	return nil
}

// Told is the story of the run, from its beginning to its end. The walk stays where it is.
func (w *Walk) Told() (*retell.Story, error) { return w.run.clone().told() }
