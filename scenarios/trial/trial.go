// Package trial is one question put to the bench, and its answer: in this world, with these
// faults, what comes of the upgrade, and of the recoveries that it takes until the meter runs
// the image? Sweeps, storms, replays and shrinkings are made of trials.
//
// A trial is a world with one attempt and, for as long as the upgrade has not succeeded,
// recoveries as the article describes them. Each can have a plan of its own; the first one
// after the last plan runs in peace and must succeed.
//
// Most trials take place in a world of which a few words say all: a [Config]. Such a trial has
// a name, its id ([ID]), that says all of it and fits into a file name.
package trial

import (
	"errors"
	"fmt"
	"strings"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/meter"
)

// Config is what an id, an atlas and the flags of programs say of a world: everything that
// decides a trial but its faults. The zero value is the article's meter, upgraded by release
// 2.2 with an image of DefaultImageBytes.
type Config struct {
	Model   meter.Model    // 0: ION 7350
	Release client.Release // none: 2.2 (Build 716)
	Journal bool           // the tool keeps one
	// Windows: the upgrade is reached through the windows of the article in Single ION
	// device configuration mode; without, the tool is started for the upgrade alone.
	Windows    bool
	ImageBytes int       // of the image that is generated; 0: DefaultImageBytes
	Firmware   *upg.File // a file of one's own instead
}

// DefaultImageBytes is the size of the image unless told otherwise: nine blocks, and so
// every thing that a download does, twice.
const DefaultImageBytes = 64 << 10

// MaxImageBytes is what the article's meter has room for.
const MaxImageBytes = 61 * 64 << 10

// oldImageBytes is the size of what the meter runs at first. It plays no part but to be
// erased and, if the upgrade never begins, to go on running.
const oldImageBytes = 16 << 10

// World is the world that the configuration says.
func (c Config) World() world.World {
	f := world.Firmware{Bytes: c.ImageBytes, Own: c.Firmware}
	switch {
	case c.Firmware != nil:
		f.Bytes = 0
	case c.ImageBytes == 0:
		f.Bytes = DefaultImageBytes
	}
	a := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Release: c.Release, Journal: c.Journal}}
	if c.Windows {
		a.Task, a.Single = client.TaskConnect, true
		a.Connections, a.Assistant = 1, []client.Choice{client.Upgrade}
	}
	return world.World{
		Meters:   []world.Meter{{Model: c.Model, ImageBytes: oldImageBytes}},
		Firmware: []world.Firmware{f},
		Attempts: []world.Attempt{a},
	}
}

// ErrUnsaid is what the error about a world wraps of which a Config cannot say all.
var ErrUnsaid = errors.New("neither an id nor an atlas can say this world yet")

// ConfigOf is the configuration that says w, with nothing left to be filled in. What a person
// has called the attempt is not part of it. The error wraps ErrUnsaid.
func ConfigOf(w world.World) (Config, error) {
	w = w.Filled()
	a := &w.Attempts[0]
	f := w.FirmwareOf(a)
	c := Config{
		Model:      w.MeterOf(a).Model,
		Release:    a.Release,
		Journal:    a.Journal,
		Windows:    a.Task == client.TaskConnect,
		ImageBytes: f.ImageBytes(),
		Firmware:   f.Own,
	}
	said := c.World().Filled()
	a.Title = ""
	if len(w.Firmware) == 1 && f.Own == nil {
		w.Firmware[0].Bytes, w.Firmware[0].Blocks = f.ImageBytes(), 0 // two ways of saying it
	}
	if differs := world.Difference(&w, &said); len(differs) > 0 {
		return Config{}, fmt.Errorf("%w: %s; give the world as a text", ErrUnsaid, strings.Join(differs, ", "))
	}
	return c, nil
}

// Check says what is wrong with a world that a trial is to take place in: with the world, or
// with having no attempt or several, faults that are no plan of the trial, or an image that its
// meter has no room for.
func Check(w world.World) error {
	filled := w.Filled()
	if err := checkAttempt(&filled); err != nil {
		return err
	}
	if err := w.Check(); err != nil {
		return err
	}
	return rig.CheckWorld(&w)
}

// checkAttempt looks at a world that is filled.
func checkAttempt(w *world.World) error {
	if len(w.Attempts) != 1 {
		return fmt.Errorf("a trial is one attempt and its recoveries, and this world has %d: leave one", len(w.Attempts))
	}
	a := &w.Attempts[0]
	m, f := w.MeterOf(a), w.FirmwareOf(a)
	switch size := f.ImageBytes(); {
	case f.OwnErr != nil:
		return fmt.Errorf("the firmware file cannot be used: %w", f.OwnErr)
	case size < 1 || size > MaxImageBytes:
		return fmt.Errorf("an image of %d bytes: the meter has room for 1 to %d", size, MaxImageBytes)
	case f.Product() != uint16(m.Model):
		return fmt.Errorf("the firmware is for a %d and the meter is a %v: choose that model", f.Product(), m.Model)
	case a.Task != client.TaskUpgrade && a.Task != client.TaskRecover && a.Task != client.TaskConnect:
		return fmt.Errorf("a trial is about an upgrade, and task = %s is none: use upgrade, recover or connect", tool.Tasks().Print(a.Task))
	case len(a.Plan) > 0:
		return errors.New("the faults of a trial are its plans: take them out of the attempt")
	case len(a.Before) > 0:
		return errors.New("a trial begins with its attempt: take out what is done before it")
	case f.Damage != world.Whole:
		return errors.New("a trial ends with a meter that runs the image: choose a file that is not damaged")
	}
	return nil
}
