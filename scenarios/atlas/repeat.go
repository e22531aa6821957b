package atlas

import (
	"fmt"
	"strconv"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// config is the head of the atlas. The sweep must have been checked.
func (w *sweeper) config() Config { return configOf(w.sweep.World) }

// configOf is what an atlas says of a world. It must pass trial.CheckSaid.
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
	return out
}

// World returns the world of the swept trials. The error is about a firmware file given by the
// caller, which an atlas does not hold, or about an unknown model or release.
func (c Config) World() (world.World, error) {
	if c.Firmware != "" {
		return world.World{}, fmt.Errorf("the atlas is of a firmware file, %s, which it does not hold: name that file", c.Firmware)
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

// Replay returns the command that repeats a plan of the atlas. image is the path of the swept
// firmware file, if one was given and its path is known.
func (c Config) Replay(plan, image string) string {
	return "ionbench replay " + shell.Quote(plan) + " " + c.ReplayFlags(image)
}

// ReplayFlags returns what follows the plan in that command.
func (c Config) ReplayFlags(image string) string {
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
