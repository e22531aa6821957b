package meter

import (
	"time"

	"ionbench/simulator/ion"
)

// Encoding is how a host speaks to the loader, where that is not by messages of ION. What the loader
// allows, and when, stays the loader's: an encoding makes orders of bytes, and bytes of answers. The
// orders are those of the download service: enter, which in the loader checks product and length,
// clear, blocks from sequence 1 on, verify, restart. Package xmodem is one; its page ENCODINGS.md
// says how to write another.
type Encoding interface {
	// Begin says that the loader has started, and End that it runs no more.
	Begin(now time.Duration)
	End()
	// Knock hears what a host says to the application: whether it asks for the loader, with its password.
	Knock(p []byte) (password string, asked bool)
	// Refused says that the password of a knock was wrong.
	Refused()
	// Receive takes bytes from the line. It must not keep p.
	Receive(now time.Duration, p []byte)
	// Advance does what is due, and Next is when that is, as with any machine.
	Advance(now time.Duration)
	Next() (at time.Duration, ok bool)
	// Order is what the host asks of the loader now. After an order there is none until it is Answered.
	Order() (r ion.DownloadRequest, ok bool)
	// Answered says what has come of the order.
	Answered(now time.Duration, r *ion.DownloadReply)
	// Transmit appends what goes on the line now.
	Transmit(dst []byte) []byte
	// Packet says what a host sends next to the loader, if p is what it says from there on. It changes
	// nothing.
	Packet(p []byte) Packet
	// CloneEncoding is a copy with the same future, perhaps in the memory of spent, which is no longer
	// used, or nil. AppendState appends all that decides the future, times relative to now.
	CloneEncoding(spent Encoding) Encoding
	AppendState(dst []byte, now time.Duration) []byte
}

// Packet is what a host sends at once, as far as it must be known from outside: it is what a frame is to
// ION.
type Packet struct {
	Bytes int  // 0: more must come before it is known
	Frame bool // it is a packet, whole; otherwise bytes of none
	// Block is its place among the parts of the file, from 1 on, modulo Modulus; 0 for what is none of them.
	// First: a file begins with it.
	Block, Modulus uint32
	First          bool
}

// Packet says what a host sends next to a loader that is Encoded, if p is what it says from there on.
func (m *Meter) Packet(p []byte) Packet { return m.encoding.Packet(p) }

// Speaks reports whether the meter can speak otherwise than by ION.
func (m *Meter) Speaks() bool { return m.encoding != nil }

// Encoded reports whether what is on the line now is no ION: the loader runs and speaks otherwise.
func (m *Meter) Encoded() bool { return m.encoding != nil && m.state.Loader() }

// receiveEncoded takes bytes for the loader.
func (m *Meter) receiveEncoded(now time.Duration, p []byte) {
	if !m.hung {
		m.edges++
		m.encoding.Receive(now, p)
		m.serveEncoding(now)
	}
}

// hearKnock looks whether a host asks the application for the loader.
func (m *Meter) hearKnock(now time.Duration, p []byte) {
	password, asked := m.encoding.Knock(p)
	if !asked {
		return
	}
	given, err := ion.ParsePassword(password, 0)
	if err != nil || !given.Opens(m.password) {
		m.encoding.Refused()
		m.transmit = m.encoding.Transmit(m.transmit)
		return
	}
	m.EnterLoader(now)
}

// EnterLoader stops the application and starts the loader, as a host or somebody at the meter can.
func (m *Meter) EnterLoader(now time.Duration) {
	if m.state == Application {
		m.restart = intoLoader
		m.restartAfterReply(now)
	}
}

// serveEncoding carries out what the host has ordered, and sends what the encoding says.
func (m *Meter) serveEncoding(now time.Duration) {
	for m.Encoded() && !m.busyForOrders() {
		r, ok := m.encoding.Order()
		if !ok {
			break
		}
		to := answer{sequence: r.Sequence}
		if r.Op == ion.OpEnter {
			m.serveEnter(now, to, &r)
		} else {
			m.serveLoader(now, to, &r)
		}
	}
	if m.encoding == nil {
		return
	}
	sent := len(m.transmit)
	if m.transmit = m.encoding.Transmit(m.transmit); len(m.transmit) > sent {
		m.edges++
	}
	if m.restart != stay && m.Encoded() {
		m.restartAfterReply(now)
	}
}

// busyForOrders: while the flash is cleared, the loader may be asked how far it is.
func (m *Meter) busyForOrders() bool { return m.job.busy() && m.job.kind != eraseJob }

// advanceEncoding does what is due for the loader.
func (m *Meter) advanceEncoding(now time.Duration) {
	if at, ok := m.encoding.Next(); m.Encoded() && !m.hung && ok && at <= now {
		m.encoding.Advance(now)
		m.serveEncoding(now)
	}
}
