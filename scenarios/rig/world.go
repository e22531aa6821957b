package rig

import (
	"errors"
	"fmt"

	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
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

// SetupOf is the meter of a world and its line. The error is that of CheckWorld.
func SetupOf(w *world.World) (Setup, error) {
	if err := CheckWorld(w); err != nil {
		return Setup{}, err
	}
	m := w.MeterOf(new(world.Attempt))
	return Setup{
		Model:        m.Model,
		SerialNumber: m.SerialNumber,
		UnitID:       m.UnitID,
		Baud:         m.Baud,
		Password:     m.Password,
		Revision:     m.Revision,
		ImageBytes:   m.ImageBytes,
		Epoch:        m.Clock,
		Settings:     m.Settings(),
	}, nil
}

// AttemptOf is an attempt in a world. What is saved or written back are the settings that the
// meter had at first. The error is about files that cannot be made.
func AttemptOf(w *world.World, a *world.Attempt, first *ion.Settings) (Attempt, error) {
	files, err := w.FilesOf(a, first)
	if err != nil {
		return Attempt{}, err
	}
	return Attempt{
		Task:         a.Task,
		Release:      a.Release,
		SingleDevice: a.Single,
		Journal:      a.Journal,
		Password:     a.Password,
		UnitID:       a.UnitID,
		SerialNumber: a.SerialNumber,
		DeviceName:   a.DeviceName,
		Baud:         a.Baud,
		Person: Person{
			Firmware:    files.Firmware,
			FirmwareErr: files.FirmwareErr,
			Template:    files.Template,
			TemplateErr: files.TemplateErr,
			Paste:       a.Paste(),
			NoRecovery:  a.NoRecovery,
			NoRestore:   a.NoRestore,
			Connections: a.Connections,
			Assistant:   a.Assistant,
			AtSilence:   a.AtSilence,
		},
		Plan:   a.Plan,
		Writes: a.WritesOf(first),
		Limit:  a.Limit,
	}, nil
}

// described is what a setup says of its meter, as a world does.
func (s Setup) described() world.Meter {
	return world.Meter{
		Model: s.Model, SerialNumber: s.SerialNumber, UnitID: s.UnitID, Baud: s.Baud, Password: s.Password,
		Revision: s.Revision, ImageBytes: s.ImageBytes, Clock: s.Epoch,
	}
}
