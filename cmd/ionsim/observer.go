package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/serve"
)

// observer tells what happens to the meter: as JSON, as lines for people, as a trace.
type observer struct {
	station *bench.Station
	baud    int // of the meter's port
	trace   *traceFile
	json    bool
	out     *sink // events as JSON
	diag    *sink // lines for people

	edges    uint64        // toggles of L2 that were told
	ledLines time.Duration // when people were told last
	ledTold  uint64        // up to where
	line     []byte
}

// ledInterval is how often people are told of L2 at most.
const ledInterval = time.Second

// field is one member of a JSON object, after "event" and "at".
type field struct {
	name  string
	value any
}

// report is an event in words. Without a name it is no event of --json, without text
// there is no line for people.
type report struct {
	name   string
	fields []field
	text   string
}

// appendObject appends a line of --json. At is in seconds with six decimals.
func appendObject(dst []byte, name string, at time.Duration, fields []field) []byte {
	dst = append(dst, `{"event":`...)
	dst = appendJSON(dst, name)
	dst = append(dst, `,"at":`...)
	dst = strconv.AppendFloat(dst, at.Seconds(), 'f', 6, 64)
	for _, f := range fields {
		dst = append(dst, ',')
		dst = appendJSON(dst, f.name)
		dst = append(dst, ':')
		dst = appendJSON(dst, f.value)
	}
	return append(dst, '}', '\n')
}

func appendJSON(dst []byte, value any) []byte {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("an event with %v: %v", value, err)) // only text, numbers and truth values are put there
	}
	return append(dst, b...)
}

// tell hands an event on to all who want it.
func (o *observer) tell(e bench.Event, r report) {
	o.trace.add(e)
	switch {
	case o.json && r.name != "":
		o.line = appendObject(o.line[:0], r.name, e.At, r.fields)
		o.out.add(o.line)
	case !o.json && r.text != "":
		o.line = fmt.Appendf(o.line[:0], "%12.3f  %s\n", e.At.Seconds(), r.text)
		o.diag.add(o.line)
	}
}

// step takes what happened since it was called last.
func (o *observer) step(now time.Duration) {
	for _, e := range o.station.TakeTrace() {
		o.tell(e, o.describe(e))
	}
	o.stepLED(now)
}

// stepLED tells of L2: of every toggle to programs, now and then to people.
func (o *observer) stepLED(now time.Duration) {
	edges := o.station.Meter().Panel().Edges
	for o.edges < edges {
		o.edges++
		lit := o.edges%2 == 1
		o.tell(bench.Event{At: now, Source: bench.FromMeter, Kind: "led", N: o.edges, Text: "L2 " + onOff(lit)},
			report{name: "led", fields: []field{{"led", "L2"}, {"on", lit}, {"count", o.edges}}})
	}
	if now >= o.ledLines+ledInterval {
		o.tellLED(now)
	}
}

