// Package trial is one question put to the bench, and its answer: in this world, with these
// faults, what comes of the upgrade, and of the recoveries that it takes until the meter runs
// the image? Sweeps, storms, replays and shrinkings are made of trials.
//
// A trial is a world with one attempt and, for as long as the upgrade has not succeeded,
// recoveries as the article describes them. Each can have a plan of its own; the first one
// after the last plan runs in peace and must succeed.
//
// Most trials take place in a world of which a few words say all ([World]). Such a trial has a
// name, its id ([ID]), that says all of it and fits into a file name.
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

// DefaultImageBytes is the size of the image unless told otherwise: nine blocks, and so
// every thing that a download does, twice.
const DefaultImageBytes = 64 << 10

// MaxImageBytes is what the article's meter has room for.
const MaxImageBytes = 61 * 64 << 10

// oldImageBytes is the size of what the meter runs at first. It plays no part but to be
// erased and, if the upgrade never begins, to go on running.
const oldImageBytes = 16 << 10

// World is that of most trials: the article's meter, an image of so many bytes (0 for
// DefaultImageBytes), and a tool of release 2.2 that is started for the upgrade alone; and then
// what is changed of that. An id, an atlas and flags can say all of it.
func World(imageBytes int, changes ...func(*world.World)) world.World {
	if imageBytes == 0 {
		imageBytes = DefaultImageBytes
	}
	w := world.World{
		Meters:   []world.Meter{{ImageBytes: oldImageBytes}},
		Firmware: []world.Firmware{{Bytes: imageBytes}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	for _, change := range changes {
		change(&w)
	}
	return w
}

// Of is another model.
func Of(m meter.Model) func(*world.World) { return func(w *world.World) { w.Meters[0].Model = m } }

// By is another release of the tool.
func By(r client.Release) func(*world.World) {
	return func(w *world.World) { w.Attempts[0].Release = r }
}

// Sending is a firmware file of somebody's own.
func Sending(f *upg.File) func(*world.World) {
	return func(w *world.World) { w.Firmware[0] = world.Firmware{Own: f} }
}

// WithJournal is a tool that keeps one.
func WithJournal(w *world.World) { w.Attempts[0].Journal = true }

// ThroughWindows: the upgrade is reached through the windows of the article in Single ION device
// configuration mode.
func ThroughWindows(w *world.World) {
	a := &w.Attempts[0]
	a.Task, a.Single = client.TaskConnect, true
	a.Connections, a.Assistant = 1, []client.Choice{client.Upgrade}
}

// ErrUnsaid is what the error about a world wraps of which an id cannot say all.
var ErrUnsaid = errors.New("neither an id nor an atlas can say this world yet")

// CheckSaid says what of a world an id, an atlas and flags cannot say: all but what World and its
// changes make. What a person has called the attempt is no part of it. The error wraps ErrUnsaid.
func CheckSaid(w world.World) error {
	w = w.Filled()
	a := &w.Attempts[0]
	f := w.FirmwareOf(a)
	said := World(f.ImageBytes(), Of(w.MeterOf(a).Model), By(a.Release))
	said.Attempts[0].Journal = a.Journal
	if a.Task == client.TaskConnect {
		ThroughWindows(&said)
	}
	if f.Own != nil {
		Sending(f.Own)(&said)
	}
	said = said.Filled()
	a.Title = ""
	if len(w.Firmware) == 1 && f.Own == nil {
		w.Firmware[0].Bytes, w.Firmware[0].Blocks = f.ImageBytes(), 0 // two ways of saying it
	}
	if differs := world.Difference(&w, &said); len(differs) > 0 {
		return fmt.Errorf("%w: %s; give the world as a text", ErrUnsaid, strings.Join(differs, ", "))
	}
	return nil
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
