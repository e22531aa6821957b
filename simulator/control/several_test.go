package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// beside admits another meter to a server, with an owner of its own.
func (m *served) beside(t *testing.T, id, lookOnly string) *served {
	t.Helper()
	station := newStation(t)
	other := &served{Server: m.Server, Served: m.Admit(Subject{ID: id, Title: "of a test", LookOnly: lookOnly, Run: "r2", Station: station}), station: station}
	other.own(t)
	other.Serve(Identity{Model: "7350", Serial: "PC-" + id, Unit: 7})
	return other
}

func TestOneOfSeveralMetersIsAskedByItsIdAndTheOnlyOneWithout(t *testing.T) {
	m := serveOne(t)
	other := m.beside(t, "killed.2", "")
	list, err := m.client().Meters(t.Context())
	if err != nil || len(list.Meters) != 2 || list.Meters[0].ID != "1" || list.Meters[1].ID != "killed.2" || list.Meters[1].Title != "of a test" {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, path := range []string{"/v1/meter", "/v1/events", "/v1/faults", "/v1/frames", "/v1/meters/no-such"} {
		if code, body := m.ask(t, "GET", path, ""); code != 404 || !strings.Contains(body, "GET /v1/meters lists them") {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	k := m.client().Of("killed.2")
	seen, err := k.Meter(t.Context())
	if err != nil || seen.ID != "killed.2" || seen.Serial != "PC-killed.2" {
		t.Errorf("%+v, %v", seen, err)
	}
	if _, err := k.Strike(t.Context(), "cable-pull"); err != nil {
		t.Error(err)
	}
	struck, err := k.Faults(t.Context())
	if err != nil || len(struck.Faults) != 1 {
		t.Errorf("%+v, %v", struck, err)
	}
	if spared, err := m.client().Of("1").Faults(t.Context()); err != nil || len(spared.Faults) > 0 {
		t.Errorf("the first one is struck too: %+v, %v", spared, err)
	}
	other.Leave()
	if code, _ := m.ask(t, "GET", "/v1/meters/killed.2", ""); code != 404 {
		t.Errorf("the one that has left: %d", code)
	}
	if seen, err := m.client().Meter(t.Context()); err != nil || seen.ID != "1" {
		t.Errorf("the only one that is left: %+v, %v", seen, err)
	}
}

func TestANeighbourIsToldApartFromAMeterThatIsNotThere(t *testing.T) {
	m := serveOne(t)
	station := newStation(t)
	other := &served{Server: m.Server, Served: m.Admit(Subject{ID: "plant", Names: []string{"main", "feeder"}, Run: "r2", Station: station}), station: station}
	other.own(t)
	other.Serve(Identity{Model: "7350"})
	if _, err := m.client().Of("main").Strike(t.Context(), "cable-pull"); err != nil {
		t.Errorf("the first meter by its own name: %v", err)
	}
	for name, want := range map[string]string{"feeder": "GET /v1/lines/plant tells how it is, and faults befall it", "none": "GET /v1/meters lists them"} {
		var refused *RefusedError
		if _, err := m.client().Of(name).Meter(t.Context()); !errors.As(err, &refused) || refused.Status != 404 || !strings.Contains(refused.Problem.Hint, want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestWatchersOfAMeterThatLeavesReadWhatTheyHaveNotAndEnd(t *testing.T) {
	m := serveOne(t)
	other := m.beside(t, "2", "")
	other.Tell("state", []byte(`{"event":"state"}`+"\n"))
	m.Tell("lcd", []byte(`{"event":"lcd"}`+"\n"))
	var names []string
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	err := m.client().Of("2").Watch(ctx, true, func(e Event) error {
		names = append(names, e.Name)
		other.Leave()
		return nil
	})
	if err != nil || strings.Join(names, " ") != "state" {
		t.Errorf("%q, %v", names, err)
	}
}

func TestAMeterThatIsOnlyLookedAtIsStruckByNobody(t *testing.T) {
	m := serveOne(t)
	other := m.beside(t, "2", "a program is judged by it")
	k := m.client().Of("2")
	seen, err := k.Meter(t.Context())
	if err != nil || seen.LookOnly != "a program is judged by it" {
		t.Errorf("%+v, %v", seen, err)
	}
	_, strike := k.Strike(t.Context(), "cable-pull")
	_, end := k.End(t.Context(), 1)
	_, heal := k.Heal(t.Context())
	_, power := k.Power(t.Context(), false)
	_, reset := k.Reset(t.Context())
	for _, err := range []error{strike, end, heal, power, reset} {
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Status != 409 || !strings.Contains(refused.Problem.Error, "a program is judged by it") {
			t.Errorf("%v", err)
		}
	}
	if n := len(other.station.Planned()); n > 0 {
		t.Errorf("it has %d faults", n)
	}
}

func TestTheLastFramesAreExplainedFieldByField(t *testing.T) {
	m := serveOne(t)
	identify := string(ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: []byte{0, 16, 0, 7, 1, 0x95, 0x64, 0, 1, 0x95, 1, 0, 105, 1, 0x44, 1}}))
	for i := range 3 * keptFrames {
		m.TellFrame(story.Event{At: time.Duration(i) * time.Second}, story.FrameSent{Direction: [...]line.Direction{line.ToMeter, line.FromMeter}[i%2], Bytes: identify})
	}
	m.TellFrame(story.Event{At: time.Hour}, story.FrameSent{Direction: line.FromMeter, Bytes: "noise"})
	got, err := m.client().Frames(t.Context())
	if err != nil || len(got.Frames) != keptFrames {
		t.Fatalf("%d frames, %v", len(got.Frames), err)
	}
	last := got.Frames[keptFrames-1]
	if last.N != 3*keptFrames+1 || last.At != 3600 || last.Direction != "from-meter" || !last.Fields[0].Wrong {
		t.Errorf("the last one: %+v", last)
	}
	f := got.Frames[keptFrames-3]
	if f.Direction != "to-meter" || f.Bytes != hex.EncodeToString([]byte(identify)) || f.Title != "identify" && !strings.Contains(strings.ToLower(f.Title), "identify") || f.Message == nil {
		t.Errorf("%+v", f)
	}
	at := 0
	for _, field := range f.Fields {
		if field.From != at {
			t.Errorf("%s begins at %d, not at %d", field.Name, field.From, at)
		}
		at = field.To
	}
	if at != len(identify) {
		t.Errorf("the fields end at %d of %d bytes", at, len(identify))
	}
}

func TestAFrameSaysWhatBecameOfItOnceThatIsKnown(t *testing.T) {
	m := serveOne(t)
	m.subject.Fates = record.NewFates(time.Millisecond)
	at := func(ms int) story.Event { return story.Event{At: time.Duration(ms) * time.Millisecond} }
	send := func(ms int, bytes string) {
		m.TellFrame(at(ms), story.FrameSent{Direction: line.ToMeter, Bytes: bytes})
	}
	arrive := func(ms int, bytes string) {
		m.TellArrival(at(ms), story.BytesArrived{Direction: line.ToMeter, Bytes: bytes})
	}
	send(0, "first")
	arrive(5, "first")
	send(10, "second")
	arrive(16, "sec0nd")
	send(20, "third")
	if harmed := m.Settle(30 * time.Millisecond); len(harmed) != 1 || harmed[0].Frame != 2 || harmed[0].Outcome.Fate != record.Garbled || harmed[0].Text == "" {
		t.Errorf("after the second one: %+v", harmed)
	}
	told := func() (list string) {
		got, err := m.client().Frames(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got.Frames {
			list += fmt.Sprintf("%d %q %v %s; ", f.N, f.Fate, f.Arrived, f.Got)
		}
		return list
	}
	if got, want := told(), `1 "came" 0.005 ; 2 "garbled" 0.016 736563306e64; 3 "" 0 ; `; got != want {
		t.Errorf("told %s", got)
	}
	if harmed := m.Settle(2 * time.Second); len(harmed) != 1 || harmed[0].Frame != 3 || harmed[0].Outcome.Fate != record.Lost || harmed[0].At != 20*time.Millisecond {
		t.Errorf("after a second: %+v", harmed)
	}
	if got := told(); !strings.HasSuffix(got, `3 "lost" 0 ; `) {
		t.Errorf("told %s", got)
	}
	if harmed := m.Settle(time.Hour); len(harmed) != 0 {
		t.Errorf("told twice: %+v", harmed)
	}
	again := string(ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: ion.AppendPacket(nil, ion.Packet{MessageID: 1, Request: true})}))
	send(5000, again)
	m.TellFrame(at(5100), story.FrameSent{Direction: line.FromMeter, Bytes: "answer", Held: 3 * time.Second})
	m.TellArrival(at(5200), story.BytesArrived{Direction: line.FromMeter, Bytes: "answer"})
	if harmed := m.Settle(5200 * time.Millisecond); len(harmed) != 1 || harmed[0].Outcome.Fate != record.Late || harmed[0].Text != "late: the host had sent a further request 200ms before it arrived, for it was held back for 3s" {
		t.Errorf("of an answer that was held back: %+v", harmed)
	}
	// What a line keeps for longer than anybody waits was lost, and comes all the same.
	m.TellFrame(at(6000), story.FrameSent{Direction: line.FromMeter, Bytes: "reply"})
	m.TellFrame(at(6010), story.FrameSent{Direction: line.FromMeter, Bytes: "slow"})
	m.TellFrame(at(6020), story.FrameSent{Direction: line.FromMeter, Bytes: "never"})
	if harmed := m.Settle(7200 * time.Millisecond); len(harmed) != 4 || harmed[1].Frame != 6 || harmed[1].Outcome.Fate != record.Lost {
		t.Errorf("of what a line keeps: %+v", harmed)
	}
	send(8000, again)
	arrive(8000+len(again), again)
	for _, arrives := range []string{"reply", "slow"} {
		m.TellArrival(at(9000), story.BytesArrived{Direction: line.FromMeter, Bytes: arrives})
	}
	harmed := m.Settle(9000 * time.Millisecond)
	if len(harmed) != 2 || harmed[0].Frame != 6 || harmed[0].Outcome.Fate != record.Late || harmed[0].Text != "late: the host had sent a further request 1s before it arrived" {
		t.Errorf("of what came late: %+v", harmed)
	}
	if got := told(); !strings.HasSuffix(got, `6 "late" 9 ; 7 "late" 9 ; 8 "lost" 0 ; 9 "came" 8.029 ; `) {
		t.Errorf("told %s", got)
	}
	m.TellArrival(at(9900), story.BytesArrived{Direction: line.FromMeter, Bytes: "nev"})
	send(10000, "kept")
	m.Settle(12 * time.Second)
	arrive(13000, "kept")
	if harmed := m.Settle(13 * time.Second); len(harmed) == 0 || harmed[len(harmed)-1].Outcome.Fate != record.Came || harmed[len(harmed)-1].Text != "held back: it came 3s after it was sent" {
		t.Errorf("of what came, and nothing was asked meanwhile: %+v", harmed)
	}
	if harmed := m.Settle(time.Hour); len(harmed) != 0 {
		t.Errorf("told twice: %+v", harmed)
	}
}

func TestAFaultBelongsToALineOrToAMeter(t *testing.T) {
	m := serveOne(t)
	other := m.beside(t, "2", "")
	on := m.client().OnLine("2")
	struck, err := on.Strike(t.Context(), "cable-pull")
	if err != nil || struck.ID != 1 {
		t.Fatalf("%+v, %v", struck, err)
	}
	var refused *RefusedError
	if _, err := on.Strike(t.Context(), "power-loss"); !errors.As(err, &refused) || refused.Status != 422 || !strings.Contains(refused.Problem.Hint, "/v1/meters/2/faults") {
		t.Errorf("a fault of the meter on the line: %v", err)
	}
	if _, err := m.client().Of("2").Strike(t.Context(), "power-loss"); err != nil {
		t.Error(err)
	}
	line, err := m.client().Line(t.Context(), "2")
	if err != nil || line.Reachable || len(line.Faults) != 1 || len(line.Stations) != 1 || !line.Stations[0].Struck || line.Stations[0].State != "off" {
		t.Errorf("%+v, %v", line, err)
	}
	if _, err := on.End(t.Context(), 2); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("the line ends a fault of the meter: %v", err)
	}
	if left, err := on.Heal(t.Context()); err != nil || len(left.Faults) != 1 || left.Faults[0].State != Over {
		t.Errorf("%+v, %v", left, err)
	}
	if p := other.station.Planned(); len(p) != 2 || !p[1].AtWork {
		t.Errorf("the meter's fault: %+v", p)
	}
	if _, err := m.client().Line(t.Context(), "no"); !errors.As(err, &refused) || refused.Status != 404 || !strings.Contains(refused.Problem.Hint, "GET /v1/lines") {
		t.Errorf("no line: %v", err)
	}
	if spared, err := m.client().OnLine("1").Faults(t.Context()); err != nil || len(spared.Faults) > 0 {
		t.Errorf("another line: %+v, %v", spared, err)
	}
}
