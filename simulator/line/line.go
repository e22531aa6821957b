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

	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
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

type noise struct {
	rate   float64 // probability that a byte is hit
	stream fault.Stream
	next   uint64 // position of the next byte to hit
}

// New makes a connected line with both ends at baud bits a second. 0 turns pacing off.
func New(baud int) Line {
	return Line{baud: [2]int{baud, baud}, pace: 1}
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

// rebase counts byte times anew from the byte at the head, so that the rate may change.
func (l *Line) rebase(d Direction) {
	c := &l.channels[d]
	c.base, c.done = l.starts(d, 0), 0
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

// Sent is the number of bytes put on the wire so far in direction d, including those in flight.
func (l *Line) Sent(d Direction) uint64 {
	c := &l.channels[d]
	return c.pos + uint64(len(c.buf)-c.head)
}

// Left is the number of bytes that have left the wire in direction d, which is the position of
// the byte at its head.
func (l *Line) Left(d Direction) uint64 { return l.channels[d].pos }

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

// Next is when Deliver will have something, or when a trap is reached.
func (l *Line) Next() (at time.Duration, ok bool) {
	a, b := &l.channels[ToMeter], &l.channels[FromMeter]
	if b.busy && (!a.busy || b.due < a.due) {
		a = b
	}
	return a.due, a.busy
}

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

// grains is how many deliveries a second are the most of a stream.
const grains = 2000

// fits reports that both ends have the same rate.
func (l *Line) fits() bool { return l.baud[0] == l.baud[1] || l.baud[0] == 0 || l.baud[1] == 0 }

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

// Declare declares what decides the line's future. Positions are relative to the bytes that
// have left.
func (l *Line) Declare(w *machine.State, spent *Line) {
	w.Int(l.pace)
	w.Bool(l.echo)
	w.Bool(l.stream)
	w.Bytes(&l.echoed, spent.echoed)
	w.Scratch(&l.resample, spent.resample)
	for d := range l.channels {
		w.Int(l.baud[d])
		w.Int(int(l.pause[d]))
		w.Bool(l.out[d])
		w.Int(l.slices[d].bytes)
		w.Int(int(l.slices[d].pause))
		l.declareWire(w, Direction(d), &spent.channels[d])
	}
}

// declareWire declares what is on the wire in one direction.
func (l *Line) declareWire(w *machine.State, d Direction, spent *channel) {
	c := &l.channels[d]
	waiting := c.buf[c.head:]
	if w.Bytes(&waiting, spent.buf); w.Copies() {
		c.buf, c.head = waiting, 0
		return
	}
	if len(waiting) > 0 { // no Has is needed: the bytes above tell
		w.Deadline(l.ends(d, 0), true)
		w.Uint(uint64(c.who))
		if bytes := int64(l.slices[d].bytes); bytes > 0 {
			w.Int(int(c.done % bytes))
		}
	}
	if w.Has(c.trapped) {
		w.Uint(c.trap - c.pos)
	}
	if w.Has(c.noise.rate > 0) {
		w.Float(c.noise.rate)
		w.Uint(max(c.noise.next, c.pos) - c.pos)
		c.noise.stream.Declare(w)
	}
}
