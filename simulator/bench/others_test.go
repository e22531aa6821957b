package bench_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// neighbourhood describes meters of these units on one line; the first is the one that the host
// talks to.
func neighbourhood(t testing.TB, units ...uint16) bench.Config {
	t.Helper()
	var c bench.Config
	for i, unit := range units {
		m := world.Meter{UnitID: unit, SerialNumber: "PC-" + string(rune('A'+i)), ImageBytes: 4096}.Filled()
		one := rig.StationConfig(&world.World{Meters: []world.Meter{m}}, rig.Options{Chip: smallChip(), Trace: rig.FrameTrace})
		if i == 0 {
			c = one
			continue
		}
		c.Neighbours = append(c.Neighbours, bench.Neighbour{Meter: one.Meter, Baud: one.Baud})
	}
	return c
}

// onLine is a station that has run for a minute.
func onLine(t testing.TB, c bench.Config) *bench.Station {
	t.Helper()
	s, err := bench.NewStation(c)
	if err != nil {
		t.Fatal(err)
	}
	s.RunSince(-time.Minute)
	return s
}

// identifyUnit is a frame that asks a unit who it is.
func identifyUnit(unit, id uint16) []byte {
	return ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: unit, Transaction: 0x40, Data: ion.AppendPacket(nil, ion.Packet{
		MessageID: id, Request: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(unit), Service: 1, Type: ion.TypeDownload,
		Body: ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpIdentify}),
	})})
}

// heard is what arrives at the host until then.
func heard(s *bench.Station, until time.Duration) []byte {
	s.Advance(until)
	return s.Transmit(nil)
}

// frames are the good frames in what the host heard.
func frames(t testing.TB, p []byte) []ion.Frame {
	t.Helper()
	var list []ion.Frame
	var d ion.Decoder
	for len(p) > 0 {
		p = p[d.Feed(p):]
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			f.Data = append([]byte(nil), f.Data...)
			list = append(list, f)
		}
	}
	return list
}

func serialOf(t testing.TB, f ion.Frame) string {
	t.Helper()
	p, err := ion.ParsePacket(f.Data)
	if err != nil {
		t.Fatal(err)
	}
	var r ion.DownloadReply
	if err := ion.ParseDownloadReply(p.Body, &r); err != nil {
		t.Fatal(err)
	}
	return ion.FixedText(r.Serial[:])
}

// crowd is a station with neighbours, one of them a twin, and talkers, after some steps.
func crowd(t testing.TB, faults string, steps int) *still {
	t.Helper()
	c := neighbourhood(t, 105, 105, 7)
	for i := range c.Neighbours {
		c.Neighbours[i].Off, c.Neighbours[i].On = time.Hour, 2*time.Hour
	}
	c.Talkers = []talker.Config{{Role: talker.Babbler, Unit: 3, First: 5 * time.Second, Every: time.Second}, {Role: talker.SecondMaster, Unit: 7, Every: time.Second}}
	c.Plan = plan(t, faults)
	from := onLine(t, c)
	from.Begin(0)
	from.Neighbour(0).Chip().StickBit(0x040000, 1, true)
	if _, err := from.Admit(0, &asker{unit: 7}); err != nil {
		t.Fatal(err)
	}
	from.Receive(0, identifyUnit(105, 9))
	s := &still{}
	for range steps {
		s.now, _ = from.Next()
		from.Advance(s.now)
	}
	ofOne := plan(t, "abort at start; ip-reset at start; cable-pull from-meter at start for 1m; port-vanishes at 2s for 9s; frame-lost at frame 3; frame-lost at start; suspend at block 2 for 1m; file-gone at 50%; kill at reply 9; cable-pull at no-response 1 for 2 no-responses")
	if err := from.SetPlanOf(s.now, 1, ofOne); err != nil {
		t.Fatal(err)
	}
	from.CopyTo(&s.Station)
	return s
}

// asker is a further host, which asks a unit who it is, every second.
type asker struct {
	unit  uint16
	asked uint16
	at    time.Duration // of its next request
	heard []byte
	tx    []byte
}

func (a *asker) Receive(_ time.Duration, p []byte) { a.heard = append(a.heard, p...) }

func (a *asker) Advance(now time.Duration) {
	a.asked++
	a.at, a.tx = now+time.Second, identifyUnit(a.unit, 100+a.asked)
}

func (a *asker) Next() (time.Duration, bool) { return a.at, true }

func (a *asker) Transmit(dst []byte) []byte {
	dst = append(dst, a.tx...)
	a.tx = nil
	return dst
}

func (a *asker) Order(time.Duration, bench.Order) {}
func (a *asker) Done() bool                       { return false }
func (a *asker) Deaf() bool                       { return false }

func (a *asker) Drain(dst []story.Event, _ *bench.Station) []story.Event { return dst }

func (a *asker) CloneHost(bench.Host) bench.Host {
	c := *a
	c.heard = slices.Clone(a.heard)
	return &c
}

func (a *asker) AppendState(dst []byte, now time.Duration) []byte {
	return fmt.Appendf(dst, "%d %d %v", a.unit, a.asked, a.at-now)
}

