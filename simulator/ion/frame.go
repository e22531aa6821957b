package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of the link layer, in bytes unless said otherwise.
const (
	MaxFrameData  = 238                      // data bytes that a sender puts into one frame
	MaxFrames     = 32                       // frames of one message; the counter has five bits
	MaxMessage    = MaxFrames * MaxFrameData // 7616
	FrameOverhead = 14                       // bytes that a frame adds on the wire: preamble, sync, header, CRC

	// HostAddress is the link address of the PC side (client constant 4E20 hex).
	HostAddress uint16 = 20000
	// Broadcast addresses every unit on the line. No unit answers it.
	Broadcast uint16 = 0xFFFF
)

const (
	sync0, sync1 = 0x14, 0xAC

	preambleBytes = 2
	headerBytes   = 10 // sync to reserved byte
	crcBytes      = 2
	lengthBase    = 7   // what the length byte counts in addition to the data
	lengthExtra   = 5   // bytes of a frame, from the sync on, that the length byte does not count
	maxWireData   = 248 // data bytes when the length byte is 255; received, never sent
	maxFrameBytes = 255 + lengthExtra
)

// Control is the control byte of a frame.
type Control byte

// The bits of a control byte. On a data frame AckBit asks for an acknowledgement. On an
// acknowledgement frame it distinguishes ACK from NAK.
const (
	FromMeter Control = 0x80
	AckFrame  Control = 0x40
	AckBit    Control = 0x20

	ackControl = FromMeter | AckFrame | AckBit // both sides acknowledge with E0
)

const (
	firstFrame   = 0x40 // transaction: first frame of a message
	leftMask     = 0x1F // transaction: frames still to come
	strangeFlags = 0xFF &^ (firstFrame | leftMask)
)

// Errors of ParseFrame.
var (
	ErrIncomplete = errors.New("the frame is not complete")
	ErrSync       = errors.New("no 14 AC at the start of the frame")
	ErrLength     = errors.New("length byte below 7")
	ErrCRC        = errors.New("wrong CRC")
)

// Frame is one link frame. Every field is kept as it was on the wire, so that a parsed frame
// gives back the same bytes.
type Frame struct {
	Control     Control
	Source      uint16 // link address: HostAddress or a unit
	Destination uint16
	Transaction byte // 0x40 first frame of a message, low five bits: frames still to come
	Reserved    byte // sent as 0, never looked at
	Data        []byte
}

// IsAck reports whether the frame acknowledges another one.
func (f Frame) IsAck() bool { return f.Control&(AckFrame|AckBit) == AckFrame|AckBit }

// IsNak reports whether the frame refuses another one.
func (f Frame) IsNak() bool { return f.Control&(AckFrame|AckBit) == AckFrame }

// WantsAck reports whether this data frame asks for an acknowledgement.
func (f Frame) WantsAck() bool { return f.Control&(AckFrame|AckBit) == AckBit }

// First reports whether a message begins with this frame.
func (f Frame) First() bool { return f.Transaction&firstFrame != 0 }

// Left is the number of frames of the message that are still to come, 0 to 31.
func (f Frame) Left() int { return int(f.Transaction & leftMask) }

// Ack is the acknowledgement of f: control E0, no data, the same transaction, the addresses
// swapped. Vectors mfreply_ack1 and mfreq2_ack show that both sides send E0, so FromMeter is
// set in the PC's acknowledgement, too.
func Ack(f Frame) Frame {
	return Frame{Control: ackControl, Source: f.Destination, Destination: f.Source, Transaction: f.Transaction}
}

// AppendFrame appends f as it goes on the wire, with its 00 00 preamble and its CRC. It
// allocates only what dst lacks. It panics if the length byte cannot count the data (more than
// 248 bytes); senders keep to MaxFrameData.
func AppendFrame(dst []byte, f Frame) []byte {
	if len(f.Data) > maxWireData {
		panic(fmt.Sprintf("ion: %d data bytes do not fit a frame", len(f.Data)))
	}
	covered := len(dst) + preambleBytes + 2
	dst = append(dst, 0, 0, sync0, sync1, byte(f.Control), byte(lengthBase+len(f.Data)),
		byte(f.Source), byte(f.Source>>8), byte(f.Destination), byte(f.Destination>>8),
		f.Transaction, f.Reserved)
	dst = append(dst, f.Data...)
	return binary.LittleEndian.AppendUint16(dst, CRC16(dst[covered:]))
}

// ParseFrame reads the frame at the beginning of b, either from its two preamble bytes (of any
// value) or from 14 AC. n is the number of bytes read. Data aliases b. To find frames in a
// stream, use a Decoder.
//
// Errors: ErrIncomplete, ErrSync, ErrLength, ErrCRC.
func ParseFrame(b []byte) (f Frame, n int, err error) {
	n, v := inspect(b)
	if v == noSync && len(b) > preambleBytes {
		b = b[preambleBytes:]
		n, v = inspect(b)
		n += preambleBytes
	}
	switch v {
	case good:
		return frameAt(b), n, nil
	case incomplete:
		return Frame{}, 0, fmt.Errorf("frame: %w: %d bytes so far", ErrIncomplete, len(b))
	case badLength:
		return Frame{}, 0, fmt.Errorf("frame: %w: %d", ErrLength, b[3])
	case badCRC:
		end := int(b[3]) + lengthExtra
		return Frame{}, 0, fmt.Errorf("frame: %w: %04X instead of %04X", ErrCRC,
			binary.LittleEndian.Uint16(b[end-crcBytes:]), CRC16(b[2:end-crcBytes]))
	default:
		return Frame{}, 0, fmt.Errorf("frame: %w", ErrSync)
	}
}

// verdict is what inspect finds at a possible frame.
type verdict uint8

const (
	good verdict = iota
	incomplete
	noSync
	badLength
	badCRC
)

// inspect checks whether a frame begins at b[0]. n is its size if it is good.
func inspect(b []byte) (n int, v verdict) {
	switch {
	case len(b) == 0:
		return 0, incomplete
	case b[0] != sync0:
		return 0, noSync
	case len(b) == 1:
		return 0, incomplete
	case b[1] != sync1:
		return 0, noSync
	case len(b) < 4:
		return 0, incomplete
	case b[3] < lengthBase:
		return 0, badLength
	}
	n = int(b[3]) + lengthExtra
	if len(b) < n {
		return 0, incomplete
	}
	if CRC16(b[2:n-crcBytes]) != binary.LittleEndian.Uint16(b[n-crcBytes:]) {
		return 0, badCRC
	}
	return n, good
}

// frameAt reads a frame that inspect found good.
func frameAt(b []byte) Frame {
	var f Frame
	readFrame(&f, b)
	return f
}

// readFrame fills f in place, because building a frame and copying it costs more than its CRC.
func readFrame(f *Frame, b []byte) {
	end := int(b[3]) + lengthExtra - crcBytes
	f.Control = Control(b[2])
	f.Source = binary.LittleEndian.Uint16(b[4:])
	f.Destination = binary.LittleEndian.Uint16(b[6:])
	f.Transaction = b[8]
	f.Reserved = b[9]
	f.Data = b[headerBytes:end:end]
}
