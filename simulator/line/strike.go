package line

import (
	"time"

	"ionbench/simulator/fault"
)

type noise struct {
	rate   float64 // probability that a byte is hit
	stream fault.Stream
	next   uint64 // position of the next byte to hit
}

// Cut pulls the cable for one direction, or plugs it in again. Take what has arrived first
// (Deliver with flush). The byte on the wire at that moment is lost either way, because only a
// part of it comes through.
func (l *Line) Cut(now time.Duration, d Direction, out bool) {
	c := &l.channels[d]
	if l.out[d] && !out && c.head < len(c.buf) && l.starts(d, 0) < now {
		l.DropNext(d)
	}
	l.out[d] = out
}

// Connected reports whether the cable carries bytes in direction d.
func (l *Line) Connected(d Direction) bool { return !l.out[d] }

// SetNoise hits each byte of d, from now on, with probability rate; 0 ends the noise.
func (l *Line) SetNoise(d Direction, rate float64, stream fault.Stream) {
	c := &l.channels[d]
	c.noise = noise{rate: rate, stream: stream}
	if rate > 0 {
		c.noise.next = c.pos + uint64(c.noise.stream.Geometric(rate))
	}
}

// SetTrap stops delivery in direction d before the byte at position pos, until ClearTrap. Each
// direction has one trap.
func (l *Line) SetTrap(d Direction, pos uint64) {
	l.channels[d].trap, l.channels[d].trapped = pos, true
	l.plan(d)
}

// ClearTrap lets the bytes after the trap go on.
func (l *Line) ClearTrap(d Direction) {
	l.channels[d].trapped = false
	l.plan(d)
}

// Trapped reports whether a trap is set in either direction.
func (l *Line) Trapped() bool { return l.channels[ToMeter].trapped || l.channels[FromMeter].trapped }

// AtTrap reports whether the byte at the trap of direction d is next and has begun to leave by
// now.
func (l *Line) AtTrap(now time.Duration, d Direction) bool {
	c := &l.channels[d]
	return c.trapped && c.pos == c.trap && c.head < len(c.buf) && l.starts(d, 0) <= now
}

// DropNext removes the byte at the head of direction d from the wire.
func (l *Line) DropNext(d Direction) {
	c := &l.channels[d]
	c.head++
	c.pos++
	c.done++
	c.tidy()
	l.plan(d)
}

// Clear loses all bytes of d that have not left yet.
func (l *Line) Clear(d Direction) {
	for c := &l.channels[d]; c.head < len(c.buf); {
		l.DropNext(d)
	}
}

// FlipNext inverts the bits of mask in the byte at the head of direction d.
func (l *Line) FlipNext(d Direction, mask byte) {
	c := &l.channels[d]
	c.buf[c.head] ^= mask
}

// InsertNext puts a byte in front of the byte at the head of direction d.
func (l *Line) InsertNext(d Direction, b byte) {
	c := &l.channels[d]
	c.buf = append(c.buf, 0)
	copy(c.buf[c.head+1:], c.buf[c.head:])
	c.buf[c.head] = b
	l.plan(d)
}

// Head is the byte at the head of direction d; ok is false when nothing is in flight.
func (l *Line) Head(d Direction) (b byte, ok bool) {
	c := &l.channels[d]
	if c.head == len(c.buf) {
		return 0, false
	}
	return c.buf[c.head], true
}

func (c *channel) applyNoise(p []byte) {
	if c.noise.rate <= 0 {
		return
	}
	end := c.pos + uint64(len(p))
	c.noise.next = max(c.noise.next, c.pos) // bytes may have been dropped from the wire
	for c.noise.next < end {
		p[c.noise.next-c.pos] ^= 1 << (c.noise.stream.Uint64() % 8)
		c.noise.next += 1 + uint64(c.noise.stream.Geometric(c.noise.rate))
	}
}

// Drop forgets everything in flight in direction d, as when its sender dies.
func (l *Line) Drop(d Direction) {
	c := &l.channels[d]
	c.pos += uint64(len(c.buf) - c.head)
	c.buf, c.head, c.who = c.buf[:0], 0, 0
	l.plan(d)
}

// DropMeter forgets what the meter has on the wire, because it has died. What others have made
// of it stays.
func (l *Line) DropMeter() {
	if l.channels[FromMeter].who.Others() == 0 {
		l.Drop(FromMeter)
	}
}
