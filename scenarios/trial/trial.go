// Package trial is one question put to the bench, and its answer: this meter, this image
// and this tool, with these faults; what comes of the upgrade, and of the recoveries that
// it takes until the meter runs the image? Sweeps, storms, replays and shrinkings are made
// of trials.
//
// A trial is an attempt and, for as long as the upgrade has not succeeded, recoveries as
// the article describes them. Each can have a plan of its own; the first one after the last
// plan runs in peace and must succeed.
//
// A trial has a name, its id ([ID]), that says all of it and fits into a file name.
package trial

import (
	"fmt"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Config is everything that decides a trial but its faults. The zero value is the
// article's meter, upgraded by release 2.2 with an image of DefaultImageBytes.
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

// Filled is the configuration with its defaults filled in.
func (c Config) Filled() Config {
	if c.Model == 0 {
		c.Model = meter.ION7350
	}
	if c.Release.Version == "" {
		c.Release = client.Release22()
	}
	if c.Firmware != nil {
		c.ImageBytes = len(c.Firmware.Image)
	}
	if c.ImageBytes == 0 {
		c.ImageBytes = DefaultImageBytes
	}
	return c
}

// Check says what is wrong with the configuration.
func (c Config) Check() error {
	c = c.Filled()
	if _, err := meter.ParseModel(c.Model.String()); err != nil {
		return err
	}
	if known, err := client.ParseRelease(c.Release.Version); err != nil || known != c.Release {
		return fmt.Errorf("%v is no release of the tool: use 2.1 or 2.2", c.Release)
	}
	switch {
	case c.ImageBytes < 1 || c.ImageBytes > MaxImageBytes:
		return fmt.Errorf("an image of %d bytes: the meter has room for 1 to %d", c.ImageBytes, MaxImageBytes)
	case c.Firmware != nil && c.Firmware.Product != uint16(c.Model):
		return fmt.Errorf("%s is firmware for a %d and the meter is a %v: choose that model", c.Firmware.Revision, c.Firmware.Product, c.Model)
	}
	return nil
}

// oldImageBytes is the size of what the meter runs at first. It plays no part but to be
// erased and, if the upgrade never begins, to go on running.
const oldImageBytes = 16 << 10

// Setup is the meter that the trial begins with.
func (c Config) Setup() rig.Setup {
	return rig.Setup{Model: c.Filled().Model, ImageBytes: oldImageBytes}
}

// file is the firmware that the person chooses.
func (c Config) file() *upg.File {
	if c.Firmware != nil {
		return c.Firmware
	}
	return c.Setup().UPG(c.ImageBytes)
}

// Attempt is what the tool is started for at first. Its plan is left to the trial.
func (c Config) Attempt() rig.Attempt {
	c = c.Filled()
	a := rig.Attempt{
		Task:    client.TaskUpgrade,
		Release: c.Release,
		Journal: c.Journal,
		Person:  rig.Person{Firmware: c.file(), Paste: ion.AllGroups},
	}
	if c.Windows {
		a.Task = client.TaskConnect
		a.SingleDevice = true
		a.Person.Connections = 1
		a.Person.Assistant = []client.Choice{client.Upgrade}
	}
	return a
}

// Trace says how much of a trial is recorded.
type Trace uint8

// How much is recorded.
const (
	NoTrace    Trace = iota
	Events           // of the meter, the faults and the tool
	FrameTrace       // and every frame on the line
)
