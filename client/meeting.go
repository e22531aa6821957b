package client

import (
	"time"

	"ionbench/simulator/ion"
)

// A port that was gone may lead to another meter when it is back. That one takes a block if it waits at the
// same place of a download, tells settings that would be kept as those of the first, and restarts if it is
// told to. So the first thing that goes over a new connection is the question who is there, unless that is what the
// step asks anyway. It is a part of the request's try: if its answer is missing, so is the request's.
//
// An enter, a clear or a write may have been carried out already, and has a step of its own for the
// question (identifiesFirst).

// meeting is how far a request is that waits until the meter at the end of a new connection has said who it is.
type meeting uint8

const (
	needless meeting = iota
	asksWho          // it has been asked
	met              // it has answered, and the request was not sent yet
)

// meetsFirst reports whether somebody who has not said who it is may be at the other end of the connection.
func (u *Upgrader) meetsFirst() bool {
	return u.unmet && u.device.SerialNumber != "" && u.exchange.meeting != asksWho && !u.step().is.meets()
}

// askWho asks who is there, in the place of the request that was to be sent. If a connection broke between
// the answer and the request, that was a try: a port that breaks behind each answer is not asked for ever.
func (u *Upgrader) askWho(now time.Duration) {
	if u.exchange.known {
		if !u.miss(now) {
			return
		}
		u.countWithheld(1)
		u.countBlock()
	}
	u.exchange.meeting = asksWho
	u.countWithheld(1)
	u.compose(identifyRequest)
	u.sendFrame(now)
}

// takeWho goes on with the request, to the meter that was found before.
func (u *Upgrader) takeWho(now time.Duration, p *ion.Packet) {
	x := &u.exchange
	r, ok := downloadReply(p, ion.OpIdentify)
	if !ok {
		x.crowded = true
		return
	}
	u.finishAck()
	if err := u.checkSame(&r); err != nil && !u.knowsTwin() {
		if x.missing == 0 {
			u.touch.refused() // it was not sent
		}
		u.follow(now, failed(err))
		return
	}
	u.unmet, x.known = false, true
	u.anew, u.anewAt = x.missing, u.step().is
	x.meeting = met
	u.askAfter(now, 0)
}
