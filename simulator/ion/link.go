package ion

import (
	"bytes"
	"fmt"

	"ionbench/simulator/machine"
)

// AssemblyState says what a frame was to an Assembler.
type AssemblyState uint8

// What a frame can be to an Assembler.
const (
	Ignored  AssemblyState = iota // not part of the message: dropped, and not to be acknowledged
	Partial                       // taken; more frames are to come
	Repeated                      // the last frame once more: acknowledge it again, nothing was added
	Complete                      // taken; the message is whole
)

// String names the state.
func (s AssemblyState) String() string {
	switch s {
	case Ignored:
		return "ignored"
	case Partial:
		return "partial"
	case Repeated:
		return "repeated"
	case Complete:
		return "complete"
	default:
		return fmt.Sprintf("assembly state %d", uint8(s))
	}
}

// Assembler puts the frames of one message together. The zero value is ready. Its buffer is
// allocated once, so do not copy an Assembler by assignment.
//
// A first frame always begins a new message (a sender that missed an acknowledgement
// starts again). Every other frame must come from the same sender and count down by
// exactly one.
type Assembler struct {
	buf         []byte
	tally       machine.Tally // of buf
	piece       int           // where the data of the last frame begins
	left        int           // frames still to come
	active      bool
	control     Control // only FromMeter
	source      uint16
	destination uint16
}

// Add takes the next frame. With Complete it returns the message, which is valid until the next
// Add. A frame that was not Ignored is acknowledged if it WantsAck.
//
// Acknowledgement frames are ignored. So is a message of more than 32 frames, whose counter has
// reached bit 0x20 (vector bad_mf33_first), or of more than MaxMessage bytes.
func (a *Assembler) Add(f Frame) (message []byte, state AssemblyState) {
	switch {
	case f.Control&AckFrame != 0:
		return nil, Ignored
	case f.First():
		a.begin(f)
	case f.Transaction&strangeFlags != 0:
		return nil, Ignored
	case !a.active || f.Source != a.source || f.Destination != a.destination || f.Control&FromMeter != a.control:
		return nil, Ignored
	case f.Left() == a.left && bytes.Equal(f.Data, a.buf[a.piece:]):
		return nil, Repeated
	case f.Left() != a.left-1:
		return nil, Ignored
	}
	if f.Transaction&strangeFlags != 0 || len(a.buf)+len(f.Data) > MaxMessage {
		a.Reset()
		return nil, Ignored
	}
	a.take(f)
	if a.left > 0 {
		return nil, Partial
	}
	return a.buf[:len(a.buf):len(a.buf)], Complete
}

func (a *Assembler) begin(f Frame) {
	a.buf, a.tally = a.buf[:0], machine.Tally{}
	a.active = true
	a.control = f.Control & FromMeter
	a.source, a.destination = f.Source, f.Destination
}

func (a *Assembler) take(f Frame) {
	if cap(a.buf) < MaxMessage {
		a.buf = append(make([]byte, 0, MaxMessage), a.buf...)
	}
	a.piece = len(a.buf)
	a.buf = append(a.buf, f.Data...)
	a.tally.Take(a.buf)
	a.left = f.Left()
}

// Partial reports that a message has begun and is not complete.
func (a *Assembler) Partial() bool { return a.active && a.left > 0 }

// Reset forgets the message that has begun.
func (a *Assembler) Reset() { *a = Assembler{buf: a.buf[:0]} }

// Declare declares all that the meaning of later frames depends on.
func (a *Assembler) Declare(w *machine.State, spent *Assembler) {
	if w.Copies() {
		w.Bytes(&a.buf, spent.buf)
		return
	}
	if !w.Has(a.active) {
		return
	}
	w.Int(a.left)
	if a.left == 0 {
		last := a.buf[a.piece:] // of a complete message, only the last frame can come again
		w.Bytes(&last, nil)
	} else {
		w.Tallied(&a.buf, nil, &a.tally)
		w.Int(a.piece)
	}
	w.Uint(uint64(a.control))
	w.Uint(uint64(a.source))
	w.Uint(uint64(a.destination))
}

