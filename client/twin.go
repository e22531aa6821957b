package client

import (
	"fmt"
	"time"

	"ionbench/simulator/ion"
)

// Two meters that somebody gave the same unit id both do what they are told. If their answers
// meet on the line nothing is left of them, and the tool finds nobody. If one is slower, its answer
// follows the other's, and the next request makes it forget the answer, but not what it was told.
// So the tool listens for a while before it tells a meter to change anything. The vendor's tool, as
// far as is known, does not.

// maxListens bounds how often a meter is asked again who it is, because something else came with its
// answer that could not be read.
const maxListens = 3

// TwinError is a second meter that answers the same request.
type TwinError struct {
	UnitID uint16
	First  string // serial number of the meter that answered first
	Second string // of the other one; empty if its answer cannot be read
}

func (e *TwinError) Error() string {
	const advice = "nothing was changed; give one of them another unit id, or take it off the line"
	if e.Second == "" {
		return fmt.Sprintf("%v: %s answers as unit %d, and each time something comes with it that cannot be read: another meter, or somebody else who talks; %s", ErrTwin, e.First, e.UnitID, advice)
	}
	return fmt.Sprintf("%v: %s and %s both answer as unit %d; %s", ErrTwin, e.First, e.Second, e.UnitID, advice)
}

func (e *TwinError) Unwrap() error { return ErrTwin }

func (u *Upgrader) listensForTwin() bool { return u.cfg.Listens && u.cfg.Timing.Twin > 0 }

// beginListening waits for an answer of another meter to the last request.
func (u *Upgrader) beginListening(now time.Duration) {
	x := &u.exchange
	u.phase = listening
	x.hearNothing() // but what has come behind the answer is still in the decoder
	x.wake = now + min(u.cfg.Timing.Twin, u.cfg.Timing.Response)
}

// endListening goes on if nothing came with the answer that is as long as a frame and is none. That
// may be the answer of another meter, which met this one on the line.
func (u *Upgrader) endListening(now time.Duration) {
	x := &u.exchange
	switch {
	case x.stray < ion.FrameOverhead:
		x.listens = 0
		u.follow(now, toNext())
	case x.listens < maxListens:
		x.listens++
		u.follow(now, next{kind: back})
	default:
		u.heardTwin(now, "")
	}
}

func (u *Upgrader) heardTwin(now time.Duration, serial string) {
	u.exchange.listens = 0
	u.follow(now, failed(&TwinError{UnitID: u.cfg.UnitID, First: u.device.SerialNumber, Second: serial}))
}

// hearTwin takes a message that came while the tool listens. A network may say the same message
// twice, so it must be of another meter.
func (u *Upgrader) hearTwin(now time.Duration, p *ion.Packet) {
	serial, ok := serialIn(p)
	if !ok || serial == u.device.SerialNumber {
		return
	}
	if checkIdentity(serial, "") != nil {
		serial = ""
	}
	u.heardTwin(now, serial)
}

// serialIn is the serial number in an answer to the question who a meter is.
func serialIn(p *ion.Packet) (serial string, ok bool) {
	if r, ok := downloadReply(p, ion.OpIdentify); ok {
		return ion.FixedText(r.Serial[:]), true
	}
	values, n := results(p, identityRegisters)
	if n.kind != goOn || values[2].Kind != ion.KindText {
		return "", false
	}
	return values[2].Text, true
}
