package serving

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/sink"
	"ionbench/simulator/bench"
	"ionbench/simulator/capture"
	"ionbench/simulator/control"
	"ionbench/simulator/serve"
	"ionbench/simulator/story"
)

// observer reports what happens to the meter: as JSON, as lines for people, and in the trace.
type observer struct {
	station *bench.Station
	far     bool          // the meter is elsewhere
	from    time.Duration // the station's time 0 of what is told
	baud    int           // rate of the meter's port
	trace   *traceFile
	capture *capture.Writer // nil for none
	story   *storyFile      // nil for none
	frames  bool            // every frame is an event to tell
	door    *door           // of those who watch over HTTP; nil for none
	json    bool
	out     *sink.Sink // events as JSON
	diag    *sink.Sink // lines for people

	on    string   // name of the line, of a site; empty for a meter alone
	names []string // of the meters on it, by their places

	edges    uint64        // toggles of L2 so far, in the life of the meter
	earlier  uint64        // of these, those before it was served
	ledLines time.Duration // when people last got a line about L2
	ledTold  uint64        // the toggles that this line counted
	line     []byte
}

// EventsFormat is the name and version of what --json prints.
const EventsFormat = "ionsim-events 1"

// ledInterval is the least time between two lines for people about L2.
const ledInterval = time.Second

// field is one member of a JSON object, after "event" and "at".
type field struct {
	name  string
	value any
}

// report is an event in words. Without a name it is not in --json; without text people get no
// line.
type report struct {
	name   string
	fields []field
	text   string
}

// NotServed is what --json gives of an error at the start, in a format of events.
func NotServed(format string) func(err error, status cli.Status) []byte {
	return func(err error, status cli.Status) []byte {
		return appendObject(nil, "not-served", 0, []field{{"error", err.Error()}, {"exit", int(status)}, {"format", format}})
	}
}

// appendObject appends a line of --json. Its "at" is in seconds with six decimals.
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
	switch v := value.(type) { // of which there are most
	case bool:
		return strconv.AppendBool(dst, v)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case string:
		if isPlain(v) {
			return append(append(append(dst, '"'), v...), '"')
		}
	}
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("an event with %v: %v", value, err)) // cannot happen: all values are text, numbers or booleans
	}
	return append(dst, b...)
}

// isPlain reports that JSON has a text as it stands.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// tell writes an event to the trace, and as JSON or as a line for people.
func (o *observer) tell(e story.Event, r report) {
	o.tellAs(e, func(story.What) report { return r })
}

// tellAs is tell for an event that is put into words only if somebody is told: most are frames and bytes, of
// which that is much work.
func (o *observer) tellAs(e story.Event, inWords func(story.What) report) {
	e.At -= o.from
	if o.capture != nil {
		o.capture.Add(e)
	}
	o.story.add(e)
	o.door.take(e)
	switch e.What.(type) {
	case story.BytesArrived, story.LampToggled: // for the capture alone; stepLED tells of L2
		return
	case story.FrameSent:
		if !o.frames {
			return
		}
	case story.HostConnected, story.HostLeft: // host tells of them
		return
	}
	o.trace.add(e)
	o.say(e, inWords(e.What))
}

// say tells those who follow the run.
func (o *observer) say(e story.Event, r report) {
	o.place(e.Station, &r)
	if r.name != "" && (o.json || o.door != nil) {
		o.line = appendObject(o.line[:0], r.name, e.At, r.fields)
		o.door.tell(e, r.name, o.line)
	}
	switch {
	case o.json && r.name != "":
		o.out.Add(o.line)
	case !o.json && r.text != "":
		o.line = fmt.Appendf(o.line[:0], "%12.3f  %s\n", e.At.Seconds(), r.text)
		o.diag.Add(o.line)
	}
}

// place says on which line of a site something happened, and with which meter.
func (o *observer) place(station uint8, r *report) {
	if o.on == "" || int(station) >= len(o.names) {
		return
	}
	name := o.names[station]
	r.fields = append(r.fields, field{"line", o.on}, field{"meter", name})
	if r.text != "" {
		r.text = fmt.Sprintf("%s %s: %s", o.on, name, r.text)
	}
}

// step reports what has happened since its last call.
func (o *observer) step(now time.Duration) {
	for _, e := range o.station.TakeTrace() {
		o.tellAs(e, o.describe)
	}
	if o.capture != nil {
		o.capture.Until(now - o.from)
	}
	o.stepFrames(now)
	o.stepLED(now)
}

// stepFrames says which frames were harmed. A capture and a story find that out by themselves.
func (o *observer) stepFrames(now time.Duration) {
	for _, h := range o.door.harmed(now - o.from) {
		o.say(story.Event{At: now - o.from, Source: story.Line}, reportOf(h.Tell()))
	}
}

// stepLED reports L2: every toggle in --json, and a line for people now and then.
func (o *observer) stepLED(now time.Duration) {
	edges := o.station.Meter().Panel().Edges
	for o.edges < edges {
		o.edges++
		w := toggled{o.edges, o.edges - o.earlier}
		o.tell(story.Event{At: now, Source: story.Meter, What: w}, toldOf(w))
	}
	if now >= o.ledLines+ledInterval {
		o.tellLED(now)
	}
}

