package judge

import (
	"slices"
	"time"
)

// lag is a way on which everything that the meter sends takes so long.
type lag struct {
	by      time.Duration // 0: it comes at once
	pending []delayed
}

type delayed struct {
	due   time.Duration
	bytes []byte
}

// slowAnswer is how long an answer takes that a program waits for, and not much longer.
func slowAnswer(response time.Duration) time.Duration { return response * 6 / 10 }

// heldFor is how long an answer is held that comes with a signal, so that the program has seen the signal when it
// comes: which of two comes first that are sent at once is a matter of the computer.
func heldFor(response time.Duration) time.Duration { return min(response/4, 100*time.Millisecond) }

// pass takes what was appended to dst, and appends what has come to the end of the way.
func (l *lag) pass(dst []byte, from int, now time.Duration) []byte {
	if l.by == 0 && len(l.pending) == 0 {
		return dst
	}
	if len(dst) > from {
		l.pending = append(l.pending, delayed{now + l.by, slices.Clone(dst[from:])})
		dst = dst[:from]
	}
	for len(l.pending) > 0 && l.pending[0].due <= now {
		dst = append(dst, l.pending[0].bytes...)
		l.pending = slices.Delete(l.pending, 0, 1)
	}
	return dst
}

// next is when something comes to the end of the way.
func (l *lag) next() (due time.Duration, some bool) {
	if len(l.pending) == 0 {
		return 0, false
	}
	return l.pending[0].due, true
}

// lose loses what is on the way, as the end of a connection does.
func (l *lag) lose() { l.pending = nil }
