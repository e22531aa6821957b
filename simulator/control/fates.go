package control

import (
	"bytes"
	"encoding/hex"
	"slices"
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

// Settle keeps what is known by now of the frames that were sent, and returns those that were harmed. One that was
// told as lost, because nothing of it came in time, is told again if it comes all the same.
func (m *Served) Settle(now time.Duration) (harmed []Harmed) {
	late := len(m.underway) - maxUnderway
	left := m.underway[:0]
	for i, u := range m.underway {
		if i >= late && !u.is.Known(now) {
			left = append(left, u)
			continue
		}
		o := m.settle(u)
		if o.Fate != record.Came {
			harmed = append(harmed, Harmed{u.number, u.direction, u.at, u.sent, o, u.is.Harm()})
		}
		if o.Fate == record.Lost {
			m.missing = append(m.missing, u)
		}
	}
	clear(m.underway[len(left):])
	m.underway = left
	return append(harmed, m.turnedUp()...)
}

// turnedUp are the frames that have come after they were told as lost.
func (m *Served) turnedUp() (late []Harmed) {
	m.missing = slices.DeleteFunc(m.missing, func(u underway) bool {
		if u.is.Outcome().Fate == record.Lost {
			return !u.is.Due() // what was sent behind it has come
		}
		o := m.settle(u)
		text := u.is.Harm()
		if o.Fate == record.Came {
			text = "held back: it came " + (o.Arrived - u.at).Round(time.Millisecond).String() + " after it was sent"
		}
		late = append(late, Harmed{u.number, u.direction, u.at, u.sent, o, text})
		return true
	})
	if n := len(m.missing) - maxUnderway; n > 0 {
		m.missing = slices.Delete(m.missing, 0, n)
	}
	return late
}

// settle keeps what became of a frame.
func (m *Served) settle(u underway) record.Outcome {
	o := u.is.Outcome()
	o.Got = bytes.Clone(o.Got)
	m.frames.settle(u.number, o)
	return o
}
