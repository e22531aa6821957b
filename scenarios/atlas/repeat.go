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
func (w *sweeper) config() Config {
	c, err := trial.ConfigOf(w.sweep.World)
	if err != nil {
		panic(fmt.Sprintf("atlas: %v", err))
	}
	return configOf(c)
}

func configOf(c trial.Config) Config {
	out := Config{
		Model:      int(c.Model),
		Release:    c.Release.Version,
		Journal:    c.Journal,
		Windows:    c.Windows,
		ImageBytes: c.ImageBytes,
		Hash:       c.Hash(),
	}
	if c.Firmware != nil {
		out.Firmware = c.Firmware.Revision
	}
	return out
}

// Trial returns the configuration of the swept trials. The error is about a firmware file given
// by the caller, which an atlas does not hold, or about an unknown model or release.
func (c Config) Trial() (trial.Config, error) {
	if c.Firmware != "" {
		return trial.Config{}, fmt.Errorf("the atlas is of a firmware file, %s, which it does not hold: name that file", c.Firmware)
	}
	model, err := meter.ParseModel(strconv.Itoa(c.Model))
	if err != nil {
		return trial.Config{}, err
	}
	release, err := client.ParseRelease(c.Release)
	return trial.Config{Model: model, Release: release, Journal: c.Journal, Windows: c.Windows, ImageBytes: c.ImageBytes}, err
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
