// Package bench is the kernel of virtual time. It joins a station (meter, line and faults) with
// a host at the other end of the line, under one clock and with one trace. One goroutine runs
// all of it: seventy minutes take milliseconds, and the same calls always give the same bytes.
//
// A Bench can be cloned and fingerprinted at any instant. A clone has the same future as the
// original, byte for byte. Two benches with equal fingerprints have the same future, too,
// except that their clocks may differ.
//
// The station is a machine of its own, so it can also run in real time: package serve puts a
// PTY or a TCP port where the bench has its host.
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
	// Order carries out a fault of the host's side or of its connection, or ends one that
	// lasts.
	Order(now time.Duration, o Order)
	// Deaf reports that what arrives now is lost, as with a computer that sleeps.
	Deaf() bool
	// Done reports that the host has finished.
	Done() bool
	// Drain appends what happened at the host since the last call. It may look at the station
	// as it is at this moment.
	Drain(dst []story.Event, s *Station) []story.Event
	// CloneHost returns an independent copy with the same future. It may reuse the memory of
	// spent, a host that is no longer used, or nil.
	CloneHost(spent Host) Host
	// AppendState appends everything that decides the host's future. Times are relative to now.
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

// New joins a station and a host. The clock starts at now.
func New(now time.Duration, s *Station, h Host) *Bench {
	return &Bench{now: now, station: s, host: h}
}

// reach sets the clock to at, unless it is already later. Nothing is due at the station before
// that.
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

// Next returns when something happens next. ok is false when nothing ever will.
func (b *Bench) Next() (at time.Duration, ok bool) {
	at, ok = b.station.Next()
	if t, due := b.host.Next(); due && (!ok || t < at) {
		at, ok = t, true
	}
	return max(at, b.now), ok
}

// Step goes to the next instant at which something happens and does it. It returns false when
// nothing ever will.
func (b *Bench) Step() bool {
	at, ok := b.Next()
	return ok && b.advance(at)
}

// advance does what happens next, unless that is after limit. The station runs alone for as
// long as the host has nothing to do.
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

// maxTurns bounds how often bytes go to and fro in one instant. More is a defect.
const maxTurns = 10_000

// Exchange carries what both ends have to say at this instant. Call it after an end was used
// from outside the bench.
func (b *Bench) Exchange() { b.exchange(true, true) }

// exchange goes on while one of the two ends may have something new to say.
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
	if len(b.station.arrived) == 0 {
		return moved
	}
	if b.host.Deaf() {
		b.station.Lose()
	} else {
		b.host.Receive(b.now, b.station.handOver())
	}
	return true
}

// Carry brings an order of the station to the host. A host whose connection has ended is gone as
// far as the station is concerned.
func (b *Bench) Carry(o Order) {
	if o.Command.disconnects() {
		b.station.HostGone(b.now)
	}
	b.host.Order(b.now, o)
}

// note adds what happened at the host to the trace.
func (b *Bench) note() {
	b.events = b.host.Drain(b.events[:0], b.station)
	for _, e := range b.events {
		b.station.Note(e)
	}
}

// Run goes on until the host is done, nothing more can happen, or the clock reaches limit. It
// returns whether the host is done.
func (b *Bench) Run(limit time.Duration) bool {
	b.Exchange()
	for !b.host.Done() {
		if b.advance(limit) {
			continue
		}
		if _, ok := b.Next(); ok {
			b.reach(limit) // what comes next is after the limit
		}
		return false
	}
	return true
}

// AdvanceTo lets time pass until then.
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

// Clone returns an independent copy with the same future. It shares the trace so far.
func (b *Bench) Clone() *Bench {
	c := new(Bench)
	b.CopyTo(c)
	return c
}

// CopyTo makes c a clone of b. c is a bench that is no longer used; its memory is reused.
func (b *Bench) CopyTo(c *Bench) {
	if c.station == nil {
		c.station = new(Station)
	}
	c.now = b.now
	b.station.CopyTo(c.station)
	c.host = b.host.CloneHost(c.host)
	c.buffer, c.events = c.buffer[:0], c.events[:0]
}

// Fingerprint identifies the state of both ends and of the line between them.
func (b *Bench) Fingerprint() machine.Fingerprint {
	state := b.station.AppendState(nil, b.now)
	return machine.FingerprintOf(b.host.AppendState(state, b.now))
}
