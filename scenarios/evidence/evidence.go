// Package evidence records what a meter and its line show of an attempt, for all who play
// attempts: the rig with this project's tool, the judging of other programs, a function in a
// test. They add what the tool claimed; package verdict judges it.
//
// It is for those three. A suite gets what was recorded as part of an outcome.
package evidence

import (
	"time"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Before is what is remembered of a station from before an attempt.
type Before struct {
	At       time.Duration
	State    meter.State
	Settings ion.Settings
	Logged   int // entries in the meter's event log
	counts   bench.Counts
	edges    uint64 // of L2
	told     int    // how many events the trace had
	seat     int    // of the host that makes the attempt
	orders   uint64 // that it had sent
	others   []beside
}

// beside is what is remembered of another meter on the line.
type beside struct {
	state    meter.State
	settled  bool
	turns    int // how often it had been switched on or off
	settings ion.Settings
	flashOps uint64
}

// Look records a station as it is now.
func Look(s *bench.Station, now time.Duration) Before { return LookFrom(s, 0, now) }

// LookFrom is Look before an attempt of the host in a seat.
func LookFrom(s *bench.Station, seat int, now time.Duration) Before {
	m := s.Meter()
	b := Before{At: now, State: m.State(), Settings: m.Settings(now), Logged: len(m.EventLog()), counts: s.CountsOf(seat), edges: m.Panel().Edges, told: len(s.Trace()), seat: seat, orders: s.OrdersBy(seat)}
	for i := range s.Neighbours() {
		m := s.Neighbour(i)
		b.others = append(b.others, beside{m.State(), m.Initialized(), s.Switched(i), m.Settings(now), m.Chip().Ops()})
	}
	return b
}

// Others are the other meters on the line, as they were and as they are now.
func (b *Before) Others(s *bench.Station, now time.Duration) []verdict.Other {
	var list []verdict.Other
	for i := range b.others {
		m, before := s.Neighbour(i), &b.others[i]
		is, c := m.Settings(now), m.Config()
		list = append(list, verdict.Other{
			UnitID: c.UnitID, SerialNumber: c.SerialNumber, Before: before.state, Settled: before.settled, Switched: s.Switched(i) > before.turns, State: m.State(),
			Flashed: m.Chip().Ops() > before.flashOps, Lost: verdict.Lost(&before.settings, &is, now-b.At),
		})
	}
	return list
}

// DeclareOthers declares what the other meters will be judged by.
func (b *Before) DeclareOthers(w *machine.State, s *bench.Station) {
	for i := range b.others {
		o := &b.others[i]
		w.Uint(uint64(o.state))
		w.Bool(o.settled)
		w.Bool(s.Switched(i) > o.turns)
		o.settings.Declare(w)
		w.Bool(s.Neighbour(i).Chip().Ops() > o.flashOps)
	}
}

// Cost returns what the attempt has cost so far, without the acts of a person.
func (b *Before) Cost(s *bench.Station, now time.Duration) verdict.Cost {
	c := s.CountsOf(b.seat)
	return verdict.Cost{
		Time:         now - b.At,
		BytesToMeter: c.BytesToMeter - b.counts.BytesToMeter,
		BytesToHost:  c.BytesToHost - b.counts.BytesToHost,
		Resends:      c.Resends - b.counts.Resends,
		Blocks:       c.BlocksSent - b.counts.BlocksSent,
		Died:         c.Died - b.counts.Died,
		Insisted:     s.InsistedBy(b.seat),
	}
}

// Orders is how many messages that change the meter's state or its flash the host has sent since.
func (b *Before) Orders(s *bench.Station) uint64 { return s.OrdersBy(b.seat) - b.orders }

// Replies is how many answers the meter had begun to send by then.
func (b *Before) Replies() uint64 { return b.counts.Replies }

// FlashOps is how many flash operations the meter has begun since then.
func (b *Before) FlashOps(s *bench.Station) uint64 { return s.Meter().Chip().Ops() - b.counts.FlashOps }

// Died is how many messages may have died since then on their way to the line: one with each
// connection that was reset, because nothing more is sent over it once its end is known.
func (b *Before) Died(s *bench.Station) int { return int(s.Counts().Resets - b.counts.Resets) }

// Condition returns what the meter is now. Image is the image that it should hold; nil if none
// is required. Response is how long the tool waits for an answer: a slower meter does not count
// as reachable.
func (b *Before) Condition(s *bench.Station, now time.Duration, image []byte, response time.Duration) verdict.Condition {
	m := s.Meter()
	has := m.Settings(now)
	c := verdict.Condition{
		SerialNumber: m.Config().SerialNumber,
		UnitID:       m.Config().UnitID,
		State:        m.State(),
		Running:      m.Running(),
		Image:        image != nil && m.HoldsImage(image),
		Initialized:  m.Initialized(),
		Settings:     &has,
		LCD:          m.Panel().LCD,
		EventLog:     m.EventLog(),
		Connected:    s.Reachable() && s.MeterDelay() < response/2,
		BadChip:      m.Chip().Faulty(),
	}
	c.Revision, _ = m.Revision()
	return b.Since(c, s, now)
}

// Since returns a condition that was taken now against another Before as it is against this one.
func (b *Before) Since(c verdict.Condition, s *bench.Station, now time.Duration) verdict.Condition {
	c.FlashOps = b.FlashOps(s)
	c.L2Edges = s.Meter().Panel().Edges - b.edges
	c.Lost = verdict.Lost(&b.Settings, c.Settings, now-b.At)
	return c
}

// Story returns the events since then, without those of other hosts.
func (b *Before) Story(s *bench.Station) []story.Event {
	all := s.Trace()[b.told:]
	if s.Hosts() == 1 {
		return all
	}
	var own []story.Event
	for _, e := range all {
		if e.Source != story.Host || int(e.Station) == b.seat {
			own = append(own, e)
		}
	}
	return own
}
