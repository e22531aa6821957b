package rig

import (
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
)

// Options say how a world is played, and what tests change in it. The zero value plays a world
// unchanged, in virtual time, with a trace.
type Options struct {
	Trace Trace
	// Instant is for attempts in real time (TryOver): the line and the meter take no time, and
	// the tool waits only for answers that never come.
	Instant  bool
	Response time.Duration  // how long the tool waits for an answer; 0: its default
	Chip     flash.Geometry // of the meter's flash; without sectors: the model's own
	Planted  planted.Pair   // bugs, to test that tests find them
}

// Trace says which events are recorded.
type Trace uint8

// The amounts of trace.
const (
	Events     Trace = iota // events of the meter, the faults and the tool
	FrameTrace              // these and every frame on the line
	NoTrace
	WholeTrace // all that there is: also what of a frame arrived, the LED, steps and answers
)

// StationConfig is the device's side of a world: the line of its first meter, which the host talks
// to, and all that is on it.
func StationConfig(w *world.World, o Options) bench.Config { return lineConfig(w, o, 0) }

// lineConfig is the line of a meter, which hosts talk to.
func lineConfig(w *world.World, o Options, front int) bench.Config {
	m := w.MeterOf(new(world.Attempt))
	if front > 0 {
		m = w.Meters[front].Filled()
	}
	c := bench.Config{Meter: meterConfig(m, o), Baud: m.Baud, Trace: o.Trace != NoTrace, TraceFrames: o.Trace == FrameTrace, TraceWire: o.Trace == WholeTrace}
	if m.Phone != "" {
		c.Modem = &modem.Config{Number: m.Phone, Rings: modem.DefaultRings, Rate: m.Baud, Timing: modem.DefaultTiming()}
	}
	if len(w.Meters) > 1 || len(w.Stations) > 0 {
		others(w, o, m.Line, front, &c)
	}
	if o.Instant {
		c = c.AtPace(bench.Unpaced)
	}
	return c
}

func meterConfig(m world.Meter, o Options) meter.Config {
	c := m.Config()
	c.Planted = o.Planted.Meter
	if o.Chip.Sectors > 0 {
		c.Geometry = o.Chip
	}
	return c
}

// played returns the world filled in and with its firmware files made.
func played(w *world.World) (*world.World, error) {
	full := w.Filled()
	for i := range full.Firmware {
		if err := full.Firmware[i].Make(full.Meters[0].Model); err != nil {
			return nil, err
		}
	}
	return &full, nil
}

// World is the world as it is now, filled in. Do not change it.
func (r *Rig) World() *world.World { return r.world }

// said is what the world says of the meter that the tool talks to.
func (r *Rig) said() *world.Meter { return &r.world.Meters[r.asks] }

// PutFirmware puts a firmware file on the PC and replaces one of the same name. It returns an
// error if the file cannot be made.
func (r *Rig) PutFirmware(f world.Firmware) error {
	if err := f.Make(r.said().Model); err != nil {
		return err
	}
	w := *r.world // copies of the rig share it
	w.Firmware = slices.DeleteFunc(slices.Clone(w.Firmware), func(old world.Firmware) bool { return old.Name == f.Name })
	w.Firmware = append(w.Firmware, f)
	r.world = &w
	return nil
}

// PutTemplate is PutFirmware for a template.
func (r *Rig) PutTemplate(t world.Template) {
	w := *r.world
	w.Templates = slices.DeleteFunc(slices.Clone(w.Templates), func(old world.Template) bool { return old.Name == t.Name })
	w.Templates = append(w.Templates, t)
	r.world = &w
}

// attempt is an attempt that has begun, with what it needs of the world. Copies of the rig
// share it, so it is never changed.
type attempt struct {
	world.Attempt
	files  world.Files
	writes map[int]ion.Value // by index in ion.SettingTable; for TaskWriteSettings
	limit  time.Duration
}

// prepared returns an attempt with what it needs. It returns an error if a file cannot be made.
func (r *Rig) prepared(a *world.Attempt) (*attempt, error) {
	files, err := r.world.FilesOf(a, r.first)
	if err != nil {
		return nil, err
	}
	p := &attempt{Attempt: *a, files: files, writes: a.WritesOf(r.first)}
	p.Tool = world.FilledTool(a.Tool, r.said())
	p.limit = r.world.LimitOf(&p.Attempt)
	return p, nil
}

// Do carries out an action before an attempt. It returns an error if the action waits until a
// time that has passed.
func (r *Rig) Do(before *world.Attempt, a world.Action) error {
	r.TurnTo(before)
	switch a.Kind {
	case world.Heal:
		r.Heal()
	case world.PowerCycle:
		r.PowerCycle(a.For)
	case world.Wait:
		r.Wait(a.For)
	case world.Until:
		clock := r.said().Clock.Add(r.Now())
		if clock.After(a.Until) {
			return fmt.Errorf("%s has passed: it is %s by then; begin earlier ([meter] clock)", fields.FormatCalendar(a.Until), fields.FormatCalendar(clock))
		}
		r.Wait(a.Until.Sub(clock))
	case world.NewLog:
		r.pcs[r.computerOf(before.PC)].disk.putLogsAway()
	default:
		r.toJournals(before, a)
	}
	return nil
}
