package bench

import (
	"fmt"
	"strings"
	"time"
)

// Source is where an event of the trace comes from.
type Source uint8

// The sources.
const (
	FromMeter Source = iota
	FromLine
	FromFault
	FromHost
)

// String is the source's name in a trace.
func (s Source) String() string { return [...]string{"meter", "line", "fault", "host"}[s] }

// Event is one entry of the trace. Kind is a word of a small set; N, M and Text depend on
// it.
type Event struct {
	At     time.Duration // since the epoch of the bench
	Source Source
	Kind   string
	N, M   uint64
	Text   string
}

// String is the event as a line of a printed trace.
func (e Event) String() string {
	return fmt.Sprintf("%14s %s", fmt.Sprintf("%.6f", e.At.Seconds()), e.Untimed())
}

// Untimed is the event without its time: what is the same on the bench and in real time.
func (e Event) Untimed() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Source, e.Kind)
	if e.N != 0 || e.M != 0 {
		fmt.Fprintf(&b, " %d", e.N)
	}
	if e.M != 0 {
		fmt.Fprintf(&b, " (%d)", e.M)
	}
	if e.Text != "" {
		fmt.Fprintf(&b, " %s", e.Text)
	}
	return b.String()
}
