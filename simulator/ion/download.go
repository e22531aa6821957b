package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of the download service.
const (
	// BlockBytes is what a block carries; only the last may carry less. With its headers
	// and a credential it fills 32 frames.
	BlockBytes = 7424
	// FieldText is the size of a text field, padded with NUL.
	FieldText = 16
)

// Blocks is how many blocks an image of so many bytes makes.
func Blocks[N int | uint32](bytes N) N { return bytes/BlockBytes + min(1, bytes%BlockBytes) }

// Op is an operation of the download service.
type Op byte

// The operations.
const (
	OpIdentify Op = 1 + iota
	OpEnter
	OpClear
	OpBlock
	OpVerify
	OpRestart
)

// String names the operation.
func (o Op) String() string {
	switch o {
	case OpIdentify:
		return "identify"
	case OpEnter:
		return "enter"
	case OpClear:
		return "clear"
	case OpBlock:
		return "block"
	case OpVerify:
		return "verify"
	case OpRestart:
		return "restart"
	default:
		return fmt.Sprintf("operation %d", byte(o))
	}
}

// Status is how an operation went, as the meter puts it. It is no Go error: what to make
// of it is the client's decision.
type Status byte

// The status codes.
const (
	StatusOK            Status = iota
	StatusBusy                 // an erase is still running: ask again
	StatusBadSequence          // not the block that the loader wants; the reply says which
	StatusNotCleared           // the flash was not cleared since the last power-on
	StatusOutOfRange           // address, length or size outside the image area
	StatusProgramFailed        // the chip did not take the data
	StatusEraseFailed          // the chip did not clear the sector named
	StatusVerifyFailed         // wrong CRC-32, of a block or of the image
	StatusWrongProduct         // the image is for another product
	StatusRefused              // wrong or missing password, or not allowed in this state
)

// String names the status.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "ok"
	case StatusBusy:
		return "busy"
	case StatusBadSequence:
		return "bad sequence"
	case StatusNotCleared:
		return "not cleared"
	case StatusOutOfRange:
		return "out of range"
	case StatusProgramFailed:
		return "program failed"
	case StatusEraseFailed:
		return "erase failed"
	case StatusVerifyFailed:
		return "verify failed"
	case StatusWrongProduct:
		return "wrong product"
	case StatusRefused:
		return "refused"
	default:
		return fmt.Sprintf("status %d", byte(s))
	}
}

// LoaderState is what a meter is doing, as identify tells it.
type LoaderState byte

// The states.
const (
	StateApplication LoaderState = iota // the application runs; it must be told to enter download state
	StateDownload                       // the loader runs, nothing cleared yet
	StateErasing                        // the loader is clearing the flash
	StateReceiving                      // the flash is clear: the loader takes blocks
)

// String names the state.
func (s LoaderState) String() string {
	switch s {
	case StateApplication:
		return "application"
	case StateDownload:
		return "download"
	case StateErasing:
		return "erasing"
	case StateReceiving:
		return "receiving"
	default:
		return fmt.Sprintf("loader state %d", byte(s))
	}
}

// ErrDownload says that bytes are not a request or a reply of the download service.
var ErrDownload = errors.New("not a message of the download service")

// DownloadRequest is a request of the download service. Which fields are sent depends on
// Op; the others are zero after parsing.
type DownloadRequest struct {
	Op       Op
	Product  uint16          // enter, verify
	Length   uint32          // enter, verify: bytes of the image
	Begin    bool            // clear: start, or go on if it runs; otherwise only ask
	Sequence uint32          // block: from 1
	Address  uint32          // block: where its first byte goes
	Data     []byte          // block: 1 to BlockBytes bytes
	CRC      uint32          // block: IEEE CRC-32 of Data; verify: of the image
	Dated    uint32          // verify: Unix seconds
	Revision [FieldText]byte // verify
}

// DownloadReply is a reply of the download service. Which fields are sent depends on Op
// alone, whatever the status; the others are zero after parsing.
type DownloadReply struct {
	Op            Op
	Status        Status
	State         LoaderState     // identify
	LoaderVersion uint16          // identify
	Product       uint16          // identify
	Serial        [FieldText]byte // identify
	Revision      [FieldText]byte // identify: of the running application; zeros in download state
	Base          uint32          // identify: first address of the image area
	Capacity      uint32          // identify: bytes of the image area
	BlockBytes    uint16          // identify: bytes that every block but the last carries
	NextSequence  uint32          // identify: the block that the loader wants
	Already       bool            // enter: it was in download state before
	SectorsLeft   uint16          // clear: sectors still to erase
	Sector        uint16          // clear: the sector that failed
	Sequence      uint32          // block: echo
	Expected      uint32          // block: the block that the loader wants now
	CRC           uint32          // verify: what the loader computed
}

