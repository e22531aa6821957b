package atlas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// Survey strikes every kind of fault at places that stand for all others: the first, the middle
// and the last in every phase of an upgrade, and a third of these in the recoveries of two that
// failed. It is for many worlds, where a Sweep of every place would take too long.
type Survey struct {
	World   world.World // must pass trial.Check
	Workers int         // 0: one per processor
	// Of Parts parts only part Part is done, counted from 0; Parts 0 is all of it. Each part has
	// faults of many kinds and places in all phases.
	Part, Parts int
}

// Surveyed is what came of a survey.
type Surveyed struct {
	Points  int
	Skipped int // places that were not done because ctx ended
	Classes [trial.ClassCount]int
	Kinds   map[fault.Kind]int // how often each kind struck
	// InRecovery is how often each kind struck in a recovery.
	InRecovery map[fault.Kind]int
	Phases     int // of the upgrade
	Broken     []BrokenPoint
}

// BrokenPoint is a point at which invariants were broken.
type BrokenPoint struct {
	Plan       string
	Violations []verdict.Violation
}

// Run does the survey. If ctx ends first, it returns what was done, without an error.
func (s Survey) Run(ctx context.Context) (*Surveyed, error) {
	w, err := s.prepared()
	if calm := (*calmError)(nil); errors.As(err, &calm) && len(calm.result.Violations) > 0 {
		return &Surveyed{Points: 1, Broken: []BrokenPoint{{"", calm.result.Violations}}}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := w.onAll(ctx, w.singles()); err != nil {
		return nil, err
	}
	all := w.surveyed()
	for i := range failures() {
		w, err := s.ofRecovery(i, w.ready)
		if calm := (*calmError)(nil); errors.As(err, &calm) {
			all.Broken = append(all.Broken, BrokenPoint{failures()[i], calm.result.Violations})
			continue
		}
		if err == nil {
			err = w.onAll(ctx, w.singles())
		}
		if err != nil {
			return nil, err
		}
		all.add(w.surveyed())
	}
	return all, nil
}

// failures make an upgrade fail whose recovery is surveyed: one has left no image in the meter, and
// one a new image that has reset the settings.
func failures() []string { return []string{"kill at state receiving", "kill at state application"} }

// recoveryShare: of so many places of each fault one is struck in the recovery after each failure.
const recoveryShare = 6

// ofRecovery has a row for each fault, with some places of the recovery after one of the failures.
func (s Survey) ofRecovery(failure int, ready *trial.Ready) (*sweeper, error) {
	plan, err := fault.Parse(failures()[failure])
	if err != nil {
		return nil, err
	}
	w := newSweeper(Sweep{World: s.World, Workers: s.Workers})
	w.sparse, w.failing, w.ready = true, trial.Plans{plan}, ready
	return w, s.layOut(w, func(i int, places []uint64) []uint64 {
		some := partOf(places, (failure+i)%recoveryShare, recoveryShare)
		if len(some) == 0 && len(places) > 0 {
			some = places[len(places)/2:][:1]
		}
		return some
	})
}

// prepared has a row for each fault, with the places of the survey.
func (s Survey) prepared() (*sweeper, error) {
	sweep := Sweep{World: s.World, Workers: s.Workers}
	if err := sweep.Check(); err != nil {
		return nil, err
	}
	w := newSweeper(sweep)
	w.sparse = true
	return w, s.layOut(w, func(_ int, places []uint64) []uint64 { return places })
}

// layOut makes a row for each fault, with some of the places of each phase.
func (s Survey) layOut(w *sweeper, some func(fault int, places []uint64) []uint64) error {
	templates, err := representatives(byPhone(s.World))
	if err != nil {
		return err
	}
	if err := w.measure(); err != nil {
		return err
	}
	phases := w.calm.phases()
	for i, t := range templates {
		places := some(i, w.calm.placesIn(phases, t.unit))
		if s.Parts > 0 {
			places = partOf(places, (s.Part+i)%s.Parts, s.Parts)
		}
		w.addRow(&row{template: t, places: places, attempt: len(w.failing), found: slices.Repeat([]int32{missing}, len(places))})
	}
	return nil
}

// add adds what came of faults in a recovery.
func (s *Surveyed) add(o *Surveyed) {
	s.Points += o.Points
	s.Skipped += o.Skipped
	for class, n := range o.Classes {
		s.Classes[class] += n
	}
	for kind, n := range o.Kinds {
		s.Kinds[kind] += n
		s.InRecovery[kind] += n
	}
	s.Broken = append(s.Broken, o.Broken...)
}

func partOf(places []uint64, part, parts int) []uint64 {
	var some []uint64
	for i := part; i < len(places); i += parts {
		some = append(some, places[i])
	}
	return some
}

// representatives are the faults of a survey: those of all spaces, and of every other kind the
// example of the catalogue, at frames. Those of the telephone are for a meter that is called.
func representatives(called bool) ([]template, error) {
	var all []template
	had := make(map[fault.Kind]bool)
	for _, s := range spaces {
		if s.name == phoneSpace && !called {
			continue
		}
		templates, err := templatesOf(s.name)
		if err != nil {
			return nil, err
		}
		for _, t := range templates {
			for _, f := range t.faults {
				had[f.Kind] = true
			}
			all = append(all, t)
		}
	}
	for _, k := range fault.Common() {
		if had[k.Kind] {
			continue
		}
		t, err := atFrames(k)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// atFrames is the example of a kind as a template.
func atFrames(k fault.Description) (template, error) {
	plan, err := fault.Parse(k.Example)
	if err != nil {
		return template{}, fmt.Errorf("the example of %v: %w", k.Kind, err)
	}
	const number = 7654321 // no example has it
	f := plan[0]
	f.Trigger = fault.Trigger{Unit: fault.AtFrame, First: number}
	return parseTemplate(strings.Replace(f.String(), fmt.Sprint(number), place, 1))
}

// phases divides the calm run: one phase for each kind of request, and three for the download.
// Each begins after the step of that index in calm.at.
func (c *calm) phases() []int {
	last := 0
	for _, m := range c.marks {
		last = max(last, m.Block)
	}
	if len(c.marks) == 0 {
		return nil
	}
	begin := []int{c.markedAt[0]}
	for i := 1; i < len(c.marks); i++ {
		if phaseOf(&c.marks[i], last) != phaseOf(&c.marks[i-1], last) {
			begin = append(begin, c.markedAt[i])
		}
	}
	return begin
}

// phase is a request, and whether its block is the first, the last or another.
type phase struct {
	step        int
	first, last bool
}

func phaseOf(m *Mark, last int) phase {
	return phase{int(m.Step), m.Block == 1, m.Block > 0 && m.Block == last}
}

// placesIn are the first, the middle and the last place of each phase in a unit; all states, of
// which there are few.
func (c *calm) placesIn(phases []int, u unit) []uint64 {
	var places []uint64
	if u == states {
		for _, s := range c.states {
			places = append(places, uint64(s))
		}
		return places
	}
	for i, begin := range phases {
		end := len(c.at) - 1
		if i+1 < len(phases) {
			end = phases[i+1]
		}
		from, to := c.at[begin][u], c.at[end][u]
		if i == 0 {
			from = 0
		}
		if from < to {
			places = append(places, from+1, from+(to-from+1)/2, to)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// within are the indices of the places of a sparse row after from, up to to.
func (r *row) within(from, to uint64) (first, end int) {
	first, _ = slices.BinarySearch(r.places, from+1)
	end, _ = slices.BinarySearch(r.places, to+1)
	return first, end
}

func (w *sweeper) surveyed() *Surveyed {
	out := &Surveyed{Kinds: make(map[fault.Kind]int), InRecovery: make(map[fault.Kind]int), Phases: len(w.calm.phases())}
	for _, r := range w.rows {
		for i, n := range r.found {
			if n == missing {
				out.Skipped++
				continue
			}
			out.Points++
			for _, f := range r.faults {
				out.Kinds[f.Kind]++
			}
			out.Classes[w.table.list[n].class]++
			if violations := w.table.violations[n]; len(violations) > 0 {
				plans := append(slices.Clone(w.failing), r.template.at(r.places[i]))
				out.Broken = append(out.Broken, BrokenPoint{plans.String(), violations})
			}
		}
	}
	return out
}
