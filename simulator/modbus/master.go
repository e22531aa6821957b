package modbus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Read is a request of a master to read holding registers over TCP.
type Read struct {
	Transaction uint16
	Unit        uint8
	Register    int // number of the first, 40001 to 49999
	Count       int // 1 to MaxRead
}

// ErrAnswer is wrapped by errors about bytes that are no answer to a request.
var ErrAnswer = errors.New("not an answer to the request")

// AppendTCP appends the request.
func (r Read) AppendTCP(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, r.Transaction)
	dst = append(dst, 0, 0, 0, 6, r.Unit, byte(ReadHolding))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Register-firstRegister))
	return binary.BigEndian.AppendUint16(dst, uint16(r.Count))
}

// tcpAnswerBytes is how many bytes the answer has that begins with p: 0 as long as p does not tell.
func tcpAnswerBytes(p []byte) int {
	if len(p) < headBytes {
		return 0
	}
	return headBytes - 1 + int(binary.BigEndian.Uint16(p[4:]))
}

// ParseTCP returns what the registers hold that a whole answer tells: two bytes each. An exception of
// the slave is an [Exception].
func (r Read) ParseTCP(p []byte) ([]byte, error) {
	const head = headBytes + 2
	switch {
	case len(p) < head || len(p) != tcpAnswerBytes(p) || binary.BigEndian.Uint32(p) != uint32(r.Transaction)<<16 || p[6] != r.Unit:
		return nil, fmt.Errorf("%w: % x", ErrAnswer, p)
	case p[7] == byte(ReadHolding)|refusal && len(p) == head:
		return nil, Exception(p[8])
	case p[7] != byte(ReadHolding) || int(p[8]) != 2*r.Count || len(p) != head+2*r.Count:
		return nil, fmt.Errorf("%w: % x", ErrAnswer, p)
	}
	return p[head:], nil
}

// Revision is the request that reads the revision of the firmware that runs.
func Revision(transaction uint16, unit uint8) Read {
	return Read{Transaction: transaction, Unit: unit, Register: firstOfRevision, Count: textRegisters}
}

// TextOf is the text in registers.
func TextOf(words []byte) string {
	text, _, _ := bytes.Cut(words, []byte{0})
	return string(text)
}