// Bytes of the bodies, without the data of a block.
const (
	requestEnterBytes  = 1 + 2 + 4
	requestClearBytes  = 1 + 1
	requestBlockBytes  = 1 + 4 + 4 + 2 + 4
	requestVerifyBytes = 1 + 4 + 4 + 2 + 4 + FieldText

	replyIdentifyBytes = 2 + 1 + 2 + 2 + FieldText + FieldText + 4 + 4 + 2 + 4
	replyEnterBytes    = 2 + 1
	replyClearBytes    = 2 + 2 + 2
	replyBlockBytes    = 2 + 4 + 4
	replyVerifyBytes   = 2 + 4
)

// DownloadRequestBytes is the length of the body of r.
func DownloadRequestBytes(r *DownloadRequest) int {
	n, _ := requestBytes(r.Op)
	return n + len(r.Data)
}

// DownloadReplyBytes is the length of the body of r.
func DownloadReplyBytes(r *DownloadReply) int {
	n, _ := replyBytes(r.Op)
	return n
}

// requestBytes is the length of the body of a request, without the data of a block.
func requestBytes(op Op) (n int, ok bool) {
	switch op {
	case OpIdentify, OpRestart:
		return 1, true
	case OpEnter:
		return requestEnterBytes, true
	case OpClear:
		return requestClearBytes, true
	case OpBlock:
		return requestBlockBytes, true
	case OpVerify:
		return requestVerifyBytes, true
	default:
		return 0, false
	}
}

func replyBytes(op Op) (n int, ok bool) {
	switch op {
	case OpRestart:
		return 2, true
	case OpIdentify:
		return replyIdentifyBytes, true
	case OpEnter:
		return replyEnterBytes, true
	case OpClear:
		return replyClearBytes, true
	case OpBlock:
		return replyBlockBytes, true
	case OpVerify:
		return replyVerifyBytes, true
	default:
		return 0, false
	}
}

// IdentifyFrameBytes is how long the frame is in which a loader says who it is.
const IdentifyFrameBytes = FrameOverhead + packetHeaderBytes + replyIdentifyBytes

// AppendDownloadRequest appends the body of r. CRC is sent as it stands.
func AppendDownloadRequest(dst []byte, r *DownloadRequest) []byte {
	be := binary.BigEndian
	dst = append(dst, byte(r.Op))
	switch r.Op {
	case OpEnter:
		dst = be.AppendUint16(dst, r.Product)
		dst = be.AppendUint32(dst, r.Length)
	case OpClear:
		dst = appendFlag(dst, r.Begin)
	case OpBlock:
		dst = be.AppendUint32(dst, r.Sequence)
		dst = be.AppendUint32(dst, r.Address)
		dst = be.AppendUint16(dst, uint16(len(r.Data)))
		dst = be.AppendUint32(dst, r.CRC)
		dst = append(dst, r.Data...)
	case OpVerify:
		dst = be.AppendUint32(dst, r.Length)
		dst = be.AppendUint32(dst, r.CRC)
		dst = be.AppendUint16(dst, r.Product)
		dst = be.AppendUint32(dst, r.Dated)
		dst = append(dst, r.Revision[:]...)
	case OpIdentify, OpRestart:
	}
	return dst
}

// ParseDownloadRequest reads the body of a request into r, every field of which it sets.
// Data aliases b. The body must have exactly the length of its operation. Every error is
// an ErrDownload; whether the numbers make sense is for the loader to judge.
func ParseDownloadRequest(b []byte, r *DownloadRequest) error {
	op, f, err := openBody(b, "request", 1, requestBytes)
	if err != nil {
		return err
	}
	*r = DownloadRequest{Op: op}
	switch op {
	case OpEnter:
		r.Product, r.Length = f.u16(), f.u32()
	case OpClear:
		r.Begin = f.flag()
	case OpBlock:
		r.Sequence, r.Address = f.u32(), f.u32()
		length := int(f.u16())
		r.CRC = f.u32()
		if length != len(f.b) {
			return fmt.Errorf("%w: block %d says %d data bytes and carries %d", ErrDownload, r.Sequence, length, len(f.b))
		}
		r.Data, f.b = f.b, nil
	case OpVerify:
		r.Length, r.CRC, r.Product, r.Dated = f.u32(), f.u32(), f.u16(), f.u32()
		r.Revision = f.text()
	case OpIdentify, OpRestart:
	}
	return f.close(op, "request")
}

