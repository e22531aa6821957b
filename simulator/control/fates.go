package control

import (
	"bytes"
	"encoding/hex"
	"time"

	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// maxUnderway bounds the frames of which it is not known yet what becomes of them.
const maxUnderway = 256

// underway is a frame that was sent.
type underway struct {
	number    uint64
	direction string
	at        time.Duration
	sent      int
	is        *record.Underway
}

// Harmed is a frame that did not come through as it was sent, or too late.
type Harmed struct {
	Frame     uint64 // its number in GET /v1/frames
	Direction string
	At        time.Duration // when it was sent
	Sent      int           // bytes
	Outcome   record.Outcome
	Text      string // what became of it
}

// Tell is the event as programs are told of it.
func (h Harmed) Tell() story.Told {
	return story.Tell("frame-harmed", story.Member{Name: "frame", Value: h.Frame}, story.Member{Name: "direction", Value: h.Direction},
		story.Member{Name: "sent", Value: seconds(h.At)}, story.Member{Name: "bytes", Value: h.Sent}, story.Member{Name: "fate", Value: h.Outcome.Fate.String()},
		story.Member{Name: "got", Value: hex.EncodeToString(h.Outcome.Got)}, story.Member{Name: "text", Value: h.Text})
}

// TellArrival takes bytes that have come through. It and those below are the station's owner's.
func (m *Served) TellArrival(e story.Event, w story.BytesArrived) {
	if m.subject.Fates != nil {
		m.subject.Fates.Arrive(e, w)
	}
}

// await waits for what becomes of a frame.
func (m *Served) await(number uint64, e story.Event, w story.FrameSent) {
	if m.subject.Fates == nil {
		return
	}
	m.underway = append(m.underway, underway{number, w.Direction.String(), e.At, len(w.Bytes), m.subject.Fates.Send(e, w)})
}

// Settle keeps what is known by now of the frames that were sent, and returns those that were harmed.
func (m *Served) Settle(now time.Duration) (harmed []Harmed) {
	late := len(m.underway) - maxUnderway
	left := m.underway[:0]
	for i, u := range m.underway {
		if i >= late && !u.is.Known(now) {
			left = append(left, u)
			continue
		}
		o := u.is.Outcome()
		o.Got = bytes.Clone(o.Got)
		m.frames.settle(u.number, o)
		if o.Fate != record.Came {
			harmed = append(harmed, Harmed{u.number, u.direction, u.at, u.sent, o, u.is.Harm()})
		}
	}
	clear(m.underway[len(left):])
	m.underway = left
	return harmed
}
