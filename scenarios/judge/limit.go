package judge

import "time"

// limit is how long a run of a program may take. One that gets on is not ended, however slow it is:
// the public client pauses before each frame, and an image has ten thousand of them.
type limit struct {
	time  time.Duration
	done  func() uint64 // counts what the program has had done; nil: nobody counts, so that time is all
	most  int           // how often it is given more time
	more  time.Duration // within what time something must have been done
	seen  uint64
	timer *time.Timer
}

// respite is the time that a program is given to get on. It is longer than a restart may take.
const respite = restartPatience + 15*time.Second

// respites is how often a program gets one for each block, which it may send several times.
const respites = 4

// mostClears is how many clears are still progress: whoever begins again at enter more often will
// not end.
const mostClears = 20

func (l *limit) begin() {
	first := l.time
	if l.done != nil {
		first = max(0, first-l.more)
	}
	l.timer = time.NewTimer(first)
	if first == l.time {
		l.most = 0
	}
}

// goesOn reports whether the program has some time left when a part of it is over.
func (l *limit) goesOn() bool {
	if l.most == 0 {
		return false
	}
	l.most--
	before, first := l.seen, l.seen == 0
	l.seen = l.done() + 1
	if !first && l.seen == before {
		return false
	}
	l.timer.Reset(l.more)
	return true
}
