package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// tale is a trace that a test tells.
type tale struct {
	t      *testing.T
	events []story.Event
	now    time.Duration
}

const byteTime = time.Second / 960

func (s *tale) add(source story.Source, what story.What) {
	s.events = append(s.events, story.Event{At: s.now, Source: source, What: what})
}

// send sends a frame; what of it arrives is for the test to say.
func (s *tale) send(d line.Direction, wire []byte) {
	s.add(story.Line, story.FrameSent{Direction: d, Bytes: string(wire)})
	s.now += time.Duration(len(wire)) * byteTime
}

func (s *tale) arrive(d line.Direction, p []byte) {
	s.add(story.Line, story.BytesArrived{Direction: d, Bytes: string(p)})
}

// written is the file of the tale, an object a line.
func (s *tale) written() (events []map[string]any) {
	s.t.Helper()
	var file bytes.Buffer
	if err := record.Write(&file, record.Head{Byte: byteTime.Seconds()}, s.events); err != nil {
		s.t.Fatal(err)
	}
	for text := range strings.Lines(file.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			s.t.Fatalf("%v in %s", err, text)
		}
		if e["n"] != nil {
			events = append(events, e)
		}
	}
	for i, e := range events {
		if e["n"] != float64(i+1) {
			s.t.Fatalf("event %d has the number %v", i+1, e["n"])
		}
	}
	return events
}

func of(events []map[string]any, name string) (list []map[string]any) {
	for _, e := range events {
		if e["event"] == name {
			list = append(list, e)
		}
	}
	return list
}

func fates(events []map[string]any) string {
	var list []string
	for _, e := range of(events, "frame") {
		list = append(list, fmt.Sprint(e["fate"]))
	}
	return strings.Join(list, " ")
}

// request is a frame of the host that holds a whole request.
func request(id uint16) []byte {
	packet := ion.AppendPacket(nil, ion.Packet{MessageID: id, Request: true, Type: ion.TypeDownload, Body: []byte{byte(ion.OpIdentify)}})
	return ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: packet})
}

func answer(id uint16) []byte {
	packet := ion.AppendPacket(nil, ion.Packet{MessageID: id, Type: ion.TypeDownload, Body: ion.AppendDownloadReply(nil, &ion.DownloadReply{Op: ion.OpRestart})})
	return ion.AppendFrame(nil, ion.Frame{Control: ion.FromMeter, Source: 105, Destination: ion.HostAddress, Transaction: 0x40, Data: packet})
}

func TestAFrameThatArrivesWholeCameAndOneThatDoesNotIsLost(t *testing.T) {
	s := &tale{t: t}
	s.send(line.ToMeter, request(1))
	s.now += 10 * time.Second
	s.send(line.ToMeter, request(2))
	s.arrive(line.ToMeter, request(2))
	if got := fates(s.written()); got != "lost came" {
		t.Errorf("the frames are %s", got)
	}
}

// An identical frame was sent twice and arrived once: it is the later one, which is when it arrived.
func TestOfTheSameFrameSentTwiceTheOneThatArrivedIsTheLater(t *testing.T) {
	s := &tale{t: t}
	for range 2 {
		s.send(line.ToMeter, request(7))
		s.now += 10 * time.Second
	}
	s.now -= 10 * time.Second
	s.arrive(line.ToMeter, request(7))
	if got := fates(s.written()); got != "lost came" {
		t.Errorf("the frames are %s", got)
	}
}

func TestADamagedFrameIsGarbledAndSaysWhatArrived(t *testing.T) {
	flipped := request(1)
	flipped[20] ^= 4
	short := append(bytes.Clone(request(1)[:9]), request(1)[10:]...)
	for name, arrived := range map[string][]byte{"a bit is wrong": flipped, "a byte is missing": short} {
		s := &tale{t: t}
		s.send(line.ToMeter, request(1))
		s.arrive(line.ToMeter, arrived)
		s.now += 10 * time.Second
		s.send(line.ToMeter, request(2))
		s.arrive(line.ToMeter, request(2))
		events := s.written()
		if got := fates(events); got != "garbled came" {
			t.Errorf("%s: the frames are %s", name, got)
		}
		if got := of(events, "frame")[0]["got"]; got != fmt.Sprintf("%x", arrived) {
			t.Errorf("%s: what came is %v", name, got)
		}
	}
}

