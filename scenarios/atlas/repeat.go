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

// config is the head of the atlas. The sweep was checked.
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

// Trial is the configuration of the trials that were swept. The error is about one with a
// firmware file of somebody's own, which an atlas does not hold, or with a model or a release
// that there is not.
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

// Replay is the command that repeats a plan of the atlas. The image is the path of the
// firmware file that was swept, if it was one of somebody's own and is known.
func (c Config) Replay(plan, image string) string {
	return "ionbench replay " + shell.Quote(plan) + " " + c.ReplayFlags(image)
}

// ReplayFlags are what stands behind the plan in the command that repeats it.
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
