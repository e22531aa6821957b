// Package line is the RS-485 line between the host and the meter: two wires, so one
// talker at a time; bytes that take their time at the baud rate; a cable that can be
// pulled; noise; bytes that come in slices; an adapter that hears itself; and the garbage
// that two different baud rates make of each other.
//
// Any number of stations may be at the far end: the meter, whose Send is as good as alone, and
// others, which Join. Who talks while another one talks garbles both.
//
// A Line is a value without a clock: bytes and times go in, arrived bytes come out. It does not
// know frames. Positions of bytes count from 0 in each direction, over everything that was put
// on the wire, whether it arrived or not. Bytes that two stations send at the same time are on
// the wire once.
//
// Character format is 8N1, ten bits a byte. Modem lines and the analogue level are not
// modelled.
package line

import (
	"time"
)

// Direction is the way that bytes travel.
type Direction uint8

// The two ways.
const (
	ToMeter Direction = iota
	FromMeter
)

// String names the direction as the fault grammar does.
func (d Direction) String() string {
	if d == ToMeter {
		return "to-meter"
	}
	return "from-meter"
}

const bitsPerByte = 10

// Line is both directions of one line. The zero value is a connected line without
// pacing: a byte arrives in the instant in which it is sent.
type Line struct {
	baud     [2]int           // of the sender of that direction; 0 for no pacing
	pace     int              // how many times faster than baud bytes travel; 0 for no pacing
	pause    [2]time.Duration // how long the sender waits before every byte
	out      [2]bool          // the cable carries nothing in that direction
	slices   [2]slicing
	channels [2]channel
	resample []byte
	stream   bool    // the host's end takes each byte when it has arrived, and not whole bursts
	echo     bool    // what leaves the host's end comes back to it
	echoed   []byte  // since it was last taken
	sent     Senders // of what Deliver returned last
}

// Senders is a set of stations at the far end of the line.
type Senders uint64

// TheMeter is the set of the station whose bytes Send takes from the meter.
const TheMeter Senders = 1

// Others are the stations of the set beside the meter.
func (s Senders) Others() Senders { return s &^ TheMeter }

func (s Senders) several() bool { return s&(s-1) != 0 }

type channel struct {
	buf  []byte
	head int // buf[head:] is on the wire
	base time.Duration
	done int64  // bytes that have left since base
	pos  uint64 // position of the byte at head
	busy bool   // something is on the wire: at due it has arrived, or a trap is reached
	due  time.Duration
	who  Senders // sent what is on the wire

	trap    uint64 // position at which delivery stops until the trap is cleared
	trapped bool   // a trap is set

	noise noise
}

// New makes a connected line with both ends at baud bits a second. 0 turns pacing off.
func New(baud int) Line {
	return Line{baud: [2]int{baud, baud}, pace: 1}
}

// SetEcho gives the host's end an adapter that hears what it sends. The echo of a byte is there
// when the byte has left, whatever happens to the byte on its way: the cable may be out, and
// the host reads its own rate. So an echo collides with nothing.
func (l *Line) SetEcho(on bool) { l.echo = on }

// SetStream delivers what comes from the far end as it would come out of a UART: each byte when it has
// arrived, or as many as half a millisecond brings. For real time: on the bench nobody sees the
// difference, and it costs a step a byte. An end with another rate still gets whole bursts, because
// what it reads depends on the bytes behind.
func (l *Line) SetStream(on bool) {
	l.stream = on
	l.plan(FromMeter)
}

// TakeEcho returns the echo of the bytes that were delivered, or lost on a pulled cable, since
// its last call. The slice is valid until the next Deliver.
func (l *Line) TakeEcho() []byte {
	p := l.echoed
	l.echoed = l.echoed[:0]
	return p
}

// Sent is the number of bytes put on the wire so far in direction d, including those in flight.
func (l *Line) Sent(d Direction) uint64 {
	c := &l.channels[d]
	return c.pos + uint64(len(c.buf)-c.head)
}

// Left is the number of bytes that have left the wire in direction d, which is the position of
// the byte at its head.
func (l *Line) Left(d Direction) uint64 { return l.channels[d].pos }

// Send puts p on the wire, after bytes that are still in flight in the same direction. Where
// both ends talk at once, bytes of both are garbled.
func (l *Line) Send(now time.Duration, d Direction, p []byte) {
	if len(p) == 0 {
		return
	}
	c := &l.channels[d]
	if c.who.Others() != 0 {
		l.Join(now, TheMeter, p)
		return
	}
	c.who = TheMeter
	if c.head == len(c.buf) {
		c.base, c.done = now, 0
	}
	from := len(c.buf)
	c.buf = append(c.buf, p...)
	l.collide(l.starts(d, from-c.head), d, c.buf[from:])
	l.plan(d)
}

