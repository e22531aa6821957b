package modbus

import (
	"encoding/binary"
	"time"

	"ionbench/simulator/machine"
)

// TCP is a slave at the end of one TCP connection. Requests are answered in the order in which they
// came.
type TCP struct {
	unit   uint16
	held   []byte
	out    []byte
	broken bool // what came is no Modbus; the connection is of no use any more
}

// headBytes is the length of the MBAP header: transaction, protocol, length and unit.
const headBytes = 7

// maxPDU is the longest request or answer without unit id and checksum.
const maxPDU = maxPacket - 3

// anyDevice is the unit id with which a client names whoever is at the other end.
const anyDevice = 255

// NewTCP makes a slave for the connection of a meter with a unit id. One that is above 255 cannot be
// named in a request, but as 0 or 255.
func NewTCP(unit uint16) TCP { return TCP{unit: unit} }

// Receive takes bytes from the connection.
func (t *TCP) Receive(now time.Duration, d Device, p []byte) {
	if t.broken {
		return
	}
	t.held = append(t.held, p...)
	done := 0
	for {
		n := t.takeRequest(now, d, t.held[done:])
		if n == 0 {
			break
		}
		done += n
	}
	t.held = append(t.held[:0], t.held[done:]...)
	if t.broken {
		t.held = t.held[:0]
	}
}

// takeRequest handles the request at the start of p and returns its length; 0 if it is not whole.
func (t *TCP) takeRequest(now time.Duration, d Device, p []byte) int {
	if len(p) < headBytes+1 {
		return 0
	}
	length := int(binary.BigEndian.Uint16(p[4:])) // of unit id and request
	if binary.BigEndian.Uint16(p[2:]) != 0 || length < 2 || length > 1+maxPDU {
		t.broken = true
		return 0
	}
	n := headBytes - 1 + length
	if len(p) < n {
		return 0
	}
	if unit := p[6]; d.Answers() && (unit == Broadcast || unit == anyDevice || uint16(unit) == t.unit) {
		t.answer(now, d, p[:n])
	}
	return n
}

func (t *TCP) answer(now time.Duration, d Device, request []byte) {
	begin := len(t.out)
	t.out = append(t.out, request[:headBytes]...)
	t.out = answer(t.out, now, d, request[headBytes:])
	binary.BigEndian.PutUint16(t.out[begin+4:], uint16(len(t.out)-begin-headBytes+1))
}

// Broken reports that what came is no Modbus, so that the connection is to be closed.
func (t *TCP) Broken() bool { return t.broken }

// Transmit appends the answers.
func (t *TCP) Transmit(dst []byte) []byte {
	dst = append(dst, t.out...)
	t.out = t.out[:0]
	return dst
}

// Declare declares the state. Spent is what stood in a copy's place before.
func (t *TCP) Declare(w *machine.State, spent *TCP) {
	w.Uint(uint64(t.unit))
	w.Bytes(&t.held, spent.held)
	w.Bytes(&t.out, spent.out)
	w.Bool(t.broken)
}

// CopyTo makes c a copy, in the memory of what it was.
func (t *TCP) CopyTo(c *TCP) {
	old := *c
	*c = *t
	w := machine.Copying()
	c.Declare(&w, &old)
}

// Session is a connection together with the device that it leads to.
type Session struct {
	TCP
	Device Device
}

// Receive takes what the client has sent.
func (s *Session) Receive(now time.Duration, p []byte) { s.TCP.Receive(now, s.Device, p) }
