// Package story is the typed trace: what happened on a bench or at a served meter, in order.
// Every event says when, where and what. What happened is a value with a type of its own; text
// is made of it only for people and files.
//
// The types here are those of the meter, its line and the faults. A host adds types of its own
// that implement [What]; those of the upgrader are in package ionbench/scenarios/rig.
// Nothing here makes anything happen: packages bench and serve do.
package story

import (
	"cmp"
	"fmt"
	"time"
)

// Source says whose event it is.
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
	// OnLine and Station say where: the number of the line, and of the station on it, or of the
	// host if it is the source, all from 0.
	OnLine, Station uint8
	What            What
}

// OfWire reports whether an event is one of those that captures and stories of a run alone need, of which there
// are tens of thousands: frames, what of them arrives, the LED, and who is at the port.
func (e Event) OfWire() bool {
	switch e.What.(type) {
	case FrameSent, BytesArrived, LampToggled, HostConnected, HostLeft:
		return true
	}
	return false
}

// Compare orders events by time.
func (e Event) Compare(f Event) int { return cmp.Compare(e.At, f.At) }

// What is what happened. Every type is comparable, so that events can be compared with ==.
type What interface {
	// Kind names what happened, in one word of the trace such as "sector-erased".
	Kind() string
	// Details says the rest, as the trace prints it; empty if there is no more to say.
	Details() string
}

// String returns the event as a line of a printed trace.
func (e Event) String() string {
	return fmt.Sprintf("%14s %s", fmt.Sprintf("%.6f", e.At.Seconds()), e.Untimed())
}

// Untimed returns the event without its time: this is the same on the bench and in real time.
func (e Event) Untimed() string {
	s := e.Source.String() + " " + e.What.Kind()
	if d := e.What.Details(); d != "" {
		s += " " + d
	}
	return s
}