func (o *observer) tellLED(now time.Duration) {
	if o.json || o.on != "" || o.edges == o.ledTold {
		return
	}
	o.line = fmt.Appendf(o.line[:0], "%12.3f  LED L2 toggled, %d times so far\n", (now - o.from).Seconds(), o.edges-o.earlier)
	o.diag.Add(o.line)
	o.ledLines, o.ledTold = now, o.edges
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// describe returns the report of an event. What programs are told is what story.Of says.
func (o *observer) describe(what story.What) report {
	told := story.Of(what)
	switch what.(type) {
	case story.FrameSent: // too many for people
		return reportOf(told)
	case story.BlockProgrammed: // by XMODEM nobody says how many there will be
		told.Members = append(told.Members, story.Member{Name: "blocks", Value: o.station.Counts().ImageBlocks})
	case story.StateEntered, story.Displayed, story.EventLogged, story.SectorErased, story.ImageChecked, story.FlashCut, story.CallTold,
		story.FaultStruck, story.FaultEnded, story.FaultMissed:
	default:
		return report{} // flash operations and the host's rate: other events report them
	}
	r := reportOf(told)
	r.text, _ = told.Words()
	return r
}

// toldOf is what programs are told of an event.
func toldOf(what story.What) report { return reportOf(story.Of(what)) }

func reportOf(told story.Told) report {
	r := report{name: told.Event}
	for _, m := range told.Members {
		r.fields = append(r.fields, field{m.Name, m.Value})
	}
	return r
}

// noteConnection puts a connection among the frames of a capture, in order.
func (o *observer) noteConnection(e serve.Event) {
	switch {
	case o.capture == nil:
	case e.Kind == serve.Connected:
		o.station.Note(story.Event{At: e.At, Source: story.Line, What: story.HostConnected{}})
	case e.Kind == serve.Disconnected:
		o.station.Note(story.Event{At: e.At, Source: story.Line, What: story.HostLeft{Reason: e.Broke()}})
	}
}

// host reports what a host does on the ports.
func (o *observer) host(e serve.Event) {
	r := report{name: hosts[e.Kind], fields: []field{{"host", e.Host}}, text: "host " + e.String()}
	switch e.Kind {
	case serve.Vanished, serve.CameBack, serve.NoRoom:
		r.text = e.String()
	case serve.Refused:
		r.fields = append(r.fields, field{"holder", e.Holder.Host}, field{"age", e.Holder.Age.Seconds()}, field{"silent", e.Holder.Silent.Seconds()})
	case serve.Disconnected:
		r.fields = append(r.fields, field{"broke", e.Broke() != ""})
		if e.TakenOver() {
			o.door.takenOver()
		}
	case serve.LostBytes:
		r.fields = append(r.fields, field{"bytes", e.Bytes})
	case serve.BaudChanged:
		fits := e.Baud == o.baud || o.station.Modem() != nil // a modem takes any rate
		r.fields = append(r.fields, field{"baud", e.Baud})
		if !o.far {
			r.fields = append(r.fields, field{"fits", fits})
		}
		if !fits && !o.far {
			r.text += fmt.Sprintf(", the meter to %d: both hear garbage", o.baud)
		}
	}
	if e.Reason != "" {
		r.fields = append(r.fields, field{"reason", e.Reason})
	}
	if e.Port != "" {
		r.fields = append(r.fields, field{"port", e.Port})
	}
	o.noteConnection(e)
	o.tell(story.Event{At: e.At, Source: story.Host, What: onPort{e}}, r)
}

// end makes the last reports, when nothing more will happen.
func (o *observer) end(now time.Duration, unstruck []story.Unstruck, ended *Ended) {
	o.step(now)
	o.tellLED(now)
	for _, u := range unstruck {
		r := toldOf(leftOver{u})
		r.text = "fault " + u.String()
		o.tell(story.Event{At: now, Source: story.Fault, What: leftOver{u}}, r)
	}
	if o.far {
		o.endOfProxy(now, ended.Counts, &ended.Repeat)
	} else {
		o.endOfMeter(now, ended)
	}
	if !o.json {
		o.diag.Add(again(&ended.Repeat))
	}
}

// again says to people what repeats what was done by hand, and what that leaves out.
func again(r *control.Repeat) (text []byte) {
	switch {
	case r.OfTrial():
		text = fmt.Appendf(text, "to do again what was done by hand: ionbench replay '%s'\n", r.Plan)
	case r.Plan != "":
		text = fmt.Appendf(text, "to do again what was done by hand: --fault '%s', or ionbench replay '%s'\n", r.Plan, r.Plan)
	}
	for _, not := range r.Not {
		text = fmt.Appendf(text, "not done again, or otherwise: %s\n", not)
	}
	return text
}

// endOfMeter is the last report of a meter.
func (o *observer) endOfMeter(now time.Duration, ended *Ended) {
	c := ended.Counts
	o.tell(story.Event{At: now, Source: story.Meter, What: stopped{}}, report{"stopped", slices.Concat(carried(c), []field{
		{"led_toggles", o.edges - o.earlier}, {"state", ended.State.String()}, {"revision", ended.Runs},
	}, byHand(&ended.Repeat)), endedAfter(c) + fmt.Sprintf("; %v", ended)})
}

// carried is what a line has carried, as fields of its end.
func carried(c bench.Counts) []field {
	return []field{
		{"bytes_to_meter", c.BytesToMeter}, {"bytes_to_host", c.BytesToHost},
		{"frames_to_meter", c.FramesToMeter}, {"frames_to_host", c.FramesToHost},
		{"blocks_sent", c.BlocksSent}, {"resends", c.Resends},
	}
}

// endedAfter is the same for people.
func endedAfter(c bench.Counts) string {
	return fmt.Sprintf("ended: %d bytes came, %d went; %d blocks were sent, %d requests again", c.BytesToMeter, c.BytesToHost, c.BlocksSent, c.Resends)
}

// byHand is what was done by hand, and what of it a plan leaves out.
func byHand(again *control.Repeat) []field {
	return []field{{"by_hand", again.Plan}, {"not_repeated", append([]string{}, again.Not...)}}
}