func (o *observer) tellLED(now time.Duration) {
	if o.json || o.edges == o.ledTold {
		return
	}
	o.line = fmt.Appendf(o.line[:0], "%12.3f  LED L2 toggled, %d times so far\n", now.Seconds(), o.edges)
	o.diag.add(o.line)
	o.ledLines, o.ledTold = now, o.edges
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// describe puts an event of the station in words.
func (o *observer) describe(e bench.Event) report {
	switch e.Source {
	case bench.FromMeter:
		return o.describeMeter(e)
	case bench.FromFault:
		return describeFault(e.Kind, e.Text)
	case bench.FromLine:
		return describeLine(e)
	}
	return report{}
}

func (o *observer) describeMeter(e bench.Event) report {
	switch e.Kind {
	case "state":
		return report{"state", []field{{"state", e.Text}}, "meter: " + e.Text}
	case "lcd":
		return report{"lcd", []field{{"text", e.Text}}, fmt.Sprintf("LCD shows %q", e.Text)}
	case "event-log":
		return report{"event-log", []field{{"text", e.Text}}, "event log: " + e.Text}
	case "sector-erased":
		return report{"sector-erased", []field{{"sector", e.N}, {"left", e.M}}, fmt.Sprintf("flash: sector %d erased, %d to go", e.N, e.M)}
	case "block-programmed":
		blocks := o.station.Counts().ImageBlocks
		return report{"block-programmed", []field{{"block", e.N}, {"blocks", blocks}}, fmt.Sprintf("flash: block %d of %d programmed", e.N, blocks)}
	case "verified":
		return report{"verified", []field{{"status", e.Text}}, "image checked: " + e.Text}
	case "flash-cut":
		return report{"flash-cut", []field{{"operation", e.N}, {"phase", e.Text}}, fmt.Sprintf("power failed at flash operation %d: %s", e.N, e.Text)}
	}
	return report{} // a flash operation that a fault watches: the fault tells
}

// describeFault reads the texts of the station's fault events: the fault, and for some a
// colon and the reason. A fault itself is printed without colons.
func describeFault(phase, text string) report {
	fault, reason, _ := strings.Cut(text, ": ")
	r := report{name: "fault", fields: []field{{"phase", phase}, {"fault", fault}}, text: fmt.Sprintf("fault %s: %s", phase, text)}
	if reason != "" {
		r.fields = append(r.fields, field{"reason", reason})
	}
	return r
}

func describeLine(e bench.Event) report {
	direction, ok := strings.CutPrefix(e.Kind, "frame-")
	if !ok {
		return report{} // the host's rate: the server tells
	}
	return report{name: "frame", fields: []field{{"direction", direction}, {"bytes", e.N}, {"hex", strings.ReplaceAll(e.Text, " ", "")}}}
}

// host tells of the hosts on the ports.
func (o *observer) host(e serve.Event) {
	trace := bench.Event{At: e.At, Source: bench.FromHost, Text: e.Host}
	r := report{fields: []field{{"host", e.Host}}, text: "host " + e.String()}
	switch e.Kind {
	case serve.Connected:
		r.name = "connected"
	case serve.Refused:
		r.name = "refused"
	case serve.Disconnected:
		r.name = "disconnected"
	case serve.LostBytes:
		r.name = "lost-bytes"
		r.fields = append(r.fields, field{"bytes", e.Bytes})
		trace.N = uint64(e.Bytes)
	case serve.NotReset:
		r.name = "not-reset"
	case serve.BaudChanged:
		fits := e.Baud == o.baud
		r.name = "host-baud"
		r.fields = append(r.fields, field{"baud", e.Baud}, field{"fits", fits})
		if !fits {
			r.text += fmt.Sprintf(", the meter to %d: both hear garbage", o.baud)
		}
		trace.N = uint64(e.Baud)
	}
	if e.Reason != "" {
		r.fields = append(r.fields, field{"reason", e.Reason})
		trace.Text = strings.TrimPrefix(e.Host+": "+e.Reason, ": ")
	}
	trace.Kind = r.name
	o.tell(trace, r)
}

// end tells what there is to say when nothing more will happen.
func (o *observer) end(now time.Duration, unstruck []string) {
	o.step(now)
	o.tellLED(now)
	for _, text := range unstruck {
		fault, reason, _ := strings.Cut(text, ": ")
		o.tell(bench.Event{At: now, Source: bench.FromFault, Kind: "unstruck", Text: text},
			report{"fault", []field{{"phase", "unstruck"}, {"fault", fault}, {"reason", reason}}, "fault " + text})
	}
	c := o.station.Counts()
	o.tell(bench.Event{At: now, Source: bench.FromMeter, Kind: "stopped"}, report{"stopped", []field{
		{"bytes_to_meter", c.BytesToMeter}, {"bytes_to_host", c.BytesToHost},
		{"frames_to_meter", c.FramesToMeter}, {"frames_to_host", c.FramesToHost},
		{"blocks_sent", c.BlocksSent}, {"resends", c.Resends}, {"led_toggles", o.edges},
	}, fmt.Sprintf("ended: %d bytes came, %d went; %d blocks were sent, %d requests again", c.BytesToMeter, c.BytesToHost, c.BlocksSent, c.Resends)})
}
