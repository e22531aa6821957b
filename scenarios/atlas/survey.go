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
// and the last in every phase of an upgrade. It is for many worlds, where a Sweep of every place
// would take too long.
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
	Phases  int                // of the upgrade
	Broken  []BrokenPoint
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
	return w.surveyed(), nil
}

// prepared has a row for each fault, with the places of the survey.
func (s Survey) prepared() (*sweeper, error) {
	sweep := Sweep{World: s.World, Workers: s.Workers}
	if err := sweep.Check(); err != nil {
		return nil, err
	}
	templates, err := representatives()
	if err != nil {
		return nil, err
	}
	w := newSweeper(sweep)
	w.sparse = true
	if err := w.measure(); err != nil {
		return nil, err
	}
	phases := w.calm.phases()
	for i, t := range templates {
		places := w.calm.placesIn(phases, t.unit)
		if s.Parts > 0 {
			places = partOf(places, (s.Part+i)%s.Parts, s.Parts)
		}
		w.addRow(&row{template: t, places: places, found: slices.Repeat([]int32{missing}, len(places))})
	}
	return w, nil
}

func partOf(places []uint64, part, parts int) []uint64 {
	var some []uint64
	for i := part; i < len(places); i += parts {
		some = append(some, places[i])
	}
	return some
}

// representatives are the faults of a survey: those of all spaces, and of every other kind the
// example of the catalogue, at frames.
func representatives() ([]template, error) {
	var all []template
	had := make(map[fault.Kind]bool)
	for _, s := range spaces {
		templates, err := templatesOf(s.name)
		if err != nil {
			return nil, err
		}
		for _, t := range templates {
			had[t.fault.Kind] = true
			all = append(all, t)
		}
	}
	for _, k := range fault.Kinds() {
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
	begin := []int{0}
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
	out := &Surveyed{Kinds: make(map[fault.Kind]int), Phases: len(w.calm.phases())}
	for _, r := range w.rows {
		for i, n := range r.found {
			if n == missing {
				out.Skipped++
				continue
			}
			out.Points++
			out.Kinds[r.fault.Kind]++
			out.Classes[w.table.list[n].class]++
			if violations := w.table.violations[n]; len(violations) > 0 {
				out.Broken = append(out.Broken, BrokenPoint{fault.Plan{r.template.at(r.places[i])}.String(), violations})
			}
		}
	}
	return out
}