// Join is Send for a station at the far end that shares it with others. It does not wait until
// they are done: from the byte that is on the wire now, its bytes and theirs are one, in which
// the lows of both win. Whatever is longer goes on alone. On a line whose bytes take no time,
// those collide that are sent at the same instant.
func (l *Line) Join(now time.Duration, who Senders, p []byte) {
	const d = FromMeter
	c := &l.channels[d]
	if c.head == len(c.buf) {
		c.base, c.done = now, 0
	}
	from := len(c.buf)
	if c.who != who {
		from = c.head + l.gone(now, d)
	}
	c.who |= who
	met := min(len(p), len(c.buf)-from)
	for i, b := range p[:met] {
		c.buf[from+i] &= b
	}
	c.buf = append(c.buf, p[met:]...)
	l.collide(l.starts(d, from-c.head), d, c.buf[from:from+len(p)])
	l.plan(d)
}

// Sending reports whether something of a station at the far end is still on the wire.
func (l *Line) Sending(who Senders) bool { return l.channels[FromMeter].who&who != 0 }

// Senders are the stations that sent what Deliver returned last from the far end. What several
// sent at the same time, or one directly behind the other, is returned together.
func (l *Line) Senders() Senders { return l.sent }

// gone is how many bytes on the wire are past by now, but not taken yet.
func (l *Line) gone(now time.Duration, d Direction) int {
	c := &l.channels[d]
	if !l.paced(d) {
		return 0
	}
	k := 0
	for k < len(c.buf)-c.head && l.ends(d, k) <= now {
		k++
	}
	return k
}

// collide garbles what overlaps p, whose first byte begins at begins. On two wires the lows of
// both senders win.
func (l *Line) collide(begins time.Duration, d Direction, p []byte) {
	other := &l.channels[1-d]
	if other.head == len(other.buf) || !l.paced(d) || l.out[0] || l.out[1] {
		return
	}
	q := other.buf[other.head:]
	for len(q) > 0 && l.ends(1-d, len(other.buf)-other.head-len(q)) <= begins {
		q = q[1:]
	}
	for i := range min(len(p), len(q)) {
		p[i] &= q[i]
		q[i] = p[i]
	}
}

// Next is when Deliver will have something, or when a trap is reached.
func (l *Line) Next() (at time.Duration, ok bool) {
	a, b := &l.channels[ToMeter], &l.channels[FromMeter]
	if b.busy && (!a.busy || b.due < a.due) {
		a = b
	}
	return a.due, a.busy
}

// grains is how many deliveries a second are the most of a stream.
const grains = 2000

// maxShared bounds what is delivered together of stations that talk into each other, in bytes:
// they may go on for ever.
const maxShared = 512

// Deliver takes the next bytes that have arrived by now in either direction: a whole burst or
// slice, or what is before a trap, or, with flush, every complete byte. ok is false when there
// are none. Bytes that met a pulled cable are counted but not returned. The slice is valid
// until the next call.
func (l *Line) Deliver(now time.Duration, flush bool) (d Direction, p []byte, ok bool) {
	for d := range Direction(len(l.channels)) {
		for c := &l.channels[d]; c.busy && (flush || c.due <= now); {
			p, took := l.take(now, d, flush)
			if !took {
				break
			}
			if len(p) > 0 {
				return d, p, true
			}
		}
	}
	return 0, nil, false
}

// take removes the bytes that are due. They may have been lost on the way.
func (l *Line) take(now time.Duration, d Direction, flush bool) (p []byte, took bool) {
	c := &l.channels[d]
	n := l.complete(now, d, flush)
	if n == 0 {
		return nil, false
	}
	p = c.buf[c.head : c.head+n]
	l.sent = c.who
	c.applyNoise(p)
	c.head += n
	c.pos += uint64(n)
	c.done += int64(n)
	c.tidy()
	l.plan(d)
	if l.echo && d == ToMeter {
		l.echoed = append(l.echoed, p...)
	}
	if l.out[d] {
		return nil, true
	}
	if !l.fits() {
		l.resample = resample(l.resample[:0], p, l.baud[d], l.baud[1-d])
		return l.resample, true
	}
	return p, true
}

// complete is how many bytes to take from the head: none before a burst (or slice, or the part
// before a trap) is complete, unless flush asks for what there is.
func (l *Line) complete(now time.Duration, d Direction, flush bool) int {
	c := &l.channels[d]
	n := l.burst(d)
	if c.trapped && c.trap >= c.pos && c.trap-c.pos < uint64(n) {
		n = int(c.trap - c.pos)
	}
	if n == 0 || c.due <= now {
		return n
	}
	if !flush {
		return 0
	}
	low, high := 0, n // the first incomplete byte is in [low, high)
	for low < high {
		mid := (low + high) / 2
		if l.ends(d, mid) <= now {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// tidy forgets the bytes that have left, once nothing follows them.
func (c *channel) tidy() {
	if c.head == len(c.buf) {
		c.buf, c.head, c.who = c.buf[:0], 0, 0
	}
}
