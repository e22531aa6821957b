package bench_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	storms "ionbench/scenarios/storm"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
)

// tandem is a tool and a station whose meter is elsewhere, as the host of the station that has the
// meter: a proxy in virtual time.
type tandem struct {
	*bench.Bench
	tool bench.Host
}

func newTandem(t testing.TB, tool bench.Host, p fault.Plan) *tandem {
	t.Helper()
	far, err := bench.NewFar(bench.Config{Baud: 115200, Plan: p, TraceFrames: true})
	if err != nil {
		t.Fatal(err)
	}
	return &tandem{bench.New(0, far, tool), tool}
}

func (d *tandem) Receive(now time.Duration, p []byte) {
	d.AdvanceTo(now)
	d.Station().FromFar(now, p)
	d.Exchange()
	d.AdvanceTo(now)
}

func (d *tandem) Advance(now time.Duration)                { d.AdvanceTo(now) }
func (d *tandem) Transmit(dst []byte) []byte               { return d.Station().TakeFar(dst) }
func (d *tandem) Order(time.Duration, bench.Order)         {}
func (d *tandem) Deaf() bool                               { return false }
func (d *tandem) Done() bool                               { return d.tool.Done() }
func (d *tandem) CloneHost(bench.Host) bench.Host          { panic("nobody clones it") }
func (d *tandem) AppendState([]byte, time.Duration) []byte { panic("nobody asks") }

func (d *tandem) Drain(dst []story.Event, _ *bench.Station) []story.Event {
	return append(dst, d.Station().TakeTrace()...)
}

