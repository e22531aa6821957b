package rig

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// away is what is remembered of the meters that the tool does not talk to at the moment, and of
// the lines. Copies of the rig share it, so it is never changed, but for the stations.
type away struct {
	owners []owner  // by meter of the world
	lines  []branch // the lines of the world, in the order of their first meters
	at     int      // the one that the tool is on
}

// owner is what somebody has set up in a meter: at first, and since.
type owner struct {
	first  *ion.Settings
	truth  *truth.Ledger
	author truth.Author
}

// branch is a line of the world.
type branch struct {
	name    string
	station *bench.Station // nil of the line that the tool is on
	front   int            // which meter of the world is the one that hosts talk to, or did last
	seats   []int          // and which each neighbour of the station is
}

// newAway is about a new station, with whose first meter the tool talks, and about the other
// lines of a filled world. It is nil if there is only that meter.
func newAway(w *world.World, o Options, s *bench.Station) (*away, error) {
	if len(w.Meters) == 1 {
		return nil, nil
	}
	a := &away{owners: make([]owner, len(w.Meters))}
	for i := range w.Meters {
		name := w.Meters[i].Line
		at := slices.IndexFunc(a.lines, func(b branch) bool { return b.name == name })
		if at < 0 {
			at = len(a.lines)
			b := branch{name: name, front: i}
			if at > 0 {
				var err error
				if b.station, err = newStation(lineConfig(w, o, i)); err != nil {
					return nil, fmt.Errorf("line %s: %w", name, err)
				}
			}
			a.lines = append(a.lines, b)
			if at > 0 {
				a.owners[i] = begin(b.station.Meter())
			}
			continue
		}
		b := &a.lines[at]
		on := b.station
		if at == 0 {
			on = s
		}
		a.owners[i] = begin(on.Neighbour(len(b.seats)))
		b.seats = append(b.seats, i)
	}
	return a, nil
}

// newStation makes a line with meters that have been running for UpTime.
func newStation(c bench.Config) (*bench.Station, error) {
	s, err := bench.NewStation(c)
	if err != nil {
		return nil, fmt.Errorf("set up the meter: %w", err)
	}
	s.RunSince(-UpTime)
	return s, nil
}

// begin is what a meter has at first.
func begin(m *meter.Meter) owner {
	first := m.Settings(0)
	return owner{first: &first, truth: truth.Begin(&first, m.Marks())}
}

func (a *away) clone() *away {
	if a == nil {
		return nil
	}
	return &away{slices.Clone(a.owners), slices.Clone(a.lines), a.at}
}

// withStations is a copy with other lines of its own.
func (a *away) withStations() *away {
	c := a.clone()
	for i := range c.lines {
		if s := c.lines[i].station; s != nil {
			c.lines[i].station = s.Clone()
		}
	}
	return c
}

// lineOf is the place of the line of a meter.
func (a *away) lineOf(meter int) int {
	return slices.IndexFunc(a.lines, func(b branch) bool { return b.front == meter || slices.Contains(b.seats, meter) })
}

// each calls f for the stations of the lines that the tool is not on.
func (a *away) each(f func(line int, s *bench.Station)) {
	if a == nil {
		return
	}
	for i := range a.lines {
		if s := a.lines[i].station; s != nil {
			f(i, s)
		}
	}
}

// TurnTo makes the meter of an attempt the one that is looked at, that the tool talks to and
// that faults strike. Faults that are at work on the meter so far come to their end, unless it is
// on another line.
func (r *Rig) TurnTo(a *world.Attempt) {
	i := r.world.PlaceOf(a)
	if i == r.asks {
		return
	}
	r.leave()
	others := r.others.clone()
	others.owners[r.asks] = owner{r.first, r.truth, r.author}
	if to := others.lineOf(i); to != others.at {
		r.crossTo(others, to)
	}
	r.seatFront(others, i)
}

// seatFront makes a meter on the line that the tool is on the one that it talks to.
func (r *Rig) seatFront(others *away, i int) {
	on := &others.lines[others.at]
	if on.front != i {
		on.seats = slices.Clone(on.seats)
		seat := slices.Index(on.seats, i)
		r.bench.Station().TurnTo(r.Now(), seat)
		on.front, on.seats[seat] = i, on.front
	}
	own := others.owners[i]
	r.first, r.truth, r.author = own.first, own.truth, own.author
	r.asks, r.others = i, others
}

// crossTo goes to another line, on which as much time has passed as on this one.
func (r *Rig) crossTo(others *away, to int) {
	now := r.Now()
	r.calm()
	others.lines[others.at].station = r.bench.Station()
	s := others.lines[to].station
	others.lines[to].station, others.at = nil, to
	catchUp(s, now)
	r.bench = bench.New(now, s, new(nobody))
}

// catchUp lets time pass on a line that no tool is on.
func catchUp(s *bench.Station, now time.Duration) {
	s.Advance(now)
	s.Orders()
	s.Lose()
}

// Trace is what has happened so far on all lines, oldest first.
func (r *Rig) Trace() []story.Event {
	here := r.bench.Station().Trace()
	if r.others == nil || len(r.others.lines) == 1 {
		return here
	}
	all := onLine(r.others.at, here)
	r.others.each(func(line int, s *bench.Station) { all = append(all, onLine(line, s.Trace())...) })
	slices.SortStableFunc(all, func(a, b story.Event) int { return cmp.Compare(a.At, b.At) })
	return all
}

func onLine(line int, events []story.Event) []story.Event {
	own := slices.Clone(events)
	for i := range own {
		own[i].OnLine = uint8(line)
	}
	return own
}

// First are the settings that the meter had at the beginning.
func (r *Rig) First() *ion.Settings { return r.first }

// others describes the stations of a line beside one of its meters.
func others(w *world.World, o Options, line string, front int, c *bench.Config) {
	for i, m := range w.Meters {
		if i != front && m.Line == line {
			c.Neighbours = append(c.Neighbours, bench.Neighbour{Meter: meterConfig(m, o), Baud: m.Filled().Baud, On: m.ComesOn, Off: m.GoesOff})
		}
	}
	for _, s := range w.Filled().Stations {
		if s.Line == line {
			c.Talkers = append(c.Talkers, talker.Config{Role: s.Role, Unit: s.UnitID, Units: uint16(s.Units), First: s.Begins, Every: s.Every})
		}
	}
}
