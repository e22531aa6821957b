package whatif

import (
	"fmt"
	"slices"

	"ionbench/scenarios/history"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

// aTrial is a trial as a run that is stepped.
type aTrial struct {
	world world.World
	*trial.Trial
}

func (t *aTrial) step() bool    { return t.Step() }
func (t *aTrial) over() bool    { return t.Over() }
func (t *aTrial) attempt() int  { return t.Attempt() }
func (t *aTrial) rig() *rig.Rig { return t.Rig() }
func (t *aTrial) clone() played { return &aTrial{t.world, t.Clone()} }

func (t *aTrial) told() (*retell.Story, error) { return retell.OfTrial(&t.world, t.Finish()) }

// sequence is the attempts of a world, one after another.
type sequence struct {
	world world.World
	at    *rig.Rig
	done  []*rig.Outcome
	stuck error // why an attempt could not begin
}

func newSequence(w world.World) (*sequence, error) {
	r, err := rig.New(&w, rig.Options{Trace: rig.WholeTrace})
	if err != nil {
		return nil, err
	}
	filled := r.World()
	for i := range filled.Attempts {
		if len(filled.Together(i)) > 1 {
			return nil, ErrOverlap
		}
	}
	s := &sequence{world: w, at: r}
	if len(filled.Attempts) == 0 {
		return nil, fmt.Errorf("the world has no attempt")
	}
	return s, s.at.Begin(&filled.Attempts[0])
}

func (s *sequence) over() bool    { return s.stuck != nil || len(s.done) == len(s.at.World().Attempts) }
func (s *sequence) attempt() int  { return min(len(s.done), len(s.at.World().Attempts)-1) }
func (s *sequence) rig() *rig.Rig { return s.at }

func (s *sequence) step() bool {
	if s.over() {
		return false
	}
	if !s.at.Step() {
		s.end()
	}
	return !s.over()
}

// end ends the attempt that runs, and begins the one behind it.
func (s *sequence) end() {
	s.done = append(slices.Clip(s.done), s.at.Finish())
	if !s.over() {
		s.stuck = s.at.Begin(&s.at.World().Attempts[len(s.done)])
	}
}

func (s *sequence) clone() played {
	c := *s
	c.at = s.at.Clone()
	return &c
}

func (s *sequence) told() (*retell.Story, error) {
	for !s.over() {
		s.end()
	}
	if s.stuck != nil {
		return nil, fmt.Errorf("attempt %d: %w", len(s.done)+1, s.stuck)
	}
	return retell.OfHistory(&s.world, history.Of(s.at, s.done))
}

// withPlans is a world whose attempts have these faults.
func withPlans(w world.World, plans trial.Plans) world.World {
	w.Attempts = slices.Clone(w.Attempts)
	for i := range w.Attempts {
		w.Attempts[i].Plan = nil
		if i < len(plans) {
			w.Attempts[i].Plan = plans[i]
		}
	}
	return w
}
