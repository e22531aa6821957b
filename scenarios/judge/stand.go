package judge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/serve"
	"ionbench/simulator/story"
)

// stand is the meter of a scenario. Between the attempts nobody is at its line, and time is
// skipped.
type stand struct {
	station  *bench.Station
	file     *upg.File // that the meter is to run in the end
	now      time.Duration
	settings ion.Settings // that somebody had set up
}

// newStand is a meter that runs since long.
func newStand(s *Scenario, o *Options) (*stand, error) {
	w := s.world()
	setup, err := rig.SetupOf(&w)
	if err != nil {
		return nil, err
	}
	setup.Baud = o.Baud
	pace := o.Pace
	if pace == 0 {
		pace = bench.Unpaced
	}
	c := setup.StationConfig().AtPace(pace)
	c.Meter.Seed = o.Seed
	station, err := bench.NewStation(c)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Plans {
		if err := station.CheckPlan(p); err != nil {
			return nil, err
		}
	}
	const before = time.Hour
	station.PowerOn(-before)
	station.Advance(0)
	station.Forget()
	return &stand{station: station, file: setup.UPG(s.imageBytes()), settings: station.Meter().Settings(0)}, nil
}

func (s *stand) meter() *meter.Meter { return s.station.Meter() }

// heal ends all faults, and lets the meter come up.
func (s *stand) heal() {
	s.station.Heal(s.now)
	s.now += time.Minute
	s.station.Advance(s.now)
}

// answers reports that the meter runs an application with an image, or its loader: with
// power and line back nobody else would answer (I1).
func (s *stand) answers() bool {
	state := s.meter().State()
	_, runs := s.meter().Revision()
	return state == meter.Application && runs || state.Loader()
}

// glance is what is remembered from before an attempt.
type glance struct {
	at       time.Duration
	state    meter.State
	settings ion.Settings
	counts   bench.Counts
	edges    uint64
	trace    int
}

func (s *stand) look() glance {
	return glance{
		at: s.now, state: s.meter().State(), settings: s.meter().Settings(s.now),
		counts: s.station.Counts(), edges: s.meter().Panel().Edges, trace: len(s.station.Trace()),
	}
}

// condition is what the meter really is, as package rig tells it.
func (s *stand) condition(before glance) verdict.Condition {
	m := s.meter()
	panel := m.Panel()
	c := verdict.Condition{
		State: m.State(), Running: m.Running(), Image: m.HoldsImage(s.file.Image), Initialized: m.Initialized(),
		Settings: m.Settings(s.now), FlashOps: m.Chip().Ops() - before.counts.FlashOps,
		LCD: panel.LCD, L2Edges: panel.Edges - before.edges, EventLog: m.EventLog(),
		Connected: s.station.Reachable(), BadChip: m.Chip().Faulty(),
	}
	c.Revision, _ = m.Revision()
	c.Lost = verdict.Lost(&before.settings, &c.Settings, s.now-before.at)
	return c
}

// cost is what went over the line since.
func (s *stand) cost(before glance) verdict.Cost {
	c := s.station.Counts()
	return verdict.Cost{
		Time:         s.now - before.at,
		BytesToMeter: c.BytesToMeter - before.counts.BytesToMeter,
		BytesToHost:  c.BytesToHost - before.counts.BytesToHost,
		Resends:      c.Resends - before.counts.Resends,
		Blocks:       c.BlocksSent - before.counts.BlocksSent,
		Insisted:     s.station.Insisted(),
	}
}

// counts is how a program would count its download, as far as line and meter know it.
func (s *stand) counts(a *Attempt) client.Counts {
	c := client.Counts{
		Blocks:      int(s.station.Counts().ImageBlocks),
		Transmitted: int(a.Cost.Blocks),
		Passes:      statesOf(a.Trace, meter.Erasing),
	}
	for _, e := range a.Trace {
		if w, ok := e.What.(story.BlockProgrammed); ok {
			c.Answered = int(w.Block)
			c.Confirmed++
		}
	}
	return c
}

// line is the meter as the server sees it: the run of a program begins with its first byte.
type line struct {
	*bench.Station
	asked bool
}

func (l *line) Receive(now time.Duration, p []byte) {
	if !l.asked {
		l.asked = true
		l.Begin(now)
	}
	l.Station.Receive(now, p)
}

// settle is how long the meter goes on once the program has ended: its last bytes may be
// on their way.
const settle = 100 * time.Millisecond

// address is where the meter can be reached.
type address struct{ port, tcp string }

// serve has the meter at a port while one program runs, which start starts and befall
// tells of what befalls it. The meter's clock goes on by the wall.
func (s *stand) serve(ctx context.Context, o *Options, over rig.Transport, start func(address) (*process, error), befall func(*process, bench.Order)) (e Exit, asked bool, err error) {
	clock := machine.WallClockFrom(s.now)
	l := &line{Station: s.station}
	var program *process
	reset := false
	config := serve.Config{
		Clock: clock, PTY: over == rig.PTY, Baud: o.Baud,
		Reset: func() bool { was := reset; reset = false; return was },
		Step: func(time.Duration) bool {
			for _, order := range s.station.Orders() {
				if order.Command == bench.ResetConnection {
					reset = true
					continue
				}
				befall(program, order)
			}
			return false
		},
	}
	if over == rig.TCP {
		config.TCP = "127.0.0.1:0"
	}
	server, err := serve.Listen(config)
	if err != nil {
		return Exit{}, false, err
	}
	at := address{port: server.PTY()}
	if a := server.Addr(); a != nil {
		at.tcp = a.String()
	}
	if program, err = start(at); err != nil {
		return Exit{}, false, errors.Join(err, server.Close())
	}
	serving, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Run(serving, l) }()
	e = program.wait(ctx, o.Limit)
	time.Sleep(settle)
	stop()
	if err := <-served; !errors.Is(err, context.Canceled) {
		return e, l.asked, fmt.Errorf("the meter cannot be served any more: %w", err)
	}
	s.now = max(s.now, clock.Now())
	s.station.Advance(s.now)
	return e, l.asked, nil
}
