package rig

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// Options are what a world does not say: how it is played, and what tests put into it. The zero
// value is a world in virtual time as it is, with a trace.
type Options struct {
	Trace Trace
	// Instant takes all time away from the line and the meter, and from the tool all but its
	// waits for what does not come: for attempts in real time (TryOver).
	Instant  bool
	Response time.Duration  // how long the tool waits for an answer; 0: as usual
	Chip     flash.Geometry // of the meter's flash; without sectors: as usual
	Planted  planted.Pair   // bugs, for tests of tests
}

// Trace says how much of what happens is recorded.
type Trace uint8

// How much is recorded.
const (
	Events     Trace = iota // of the meter, the faults and the tool
	FrameTrace              // and every frame on the line
	NoTrace
)

// ErrNotYet is what the errors about a world wrap that can be said, and not be played.
var ErrNotYet = errors.New("the bench cannot play that yet")

// CheckWorld says what of a world cannot be played yet. The error wraps ErrNotYet.
func CheckWorld(w *world.World) error {
	switch {
	case len(w.Meters) > 1:
		return fmt.Errorf("%w: %d meters on a line; leave one", ErrNotYet, len(w.Meters))
	case len(w.PCs) > 1:
		return fmt.Errorf("%w: attempts on %d PCs; leave one", ErrNotYet, len(w.PCs))
	}
	return nil
}

// StationConfig is the device's side of a world: its first meter, and the line.
func StationConfig(w *world.World, o Options) bench.Config {
	m := w.MeterOf(new(world.Attempt))
	c := bench.Config{Meter: m.Config(), Baud: m.Baud, Trace: o.Trace != NoTrace, TraceFrames: o.Trace == FrameTrace}
	c.Meter.Planted = o.Planted.Meter
	if o.Chip.Sectors > 0 {
		c.Meter.Geometry = o.Chip
	}
	if o.Instant {
		c = c.AtPace(bench.Unpaced)
	}
	return c
}

// played is a world of which nothing is left to be filled in, with its firmware files made.
func played(w *world.World) (*world.World, error) {
	full := w.Filled()
	for i := range full.Firmware {
		if err := full.Firmware[i].Make(full.Meters[0].Model); err != nil {
			return nil, err
		}
	}
	return &full, nil
}

// World is the world as it is now, of which nothing is left to be filled in. Not to be changed.
func (r *Rig) World() *world.World { return r.world }

// said is what the world says of the meter.
func (r *Rig) said() *world.Meter { return &r.world.Meters[0] }

// PutFirmware puts a firmware file on the PC, in the place of the one of the same name if
// there is one. The error is about a file that cannot be made.
func (r *Rig) PutFirmware(f world.Firmware) error {
	if err := f.Make(r.said().Model); err != nil {
		return err
	}
	w := *r.world // copies of the rig have it too
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

// attempt is one that is begun, and what it needs of the world. Not changed from then on.
type attempt struct {
	world.Attempt
	files  world.Files
	writes map[int]ion.Value // of TaskWriteSettings
}

// prepared is an attempt with what it needs. The error is about files that cannot be made.
func (r *Rig) prepared(a *world.Attempt) (*attempt, error) {
	files, err := r.world.FilesOf(a, r.first)
	if err != nil {
		return nil, err
	}
	p := &attempt{Attempt: *a, files: files, writes: a.WritesOf(r.first)}
	p.Tool = world.FilledTool(a.Tool, r.said())
	return p, nil
}

// Do does what is done before an attempt. The error is about a time that has passed.
func (r *Rig) Do(a world.Action) error {
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
		r.disk.Log = nil
	}
	return nil
}
