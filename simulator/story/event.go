// Package story is the typed trace: what happened on a bench or at a served meter, in the
// order in which it happened. Every event says when, where and what; what it is is a value of
// its own type, and text is made of it for people and files alone.
//
// The types here are those of the meter, its line and the faults. Whoever plays the host tells
// of itself with types of its own that are [What] too (package ionbench/scenarios/rig for the
// upgrader).
package story

import (
	"fmt"
	"time"
)

// Source is who an event tells of.
type Source uint8

// The sources.
const (
	Meter Source = iota
	Line
	Fault
	Host
)

var sourceNames = [...]string{"meter", "line", "fault", "host"}

// String is the source's name in a trace.
func (s Source) String() string { return sourceNames[s] }

// Event is one thing that happened.
type Event struct {
	At     time.Duration // since the epoch of the bench
	Source Source
	// OnLine and Station say where: the number of the line, and of the meter on it, both from
	// 0. There is one of each today.
	OnLine, Station uint8
	What            What
}

// What is what happened. Every type is comparable, so that an event can be looked for with ==.
type What interface {
	// Kind is what sort of thing it is, in a word of the trace, such as "sector-erased".
	Kind() string
	// Details is what there is to say besides, as the trace has it; empty for nothing.
	Details() string
}

// String is the event as a line of a printed trace.
func (e Event) String() string {
	return fmt.Sprintf("%14s %s", fmt.Sprintf("%.6f", e.At.Seconds()), e.Untimed())
}

// Untimed is the event without its time: what is the same on the bench and in real time.
func (e Event) Untimed() string {
	s := e.Source.String() + " " + e.What.Kind()
	if d := e.What.Details(); d != "" {
		s += " " + d
	}
	return s
}
