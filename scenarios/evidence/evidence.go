// Package evidence takes down what a meter and its line show of an attempt, whoever plays it:
// the rig with the tool of this project, a program of somebody else, or a function in a test.
// What the tool claims is for them to add; what it all means is for package verdict.
package evidence

import (
	"time"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Before is what is remembered of a station from before an attempt.
type Before struct {
	At       time.Duration
	State    meter.State
	Settings ion.Settings
	counts   bench.Counts
	edges    uint64 // of L2
	told     int    // events of the trace
}

// Look remembers a station as it is now.
func Look(s *bench.Station, now time.Duration) Before {
	m := s.Meter()
	return Before{At: now, State: m.State(), Settings: m.Settings(now), counts: s.Counts(), edges: m.Panel().Edges, told: len(s.Trace())}
}

// Cost is what the attempt took so far, but for what a person did.
func (b *Before) Cost(s *bench.Station, now time.Duration) verdict.Cost {
	c := s.Counts()
	return verdict.Cost{
		Time:         now - b.At,
		BytesToMeter: c.BytesToMeter - b.counts.BytesToMeter,
		BytesToHost:  c.BytesToHost - b.counts.BytesToHost,
		Resends:      c.Resends - b.counts.Resends,
		Blocks:       c.BlocksSent - b.counts.BlocksSent,
		Insisted:     s.Insisted(),
	}
}

// FlashOps is how many operations of its flash the meter has begun since.
func (b *Before) FlashOps(s *bench.Station) uint64 { return s.Meter().Chip().Ops() - b.counts.FlashOps }

// Condition is what the meter is now. Image is what it should hold; nil for nothing in
// particular. A tool that waits so long for an answer can look at it.
func (b *Before) Condition(s *bench.Station, now time.Duration, image []byte, response time.Duration) verdict.Condition {
	m := s.Meter()
	panel := m.Panel()
	c := verdict.Condition{
		State:       m.State(),
		Running:     m.Running(),
		Image:       image != nil && m.HoldsImage(image),
		Initialized: m.Initialized(),
		Settings:    m.Settings(now),
		FlashOps:    b.FlashOps(s),
		LCD:         panel.LCD,
		L2Edges:     panel.Edges - b.edges,
		EventLog:    m.EventLog(),
		Connected:   s.Reachable() && s.MeterDelay() < response/2,
		BadChip:     m.Chip().Faulty(),
	}
	c.Revision, _ = m.Revision()
	c.Lost = verdict.Lost(&b.Settings, &c.Settings, now-b.At)
	return c
}

// Story is what has happened since.
func (b *Before) Story(s *bench.Station) []story.Event { return s.Trace()[b.told:] }