// aroundAProxy is what a plan does to an upgrade on the bench, and what it does in a proxy before the
// same meter.
func aroundAProxy(t testing.TB, p fault.Plan) (onBench, byProxy []story.Event) {
	t.Helper()
	attempt := func() *rig.Rig {
		r, err := rig.New(&world.World{Meters: []world.Meter{{ImageBytes: 4096, Baud: 115200}}},
			rig.Options{Chip: smallChip(), Instant: true, Trace: rig.FrameTrace})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.PutFirmware(world.Firmware{Blocks: 3}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	upgrade := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}
	r := attempt()
	upgrade.Plan = p
	if err := r.Begin(&upgrade); err != nil {
		t.Fatal(err)
	}
	r.Bench().Run(time.Hour)
	onBench = r.Bench().Station().Trace()

	r = attempt()
	upgrade.Plan = nil
	if err := r.Begin(&upgrade); err != nil {
		t.Fatal(err)
	}
	tool := newTandem(t, r.Bench().Host(), p)
	tool.Station().Begin(0)
	b := bench.New(0, r.Bench().Station(), tool)
	b.Run(time.Hour)
	return onBench, b.Station().Trace()
}

// ofALine are the faults of a plan that can strike between a tool and a real meter.
func ofALine(t testing.TB, p fault.Plan) fault.Plan {
	t.Helper()
	far, err := bench.NewFar(bench.Config{Baud: 9600})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(p, func(f fault.Fault) bool {
		// Whom a talker talks into depends on the instant at which the meter's answer begins, and that
		// one is not the proxy's.
		return far.CheckPlan(fault.Plan{f}) != nil || f.Kind == fault.Babble || f.Kind == fault.SecondMaster
	})
}

func TestAPlanInAProxyGivesWhatItGivesOnTheBench(t *testing.T) {
	struck, plans := 0, 0
	for run := uint64(0); plans < 300; run++ {
		_, drawn := storms.Draw(7, run, 4)
		p := ofALine(t, drawn[0])
		if len(p) == 0 {
			continue
		}
		plans++
		want, got := aroundAProxy(t, p)
		for _, source := range []story.Source{story.Meter, story.Host, story.Fault} {
			if a, b := rig.PromisedOf(want, source), rig.PromisedOf(got, source); !slices.Equal(a, b) {
				t.Errorf("run %d, %q: the %v's events differ: %s", run, p, source, firstDifference(a, b))
			}
		}
		for _, e := range want {
			if _, ok := e.What.(story.FaultStruck); ok {
				struck++
			}
		}
	}
	if struck < 200 {
		t.Errorf("only %d faults struck", struck)
	}
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("event %d is %q on the bench, %q in the proxy", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d events on the bench, %d in the proxy; the longer goes on %q", len(a), len(b), strings.Join(slices.Concat(a[min(len(a), len(b)):], b[min(len(a), len(b)):])[:1], ""))
}

func TestAProxyWithoutAPlanPassesEveryByteOnAtOnce(t *testing.T) {
	frame := ion.AppendFrame(nil, ion.Ack(ion.Frame{Source: 105, Destination: ion.HostAddress}))
	for _, sent := range [][]byte{
		[]byte("no ION at all"), {0}, {0, 0, 0x14}, {0, 0, 0x14, 0xAC, 0, 255}, frame, frame[:7], slices.Concat(frame, frame[:9], []byte{1, 2, 3}, frame),
	} {
		s, err := bench.NewFar(bench.Config{Baud: 9600})
		if err != nil {
			t.Fatal(err)
		}
		for d, push := range []func(time.Duration, []byte){line.ToMeter: s.Receive, line.FromMeter: s.FromFar} {
			var got []byte
			for i := range sent { // a byte at a time
				push(0, sent[i:i+1]) // and no turn of its own
				got = append(s.TakeFar(got), s.Transmit(nil)...)
				if !bytes.Equal(got, sent[:i+1]) {
					t.Fatalf("%v: after %d bytes of % x there are % x", line.Direction(d), i+1, sent, got)
				}
			}
			push(0, sent)
			if got := append(s.TakeFar(nil), s.Transmit(nil)...); !bytes.Equal(got, sent) {
				t.Errorf("%v: % x became % x", line.Direction(d), sent, got)
			}
		}
	}
}

func TestAProxySeesFramesThatComeInPieces(t *testing.T) {
	frame := ion.AppendFrame(nil, ion.Ack(ion.Frame{Source: 105, Destination: ion.HostAddress}))
	s, err := bench.NewFar(bench.Config{Baud: 9600, TraceFrames: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range frame {
		s.FromFar(0, frame[i:i+1])
		s.Receive(0, frame[i:i+1])
	}
	if c := s.Counts(); c.FramesToHost != 1 || c.FramesToMeter != 1 || len(s.Trace()) != 2 {
		t.Errorf("%+v, %d events", c, len(s.Trace()))
	}
}

func TestAFaultThatComesInTheMiddleOfAFrameStrikesTheNextOne(t *testing.T) {
	frame := ion.AppendFrame(nil, ion.Ack(ion.Frame{Source: 105, Destination: ion.HostAddress}))
	s, err := bench.NewFar(bench.Config{Baud: 9600})
	if err != nil {
		t.Fatal(err)
	}
	s.FromFar(0, frame[:10])
	s.Advance(0)
	got := s.Transmit(nil)
	if _, _, err := s.AddByHand(0, plan(t, "frame-lost from-meter")[0], bench.Since{}); err != nil {
		t.Fatal(err)
	}
	s.FromFar(0, slices.Concat(frame[10:], frame, frame))
	s.Advance(0)
	if got = s.Transmit(got); !bytes.Equal(got, slices.Concat(frame, frame)) {
		t.Errorf("% x came through of three frames % x", got, frame)
	}
}

func TestAProxyRefusesFaultsOfTheMeterByName(t *testing.T) {
	for _, d := range fault.Common() {
		p := plan(t, d.Example)
		_, err := bench.NewFar(bench.Config{Baud: 9600, Plan: p})
		inside := d.Place == fault.PlaceMeter || d.Place == fault.PlaceChip || d.Place == fault.PlaceHost
		if refused := err != nil; refused != inside && !strings.Contains(d.Example, "state") {
			t.Errorf("%q: %v", d.Example, err)
		}
		if err != nil && !strings.Contains(err.Error(), d.Kind.String()) {
			t.Errorf("%q: %v does not name it", d.Example, err)
		}
	}
	for _, text := range []string{"cable-pull at state verifying for 1s", "reply-lost at flash-op 3"} {
		if _, err := bench.NewFar(bench.Config{Baud: 9600, Plan: plan(t, text)}); err == nil || !strings.Contains(err.Error(), "inside the meter") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAPowerSwitchOfAProxyHasNoMeterToSwitch(t *testing.T) {
	s, err := bench.NewFar(bench.Config{Baud: 9600, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	s.MendByHand(0)
	s.Heal(time.Second)
	s.PowerOff(2 * time.Second)
	if s.Advance(time.Minute); len(s.Trace()) > 0 || !s.Reachable() {
		t.Errorf("%v", s.Trace())
	}
}
