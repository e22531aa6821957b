package bench

import (
	"encoding/binary"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/line"
)

// watch reads along with what the host sends, before the line can harm it: that is where
// blocks, frames and resends are counted, and so where a plan's protocol points are.
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
	sent            int    // times that the last of them was sent
	insisted        int    // times that one of them was sent, at most, in this run
	lastID          uint16
	lastBlock       uint32 // highest sequence number that the host began to send
	blocks          uint32 // of the image, once the host has told its length; 0 before
	asked           bool   // lastID means something
	begun           bool   // of the last message only the first of several frames was sent
	transaction     byte   // of the host's frame that came last, acknowledgements aside
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
}

// heldFor is how long the rest of a frame is waited for before its beginning goes on the
// line as it is: operating systems hand out bytes in pieces of their own.
const heldFor = 200 * time.Millisecond

// maxFrame is the longest frame on the wire: a length byte of 255.
const maxFrame = 255 + lengthToFrame

// lengthToFrame is what a frame has on the wire on top of the value of its length byte:
// preamble, sync, control, the length byte itself and one more (the CRC's second).
const lengthToFrame = 7

var frameStart = [4]byte{0x00, 0x00, 0x14, 0xAC}

// frameBytes is the size on the wire of the frame that p begins with; ok is false when p
// is no beginning of a frame. A size beyond len(p) says that bytes are missing.
func frameBytes(p []byte) (n int, ok bool) {
	for i := range min(len(p), len(frameStart)) {
		if p[i] != frameStart[i] {
			return 0, false
		}
	}
	if len(p) < 6 {
		return maxFrame, true
	}
	return int(p[5]) + lengthToFrame, p[5] >= 7
}

// nextFrame cuts p behind its first frame, or behind what stands in front of one. whole
// tells which; n is 0 when the rest of a frame is still to come.
func nextFrame(p []byte) (n int, whole bool) {
	if size, ok := frameBytes(p); ok {
		if size > len(p) {
			return 0, false
		}
		return size, true
	}
	for n = 1; n < len(p); n++ {
		if _, ok := frameBytes(p[n:]); ok {
			break
		}
	}
	return n, false
}

// request is what a first frame of the host tells about its message.
type request struct {
	id       uint16
	download bool
	op       ion.Op
	sequence uint32 // of a block
	length   uint32 // of the image, when it enters download state
}

// parseRequest looks into a first frame. Only its header has to be there: the frame is
// one of many.
func parseRequest(frame []byte) (request, bool) {
	const header, credential = 15, 8
	data := frame[12 : len(frame)-2]
	if !beginsMessage(frame) || len(data) < header {
		return request{}, false
	}
	r := request{id: binary.BigEndian.Uint16(data[2:])}
	at := header - 2
	if data[4]&0x06 == 0x04 {
		at += credential
	}
	if len(data) < at+3 || data[at+1] != byte(ion.TypeDownload) {
		return r, true
	}
	r.download, r.op = true, ion.Op(data[at+2])
	fields := data[at+3:]
	switch {
	case r.op == ion.OpBlock && len(fields) >= 4:
		r.sequence = binary.BigEndian.Uint32(fields)
	case r.op == ion.OpEnter && len(fields) >= 6:
		r.length = binary.BigEndian.Uint32(fields[2:])
	}
	return r, true
}

// framesLeft is how many frames of its message follow.
func framesLeft(frame []byte) int { return int(frame[10] & 0x1F) }

// isAck tells a frame without a message in it.
func isAck(frame []byte) bool { return frame[4]&byte(ion.AckFrame) != 0 }

// beginsMessage tells a frame with which a message begins.
func beginsMessage(frame []byte) bool { return frame[10]&0x40 != 0 && !isAck(frame) }

// transactionOf is the transaction byte of a whole frame.
func transactionOf(frame []byte) byte { return frame[10] }

// blocksOf is how many blocks an image of length bytes makes.
func blocksOf(length uint32) uint32 {
	return uint32((uint64(length) + ion.BlockBytes - 1) / ion.BlockBytes)
}