// An answer that was held back is on the line when the host has sent its request again: it is late, and why the
// request was sent again says by how much. One that nobody gave up is not.
func TestAnAnswerThatComesBehindTheNextRequestIsLate(t *testing.T) {
	for name, want := range map[string]struct {
		held, again time.Duration // after the request
		fates, why  string
	}{
		"behind it":                  {11 * time.Second, 10 * time.Second, "came came late", "the answer came only 11s after the request"},
		"before it":                  {5 * time.Second, 10 * time.Second, "came came came", "the answer came, and the host did not take it in time"},
		"while it is on the wire":    {10*time.Second + byteTime, 10 * time.Second, "came came late", "the answer came only 10.031s after the request"},
		"with what is asked further": {12 * time.Second, 3 * time.Second, "came came late", "the answer came only 12s after the request"},
	} {
		s := &tale{t: t}
		ask := func() {
			s.send(line.ToMeter, request(5))
			s.arrive(line.ToMeter, request(5))
		}
		ask()
		meant := s.now
		reply := func() {
			s.now = max(s.now, meant+want.held)
			s.add(story.Line, story.FrameSent{Direction: line.FromMeter, Bytes: string(answer(5)), Held: want.held})
			s.now += time.Duration(len(answer(5))) * byteTime
			s.arrive(line.FromMeter, answer(5))
		}
		if want.held < want.again {
			reply()
		}
		s.now = max(s.now, meant+want.again)
		ask()
		if want.held >= want.again {
			reply()
		}
		events := s.written()
		got := of(events, "frame")
		slices.SortStableFunc(got, func(a, b map[string]any) int {
			return strings.Compare(b["direction"].(string), a["direction"].(string))
		})
		if fates := fates(got); fates != want.fates {
			t.Errorf("%s: the frames are %s, want %s", name, fates, want.fates)
		}
		if why := of(events, "message"); !slices.ContainsFunc(why, func(m map[string]any) bool { return m["why"] == want.why }) {
			t.Errorf("%s: %v", name, why)
		}
		late := slices.ContainsFunc(slices.Collect(maps.Values(record.Harm(s.events, byteTime))), func(text string) bool { return strings.HasPrefix(text, "late: ") })
		if late != strings.Contains(want.fates, "late") {
			t.Errorf("%s: the harm is %v", name, record.Harm(s.events, byteTime))
		}
	}
}

// A network that stalls delivers a request when the host has sent it again, and an ACK that a slow meter held back.
func TestARequestAndAnAckCanBeLate(t *testing.T) {
	s := &tale{t: t}
	for range 2 {
		s.send(line.ToMeter, request(5))
		s.now += 10 * time.Second
	}
	s.arrive(line.ToMeter, append(request(5), request(5)...))
	if got := fates(s.written()); got != "late came" {
		t.Errorf("the frames are %s", got)
	}
	s = &tale{t: t}
	first := ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x41, Data: request(5)[7:30]})
	ack := ion.AppendFrame(nil, ion.Ack(ion.Frame{Source: 105, Destination: ion.HostAddress}))
	for range 2 {
		s.send(line.ToMeter, first)
		s.arrive(line.ToMeter, first)
		s.now += 10 * time.Second
	}
	s.add(story.Line, story.FrameSent{Direction: line.FromMeter, Bytes: string(ack), Held: 15 * time.Second})
	s.now += time.Second
	s.arrive(line.FromMeter, ack)
	if got := fates(s.written()); got != "came came late" {
		t.Errorf("the frames are %s", got)
	}
}

func TestAFrameThatComesInPiecesCameWithItsLastByte(t *testing.T) {
	s := &tale{t: t}
	s.send(line.ToMeter, request(1))
	s.arrive(line.ToMeter, request(1)[:11])
	s.now += time.Second
	s.arrive(line.ToMeter, request(1)[11:])
	frame := of(s.written(), "frame")[0]
	if frame["fate"] != "came" || frame["arrived"].(float64) != s.now.Seconds() {
		t.Errorf("the frame is %v at %v, want %v", frame["fate"], frame["arrived"], s.now.Seconds())
	}
}

func TestWhatIsSentAgainSaysWhatWasMissing(t *testing.T) {
	pull, err := fault.Parse("cable-pull at 1s for 20s")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(s *tale, comes bool) {
		s.send(line.ToMeter, request(5))
		if comes {
			s.arrive(line.ToMeter, request(5))
		}
	}
	for _, test := range []struct {
		name, why string
		tell      func(*tale)
	}{
		{"the request", "frame 1 of the request was lost on its way to the meter; at work: cable-pull at 1s for 20s", func(s *tale) {
			s.add(story.Fault, story.FaultStruck{Fault: pull[0]})
			ask(s, false)
		}},
		{"the answer", "a frame of the answer was lost on its way back", func(s *tale) {
			ask(s, true)
			s.send(line.FromMeter, answer(5))
		}},
		{"the answer, which nobody sends", "the meter did not answer", func(s *tale) { ask(s, true) }},
		{"the meter's power", "the meter did not answer: it was off", func(s *tale) {
			s.add(story.Meter, story.StateEntered{State: meter.Off})
			ask(s, true)
		}},
	} {
		s := &tale{t: t, now: time.Second}
		test.tell(s)
		s.now += 10 * time.Second
		ask(s, true)
		events := s.written()
		again := of(events, "message")
		last := again[len(again)-1]
		if last["why"] != test.why || last["times"] != 2.0 {
			t.Errorf("%s: sent again because %q (%v times), want %q", test.name, last["why"], last["times"], test.why)
		}
		if see, _ := last["see"].(float64); see == 0 || events[int(see)-1]["event"] != "frame" {
			t.Errorf("%s: it leads to event %v", test.name, last["see"])
		}
	}
}

