package bench_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
	"ionbench/simulator/modem"
)

// still is a station at one instant.
type still struct {
	bench.Station
	now time.Duration
}

func TestAStationForgetsNothingOfItsState(t *testing.T) {
	// at makes a station of which so many steps of an upgrade under a plan have been.
	at := func(steps int, text string) func() *still {
		return func() *still {
			r := smallRig(t)
			if err := r.PutFirmware(world.Firmware{Blocks: 3}); err != nil {
				t.Fatal(err)
			}
			if err := r.Begin(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan(t, text)}); err != nil {
				t.Fatal(err)
			}
			for range steps {
				r.Bench().Step()
			}
			s := &still{now: r.Now()}
			r.Bench().Station().CopyTo(&s.Station)
			s.Used()
			return s
		}
	}
	const atWork = `noise for 20s rate 1e-3 seed 3; cable-flap to-meter for 1m by 30s; slow-line for 1m by 1ms; reply-lost at reply 40
sliced from-meter for 1m by 40ms length 5; meter-slow for 1m by 90ms; ip-stall at 3s for 10s; frame-lost at frame 900; byte-drop at byte 90000 to-meter; byte-drop at byte 90000 from-meter; stuck-bit at start address 0x041000`
	const held = "reply-late at reply 1..2 by 2h; meter-slow by 5s"
	bases := map[string]func() *still{"in the middle of a frame of the host": func() *still {
		s := at(40, "")()
		s.Receive(s.now, []byte{0, 0, 0x14, 0xAC, 0, 60, 1, 2})
		return s
	}, "a frame of the host on its way": func() *still {
		s := at(60, atWork)()
		s.Receive(s.now, ion.AppendFrame(nil, ion.Ack(ion.Frame{Source: 105, Destination: ion.HostAddress})))
		return s
	}}
	for name, plan := range map[string]string{"without a plan": "", "with one": "frame-lost at frame 90"} {
		bases["a far meter in the middle of a frame, "+name] = func() *still { return midFrame(t, plan) }
	}
	for _, b := range []struct {
		name  string
		steps int
		plan  string
	}{
		{"storm", 120, storm}, {"squall", 120, squall}, {"squall", 400, squall}, {"trouble", 400, trouble},
		{"plan at work", 6, atWork}, {"plan at work", 60, atWork}, {"plan at work", 90, atWork}, {"meter that is held back", 8, held}, {"meter that is held back", 11, held},
	} {
		bases[fmt.Sprintf("step %d of a %s", b.steps, b.name)] = at(b.steps, b.plan)
	}
	const company = "babble for 1m by 700ms; second-master for 1m by 900ms unit 9"
	for _, steps := range []int{1, 8} {
		bases[fmt.Sprintf("step %d in company", steps)] = func() *still {
			s := crowd(t, company, steps)
			s.Used()
			return s
		}
	}
	bases["by telephone"] = func() *still {
		r, err := rig.New(&world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, Firmware: []world.Firmware{{Blocks: 3}}}, rig.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Begin(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			r.Bench().Step()
		}
		s := &still{now: r.Now()}
		r.Bench().Station().CopyTo(&s.Station)
		s.Used()
		return s
	}
	changes := map[string]func(s *still){"the meter": func(s *still) {
		chip := s.Meter().Chip()
		data := make([]byte, chip.PageBytes())
		image := uint32(min(0x040000, chip.Geometry().Bytes()-len(data)))
		chip.Read(image, data)
		data[0] ^= 0x0F
		if err := chip.LoadPage(int(image)/len(data), data); err != nil {
			t.Fatal(err)
		}
	}, "what a further host asks": func(s *still) {
		if s.Hosts() > 1 {
			s.GuestAsked(0)
		} else if _, err := s.Admit(s.now, new(asker)); err != nil {
			t.Fatal(err)
		}
	}, "a further host": func(s *still) {
		if s.Hosts() > 1 {
			s.Guest(0).Advance(s.now)
		} else if _, err := s.Admit(s.now, new(asker)); err != nil {
			t.Fatal(err)
		}
	}}
	own := crowd(t, "", 1)
	for what := range own.OwnChanges(0) {
		changes["of a further host alone: "+what] = func(s *still) {
			if s.Hosts() > 1 {
				s.OwnChanges(0)[what]()
			} else if _, err := s.Admit(s.now, new(asker)); err != nil {
				t.Fatal(err)
			}
		}
	}
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: bases,
		Copy: func(from, to *still) {
			to.now = from.now
			from.CopyTo(&to.Station)
		},
		Declare: func(s *still, w *machine.State) { s.Declare(w, &s.Station) },
		Now:     func(s *still) time.Duration { return s.now },
		Changes: changes,
		Partly: map[string]machinetest.Part{
			"Station.harmed":                       {While: "the chip is", Shows: 4},
			"Station.others.neighbours[].harmed":   {While: "the chip is", Shows: 2},
			"Station.line.channels[].who":          {While: "something is on the wire", Shows: 16},
			"Station.line.channels[].base":         {While: "something is on the wire", Shows: 16},
			"Station.line.channels[].done":         {While: "something is on the wire", Shows: 16},
			"Station.line.channels[].pos":          {While: "something waits for a byte", Shows: 18},
			"Station.line.channels[].trap":         {While: "it is set", Shows: 18},
			"Station.line.channels[].noise":        {While: "there is noise", Shows: 52},
			"Station.plan":                         {While: "a fault has more to do", Shows: 3926},
			"Station.watch.framesFromMeter":        {While: "a fault counts them", Shows: 14},
			"Station.watch.framesToMeter":          {While: "a fault counts them", Shows: 12},
			"Station.watch.asking.noResponses":     {While: "a fault counts them", Shows: 6},
			"Station.watch.replies":                {While: "a fault counts them", Shows: 12},
			"Station.watch.asking.heard":           {While: "bytes wait for more", Shows: 90},
			"Station.others.guests[].own.plan":     {While: "a fault has more to do", Shows: 788},
			"Station.others.guests[].asking.heard": {While: "bytes wait for more", Shows: 4},
			"Station.watch.heldAt":                 {While: "something is held", Shows: 6},
		},
		Idle: map[string]string{
			"Station.now":                                               "the instant; all that is to come is told relative to it",
			"Station.cuts":                                              "compared within one call",
			"Station.origin":                                            "each fault has its own",
			"Station.line.resample":                                     "scratch",
			"Station.scratch":                                           "scratch",
			"Station.others.tx":                                         "scratch",
			"Station.others.neighbours[].dark":                          "over once it runs",
			"Station.others.neighbours[].turns":                         "a number that is shown",
			"Station.watch.joined":                                      "a number that is shown",
			"Station.watch.joinedReplies":                               "a number that is shown",
			"Station.others.talkers[].cfg.First":                        "over once it talks",
			"Station.plan[].voice.cfg.First":                            "over once it talks",
			"Station.line.sent":                                         "asked for at once",
			"Station.orders":                                            "the host's side takes them at once",
			"Station.traceOn":                                           "a trace decides nothing",
			"Station.traceFrames":                                       "a trace decides nothing",
			"Station.traceOthers":                                       "a trace decides nothing",
			"Station.traceWire":                                         "a trace decides nothing",
			"Station.lamp":                                              "a trace decides nothing",
			"Station.line.channels[].busy":                              "follows from what is on the wire",
			"Station.line.channels[].due":                               "follows from what is on the wire",
			"Station.plan[].moment.named":                               "what was told decides nothing",
			"Station.delay[].since":                                     "what is told decides nothing",
			"Station.slow[].since":                                      "what is told decides nothing",
			"Station.plan[].aim.harms":                                  "the chip declares what befalls its operations",
			"Station.plan[].fault.Parameters.Bytes":                     "plays no part without HasBytes",
			"Station.watch.asking.blocksSent":                           "a number that is shown",
			"Station.watch.asking.requests":                             "a number that is shown",
			"Station.watch.resets":                                      "a number that is shown",
			"Station.watch.died":                                        "a number that is shown",
			"Station.watch.underWay":                                    "a number that is shown",
			"Station.watch.asking.insisted":                             "a number that is shown",
			"Station.watch.asking.orders":                               "a number that is shown",
			"Station.others.guests[].asking.heard.buf":                  "whole frames arrive",
			"Station.others.guests[].bytes":                             "a number that is shown",
			"Station.others.guests[].own.plan[].aim.bytes":              "of bytes nobody has one",
			"Station.others.guests[].own.plan[].aim.harms":              "the chip is for all",
			"Station.others.guests[].own.plan[].aim.trap":               "of bytes nobody has one",
			"Station.others.guests[].own.plan[].fault.Parameters.Bytes": "plays no part without HasBytes",
			"Station.others.guests[].own.plan[].fault.Trigger.State":    "plays no part with another unit",
			"Station.others.guests[].own.plan[].moment.named":           "what was told decides nothing",
			"Station.others.guests[].own.plan[].moment.origin.flashOps": "nobody counts them",
			"Station.others.guests[].own.plan[].plug":                   "no plug is loose",
			"Station.others.guests[].own.plan[].voice":                  "nobody talks",
			"Station.others.guests[].seat":                              "its place in the list",
			"Station.others.guests[].asking.blocksSent":                 "a number that is shown",
			"Station.others.guests[].asking.insisted":                   "a number that is shown",
			"Station.others.guests[].asking.orders":                     "a number that is shown",
			"Station.others.guests[].asking.requests":                   "a number that is shown",
		},
		Clipped: map[string]string{"Station.trace": "both go on with it"},
		Shared: map[string]string{
			"Station.effects":                           "never written",
			"Station.plan[].effect":                     "never written",
			"Station.others.guests[].own.plan[].effect": "never written",
			"Station.trace":                             "what was told stays as it is",
			"Station.delay[].frame":                     "never written",
			"Station.slow[].frame":                      "never written",
		},
		Rebuilt: map[string]string{
			"Station.line.channels[].head": "the wire begins anew in the copy's buffer",
			"Station.line.channels[].buf":  "what has left the wire is left behind",
			"Station.line.resample":        "scratch",
			"Station.scratch":              "scratch",
			"Station.others.tx":            "scratch",
		},
		Closed: map[string]string{
			"now":                                       "the instant, not the station's",
			"Station.meter":                             "see the test of package meter",
			"Station.modem":                             "see the test of package modem",
			"Station.others.neighbours[].meter":         "see the test of package meter",
			"Station.others.guests[].host":              "it declares itself",
			"Station.effects":                           "what faults do, the same in all that are compared",
			"Station.plan[].effect":                     "follows from the fault",
			"Station.others.guests[].own.plan[].effect": "follows from the fault",
			"Station.trace":                             "a trace decides nothing",
		},
	})
}

// midFrame is a station whose meter is elsewhere, with the beginning of a frame from either end.
func midFrame(t testing.TB, text string) *still {
	far, err := bench.NewFar(bench.Config{Baud: 9600, Plan: plan(t, text)})
	if err != nil {
		t.Fatal(err)
	}
	s := &still{now: time.Second}
	far.CopyTo(&s.Station)
	start := []byte{0, 0, 0x14, 0xAC, 0, 60, 1, 2}
	s.Receive(s.now, start)
	s.FromFar(s.now, start)
	s.Advance(s.now)
	return s
}
