package record

import (
	"bytes"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/ion/explain"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
)

// Fate says what became of a frame.
type Fate uint8

// The fates.
const (
	Lost Fate = iota
	Garbled
	Came
	Late // it came, and the host had sent a further request by then
)

// String is the fate as a story has it.
func (f Fate) String() string { return [...]string{"lost", "garbled", "came", "late"}[f] }

// frame is a frame of the trace, and what became of it.
type frame struct {
	event     int // in the trace
	direction line.Direction
	at        time.Duration
	held      time.Duration // how long it was held back before
	station   uint8         // that sent it; 0 for the host or the meter
	wire      []byte
	read      explain.Read
	message   *message // nil for an ACK, and for what belongs to no message
	fate      Fate
	arrived   time.Duration // of its last byte
	gone      time.Duration // of a late one, when the host sent a further request
	got       []byte        // of a garbled one
}

// sent is when the frame was to be sent.
func (f *frame) sent() time.Duration { return f.at - f.held }

// message is a message that an end begins to send.
type message struct {
	number    int // from 1
	direction line.Direction
	at        time.Duration
	id        uint16
	hasID     bool
	frames    []*frame
	text      explain.Text
	whole     bool
	again     *again // nil unless it is a request that was sent before
}

// until is when the last of it arrived; its beginning if nothing did.
func (m *message) until() time.Duration {
	end := m.at
	for _, f := range m.frames {
		end = max(end, f.at, f.arrived)
	}
	return end
}

// traffic is all that went over one line.
type traffic struct {
	line     uint8
	frames   []*frame
	messages []*message
	at       map[int]*frame // by event
	follow   [2]explain.Follower
	open     [2]*message
	wires    wires
}

// read takes what went over a line from a trace. A byte takes at least so long.
func read(trace []story.Event, onLine uint8, byteTime time.Duration) *traffic {
	t := &traffic{line: onLine, at: map[int]*frame{}, wires: newWires(byteTime)}
	for i, e := range trace {
		if e.OnLine != onLine {
			continue
		}
		switch w := e.What.(type) {
		case story.FrameSent:
			t.sent(i, e, w)
		case story.BytesArrived:
			t.wires.way[w.Direction].arrive(e.At, []byte(w.Bytes))
		}
	}
	for d := range t.wires.way {
		t.wires.way[d].end()
	}
	t.explainAgain(trace)
	return t
}

func (t *traffic) sent(event int, e story.Event, w story.FrameSent) {
	f := &frame{event: event, direction: w.Direction, at: e.At, held: w.Held, station: e.Station, wire: []byte(w.Bytes)}
	t.frames, t.at[event] = append(t.frames, f), f
	t.wires.send(f)
	if e.Station != 0 {
		f.read.Text = explain.Frame(f.wire)
		return
	}
	f.read = t.follow[w.Direction].Add(f.wire)
	t.join(f)
}

// join makes a frame a part of its message.
func (t *traffic) join(f *frame) {
	if f.read.Ack || !ion.Wire(f.wire).IsFrame() {
		return
	}
	if ion.Wire(f.wire).First() {
		m := &message{number: len(t.messages) + 1, direction: f.direction, at: f.at}
		if head, ok := ion.Wire(f.wire).Head(); ok {
			m.id, m.hasID = head.MessageID, true
		}
		t.messages, t.open[f.direction] = append(t.messages, m), m
		m.text = begun(f)
	}
	m := t.open[f.direction]
	if m == nil {
		return
	}
	f.message = m
	m.frames = append(m.frames, f)
	if f.read.Whole != nil {
		m.text, m.whole = *f.read.Whole, true
	}
}

// begun is what can be said of a message by its first frame.
func begun(f *frame) explain.Text {
	head, ok := ion.Wire(f.wire).Head()
	switch {
	case !ok:
		return explain.Text{Title: "a message that has no packet"}
	case head.Op == ion.OpBlock && head.Sequence > 0:
		return explain.Text{Title: "block " + number(int(head.Sequence)) + ", begun"}
	case head.Op != 0:
		return explain.Text{Title: head.Op.String() + ", begun"}
	}
	return explain.Text{Title: "program, begun"}
}

// wires are both directions of a line.
type wires struct {
	byteTime time.Duration // that a byte takes at least
	way      [2]wire
}

