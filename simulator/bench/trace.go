package bench

import (
	"time"

	"ionbench/simulator/story"
)

// Record begins a new trace: every event from now on, and every frame on the line if frames is set.
func (s *Station) Record(frames bool) { s.trace, s.traceOn, s.traceFrames = nil, true, frames }

// Stream gives the host each byte when it has arrived, and no longer whole frames when their last byte
// has: for real time.
func (s *Station) Stream() { s.line.SetStream(true) }

// TraceFrames says whether every frame on the line is an event of the trace from now on. Without
// them there is nothing of the wire either.
func (s *Station) TraceFrames(on bool) { s.traceFrames, s.traceWire = on, s.traceWire && on }

// RecordWire makes every frame on the line, and what of it arrives, a part of the trace.
func (s *Station) RecordWire() { s.traceFrames, s.traceWire = true, true }

// RecordNeighbours makes what the neighbours do a part of the trace, each with its place on the line.
func (s *Station) RecordNeighbours() { s.traceOthers = true }

// noteLamp adds to the trace that L2 has toggled.
func (s *Station) noteLamp(now time.Duration) {
	if edges := s.meter.Panel().Edges; edges != s.lamp {
		s.lamp = edges
		s.note(now, story.Meter, story.LampToggled{Count: edges})
	}
}

// note adds an event to the trace. Where an event is costly to build, the caller checks traceOn
// first.
func (s *Station) note(now time.Duration, source story.Source, what story.What) {
	s.Note(story.Event{At: now, Source: source, What: what})
}

// Note adds an event of the host's side to the trace.
func (s *Station) Note(e story.Event) {
	if s.traceOn {
		s.trace = append(s.trace, e)
	}
}

// Trace is what has happened so far, oldest first. It must not be changed.
func (s *Station) Trace() []story.Event { return s.trace }

// TakeTrace returns what has happened since its last call, oldest first, and empties the trace,
// so that it does not grow in a station that runs for long.
func (s *Station) TakeTrace() []story.Event {
	events := s.trace
	s.trace = nil
	return events
}
