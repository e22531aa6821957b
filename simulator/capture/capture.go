// Package capture writes the trace of a station as a capture for Wireshark (package pcapng): the
// frames on its lines, with faults as comments, and cable and power as lines of the interface.
package capture

import (
	"fmt"
	"io"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// Writer writes events to a capture. Make it with New or To. It is used by one goroutine.
type Writer struct {
	to  *pcapng.Writer
	out map[int]int // by line: faults that hold the cable out

	fates *record.Fates // nil: a capture of what is over, or without what arrived
	held  []held        // events behind a frame of which it is not known what becomes of it
}

// held is an event that has still to be written.
type held struct {
	event story.Event
	frame *record.Underway // nil for what is no frame
	other func()           // of another interface; nil for an event
}

// maxHeld bounds them.
const maxHeld = 256

// New writes the head of a capture. Events have the numbers of its lines.
func New(to io.Writer, c pcapng.Config) (*Writer, error) {
	w, err := pcapng.New(to, c)
	return To(w), err
}

// To returns a writer to a capture that has its head.
func To(w *pcapng.Writer) *Writer { return &Writer{to: w, out: map[int]int{}} }

// Live makes w a writer to which a run is told while it goes on, with what arrived: a frame that did
// not come through as it was sent says so, as with All. For that a frame is written when it is known
// what became of it, or a second late, and whatever comes behind it after it. A byte takes at least
// so long.
func (w *Writer) Live(byteTime time.Duration) *Writer {
	w.fates = record.NewFates(byteTime)
	return w
}

// Until writes what is known by now of a run that goes on.
func (w *Writer) Until(now time.Duration) {
	n := 0
	for ; n < len(w.held); n++ {
		h := w.held[n]
		if h.frame != nil && !h.frame.Known(now) && len(w.held)-n <= maxHeld {
			break
		}
		w.release(h)
	}
	w.held = append(w.held[:0], w.held[n:]...)
}

// Behind writes something else of the same capture in its place: behind what has been told so far.
func (w *Writer) Behind(write func()) {
	if len(w.held) == 0 {
		write()
		return
	}
	w.held = append(w.held, held{other: write})
}

func (w *Writer) release(h held) {
	if h.other != nil {
		h.other()
		return
	}
	if h.frame != nil {
		if words := h.frame.Harm(); words != "" {
			w.to.Comment(int(h.event.OnLine), words)
		}
	}
	w.add(h.event)
}

// hold takes an event of a run that goes on.
func (w *Writer) hold(e story.Event) {
	h := held{event: e}
	switch what := e.What.(type) {
	case story.BytesArrived:
		w.fates.Arrive(e, what)
		w.Until(e.At)
		return
	case story.FrameSent:
		h.frame = w.fates.Send(e, what)
	}
	w.held = append(w.held, h)
	w.Until(e.At)
}

// Err is the first error of writing. After it nothing more is written.
func (w *Writer) Err() error { return w.to.Err() }

// End tells what is left to tell.
func (w *Writer) End(at time.Duration) {
	for _, h := range w.held {
		w.release(h)
	}
	w.held = nil
	w.to.End(at)
}

// All writes a whole trace. Where it has what arrived, the frames that did not come through as they
// were sent say so. A byte takes at least so long.
func (w *Writer) All(trace []story.Event, byteTime time.Duration) {
	harm := map[int]string{}
	if slices.ContainsFunc(trace, func(e story.Event) bool { _, ok := e.What.(story.BytesArrived); return ok }) {
		harm = record.Harm(trace, byteTime)
	}
	for i, e := range trace {
		if words := harm[i]; words != "" {
			w.to.Comment(int(e.OnLine), words)
		}
		w.Add(e)
	}
	if n := len(trace); n > 0 {
		w.End(trace[n-1].At)
	}
}

// Add takes an event, and writes it if it is one of a line or befalls it.
func (w *Writer) Add(e story.Event) {
	if w.fates != nil {
		w.hold(e)
		return
	}
	w.add(e)
}

func (w *Writer) add(e story.Event) {
	number := int(e.OnLine)
	switch what := e.What.(type) {
	case story.FrameSent:
		if e.Station > 0 {
			w.to.Comment(number, fmt.Sprintf("sent by station %d of the line", e.Station))
		}
		w.to.Frame(e.At, number, directions[what.Direction], what.Bytes)
	case story.FaultStruck:
		w.fault(e.At, number, what.Fault, "fault strikes: ", 1)
	case story.FaultEnded:
		w.fault(e.At, number, what.Fault, "fault ends: ", -1)
	case story.FaultMissed:
		w.to.Comment(number, "fault cannot strike: "+what.Details())
	case story.StateEntered:
		if e.Station == 0 {
			w.to.Power(e.At, number, what.State != meter.Off)
		}
	case story.HostConnected:
		w.to.Connect(e.At, number)
	case story.HostLeft:
		w.to.Disconnect(e.At, number, what.Reason)
	}
}

var directions = [...]pcapng.Direction{line.ToMeter: pcapng.ToMeter, line.FromMeter: pcapng.FromMeter}

// fault tells that a fault strikes or ends. One that pulls the cable changes a line.
func (w *Writer) fault(at time.Duration, number int, f fault.Fault, how string, pulled int) {
	w.to.Comment(number, how+f.String())
	if f.Kind.Unplugs() {
		w.out[number] = max(0, w.out[number]+pulled)
		w.to.Cable(at, number, w.out[number] == 0)
	}
}