// AppendDownloadReply appends the body of r.
func AppendDownloadReply(dst []byte, r *DownloadReply) []byte {
	be := binary.BigEndian
	dst = append(dst, byte(r.Op), byte(r.Status))
	switch r.Op {
	case OpIdentify:
		dst = append(dst, byte(r.State))
		dst = be.AppendUint16(dst, r.LoaderVersion)
		dst = be.AppendUint16(dst, r.Product)
		dst = append(dst, r.Serial[:]...)
		dst = append(dst, r.Revision[:]...)
		dst = be.AppendUint32(dst, r.Base)
		dst = be.AppendUint32(dst, r.Capacity)
		dst = be.AppendUint16(dst, r.BlockBytes)
		dst = be.AppendUint32(dst, r.NextSequence)
	case OpEnter:
		dst = appendFlag(dst, r.Already)
	case OpClear:
		dst = be.AppendUint16(dst, r.SectorsLeft)
		dst = be.AppendUint16(dst, r.Sector)
	case OpBlock:
		dst = be.AppendUint32(dst, r.Sequence)
		dst = be.AppendUint32(dst, r.Expected)
	case OpVerify:
		dst = be.AppendUint32(dst, r.CRC)
	case OpRestart:
	}
	return dst
}

// ParseDownloadReply reads the body of a reply into r, every field of which it sets. The
// body must have exactly the length of its operation. Every error is an ErrDownload.
func ParseDownloadReply(b []byte, r *DownloadReply) error {
	op, f, err := openBody(b, "reply", 2, replyBytes)
	if err != nil {
		return err
	}
	*r = DownloadReply{Op: op, Status: Status(b[1])}
	switch op {
	case OpIdentify:
		r.State = LoaderState(f.u8())
		r.LoaderVersion, r.Product = f.u16(), f.u16()
		r.Serial, r.Revision = f.text(), f.text()
		r.Base, r.Capacity = f.u32(), f.u32()
		r.BlockBytes, r.NextSequence = f.u16(), f.u32()
	case OpEnter:
		r.Already = f.flag()
	case OpClear:
		r.SectorsLeft, r.Sector = f.u16(), f.u16()
	case OpBlock:
		r.Sequence, r.Expected = f.u32(), f.u32()
	case OpVerify:
		r.CRC = f.u32()
	case OpRestart:
	}
	return f.close(op, "reply")
}

// openBody reads the operation and makes sure that the fixed fields are there; they follow
// the first head bytes.
func openBody(b []byte, what string, head int, size func(Op) (int, bool)) (Op, fields, error) {
	if len(b) == 0 {
		return 0, fields{}, fmt.Errorf("%w: the %s is empty", ErrDownload, what)
	}
	op := Op(b[0])
	n, ok := size(op)
	if !ok {
		return 0, fields{}, fmt.Errorf("%w: %s with unknown %v", ErrDownload, what, op)
	}
	if len(b) < n {
		return 0, fields{}, fmt.Errorf("%w: %s %s has %d bytes, %d are needed", ErrDownload, op, what, len(b), n)
	}
	return op, fields{b: b[head:]}, nil
}

// fields takes one field after the other from a body whose length was checked.
type fields struct {
	b       []byte
	badFlag bool
}

func (f *fields) take(n int) []byte {
	p := f.b[:n]
	f.b = f.b[n:]
	return p
}

func (f *fields) u8() byte    { return f.take(1)[0] }
func (f *fields) u16() uint16 { return binary.BigEndian.Uint16(f.take(2)) }
func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }

func (f *fields) text() [FieldText]byte { return [FieldText]byte(f.take(FieldText)) }

func (f *fields) flag() bool {
	n := f.u8()
	f.badFlag = f.badFlag || n > 1
	return n == 1
}

// close makes sure that nothing is left and that the flags were flags.
func (f *fields) close(op Op, what string) error {
	if f.badFlag {
		return fmt.Errorf("%w: a flag of the %s %s is neither 0 nor 1", ErrDownload, op, what)
	}
	if len(f.b) > 0 {
		return fmt.Errorf("%w: %s %s has %d bytes too many", ErrDownload, op, what, len(f.b))
	}
	return nil
}

func appendFlag(dst []byte, set bool) []byte {
	if set {
		return append(dst, 1)
	}
	return append(dst, 0)
}
