package machine

import (
	"runtime"
	"slices"
	"time"
)

// Line is what one line of a declaration did in a recorded walk.
type Line struct {
	// Calls are the program counters that led to the line, for runtime.CallersFrames. The first
	// ones are in this package.
	Calls []uintptr
	// Start is where its bytes begin in the fingerprint; they end where the next line's do.
	Start int
	// Needed says that the line is known to be needed: it gave a copy memory of its own, or
	// other lines stand inside it.
	Needed bool
}

// Recording is Fingerprinting that also records which line wrote which bytes. Tests use it to
// find out whether each line is needed (see machinetest).
func Recording(now time.Duration, lines *[]Line) State { return State{now: now, lines: lines} }

// maxCalls bounds how deep declarations call each other.
const maxCalls = 32

// mark records the line that is running, if lines are recorded. It is inlined: a walk marks
// hundreds of lines.
func (w *State) mark(needed bool) {
	if w.lines != nil {
		w.record(needed)
	}
}

func (w *State) record(needed bool) {
	var calls [maxCalls]uintptr
	n := runtime.Callers(2, calls[:])
	*w.lines = append(*w.lines, Line{Calls: slices.Clone(calls[:n]), Start: len(w.dst), Needed: needed})
}
