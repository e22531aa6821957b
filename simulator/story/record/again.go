package record

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// again says why a request was sent again.
type again struct {
	of    *message // the one before
	times int      // how often it was sent so far, this time included
	why   string
	see   int // the event that was missing or should not have been; -1 for none
}

func number(n int) string { return strconv.Itoa(n) }

// explainAgain finds the requests that were sent again, and what was missing.
func (t *traffic) explainAgain(trace []story.Event) {
	past := past{spans: spansOf(trace), states: statesOf(trace, t.line)}
	var last *message
	for _, m := range t.messages {
		if m.direction != line.ToMeter || !m.hasID {
			continue
		}
		if last != nil && last.id == m.id {
			m.again = t.missing(past, last, m)
			if !m.whole && last.whole {
				m.text.Title = last.text.Title
			}
		}
		last = m
	}
}

// missing finds out what made the host send m again after it had sent last.
func (t *traffic) missing(p past, last, m *message) *again {
	a := &again{of: last, times: 2, see: -1}
	if last.again != nil {
		a.times = last.again.times + 1
	}
	a.why, a.see = t.wants(last, m)
	if a.see == last.frames[len(last.frames)-1].event {
		a.why += p.awayBetween(last.until(), m.at)
	}
	if strikes := p.atWork(last.at, m.at); strikes != "" {
		a.why += "; at work: " + strikes
	}
	return a
}

// wants is what the host waited for between two messages, and the event to look at.
func (t *traffic) wants(last, m *message) (why string, see int) {
	for i, f := range last.frames {
		if f.fate != Came {
			return fmt.Sprintf("frame %d of the request was %v on its way to the meter", i+1, f.fate), f.event
		}
	}
	between := t.between(last, m)
	for _, f := range between {
		if f.direction == line.FromMeter && f.fate != Came {
			what := "a frame of the answer"
			if f.read.Ack {
				what = "the meter's " + f.read.Title
			}
			return fmt.Sprintf("%s was %v on its way back", what, f.fate), f.event
		}
	}
	end := last.frames[len(last.frames)-1]
	for _, f := range between {
		if f.direction == line.ToMeter && f.read.Ack && f.fate != Came {
			return fmt.Sprintf("the host's %s of the answer was %v, so the meter did not go on", f.read.Title, f.fate), f.event
		}
	}
	if !last.whole {
		if ack := t.lateAck(end, m); ack != nil {
			return fmt.Sprintf("the meter's %s of frame %d of the request came only %s after it", ack.read.Title, len(last.frames), seconds(ack.at-end.at)), ack.event
		}
		for _, f := range between {
			if f.direction == line.FromMeter && f.read.Ack && f.event > end.event {
				return fmt.Sprintf("the meter's %s of frame %d of the request came, and the host did not take it in time", f.read.Title, len(last.frames)), f.event
			}
		}
		return fmt.Sprintf("the meter did not acknowledge frame %d of the request", len(last.frames)), end.event
	}
	for _, later := range t.messages {
		if later.direction != line.FromMeter || !later.hasID || later.id != m.id {
			continue
		}
		switch first := later.frames[0]; {
		case first.sent() >= m.until(): // it answers what was sent again
		case later.at >= m.at:
			return fmt.Sprintf("the answer came only %s after the request", seconds(later.at-last.until())), first.event
		case later.at >= last.at:
			return "the answer came, and the host did not take it in time", later.frames[0].event
		}
	}
	return "the meter did not answer", end.event
}

// lateAck is what the meter said to a frame of the host and what came only when a further message had
// begun; nil if there is none.
func (t *traffic) lateAck(of *frame, m *message) *frame {
	for _, f := range t.frames {
		if f.direction == line.FromMeter && f.read.Ack && f.fate == Late && f.at >= m.at && f.sent() >= of.at && f.sent() < m.at {
			return f
		}
	}
	return nil
}

// between are the frames that were sent after the first frame of one message and before that of
// another.
func (t *traffic) between(a, b *message) []*frame {
	var list []*frame
	for _, f := range t.frames {
		if f.event > a.frames[0].event && f.event < b.frames[0].event && f.message != a {
			list = append(list, f)
		}
	}
	return list
}

func seconds(d time.Duration) string { return fault.FormatTime(d.Round(time.Millisecond)) }

// past is what befell a meter and its line.
type past struct {
	spans  []span
	states []stateAt
}

// span is a fault from the moment at which it strikes to the one at which it ends.
type span struct {
	fault    fault.Fault
	from, to time.Duration
}

type stateAt struct {
	at    time.Duration
	state meter.State
}

// never is later than anything that happens.
const never = time.Duration(math.MaxInt64)

// spansOf are the faults of a trace, in the order in which they strike. One that does not last
// ends where it strikes.
func spansOf(trace []story.Event) []span {
	var list []span
	for _, e := range trace {
		switch w := e.What.(type) {
		case story.FaultStruck:
			s := span{w.Fault, e.At, e.At}
			if w.Fault.Kind.Lasts() {
				s.to = never
			}
			list = append(list, s)
		case story.FaultEnded:
			for at := len(list) - 1; at >= 0; at-- {
				if list[at].fault == w.Fault && list[at].to == never {
					list[at].to = e.At
					break
				}
			}
		}
	}
	return list
}

// statesOf are the states of the meter that the host of a line talks to.
func statesOf(trace []story.Event, onLine uint8) []stateAt {
	var list []stateAt
	for _, e := range trace {
		if w, ok := e.What.(story.StateEntered); ok && e.OnLine == onLine && e.Station == 0 {
			list = append(list, stateAt{e.At, w.State})
		}
	}
	return list
}

// atWork are the faults that were at work at some moment between two, as text.
func (p past) atWork(from, to time.Duration) string {
	var list []string
	for _, s := range p.spans {
		if text := s.fault.String(); s.from <= to && s.to >= from && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return strings.Join(list, ", ")
}

// awayBetween says that the meter was off or booting at some moment between two.
func (p past) awayBetween(from, to time.Duration) string {
	for i, s := range p.states {
		ends := never
		if i+1 < len(p.states) {
			ends = p.states[i+1].at
		}
		if s.at > to || ends < from {
			continue
		}
		switch s.state {
		case meter.Off:
			return ": it was off"
		case meter.Booting:
			return ": it was booting"
		}
	}
	return ""
}