func newWires(byteTime time.Duration) wires {
	asked := new(asked)
	return wires{byteTime, [2]wire{{byteTime: byteTime, asked: asked}, {byteTime: byteTime, asked: asked}}}
}

// asked is the last request on a line.
type asked struct {
	at, due time.Duration // when its first frame was sent, and can have arrived
}

// late reports that a frame which arrived at some time should have before the last request: it is of what
// was sent before that.
func (w *wire) late(f *frame, arrived time.Duration) bool {
	if f.station != 0 || arrived <= w.asked.at {
		return false
	}
	if f.direction == line.ToMeter {
		return f.at+time.Duration(len(f.wire))*w.byteTime <= w.asked.at && f.at < w.asked.at
	}
	return f.sent() < w.asked.due
}

// send takes a frame that an end begins to send.
func (w *wires) send(f *frame) {
	if f.direction == line.ToMeter && f.station == 0 && ion.Wire(f.wire).IsFrame() && ion.Wire(f.wire).First() {
		*w.way[line.ToMeter].asked = asked{f.at, f.at + time.Duration(len(f.wire))*w.byteTime}
	}
	w.way[f.direction].send(f)
}

// wire is one direction of a line: frames that were sent and have not arrived, and bytes that
// have and belong to none of them so far.
type wire struct {
	byteTime time.Duration // that a byte takes at least
	asked    *asked
	out      []*frame
	got      []byte
	at       time.Duration // of the last of them
}

// maxOut bounds the frames that may still arrive. What is older is lost.
const maxOut = 256

func (w *wire) send(f *frame) {
	w.out = append(w.out, f)
	if len(w.out) > maxOut {
		w.out = w.out[1:]
	}
}

// arrive takes bytes that have come through, and finds out which frames they are.
func (w *wire) arrive(at time.Duration, p []byte) {
	w.got, w.at = append(w.got, p...), at
	for len(w.got) > 0 && w.settle() {
	}
	if len(w.out) == 0 {
		w.got = w.got[:0]
	}
}

// due are the frames that can have arrived by now.
func (w *wire) due() []*frame {
	n := 0
	for n < len(w.out) && w.out[n].at+time.Duration(len(w.out[n].wire)-1)*w.byteTime <= w.at {
		n++
	}
	return w.out[:n]
}

// settle finds out about the frames that can have arrived. It returns false where more must come
// for that.
func (w *wire) settle() bool {
	due := w.due()
	if len(due) == 0 {
		return false
	}
	if i, k := w.find(due); i >= 0 {
		size := len(due[i].wire)
		if i > 0 && k > 0 { // what came in front of it is left of the frame before
			w.pass(i-1, Garbled, 0, k)
			i, k = 0, 0
		}
		w.pass(i, Came, k, size)
		return true
	}
	last := len(due) - 1
	if len(w.got) < len(due[last].wire) {
		return false
	}
	w.pass(last, Garbled, 0, len(w.got))
	return true
}

// find looks for the first whole frame in what has arrived, and says where it begins. Of frames
// with the same bytes it is the latest, unless they have come several times.
func (w *wire) find(due []*frame) (i, at int) {
	i = -1
	for n, f := range due {
		if k := bytes.Index(w.got, f.wire); k >= 0 && (i < 0 || k < at) {
			i, at = n, k
		}
	}
	if i < 0 {
		return i, at
	}
	var same []int
	for n, f := range due {
		if bytes.Equal(f.wire, due[i].wire) {
			same = append(same, n)
		}
	}
	copies := bytes.Count(w.got, due[i].wire)
	return same[max(0, len(same)-copies)], at
}

// pass says what became of a frame, which is in so many of the bytes behind the first k. Frames
// before it are lost.
func (w *wire) pass(i int, how Fate, k, n int) {
	f := w.out[i]
	f.fate, f.arrived = how, w.at
	switch {
	case how == Garbled:
		f.got = bytes.Clone(w.got[k : k+n])
	case w.late(f, w.at):
		f.fate, f.gone = Late, w.asked.at
	}
	w.out, w.got = w.out[i+1:], w.got[k+n:]
}

// end settles what is left when nothing more arrives.
func (w *wire) end() {
	if due := w.due(); len(due) > 0 && len(w.got) > 0 {
		w.pass(len(due)-1, Garbled, 0, len(w.got))
	}
}
