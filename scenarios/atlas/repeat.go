package atlas

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/meter"
)

// config is the head of the atlas. The sweep must have been checked.
func (w *sweeper) config() Config { return configOf(w.sweep.World) }

// configOf is what an atlas says of a world.
func configOf(w world.World) Config {
	w = w.Filled()
	a := &w.Attempts[0]
	f := w.FirmwareOf(a)
	out := Config{
		Model:      int(w.MeterOf(a).Model),
		Release:    a.Release.Version,
		Journal:    a.Journal,
		Windows:    a.Task == client.TaskConnect,
		ImageBytes: f.ImageBytes(),
		Hash:       trial.Hash(w),
	}
	if f.Own != nil {
		out.Firmware = f.Own.Revision
	}
	if trial.CheckSaid(w) != nil {
		out.Text = worlds.Text(w)
	}
	return out
}

// World returns the world of the swept trials. The error is about a firmware file given by the
// caller, which an atlas does not hold, or about an unknown model or release.
func (c Config) World() (world.World, error) {
	if c.Firmware != "" {
		return world.World{}, fmt.Errorf("the atlas is of a firmware file, %s, which it does not hold: name that file", c.Firmware)
	}
	if c.Text != "" {
		w, err := world.Parse([]byte(c.Text))
		if err != nil {
			return world.World{}, err
		}
		return *w, nil
	}
	model, err := meter.ParseModel(strconv.Itoa(c.Model))
	if err != nil {
		return world.World{}, err
	}
	release, err := client.ParseRelease(c.Release)
	w := trial.World(c.ImageBytes, trial.Of(model), trial.By(release))
	if c.Journal {
		trial.WithJournal(&w)
	}
	if c.Windows {
		trial.ThroughWindows(&w)
	}
	return w, err
}

// Replay returns the command that repeats a plan of the atlas. given is the path of the swept
// firmware file or of the file of the world, if one was given and its path is known.
func (c Config) Replay(plan, given string) string {
	return "ionbench replay " + shell.Quote(plan) + " " + c.ReplayFlags(given)
}

// worldName is the name of the world, if it is one of an array, or its file.
func (c Config) worldName(given string) string {
	if w, err := c.World(); err == nil {
		if row := worlds.Find(w).Row; row != nil {
			return row.Name
		}
	}
	return cmp.Or(given, "FILE.world")
}

// ReplayFlags returns what follows the plan in that command.
func (c Config) ReplayFlags(given string) string {
	if c.Text != "" {
		return "--world " + shell.Quote(c.worldName(given))
	}
	image := given
	usual := world.World{}.Filled()
	if image == "" {
		image = c.Firmware + ".upg"
	}
	words := []string{"--image-size", strconv.Itoa(c.ImageBytes)}
	if c.Firmware != "" {
		words = []string{"--image", shell.Quote(image)}
	}
	for _, flag := range []struct {
		given bool
		text  string
	}{
		{c.Model != int(usual.Meters[0].Model), "--model " + strconv.Itoa(c.Model)},
		{c.Release != usual.Attempts[0].Release.Version, "--release " + shell.Quote(c.Release)},
		{c.Journal, "--journal"},
		{c.Windows, "--windows"},
	} {
		if flag.given {
			words = append(words, flag.text)
		}
	}
	return strings.Join(words, " ")
}
