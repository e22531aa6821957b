package record

import (
	"slices"
	"time"

	"ionbench/simulator/story"
)

// Fates finds out what becomes of frames while a run goes on, as Harm does when it is over. Make it
// with NewFates.
type Fates struct {
	byteTime time.Duration
	wires    map[uint8]*wires // by line
}

// NewFates follows frames of whose bytes each takes at least so long.
func NewFates(byteTime time.Duration) *Fates {
	return &Fates{byteTime: byteTime, wires: map[uint8]*wires{}}
}

func (f *Fates) of(onLine uint8) *wires {
	w := f.wires[onLine]
	if w == nil {
		both := newWires(f.byteTime)
		w = &both
		f.wires[onLine] = w
	}
	return w
}

// Underway is a frame that was sent, and what is known of it.
type Underway struct {
	frame *frame
	on    *wire
}

// Send takes a frame that an end begins to send.
func (f *Fates) Send(e story.Event, w story.FrameSent) *Underway {
	on := f.of(e.OnLine)
	u := &Underway{&frame{direction: w.Direction, at: e.At, held: w.Held, station: e.Station, wire: []byte(w.Bytes)}, &on.way[w.Direction]}
	on.send(u.frame)
	return u
}

// Arrive takes bytes that have come through.
func (f *Fates) Arrive(e story.Event, w story.BytesArrived) {
	f.of(e.OnLine).way[w.Direction].arrive(e.At, []byte(w.Bytes))
}

// patience is how long the last byte of a frame is waited for beyond its time. What slows a line or a
// frame may hold it longer.
const patience = time.Second

// Known reports whether it is known by now what became of the frame.
func (u *Underway) Known(now time.Duration) bool {
	return u.frame.fate != Lost || !u.Due() || now > u.frame.at+time.Duration(len(u.frame.wire))*u.on.byteTime+patience
}

// Due reports whether the frame can still come.
func (u *Underway) Due() bool { return slices.Contains(u.on.out, u.frame) }

// Outcome is what became of a frame that was sent.
type Outcome struct {
	Fate    Fate
	Arrived time.Duration // of its last byte; not of one that is lost
	Got     []byte        // of one that is garbled
}

// Outcome is what became of the frame, as far as that is known.
func (u *Underway) Outcome() Outcome {
	f := u.frame
	if got := u.part(); len(got) > 0 {
		return Outcome{Garbled, u.on.at, got}
	}
	return Outcome{f.fate, f.arrived, f.got}
}

// part is what has come of a frame of which the rest is still due.
func (u *Underway) part() []byte {
	if u.frame.fate == Lost && len(u.on.out) > 0 && u.on.out[0] == u.frame {
		return u.on.got
	}
	return nil
}

// Harm is what became of the frame in words, as Harm has them; empty if it came through.
func (u *Underway) Harm() string {
	if u.frame.fate == Lost && u.Due() {
		if n := len(u.part()); n > 0 {
			return garbledWords(n, len(u.frame.wire))
		}
		return "lost: nothing of it had arrived a second later"
	}
	return u.frame.harm()
}
