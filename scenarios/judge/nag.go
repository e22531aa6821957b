package judge

import (
	"time"

	"ionbench/simulator/ion"
)

// nag is a meter that is frozen, while what comes from the line looks as if it went on: ACKs and
// NAKs, and whole answers to another request. None of them gives a program more time (PROTOCOL.md,
// section 3), or it waits for ever.
type nag struct {
	due, every time.Duration
	frames     []byte
}

// begin has the frames of a unit at every third of the response time. id is that of the request
// which has no answer.
func (n *nag) begin(now time.Duration, unit, id uint16, response time.Duration) {
	n.every = often(response)
	n.due = now + n.every
	from := func(control ion.Control, transaction byte, data []byte) {
		n.frames = ion.AppendFrame(n.frames, ion.Frame{Control: ion.FromMeter | control, Source: unit, Destination: ion.HostAddress, Transaction: transaction, Data: data})
	}
	n.frames = nil
	const last, first, alone = 0x00, 0x5F, 0x40 // transactions
	for _, transaction := range []byte{last, 0x01, first, alone} {
		from(ion.AckFrame|ion.AckBit, transaction, nil)
	}
	from(ion.AckFrame, last, nil) // a NAK
	from(0, alone, ion.AppendPacket(nil, ion.Packet{
		MessageID: id - 1, Source: ion.MeterAddress(unit), Destination: ion.ClientAddress(), Type: ion.TypeDownload, Body: []byte{byte(ion.OpRestart), 0},
	}))
}

// appendDue appends the frames if it is time for them.
func (n *nag) appendDue(dst []byte, now time.Duration) []byte {
	if now < n.due {
		return dst
	}
	n.due = now + n.every
	return append(dst, n.frames...)
}
