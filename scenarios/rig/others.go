package rig

import (
	"slices"

	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/talker"
)

// away is what is remembered of the meters that the tool does not talk to at the moment. Copies
// of the rig share it, so it is never changed.
type away struct {
	seats  []int // which meter of the world each neighbour of the station is
	owners []owner
}

// owner is what somebody has set up in a meter: at first, and since.
type owner struct {
	first  *ion.Settings
	truth  *truth.Ledger
	author truth.Author
}

// newAway is about the meters of a new station, of which the tool talks to the first.
func newAway(s *bench.Station) *away {
	n := s.Neighbours()
	if n == 0 {
		return nil
	}
	others := &away{owners: make([]owner, 1+n)}
	for i := range n {
		m := s.Neighbour(i)
		first := m.Settings(0)
		others.seats = append(others.seats, 1+i)
		others.owners[1+i] = owner{first: &first, truth: truth.Begin(&first, m.Marks())}
	}
	return others
}

// TurnTo makes the meter of an attempt the one that is looked at, that the tool talks to and
// that faults strike. Faults that are at work on the meter so far come to their end.
func (r *Rig) TurnTo(a *world.Attempt) {
	i := r.world.PlaceOf(a)
	if i == r.asks {
		return
	}
	seat := slices.Index(r.others.seats, i)
	r.leave()
	r.bench.Station().TurnTo(r.Now(), seat)
	others := away{slices.Clone(r.others.seats), slices.Clone(r.others.owners)}
	others.seats[seat] = r.asks
	others.owners[r.asks] = owner{r.first, r.truth, r.author}
	r.first, r.truth, r.author = others.owners[i].first, others.owners[i].truth, others.owners[i].author
	r.asks, r.others = i, &others
}

// First are the settings that the meter had at the beginning.
func (r *Rig) First() *ion.Settings { return r.first }

// others describes the stations of a world beside its first meter.
func others(w *world.World, o Options, c *bench.Config) {
	for _, m := range w.Meters[min(1, len(w.Meters)):] {
		c.Neighbours = append(c.Neighbours, bench.Neighbour{Meter: meterConfig(m, o), Baud: m.Filled().Baud})
	}
	for _, s := range w.Filled().Stations {
		c.Talkers = append(c.Talkers, talker.Config{Role: s.Role, Unit: s.UnitID, First: s.Begins, Every: s.Every})
	}
}
