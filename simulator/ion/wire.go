package ion

import (
	"bytes"
	"encoding/binary"
)

// Wire is one frame as it is on the wire, from its preamble on. CutFrame finds it, and checks
// neither its CRC nor its content. It is for code that only reads along and must be cheap. The
// receiver of a frame uses a Decoder.
type Wire []byte

// Offsets in a frame on the wire.
const (
	wireControl     = preambleBytes + 2
	wireLength      = wireControl + 1
	wireDestination = wireLength + 3
	wireTransaction = wireDestination + 2
	wireData        = preambleBytes + headerBytes
)

// MaxWire is the longest frame on the wire, in bytes: a length byte of 255.
const MaxWire = preambleBytes + maxFrameBytes

// CutFrame splits p. If p begins with a frame (with its preamble, 00 00), n is the frame's
// length and whole is true. If not, n is the number of bytes before the next possible frame. n
// is 0 if the rest of a frame is still to come.
func CutFrame(p []byte) (n int, whole bool) {
	if size, ok := wireBytes(p); ok {
		if size > len(p) {
			return 0, false
		}
		return size, true
	}
	for n = 1; n < len(p); n++ {
		zero := bytes.IndexByte(p[n:], 0) // of a preamble
		if zero < 0 {
			return len(p), false
		}
		n += zero
		if _, ok := wireBytes(p[n:]); ok {
			break
		}
	}
	return n, false
}

// wireBytes is the size of the frame at the beginning of p. ok is false if no frame can begin
// there. A size beyond len(p) means that bytes are missing.
func wireBytes(p []byte) (n int, ok bool) {
	start := [...]byte{0, 0, sync0, sync1}
	for i := range min(len(p), len(start)) {
		if p[i] != start[i] {
			return 0, false
		}
	}
	if len(p) <= wireLength {
		return MaxWire, true
	}
	return int(p[wireLength]) + preambleBytes + lengthExtra, p[wireLength] >= lengthBase
}

// IsFrame reports whether the bytes are one frame, whole. A trace has packets of other protocols beside
// frames.
func (w Wire) IsFrame() bool {
	n, ok := wireBytes(w)
	return ok && n == len(w)
}

// IsAck reports whether it is a frame that acknowledges or refuses another one: it holds no message.
func (w Wire) IsAck() bool { return w.IsFrame() && Control(w[wireControl])&AckFrame != 0 }

// First reports whether it is a frame with which a message begins.
func (w Wire) First() bool {
	return w.IsFrame() && w[wireTransaction]&firstFrame != 0 && Control(w[wireControl])&AckFrame == 0
}

// Left is the number of frames of the message that are still to come, 0 to 31.
func (w Wire) Left() int { return int(w[wireTransaction] & leftMask) }

// Transaction is the transaction byte.
func (w Wire) Transaction() byte { return w[wireTransaction] }

// data is the frame's part of the message.
func (w Wire) data() []byte { return w[wireData : len(w)-crcBytes] }

// Head is what the first frame of a host's message says about the whole message.
type Head struct {
	MessageID uint16
	Unit      uint16 // link address that the frame is for
	Op        Op     // of the download service; 0 for a message of another kind
	Sequence  uint32 // of a block
	Length    uint32 // of the image, in bytes, when download state is entered
	Begin     bool   // of a clear: it may begin one, and does not only ask how far it is
}

// Changes reports whether the message may change the meter's state or its flash.
func (h *Head) Changes() bool { return h.Op > OpIdentify && (h.Op != OpClear || h.Begin) }

// Head reads the head of a message from its first frame; ok is false for any other frame. Only
// the header of the packet must be there: more frames may follow.
func (w Wire) Head() (h Head, ok bool) {
	if !w.First() {
		return Head{}, false
	}
	data := w.data()
	if len(data) < packetHeaderBytes {
		return Head{}, false
	}
	h.MessageID, h.Unit = messageID(data), binary.LittleEndian.Uint16(w[wireDestination:])
	at := packetHeaderBytes - 2
	switch data[4] & descriptorSecretMask {
	case descriptorSecret:
		at += credentialBytes
	case descriptorShortSecret:
		at += shortCredentialBytes
	}
	if len(data) < at+3 || MessageType(data[at+1]) != TypeDownload {
		return h, true
	}
	h.Op = Op(data[at+2])
	fields := data[at+3:]
	switch {
	case h.Op == OpBlock && len(fields) >= 4:
		h.Sequence = binary.BigEndian.Uint32(fields)
	case h.Op == OpEnter && len(fields) >= 6:
		h.Length = binary.BigEndian.Uint32(fields[2:])
	case h.Op == OpClear && len(fields) >= 1:
		h.Begin = fields[0] == 1
	}
	return h, true
}

// messageID is that of the packet that data begins with.
func messageID(data []byte) uint16 { return binary.BigEndian.Uint16(data[2:]) }

// MessageID is that of the message that begins with f; ok is false where none does.
func (f Frame) MessageID() (id uint16, ok bool) {
	if !f.First() || f.Control&AckFrame != 0 || len(f.Data) < packetHeaderBytes {
		return 0, false
	}
	return messageID(f.Data), true
}

// SetMessageID writes another message id into the message that begins with f.
func (f Frame) SetMessageID(id uint16) { binary.BigEndian.PutUint16(f.Data[2:], id) }

// Nak is the refusal of a frame of the host with this transaction byte, by the unit.
func Nak(unit uint16, transaction byte) Frame {
	return Frame{Control: FromMeter | AckFrame, Source: unit, Destination: HostAddress, Transaction: transaction}
}
