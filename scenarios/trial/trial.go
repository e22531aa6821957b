// Package trial asks the bench one question: in this world, with these faults, how does the
// upgrade end, and which recoveries does it take until the meter runs the image? Sweeps, storms,
// replays and shrinking are made of trials.
//
// A trial is a world with one attempt, followed by recoveries as the article describes them
// until the upgrade has succeeded. The attempt and each recovery can have a plan of faults. The
// first recovery after the last plan has no faults and must succeed.
//
// Most trials take place in a world that a few words describe fully ([World]), or in one of the
// covering arrays of package worlds. Such a trial has an id ([ID]), which holds the whole trial
// and fits into a file name. Any other world is in the id as a hash.
package trial

import (
	"errors"
	"fmt"
	"strings"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/meter"
)

// DefaultImageBytes is the size of the image unless told otherwise: nine blocks, so that
// everything that a download does happens at least twice.
const DefaultImageBytes = 64 << 10

// MaxImageBytes is the size of the largest image that the article's meter has room for.
const MaxImageBytes = 61 * 64 << 10

// oldImageBytes is the size of the image that the meter runs at first. That image only gets
// erased or, if the upgrade never begins, goes on running.
const oldImageBytes = 16 << 10

// World is the world of most trials, with changes: the article's meter, an image of imageBytes
// bytes (0: DefaultImageBytes), and a tool of release 2.2 that is started only for the upgrade.
// An id, an atlas and flags can describe it fully.
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

// Of changes the model of the meter.
func Of(m meter.Model) func(*world.World) { return func(w *world.World) { w.Meters[0].Model = m } }

// By changes the release of the tool.
func By(r client.Release) func(*world.World) {
	return func(w *world.World) { w.Attempts[0].Release = r }
}

// Sending changes the firmware file to a person's own.
func Sending(f *upg.File) func(*world.World) {
	return func(w *world.World) { w.Firmware[0] = world.Firmware{Own: f} }
}

// WithJournal has the tool keep a journal.
func WithJournal(w *world.World) { w.Attempts[0].Journal = true }

// ThroughWindows has the person reach the upgrade through the windows of the article, in Single
// ION device configuration mode.
func ThroughWindows(w *world.World) {
	a := &w.Attempts[0]
	a.Task, a.Single = client.TaskConnect, true
	a.Connections, a.Assistant = 1, []client.Choice{client.Upgrade}
}

// ErrUnsaid is wrapped by errors about a world that flags cannot describe fully.
var ErrUnsaid = errors.New("flags cannot say this world")

// CheckSaid returns an error that names what flags cannot describe in a world: everything that
// World and its changes cannot make. The title of the attempt does not count. The error wraps
// ErrUnsaid.
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
		w.Firmware[0].Bytes, w.Firmware[0].Blocks = f.ImageBytes(), 0 // two ways to give a size
	}
	if differs := world.Difference(&w, &said); len(differs) > 0 {
		return fmt.Errorf("%w: %s; give the world as a text", ErrUnsaid, strings.Join(differs, ", "))
	}
	return nil
}

// Check returns an error if a trial cannot take place in a world: the world is invalid, it has
// not exactly one attempt, the attempt has faults of its own, or the meter has no room for the
// image.
func Check(w world.World) error {
	filled := w.Filled()
	if err := checkAttempt(&filled); err != nil {
		return err
	}
	return w.Check()
}

// checkAttempt checks the attempt of a filled world.
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