// A further host hears the answers that it asks for, and the first host hears them as well.
func TestTwoHostsOnALineAreBothAnswered(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105, 7))
	a := &asker{unit: 7, at: 500 * time.Millisecond}
	seat, err := s.Admit(0, a)
	if err != nil || seat != 1 || s.Hosts() != 2 {
		t.Fatalf("seat %d of %d, %v", seat, s.Hosts(), err)
	}
	s.Receive(0, identifyUnit(105, 1))
	var here []uint16
	for _, f := range frames(t, heard(s, 2*time.Second)) {
		if f.Control&ion.FromMeter != 0 {
			here = append(here, f.Source)
		}
	}
	var there []uint16
	for _, f := range frames(t, a.heard) {
		there = append(there, f.Source)
	}
	if want := []uint16{105, 7, 7}; !slices.Equal(here, want) {
		t.Errorf("the first host hears answers of %v, want %v", here, want)
	}
	if !slices.Contains(there, 7) || !slices.Contains(there, 105) {
		t.Errorf("the further host hears %v", there)
	}
	if c := s.CountsOf(seat); c.FramesToMeter != 2 || c.Resends != 0 || s.SentLastBy(seat) != 0 || s.CountsOf(0).FramesToMeter != 1 {
		t.Errorf("%+v", c)
	}
	s.Dismiss()
	if s.Hosts() != 1 {
		t.Errorf("%d hosts are left", s.Hosts())
	}
}

func TestAFurtherHostThatIsNotAnsweredAsksAgain(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105))
	seat, err := s.Admit(0, &insistent{asker{unit: 8}})
	if err != nil {
		t.Fatal(err)
	}
	heard(s, 2500*time.Millisecond)
	if c := s.CountsOf(seat); c.Resends != 2 || s.SentLastBy(seat) != 3 || s.InsistedBy(seat) != 3 || s.OrdersBy(seat) != 0 {
		t.Errorf("%+v, sent %d times", c, s.SentLastBy(seat))
	}
}

// insistent gives all its requests one id.
type insistent struct{ asker }

func (a *insistent) Advance(now time.Duration) {
	a.asked = 0
	a.asker.Advance(now)
}

func TestALineCarriesOnlySoManyStations(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105))
	for n := 1; n < ion.MaxStations; n++ {
		if _, err := s.Admit(0, &asker{unit: 8}); err != nil {
			t.Fatalf("host %d: %v", n, err)
		}
	}
	if _, err := s.Admit(0, &asker{unit: 8}); err == nil {
		t.Error("one more is admitted")
	}
}

func TestNeighboursAnswerForThemselves(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105, 7, 9))
	for i, unit := range []uint16{105, 7, 9, 8} {
		now := time.Duration(i) * time.Second
		s.Receive(now, identifyUnit(unit, 1))
		got := frames(t, heard(s, now+time.Second))
		if unit == 8 {
			if len(got) > 0 {
				t.Errorf("unit %d answers as nobody", got[0].Source)
			}
			continue
		}
		if len(got) != 1 || got[0].Source != unit || serialOf(t, got[0]) != "PC-"+string(rune('A'+i)) {
			t.Errorf("to a request of unit %d come %+v", unit, got)
		}
	}
}

// Faults are placed by what the meter sends that they strike; people look at what the line has carried.
func TestWhatTheLineHasCarriedIsOfAllItsStations(t *testing.T) {
	c := neighbourhood(t, 105, 7)
	c.Talkers = []talker.Config{{Role: talker.Babbler, Unit: 9, First: 500 * time.Millisecond, Every: time.Hour}}
	s := onLine(t, c)
	s.Receive(0, identifyUnit(7, 1))
	arrived := heard(s, time.Second)
	if got := s.Carried(); got.FramesToHost != 2 || got.Replies != 1 || got.BytesToHost != uint64(len(arrived)) {
		t.Errorf("%d bytes arrive, of an answer and a babbler; carried: %+v", len(arrived), got)
	}
	if got := s.Counts(); got.FramesToHost != 0 || got.Replies != 0 {
		t.Errorf("the meter has sent nothing: %+v", got)
	}
}

// Two meters with the same unit id answer at the same instant. Their serial numbers differ, and
// so do their answers, of which nothing is left.
func TestTwinsGarbleEachOthersAnswers(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105, 105))
	s.Receive(0, identifyUnit(105, 1))
	p := heard(s, time.Second)
	if len(p) == 0 {
		t.Fatal("nothing arrives")
	}
	if got := frames(t, p); len(got) > 0 {
		t.Errorf("a good frame arrives: %+v", got[0])
	}
}

func TestTwinsAcknowledgeTogether(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105, 105))
	f := ion.Frame{Control: ion.AckBit, Source: ion.HostAddress, Destination: 105, Transaction: 0x41, Data: []byte{1}}
	s.Receive(0, ion.AppendFrame(nil, f))
	if got := frames(t, heard(s, time.Second)); len(got) != 1 || !got[0].IsAck() {
		t.Errorf("%+v arrives", got)
	}
}

