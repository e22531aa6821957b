package machine

import (
	"runtime"
	"slices"
	"time"
)

// Line is what one line of a declaration did in a walk that was recorded.
type Line struct {
	// Calls are the program counters that led to it, for runtime.CallersFrames. The first
	// ones are of this package.
	Calls []uintptr
	// Start is where its bytes begin in the fingerprint; they end where the next line's do.
	Start int
	// Needed: it gives a copy memory of its own, and there was some; or it cannot be left out,
	// since others stand within it.
	Needed bool
}

// Recording is Fingerprinting with a record of which line took which bytes, for tests that ask
// whether each line is needed (see machinetest).
func Recording(now time.Duration, lines *[]Line) State { return State{now: now, lines: lines} }

// maxCalls bounds how deep declarations call each other.
const maxCalls = 32

// mark records the line that is at work.
func (w *State) mark(needed bool) {
	if w.lines == nil {
		return
	}
	var calls [maxCalls]uintptr
	n := runtime.Callers(1, calls[:])
	*w.lines = append(*w.lines, Line{Calls: slices.Clone(calls[:n]), Start: len(w.dst), Needed: needed})
}
