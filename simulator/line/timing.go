package line

import (
	"time"
)

// slicing makes the sender wait after every so many bytes. Slices are counted from the first
// byte of a burst, or from the byte on the wire when the slicing began.
type slicing struct {
	bytes int // 0 for none
	pause time.Duration
}

// before is how many whole slices come before a byte that follows so many others.
func (s slicing) before(bytes int64) int64 {
	if s.bytes == 0 {
		return 0
	}
	return bytes / int64(s.bytes)
}

// SetPace makes bytes travel n times faster than the rates say, beginning with those on the
// wire; 0 takes all their time away. Ends with different rates still garble each other's bytes.
func (l *Line) SetPace(n int) {
	for d := range Direction(len(l.channels)) {
		l.rebase(d)
	}
	l.pace = n
	for d := range Direction(len(l.channels)) {
		l.plan(d)
	}
}

// Baud is the rate at which the sender of d talks; 0 for none.
func (l *Line) Baud(d Direction) int { return l.baud[d] }

// SetBaud sets the rate at which the sender of d talks, beginning with the byte on the wire.
// Ends of different rates read each other's bytes as garbage.
func (l *Line) SetBaud(d Direction, baud int) {
	l.rebase(d)
	l.baud[d] = baud
	l.plan(d)
	if l.stream {
		l.plan(FromMeter) // whether the ends fit decides what it delivers
	}
}

// SetPause makes the sender of d wait before every byte, beginning with the one on the wire.
func (l *Line) SetPause(d Direction, pause time.Duration) {
	l.rebase(d)
	l.pause[d] = pause
	l.plan(d)
}

// SetSlices makes the sender of d send in slices of so many bytes, beginning with the byte on
// the wire, and wait after each slice if more follows. Slices are delivered one by one. If
// bytes or pause is 0 there are no slices.
func (l *Line) SetSlices(d Direction, bytes int, pause time.Duration) {
	if bytes <= 0 || pause <= 0 {
		bytes, pause = 0, 0
	}
	l.rebase(d)
	l.slices[d] = slicing{bytes, pause}
	l.plan(d)
}

// rebase counts byte times anew from the byte at the head, so that the rate may change.
func (l *Line) rebase(d Direction) {
	c := &l.channels[d]
	c.base, c.done = l.starts(d, 0), 0
}

// starts is when the k-th byte on the wire begins to leave; ends is when it has arrived.
func (l *Line) starts(d Direction, k int) time.Duration { return l.at(d, k, 0) }

func (l *Line) ends(d Direction, k int) time.Duration { return l.at(d, k, 1) }

// at is the time of the k-th byte on the wire: its beginning (over is 0) or its end (over is
// 1).
func (l *Line) at(d Direction, k int, over int64) time.Duration {
	c, s := &l.channels[d], l.slices[d]
	before := c.done + int64(k)
	return c.base + l.wireTime(d, before+over) + time.Duration(s.before(before))*s.pause
}

func (l *Line) wireTime(d Direction, bytes int64) time.Duration {
	t := time.Duration(bytes) * l.pause[d]
	if !l.paced(d) {
		return t
	}
	return t + time.Duration(bytes*bitsPerByte*int64(time.Second)/int64(l.baud[d]*l.pace))
}

// paced reports whether the bytes of d take time.
func (l *Line) paced(d Direction) bool { return l.baud[d] != 0 && l.pace != 0 }

// plan computes when direction d needs attention next. Call it after every change of the
// channel.
func (l *Line) plan(d Direction) {
	c := &l.channels[d]
	n := l.burst(d)
	c.busy = n > 0
	switch ahead := c.trap - c.pos; {
	case n == 0:
	case c.trapped && c.trap >= c.pos && ahead < uint64(n):
		c.due = l.starts(d, int(ahead))
	default:
		c.due = l.ends(d, n-1)
	}
}

// burst is how many bytes from the head are delivered together: all, or one slice.
func (l *Line) burst(d Direction) int {
	c := &l.channels[d]
	n := len(c.buf) - c.head
	if bytes := int64(l.slices[d].bytes); bytes > 0 {
		n = min(n, int(bytes-c.done%bytes))
	}
	if n > maxShared && c.who.several() {
		n = maxShared
	}
	if l.stream && d == FromMeter && l.fits() && l.paced(d) {
		n = min(n, max(1, l.baud[d]*l.pace/(bitsPerByte*grains)))
	}
	return n
}

// fits reports that both ends have the same rate.
func (l *Line) fits() bool { return l.baud[0] == l.baud[1] || l.baud[0] == 0 || l.baud[1] == 0 }
