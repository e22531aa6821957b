package bench

import (
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/line"
)

// watch reads along at both ends. What the host sends is seen before the line can harm it: here
// blocks, frames and resends are counted, and so the protocol points of a plan. What the host
// hears is seen after the line: here an answer has arrived or has not.
type watch struct {
	held   []byte        // the beginning of a frame whose rest has not come yet
	heldAt time.Duration // when its last byte came

	framesToMeter   uint64
	framesFromMeter uint64
	replies         uint64 // answers that the meter began to send
	joined          uint64 // frames of stations beside the host and the meter
	joinedReplies   uint64 // answers that they begin
	underWay        uint64 // first and second frames of the host's messages
	resets          uint64 // connections of the host that were reset
	died            uint64 // messages of the host that died in a telephone call
	reset           bool   // the host's connection is being reset
	begun           bool   // of the last message, only the first of several frames was sent
	transaction     byte   // transaction of the host's last frame, acknowledgements aside
	asking
}

// asking is what a host asks for, and what of it is answered.
type asking struct {
	requests    uint64 // messages that the host began to send, resends included
	blocksSent  uint64 // how many of these messages carried a block
	noResponses uint64 // requests that the host sent again
	orders      uint64 // messages that change the state of the meter or its flash
	lastID      uint16
	lastBlock   uint32 // highest sequence number that the host began to send
	blocks      uint32 // blocks of the image; 0 until the host has told its length
	asked       bool   // lastID means something
	unit        uint16 // that the last request was for
	open        bool   // the last request's connection ended before its answer arrived
	counted     bool   // so it was, and the question who is there now was counted as the request's next try

	sent     int         // how often the last request was sent since an answer to it arrived
	insisted int         // the most that sent has been in this run
	heard    ion.Decoder // what arrives at the host
	hearing  bool        // an answer has begun to arrive there
	left     int         // how many of its frames are still to come
}

// frames is how many went on the line so far, by direction.
func (w *watch) frames() [2]uint64 {
	return [2]uint64{line.ToMeter: w.framesToMeter, line.FromMeter: w.framesFromMeter}
}

// answered is how much of the image is answered when the host begins to send its last block, in
// the unit of a percent trigger.
func (a *asking) answered() uint64 {
	if a.lastBlock == 0 || a.blocks == 0 {
		return 0
	}
	const whole = 100_000
	return uint64(a.lastBlock-1) * whole / uint64(a.blocks)
}

// forgetHost forgets the last host: what follows comes from another one.
func (w *watch) forgetHost() {
	w.lastID, w.asked, w.reset, w.begun, w.lastBlock, w.blocks = 0, false, false, false, 0, 0
	w.sent, w.insisted = 0, 0
	w.open, w.counted = false, false
	w.deafen()
}

// request counts a message that the host begins to send, and reports whether it is one that it has
// sent before and that was not answered. A meter that clears its flash takes no order: it is in its loader,
// and clearing, already.
//
// Who asks over a new connection who is there, before it sends its request again, has begun to send it again.
func (a *asking) request(r *ion.Head, clearing bool) (again bool) {
	a.requests++
	block := r.Op == ion.OpBlock
	if block {
		a.blocksSent++
	}
	if r.Changes() && !clearing {
		a.orders++
	}
	a.deafen()
	again = a.asked && (r.MessageID == a.lastID || block && r.Sequence == a.lastBlock && a.lastBlock > 0)
	asksWho, open, counted := r.Op == ion.OpIdentify, a.open, a.counted
	a.open, a.counted = false, asksWho && (again && counted || !again && open)
	switch {
	case counted && !asksWho:
		return false
	case !again && !a.counted:
		a.sent = 1
		return false
	}
	a.noResponses++
	a.sent++
	return true
}

// waitFor notes which answer the host waits for.
func (a *asking) waitFor(r *ion.Head) {
	a.insisted = max(a.insisted, a.sent)
	a.lastID, a.unit, a.asked = r.MessageID, r.Unit, true
}

// newBlock reports whether a request is a block that the host has not sent yet.
func (a *asking) newBlock(r *ion.Head) bool {
	if r.Op == ion.OpEnter {
		a.lastBlock = 0
	}
	if r.Op != ion.OpBlock || r.Sequence <= a.lastBlock {
		return false
	}
	a.lastBlock = r.Sequence
	return true
}

// leave forgets what the host had answered. If its connection was reset it comes back, and the
// answer to its last request may not have reached it.
func (w *watch) leave() {
	if w.reset {
		w.resets++
	}
	w.asking.leave(w.reset)
	w.reset = false
}

// cutOff notes that the host's connection has ended.
func (a *asking) cutOff() { a.open = a.open || a.asked && (a.sent > 0 || a.counted) }

func (a *asking) leave(reset bool) {
	a.cutOff()
	if reset && a.asked {
		a.sent = max(a.sent, 1)
	}
	a.asked = a.asked && a.sent > 0
	a.deafen()
}

// deafen forgets the part of an answer that the host has heard: it has asked again, or is gone.
func (a *asking) deafen() {
	a.heard.Reset()
	a.hearing, a.left = false, 0
}

// hear takes what arrives at the host. An answer has arrived once all its frames have come,
// whole and in order, from the unit of the host's last request and with its id: a neighbour that
// counts comes to that id too.
func (a *asking) hear(p []byte) {
	if f, ok := a.heard.Whole(p); ok {
		a.hearFrame(&f)
		return
	}
	for len(p) > 0 {
		p = p[a.heard.Feed(p):]
		for f, ok := a.heard.Next(); ok; f, ok = a.heard.Next() {
			a.hearFrame(&f)
		}
	}
}

func (a *asking) hearFrame(f *ion.Frame) {
	if f.Control&ion.AckFrame != 0 || f.Control&ion.FromMeter == 0 || f.Source != a.unit {
		return
	}
	switch id, first := f.MessageID(); {
	case first && a.asked && id == a.lastID:
		a.hearing, a.left = true, f.Left()
	case !first && a.hearing && f.Left() == a.left-1:
		a.left--
	case first || f.Left() != a.left: // a frame that is repeated changes nothing
		a.hearing, a.left = false, 0
	}
	if a.hearing && a.left == 0 {
		a.hearing = false
		if !a.counted { // the request itself is still to be answered
			a.sent = 0
		}
	}
}

// heldFor is how long the station waits for the rest of a frame before it puts the beginning on
// the line. Operating systems may hand out a frame in several pieces.
const heldFor = 200 * time.Millisecond
