// Package bench is the virtual-time kernel: a station (meter, line and faults) and a host
// at its other end, one clock, one trace. One goroutine owns it all; seventy minutes take
// milliseconds, and the same calls always give the same bytes.
//
// A Bench can be cloned and fingerprinted at any instant. A clone has the same future as
// the original, byte for byte; two benches with equal fingerprints have the same future,
// times aside.
//
// The station is a machine of its own, so that real time serves it unchanged: package
// serve puts a PTY or a TCP port where the bench has its host.
package bench

import (
	"fmt"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// Host is the other end of the line: the upgrader with the person in front of it.
type Host interface {
	machine.Machine
	// Order makes a fault of the host's side or of its connection happen, or ends one that
	// lasts.
	Order(now time.Duration, o Order)
	// Done reports that the host will do no more.
	Done() bool
	// Drain appends what happened at the host since the last call. It can look at the
	// station, as it is at this moment.
	Drain(dst []story.Event, s *Station) []story.Event
	// CloneHost is an independent copy with the same future. It may be made in the memory
	// of spent, a host that nobody uses any more; nil for none.
	CloneHost(spent Host) Host
	// AppendState appends all that decides the host's future, times relative to now.
	AppendState(dst []byte, now time.Duration) []byte
}

// Bench is a station and a host in virtual time.
type Bench struct {
	now     time.Duration
	station *Station
	host    Host
	buffer  []byte
	events  []story.Event
}

// New joins a station and a host; the clock stands at now.
func New(now time.Duration, s *Station, h Host) *Bench {
	return &Bench{now: now, station: s, host: h}
}

// reach sets the clock, if it is not beyond at. Nothing is due at the station before that.
func (b *Bench) reach(at time.Duration) {
	b.now = max(b.now, at)
	b.station.now = max(b.station.now, b.now)
}

// Now is the time on the bench's clock.
func (b *Bench) Now() time.Duration { return b.now }

// Station is the device's side.
func (b *Bench) Station() *Station { return b.station }

// Host is the host's side.
func (b *Bench) Host() Host { return b.host }

// Next is when something happens next; ok is false when nothing ever will.
func (b *Bench) Next() (at time.Duration, ok bool) {
	at, ok = b.station.Next()
	if t, due := b.host.Next(); due && (!ok || t < at) {
		at, ok = t, true
	}
	return max(at, b.now), ok
}

// Step goes on to the next instant at which something happens and does it. It returns
// false when nothing ever will.
func (b *Bench) Step() bool {
	at, ok := b.Next()
	return ok && b.advance(at)
}

// advance does what happens next, if that is not after limit. The station goes on by
// itself for as long as the host has no part in it.
func (b *Bench) advance(limit time.Duration) bool {
	host, due := b.host.Next()
	if !due || host > limit {
		host = limit
		due = false
	}
	if at, busy := b.station.runUntil(host); busy {
		b.reach(at)
		b.exchange(false, true)
		return true
	}
	if due {
		b.reach(host)
		b.host.Advance(b.now)
		b.exchange(true, false)
	}
	return due
}

// maxTurns bounds how often bytes go to and fro in one instant: more is a defect.
const maxTurns = 10_000

// Exchange carries what both ends have to say at this instant. Call it after an end was
// used from outside.
func (b *Bench) Exchange() { b.exchange(true, true) }

// exchange goes on while one of the ends may have something new to say.
func (b *Bench) exchange(host, device bool) {
	for range maxTurns {
		if host {
			host = false
			b.note()
			device = b.carryToDevice() || device
		}
		if !device {
			return
		}
		device = false
		host = b.carryToHost()
	}
	panic(fmt.Sprintf("bench: the ends never fall silent at %v", b.now))
}

func (b *Bench) carryToDevice() (moved bool) {
	b.buffer = b.host.Transmit(b.buffer[:0])
	if len(b.buffer) > 0 {
		b.station.Receive(b.now, b.buffer)
	}
	return len(b.buffer) > 0
}

func (b *Bench) carryToHost() (moved bool) {
	if len(b.station.orders) > 0 {
		for _, o := range b.station.Orders() {
			b.Carry(o)
		}
		moved = true
	}
	if p := b.station.arrived; len(p) > 0 {
		b.host.Receive(b.now, p)
		b.station.arrived = p[:0]
		moved = true
	}
	return moved
}

// Carry brings an order of the station to the host. To the station, one whose connection is
// reset is gone.
func (b *Bench) Carry(o Order) {
	if o.Command == ResetConnection {
		b.station.HostGone(b.now)
	}
	b.host.Order(b.now, o)
}

// note adds to the trace what happened at the host.
func (b *Bench) note() {
	b.events = b.host.Drain(b.events[:0], b.station)
	for _, e := range b.events {
		b.station.Note(e)
	}
}

// Run goes on until the host is done, nothing more can happen, or the clock reaches
// limit. It says whether the host is done.
func (b *Bench) Run(limit time.Duration) bool {
	b.Exchange()
	for !b.host.Done() {
		if b.advance(limit) {
			continue
		}
		if _, ok := b.Next(); ok {
			b.reach(limit) // what comes next comes too late
		}
		return false
	}
	return true
}

// AdvanceTo lets the time pass until then.
func (b *Bench) AdvanceTo(then time.Duration) {
	for {
		at, ok := b.Next()
		if !ok || at > then {
			b.reach(then)
			return
		}
		b.Step()
	}
}

// Clone is an independent copy with the same future. The trace so far is shared.
func (b *Bench) Clone() *Bench {
	c := new(Bench)
	b.CopyTo(c)
	return c
}

// CopyTo makes c, which is a bench that nobody uses any more, a Clone of b in the memory
// that c has.
func (b *Bench) CopyTo(c *Bench) {
	if c.station == nil {
		c.station = new(Station)
	}
	c.now = b.now
	b.station.CopyTo(c.station)
	c.host = b.host.CloneHost(c.host)
	c.buffer, c.events = c.buffer[:0], c.events[:0]
}

// Fingerprint identifies the state of both ends and the line between them.
func (b *Bench) Fingerprint() machine.Fingerprint {
	state := b.station.AppendState(nil, b.now)
	return machine.FingerprintOf(b.host.AppendState(state, b.now))
}
