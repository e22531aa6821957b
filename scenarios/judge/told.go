package judge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/simulator/ion"
	wire "ionbench/simulator/line"
	"ionbench/simulator/story"
	storypage "ionbench/simulator/story/page"
)

// storyFile is the page among the artifacts of a scenario that did not pass.
const storyFile = "story.html"

// logStream is what the log of a program is called among its outputs. Nobody knows when its lines
// were written: they are told at the end.
const logStream = "{log}"

// judgeStream is what the judge does to a program, among its outputs.
const judgeStream = "judge"

// What a program does, for a trace; each is a story.What.
type (
	// programBegun: the program was started, the number-th time in the scenario.
	programBegun struct {
		Number int
		Name   string
	}
	// lineWritten: it has written a line to one of its outputs, or to a file.
	lineWritten struct{ Stream, Text string }
	// programEnded: it has ended.
	programEnded struct {
		OK  bool
		How string
	}
	// sentAgain: it sends a request once more. Traces without frames have it.
	sentAgain struct {
		ID    uint16
		Times int
	}
)

func (programBegun) Kind() string      { return "program" }
func (w programBegun) Details() string { return w.Name }
func (w programBegun) Tell() story.Told {
	return story.Tell("attempt", story.Member{Name: "number", Value: w.Number}, story.Member{Name: "title", Value: w.Details()})
}

func (w lineWritten) Kind() string    { return w.Stream }
func (w lineWritten) Details() string { return visible(w.Text) }
func (w lineWritten) Tell() story.Told {
	return story.Tell("output", story.Member{Name: "stream", Value: w.Stream}, story.Member{Name: "text", Value: w.Details()})
}

func (programEnded) Kind() string      { return "ended" }
func (w programEnded) Details() string { return w.How }
func (w programEnded) Tell() story.Told {
	return story.Tell("finished", story.Member{Name: "ok", Value: w.OK}, story.Member{Name: "text", Value: w.How})
}

func (sentAgain) Kind() string      { return "sent-again" }
func (w sentAgain) Details() string { return fmt.Sprintf("message %d, %d times so far", w.ID, w.Times) }

// maxSignals bounds the signals of an attempt that its story tells of.
const maxSignals = 1000

// signalSent is a signal that the judge sent to the program, for its plan.
type signalSent struct {
	at   time.Time
	what string
}

// signalled notes a signal to the program.
func (a *Execution) signalled(s syscall.Signal) {
	if len(a.signals) < maxSignals {
		a.signals = append(a.signals, signalSent{time.Now(), "sends the program the signal: " + s.String()})
	}
}

// tell notes what the program did in an attempt that began at a moment of the meter's time, and at
// one of the wall's. It may go on beyond what the meter saw, until it ends.
func (p *player) tell(a *Execution, from time.Duration, began time.Time) {
	for i := range p.said { // nothing of an attempt is told behind the beginning of the next one
		p.said[i].At = min(p.said[i].At, from)
	}
	at := func(t time.Time) time.Duration { return max(from, from+t.Sub(began)) }
	note := func(t time.Duration, what story.What) {
		p.said = append(p.said, story.Event{At: t, Source: story.Host, What: what})
	}
	note(at(a.started), programBegun{len(p.attempts), a.Name()})
	note(at(a.started), lineWritten{"command", a.Command})
	first := len(p.said)
	for _, from := range []struct {
		name   string
		output *Output
	}{{"stdout", &a.Exit.Stdout}, {"stderr", &a.Exit.Stderr}} {
		for _, l := range from.output.lines() {
			note(at(l.at), lineWritten{from.name, l.text})
		}
	}
	for _, sent := range a.signals {
		note(at(sent.at), lineWritten{judgeStream, sent.what})
	}
	slices.SortStableFunc(p.said[first:], story.Event.Compare)
	ended := max(at(a.started.Add(a.Exit.Took)), p.said[len(p.said)-1].At) // what it wrote last is read a little later
	for text := range strings.Lines(string(a.Log[:min(len(a.Log), maxKept)])) {
		note(ended, lineWritten{logStream, strings.TrimRight(text, "\r\n")})
	}
	note(ended, programEnded{a.success(), a.Exit.String()})
}

// trace is all that happened in the scenario, in the order of time: what the meter saw, and what
// the program did.
func (p *player) trace() []story.Event {
	all := slices.Concat(p.station.Trace(), p.said)
	slices.SortStableFunc(all, story.Event.Compare)
	return all
}

// traceText is the trace for people: without frames, but with the requests that were sent again.
func traceText(p *player) []byte {
	var b bytes.Buffer
	var last ion.Head
	times := 0
	for _, e := range p.trace() {
		if f, ok := e.What.(story.FrameSent); ok && f.Direction == wire.ToMeter && len(f.Bytes) >= ion.FrameOverhead {
			if head, first := ion.Wire(f.Bytes).Head(); first {
				if times++; head.MessageID != last.MessageID {
					last, times = head, 1
				}
				if times > 1 {
					fmt.Fprintln(&b, story.Event{At: e.At, Source: story.Line, What: sentAgain{head.MessageID, times}})
				}
			}
		}
		if w, ok := e.What.(lineWritten); ok && w.Stream == logStream {
			continue // it is a file of its own
		}
		if !e.OfWire() {
			fmt.Fprintln(&b, e)
		}
	}
	return b.Bytes()
}

// retold is the story of the scenario.
func (p *player) retold(r *Result) (*retell.Story, error) {
	told, err := retell.Station(p.world, p.scenario.paced(rig.StationConfig(p.world, rig.Options{}), p.options))
	if err != nil {
		return nil, err
	}
	h := &told.Head
	h.Program, h.Title, h.Outcome, h.Repeat = p.options.JudgedBy, r.name()+": "+r.Scenario.Title, r.Verdict(), r.Repeat
	h.Plan = strings.Join(slices.DeleteFunc([]string{r.Scenario.Plans.String(), harmsText(r.Scenario.everyHarm())}, func(s string) bool { return s == "" }), "; ")
	for _, b := range r.Broken {
		h.Broken = append(h.Broken, b.String())
	}
	if r.Trouble != "" {
		h.Broken = append(h.Broken, r.Trouble)
	}
	told.Events = p.trace()
	return told, nil
}

// storyPage is the page of the scenario's story; nil if it passed.
func (p *player) storyPage(r *Result) ([]byte, error) {
	if v := r.Verdict(); v == "pass" || v == "skipped" || p.stand == nil {
		return nil, nil
	}
	told, err := p.retold(r)
	if err != nil {
		return nil, err
	}
	var text, shown bytes.Buffer
	if err := told.Write(&text); err != nil {
		return nil, err
	}
	err = storypage.Write(&shown, told.Head.Title, text.Bytes())
	return shown.Bytes(), err
}
