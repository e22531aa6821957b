package explain

import "ionbench/simulator/ion"

// Follower reads along with one direction of a line. The zero value is ready.
type Follower struct {
	assembler ion.Assembler
	at        int // where in the message the data of the next frame go
}

// Read is what a frame was.
type Read struct {
	Text
	Data  int    // where in the message its data are, from 0; meaningless for an ACK or NAK
	Ack   bool   // it acknowledges or refuses a frame, and is no part of a message
	Stray bool   // it continues no message that has begun, or is the last frame once more
	Whole *Text  // the message, if it ends with this frame
	ID    uint16 // of the message, if it is whole
	Body  []byte // the message, if it is whole; valid until the next Add
}

// Add takes the next frame as it is on the wire.
func (f *Follower) Add(wire []byte) Read {
	r := Read{Text: Frame(wire)}
	frame, _, err := ion.ParseFrame(wire)
	if err != nil {
		r.Stray = true
		return r
	}
	if frame.IsAck() || frame.IsNak() {
		r.Ack = true
		return r
	}
	message, state := f.assembler.Add(frame)
	switch state {
	case ion.Ignored, ion.Repeated:
		r.Stray = true
		return r
	case ion.Partial, ion.Complete:
	}
	if frame.First() {
		f.at = 0
	}
	r.Data = f.at
	f.at += len(frame.Data)
	if state == ion.Complete {
		whole := Message(message)
		r.Whole, r.Body = &whole, message
		if p, err := ion.ParsePacket(message); err == nil {
			r.ID = p.MessageID
		}
	}
	return r
}