func TestASecondMasterIsAnsweredAndBothHearIt(t *testing.T) {
	c := neighbourhood(t, 105, 7)
	c.Talkers = []talker.Config{{Role: talker.SecondMaster, Unit: 105, Every: time.Second}, {Role: talker.SecondMaster, Unit: 7, First: 500 * time.Millisecond, Every: time.Second}}
	s := onLine(t, c)
	answers := map[uint16]int{}
	for _, f := range frames(t, heard(s, 3400*time.Millisecond)) {
		if f.Destination == ion.HostAddress {
			answers[f.Source]++
		}
	}
	if answers[105] != 4 || answers[7] != 3 {
		t.Errorf("the host hears answers by unit: %v", answers)
	}
}

func TestAMeterForgetsAMessageThatASecondMasterBreaksInto(t *testing.T) {
	c := neighbourhood(t, 105)
	c.Plan = plan(t, "second-master at 50ms for 1s by 10s")
	s := onLine(t, c)
	s.Begin(0)
	first := ion.Frame{Control: ion.AckBit, Source: ion.HostAddress, Destination: 105, Transaction: 0x41, Data: []byte{1}}
	s.Receive(0, ion.AppendFrame(nil, first))
	if got := frames(t, heard(s, 49*time.Millisecond)); len(got) != 1 || !s.Meter().MidMessage() {
		t.Fatalf("%+v arrives", got)
	}
	s.Advance(300 * time.Millisecond)
	if s.Meter().MidMessage() {
		t.Error("the meter still waits for the rest of the host's message")
	}
}

func TestAFaultBringsATalkerForItsTime(t *testing.T) {
	c := neighbourhood(t, 105)
	c.Plan = plan(t, "babble at 1s for 1s by 300ms unit 77")
	s := onLine(t, c)
	s.Begin(0)
	got := frames(t, heard(s, time.Minute))
	if len(got) != 4 {
		t.Fatalf("%d frames arrive", len(got))
	}
	for _, f := range got {
		if f.Source != 77 || f.Destination != ion.HostAddress {
			t.Errorf("%+v arrives", f)
		}
	}
	if u := s.Unstruck(); len(u) > 0 || s.Disturbed() {
		t.Errorf("%v, and the line is disturbed: %v", u, s.Disturbed())
	}
}

// A talker that talks faster than the line carries it is still heard.
func TestATalkerThatIsStillSendingWaits(t *testing.T) {
	c := neighbourhood(t, 105)
	c.Baud = 1200
	c.Plan = plan(t, "babble at start for 10s by 10ms unit 77")
	s := onLine(t, c)
	s.Begin(0)
	if got := frames(t, heard(s, time.Minute)); len(got) < 30 || len(got) > 50 {
		t.Errorf("%d frames arrive", len(got))
	}
}

func TestTheHostTurnsToANeighbour(t *testing.T) {
	s := onLine(t, neighbourhood(t, 105, 7))
	if err := s.SetPlan(plan(t, "meter-silent at start; cable-pull at start for 2s")); err != nil {
		t.Fatal(err)
	}
	s.Begin(0)
	s.TurnTo(time.Second, 0)
	if s.Meter().Config().UnitID != 7 || s.Neighbour(0).Config().UnitID != 105 {
		t.Fatal("the meters have not changed places")
	}
	s.Receive(time.Second, identifyUnit(7, 1))
	if got := frames(t, heard(s, 2*time.Second)); len(got) > 0 {
		t.Error("the cable is in already")
	}
	for i, unit := range []uint16{7, 105} {
		now := time.Duration(3+i) * time.Second
		s.Receive(now, identifyUnit(unit, 1))
		if got := frames(t, heard(s, now+time.Second)); len(got) != 1 || got[0].Source != unit {
			t.Errorf("to a request of unit %d comes %+v", unit, got)
		}
	}
	if err := s.SetPlan(plan(t, "power-loss at start")); err != nil {
		t.Fatal(err)
	}
	s.Begin(10 * time.Second)
	if s.Meter().State() != meter.Off || s.Neighbour(0).State() != meter.Application {
		t.Error("the power loss strikes another meter")
	}
}

func TestALineTakesNoMoreStationsThanRS485(t *testing.T) {
	units := make([]uint16, ion.MaxStations+1)
	for i := range units {
		units[i] = uint16(i + 1)
	}
	if _, err := bench.NewStation(neighbourhood(t, units...)); err == nil {
		t.Error("they fit")
	}
	if _, err := bench.NewStation(neighbourhood(t, units[1:]...)); err != nil {
		t.Error(err)
	}
}

func TestACloneOfACrowdHasTheSameFuture(t *testing.T) {
	s := crowd(t, "second-master for 3s by 70ms", 20)
	c := s.Station.Clone()
	s.Station.Receive(s.now, identifyUnit(7, 4))
	c.Receive(s.now, identifyUnit(7, 4))
	until := s.now + 10*time.Second
	if a, b := heard(&s.Station, until), heard(c, until); len(a) == 0 || string(a) != string(b) {
		t.Errorf("%d bytes and %d bytes arrive", len(a), len(b))
	}
	if string(s.Station.AppendState(nil, until)) != string(c.AppendState(nil, until)) {
		t.Error("the states differ")
	}
}