func TestAnAnswerThatComesAfterTheRequestWasSentAgainIsLate(t *testing.T) {
	s := &tale{t: t}
	s.send(line.ToMeter, request(5))
	s.arrive(line.ToMeter, request(5))
	s.now += 10 * time.Second
	start := len(s.events)
	s.send(line.ToMeter, request(5))
	end := s.now
	s.now = s.events[start].At + byteTime // while it is still being sent
	s.send(line.FromMeter, answer(5))
	s.now = end
	s.arrive(line.ToMeter, request(5))
	s.arrive(line.FromMeter, answer(5))
	again := of(s.written(), "message")[1]
	if why := fmt.Sprint(again["why"]); !strings.HasPrefix(why, "the answer came only 10.0") {
		t.Errorf("sent again because %q", why)
	}
}

// file is a story as it is written.
func file(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := record.Write(&b, record.Head{Title: "a run", Byte: byteTime.Seconds()}, []story.Event{
		{Source: story.Meter, What: story.StateEntered{State: meter.Application}},
		{At: time.Second, Source: story.Line, What: story.FrameSent{Direction: line.ToMeter, Bytes: string(request(1))}},
		{At: time.Second, Source: story.Line, What: story.BytesArrived{Direction: line.ToMeter, Bytes: string(request(1))}},
		{At: 2 * time.Second, Source: story.Meter, What: story.Displayed{Text: "Upgrading…"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenCanBeReadAndWhatIsWrongIsNamedByItsLine(t *testing.T) {
	whole := file(t)
	head, err := record.Read(whole)
	if err != nil || head.Title != "a run" {
		t.Fatalf("%q, %v", head.Title, err)
	}
	for old, test := range map[string]struct{ now, want string }{
		"ionbench-story 1": {"ionbench-story 2", "line 1 says"},
		`"n":3`:            {`"n":4`, "event 4 follows event 2"},
		`"at":2,`:          {`"at":0.5,`, "it is at 0.5 s, and the event before at 1 s"},
		`"layout":1,"mess`: {`"layout":2,"mess`, "there is no layout 2"},
		`"event":"lcd"`:    {`"event":""`, "which event it is"},
		`"at":1,`:          {`"when":1,`, "it does not say when"},
	} {
		broken := strings.Replace(string(whole), old, test.now, 1)
		if _, err := record.Read([]byte(broken)); err == nil || !strings.Contains(err.Error(), test.want) || broken == string(whole) {
			t.Errorf("%s: %v, want %q", old, err, test.want)
		}
	}
}

func TestAFileOrALineThatIsTooLargeIsRefusedAndSaysWhichAndHowMuch(t *testing.T) {
	whole := file(t)
	first := bytes.IndexByte(whole, '\n') + 1
	long := fmt.Sprintf(`{"n":1,"at":0,"event":"log","text":"%s"}`, strings.Repeat("x", record.MaxLine))
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"a line":     {append(slices.Clone(whole[:first]), long...), fmt.Sprintf("line 2: it has %d bytes, at most 1048576 are read", len(long))},
		"the head":   {append([]byte(`{"event":"`), bytes.Repeat([]byte("x"), record.MaxLine)...), "line 1: it has 1048586 bytes, at most 1048576 are read"},
		"everything": {make([]byte, record.MaxBytes+1), "it has 268435457 bytes, at most 268435456 are read"},
	} {
		if _, err := record.Read(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestWhateverTextIsToldTheFileCanBeRead(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 3<<20), strings.Repeat("\x00\xff", 1<<20), strings.Repeat("é", 1<<20)} {
		var file bytes.Buffer
		head := record.Head{Title: text, Plan: text, Repeat: text, Outcome: text, World: text, Replays: true}
		if err := record.Write(&file, head, []story.Event{{What: story.Displayed{Text: text}}}); err != nil {
			t.Fatal(err)
		}
		if read, err := record.Read(file.Bytes()); err != nil || read.Replays {
			t.Errorf("%.60v, replays %v", err, read.Replays)
		}
		if !strings.Contains(file.String(), " bytes more]") {
			t.Error("it does not say that something is left out")
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f))
	f.Add([]byte("{\"event\":\"story\",\"format\":\"ionbench-story 1\"}\n{\"event\":\"layout\",\"layout\":1,\"fields\":[]}\n{\"n\":1,\"at\":0,\"event\":\"frame\",\"layout\":1}\n\n"))
	f.Add([]byte(`{"event":"story","format":"ionbench-story 1"}`))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := record.Read(text); err != nil && !strings.HasPrefix(err.Error(), record.ErrFile.Error()) {
			t.Errorf("%v", err)
		}
	})
}
