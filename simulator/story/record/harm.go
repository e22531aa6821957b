package record

import (
	"fmt"
	"time"

	"ionbench/simulator/story"
)

// Harm says of the frames of a trace that did not come through as they were sent, or too late, what became of them,
// by the number of the event. The trace must have what arrived, too. A byte takes at least so long.
func Harm(trace []story.Event, byteTime time.Duration) map[int]string {
	harm := map[int]string{}
	seen := map[uint8]bool{}
	for _, e := range trace {
		if seen[e.OnLine] {
			continue
		}
		seen[e.OnLine] = true
		for _, f := range read(trace, e.OnLine, byteTime).frames {
			if words := f.harm(); words != "" {
				harm[f.event] = words
			}
		}
	}
	return harm
}

// harm is what became of a frame in words; empty if it came through in time.
func (f *frame) harm() string {
	switch f.fate {
	case Came:
		return ""
	case Lost:
		return "lost: nothing of it arrived"
	case Late:
		return fmt.Sprintf("late: the host had sent a further request %s before it arrived", seconds(f.arrived-f.gone)) + f.heldWords(", for it")
	case Garbled:
	}
	if len(f.got) != len(f.wire) {
		return garbledWords(len(f.got), len(f.wire)) + f.heldWords("; it")
	}
	first, wrong := 0, 0
	for i := range f.wire {
		if f.wire[i] != f.got[i] {
			if wrong++; wrong == 1 {
				first = i
			}
		}
	}
	return fmt.Sprintf("garbled: %d of %d bytes arrived wrong; the first is byte %d, %02x as %02x", wrong, len(f.wire), first+1, f.wire[first], f.got[first]) + f.heldWords("; it")
}

func (f *frame) heldWords(it string) string {
	if f.held == 0 {
		return ""
	}
	return it + " was held back for " + seconds(f.held)
}

func garbledWords(arrived, sent int) string {
	return fmt.Sprintf("garbled: %d bytes arrived of %d", arrived, sent)
}