// Outgoing is one message that is sent frame by frame. The zero value is ready. Fill Message,
// reusing its memory, and call Begin:
//
//	o.Message = AppendPacket(o.Message[:0], p)
//	o.Begin(HostAddress, unit, false)
//
// Then send what AppendFrame appends. Unless that was the Last frame, wait for its
// acknowledgement, which Acked recognises, and send the next frame. If an acknowledgement is
// missing, send the whole message again with Restart. End forgets the message.
type Outgoing struct {
	Message []byte // at most MaxMessage bytes; must not change between Begin and End

	tally               machine.Tally // of Message
	source, destination uint16
	fromMeter           bool
	active              bool
	current             int // the frame that is sent, or waits for its acknowledgement, from 0
}

// Begin starts the message at its first frame. It panics if Message is longer than MaxMessage,
// which is what 32 frames carry.
func (o *Outgoing) Begin(source, destination uint16, fromMeter bool) {
	if len(o.Message) > MaxMessage {
		panic(fmt.Sprintf("ion: a message of %d bytes does not fit %d frames", len(o.Message), MaxFrames))
	}
	o.source, o.destination, o.fromMeter = source, destination, fromMeter
	o.active = true
	o.current = 0
	o.tally = machine.Tally{}
	o.tally.Take(o.Message)
}

// frames is the number of frames that the message takes.
func (o *Outgoing) frames() int {
	return max(1, (len(o.Message)+MaxFrameData-1)/MaxFrameData)
}

// transaction is the transaction byte of the current frame.
func (o *Outgoing) transaction() byte {
	left := byte(o.frames() - 1 - o.current)
	if o.current == 0 {
		return left | firstFrame
	}
	return left
}

func (o *Outgoing) frame() (f Frame) {
	f.Source, f.Destination = o.source, o.destination
	f.Transaction = o.transaction()
	if o.fromMeter {
		f.Control = FromMeter
	}
	if !o.Last() {
		f.Control |= AckBit
	}
	from := o.current * MaxFrameData
	f.Data = o.Message[from:min(from+MaxFrameData, len(o.Message))]
	return f
}

// AppendFrame appends the current frame, each time it is called. It appends nothing when no
// message has begun.
func (o *Outgoing) AppendFrame(dst []byte) []byte {
	if !o.active {
		return dst
	}
	return AppendFrame(dst, o.frame())
}

// Last reports whether the current frame is the last one, for which no acknowledgement is
// awaited.
func (o *Outgoing) Last() bool { return o.current == o.frames()-1 }

// Acked reports whether f acknowledges the current frame, and if so moves to the next. f must
// be an ACK (FromMeter does not matter, vector tol_ack_m2s) from the other end with the same
// transaction. The public client takes any frame for an acknowledgement. Here a late
// acknowledgement must never count for the next frame, so neither another transaction
// (tol_ack_txn0) nor a data frame (tol_ack_data) counts.
func (o *Outgoing) Acked(f Frame) bool {
	if !o.active || o.Last() || !f.IsAck() {
		return false
	}
	if f.Transaction != o.transaction() || f.Source != o.destination || f.Destination != o.source {
		return false
	}
	o.current++
	return true
}

// AckedFrames is how many of the frames were acknowledged.
func (o *Outgoing) AckedFrames() int { return o.current }

// Restart goes back to the first frame, so that the whole message is sent again.
func (o *Outgoing) Restart() { o.current = 0 }

// Active reports that a message has begun and has not been ended.
func (o *Outgoing) Active() bool { return o.active }

// End forgets the message and keeps its memory.
func (o *Outgoing) End() { *o = Outgoing{Message: o.Message[:0]} }

// Declare declares the message and how much of it was sent.
func (o *Outgoing) Declare(w *machine.State, spent *Outgoing) {
	if !w.Has(o.active) {
		w.Scratch(&o.Message, spent.Message) // it is not sent any more
		return
	}
	w.Tallied(&o.Message, spent.Message, &o.tally)
	w.Int(o.current)
	w.Bool(o.fromMeter)
	w.Uint(uint64(o.source))
	w.Uint(uint64(o.destination))
}
