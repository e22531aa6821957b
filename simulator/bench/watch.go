package bench

import (
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/line"
)

// watch reads along with both ends. What the host sends is seen before the line can harm it:
// that is where blocks, frames and resends are counted, and so where a plan's protocol points
// are. What the host hears is seen behind the line: that is where an answer has arrived or not.
type watch struct {
	held   []byte        // the beginning of a frame whose rest has not come yet
	heldAt time.Duration // when its last byte came

	framesToMeter   uint64
	framesFromMeter uint64
	replies         uint64 // answers that the meter began to send
	requests        uint64 // messages that the host began to send, resends too
	underWay        uint64 // first and second frames of them
	blocksSent      uint64 // those of them with a block
	noResponses     uint64 // requests that the host sent again
	lastID          uint16
	lastBlock       uint32 // highest sequence number that the host began to send
	blocks          uint32 // of the image, once the host has told its length; 0 before
	asked           bool   // lastID means something
	begun           bool   // of the last message only the first of several frames was sent
	transaction     byte   // of the host's frame that came last, acknowledgements aside

	sent     int         // times that the last request was sent since an answer to it has arrived
	insisted int         // the most of that in this run
	heard    ion.Decoder // what arrives at the host
	hearing  bool        // the beginning of an answer has arrived there
	left     int         // frames of it that have still to arrive
}

// frames are those on the line so far, by direction.
func (w *watch) frames() [2]uint64 {
	return [2]uint64{line.ToMeter: w.framesToMeter, line.FromMeter: w.framesFromMeter}
}

// answered is how much of the image is, when the host begins to send its last block: in
// the unit of a percent trigger.
func (w *watch) answered() uint64 {
	if w.lastBlock == 0 || w.blocks == 0 {
		return 0
	}
	const whole = 100_000
	return uint64(w.lastBlock-1) * whole / uint64(w.blocks)
}

// forgetHost: what follows is said by another host.
func (w *watch) forgetHost() {
	w.lastID, w.asked, w.begun, w.lastBlock, w.blocks = 0, false, false, 0, 0
	w.sent, w.insisted = 0, 0
	w.deafen()
}

// deafen forgets what the host has heard the beginning of: it has asked anew, or is gone.
func (w *watch) deafen() {
	w.heard.Reset()
	w.hearing, w.left = false, 0
}

// hear takes what arrives at the host. An answer has arrived once all its frames have, whole
// and in their order, and with the id of the request that the host sent last.
func (w *watch) hear(p []byte) {
	if f, ok := w.heard.Whole(p); ok {
		w.hearFrame(&f)
		return
	}
	for len(p) > 0 {
		p = p[w.heard.Feed(p):]
		for f, ok := w.heard.Next(); ok; f, ok = w.heard.Next() {
			w.hearFrame(&f)
		}
	}
}

func (w *watch) hearFrame(f *ion.Frame) {
	if f.Control&ion.AckFrame != 0 || f.Control&ion.FromMeter == 0 {
		return
	}
	switch id, first := f.MessageID(); {
	case first && w.asked && id == w.lastID:
		w.hearing, w.left = true, f.Left()
	case !first && w.hearing && f.Left() == w.left-1:
		w.left--
	case first || f.Left() != w.left: // the same frame again changes nothing
		w.hearing, w.left = false, 0
	}
	if w.hearing && w.left == 0 {
		w.sent, w.hearing = 0, false
	}
}

// heldFor is how long the rest of a frame is waited for before its beginning goes on the
// line as it is: operating systems hand out bytes in pieces of their own.
const heldFor = 200 * time.Millisecond
