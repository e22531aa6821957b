package judge

import (
	"time"

	"ionbench/simulator/ion"
)

// nag is a meter that is frozen, while what comes from the line looks as if it went on, and has no
// end. Nothing of it gives a program more time (PROTOCOL.md, section 3), or it waits for ever. Each
// kind comes alone: one that ends a wait would hide what another does to it.
type nag struct {
	due, every time.Duration
	bytes      []byte
}

// nags are what comes, by the name of the harm, from the meter of a unit. id is that of the request
// which has no answer.
var nags = map[string]func(unit, id uint16) []byte{
	"nagged":               ofTheMeter,
	"nagged-by-others":     func(unit, id uint16) []byte { return ofTheMeter(unit^1, id) },
	"nagged-by-beginnings": beginning,
	"nagged-by-noise":      func(uint16, uint16) []byte { return []byte{0x55, 0xFF, 0x00, 0xAA} }, // no frame begins so
}

// ofTheMeter are ACKs and NAKs of a unit, and a whole answer to another request.
func ofTheMeter(unit, id uint16) (frames []byte) {
	from := func(control ion.Control, transaction byte, data []byte) {
		frames = ion.AppendFrame(frames, ion.Frame{Control: ion.FromMeter | control, Source: unit, Destination: ion.HostAddress, Transaction: transaction, Data: data})
	}
	const last, first, alone = 0x00, 0x5F, 0x40 // transactions
	for _, transaction := range []byte{last, 0x01, first, alone} {
		from(ion.AckFrame|ion.AckBit, transaction, nil)
	}
	from(ion.AckFrame, last, nil) // a NAK
	from(0, alone, ion.AppendPacket(nil, ion.Packet{
		MessageID: id - 1, Source: ion.MeterAddress(unit), Destination: ion.ClientAddress(), Type: ion.TypeDownload, Body: []byte{byte(ion.OpRestart), 0},
	}))
	return frames
}

// beginning is the first frame of an answer to the request, whose next one never comes.
func beginning(unit, id uint16) []byte {
	const firstOfTwo = 0x41
	p := ion.AppendPacket(nil, ion.Packet{MessageID: id, Source: ion.MeterAddress(unit), Destination: ion.ClientAddress(), Type: ion.TypeDownload, Body: make([]byte, ion.MaxFrameData)})
	return ion.AppendFrame(nil, ion.Frame{Control: ion.FromMeter | ion.AckBit, Source: unit, Destination: ion.HostAddress, Transaction: firstOfTwo, Data: p[:ion.MaxFrameData]})
}

// begin has the bytes come at every third of the response time.
func (n *nag) begin(now time.Duration, bytes []byte, response time.Duration) {
	n.every, n.bytes = often(response), bytes
	n.due = now + n.every
}

// appendDue appends the bytes if it is time for them.
func (n *nag) appendDue(dst []byte, now time.Duration) []byte {
	if now < n.due {
		return dst
	}
	n.due = now + n.every
	return append(dst, n.bytes...)
}
