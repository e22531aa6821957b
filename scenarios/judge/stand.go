package judge

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// stand is the meter of a scenario. Between the attempts no program is at its line, and time is
// skipped.
type stand struct {
	world    *world.World   // filled in
	right    world.Firmware // the file that fits the meter, for recoveries
	station  *bench.Station
	file     *upg.File // what the meter should run in the end
	now      time.Duration
	at       int            // the meter that the host talks to, in world.Meters
	settings []ion.Settings // that each meter should have
	beside   *beside        // what else goes on during the present attempt; nil for nothing
	captured captured
	seat     Seat   // of whoever watches
	tcp      string // where the meter is reached, or was last; empty before, where no port could be held
	link     string // of its PTY, in all attempts; empty for TCP, and for one of its own in each attempt
}

// phoneNumber is that of a meter that is called.
const phoneNumber = "5550105"

// newStand makes a meter that has been running for rig.UpTime. Where it is called, its modem is with it.
func newStand(s *Scenario, o *Options, called bool) (*stand, error) {
	w := s.World
	w.Meters = slices.Clone(w.Meters)
	if called {
		w.Meters[0].Phone = phoneNumber
	}
	for i := range w.Meters {
		w.Meters[i].Baud = cmp.Or(w.Meters[i].Baud, o.Baud)
	}
	w = w.Filled()
	right := w.Firmware[0]
	if right.Model != w.Meters[0].Model {
		right.Model, right.Revision = w.Meters[0].Model, ""
	}
	right.Damage = world.Whole
	file, _, err := right.UPG(w.Meters[0].Model)
	if err != nil {
		return nil, err
	}
	c := s.paced(rig.StationConfig(&w, rig.Options{Trace: o.trace()}), o)
	c.Meter.Seed = o.Seed
	c.Meter.Encoding = o.Loader.encoding(&w, o)
	station, err := bench.NewStation(c)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Plans {
		if err := station.CheckPlan(p); err != nil {
			return nil, err
		}
	}
	station.RunSince(-rig.UpTime)
	at := &stand{world: &w, right: right, station: station, file: file, captured: captured{on: o.captures()}, seat: unwatched{}, settings: []ion.Settings{station.Meter().Settings(0)}}
	for i := range station.Neighbours() {
		at.settings = append(at.settings, station.Neighbour(i).Settings(0))
	}
	return at, nil
}

func (s *stand) meter() *meter.Meter { return s.station.Meter() }

// heal ends all faults, and gives the meter a minute to boot, unless somebody is in a hurry.
func (s *stand) heal(hasty bool) {
	s.station.Heal(s.now)
	if !hasty {
		s.now += time.Minute
	}
	s.station.Advance(s.now)
}

// answers reports whether the meter runs an application with an image, or its loader. With power
// and line back nothing else would answer (I1).
func (s *stand) answers() bool {
	state := s.meter().State()
	_, runs := s.meter().Revision()
	return state == meter.Application && runs || state.Loader()
}

// line is the meter as the server sees it. The attempt begins with the program's first byte, so
// that the program's start-up does not count. If the meter panics, the line is dead from then on,
// and the scenario has no verdict.
type line struct {
	station  *bench.Station
	captured *captured
	asked    bool
	panicked error
}

// use does something with the station, if that has not panicked.
func (l *line) use(do func(*bench.Station)) {
	if l.panicked != nil {
		return
	}
	if err := contained(func() error { do(l.station); return nil }); err != nil {
		l.panicked = err
	}
}

func (l *line) Receive(now time.Duration, p []byte) {
	l.begin(now)
	l.use(func(s *bench.Station) {
		l.captured.count(s, len(p))
		s.Receive(now, p)
	})
}

func (l *line) begin(now time.Duration) {
	if !l.asked {
		l.asked = true
		l.use(func(s *bench.Station) { s.Begin(now) })
	}
}

func (l *line) Advance(now time.Duration) { l.use(func(s *bench.Station) { s.Advance(now) }) }

func (l *line) Transmit(dst []byte) []byte {
	l.use(func(s *bench.Station) { dst = s.Transmit(dst) })
	return dst
}

func (l *line) Next() (at time.Duration, wake bool) {
	l.use(func(s *bench.Station) { at, wake = s.Next() })
	return at, wake && l.panicked == nil
}

func (l *line) portGone() (gone bool) {
	l.use(func(s *bench.Station) { gone = s.PortGone() })
	return gone
}

func (l *line) HostBaud(now time.Duration, baud int) {
	l.use(func(s *bench.Station) { s.HostBaud(now, baud) })
}

func (l *line) HostGone(now time.Duration) { l.use(func(s *bench.Station) { s.HostGone(now) }) }

// guarded is a gateway whose panics, too, cost only the verdict.
type guarded struct{ *gateway }

func (g guarded) Receive(now time.Duration, p []byte) {
	g.use(func(*bench.Station) { g.gateway.Receive(now, p) })
}

func (g guarded) Transmit(dst []byte) []byte {
	g.use(func(*bench.Station) { dst = g.gateway.Transmit(dst) })
	return dst
}

// errNoVerdict says that something went wrong in the judge or around it, so that a scenario has
// no verdict.
var errNoVerdict = errors.New("no verdict")

// contained calls do. A panic becomes an error.
func contained(do func() error) (err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("%w: the judge failed: %v%s", errNoVerdict, why, whereItPanicked())
		}
	}()
	return do()
}

// whereItPanicked is the line of this project's source that panicked.
func whereItPanicked() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for panicked := false; ; {
		frame, more := frames.Next()
		if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf(" (%s:%d)", filepath.Base(frame.File), frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return ""
		}
	}
}
