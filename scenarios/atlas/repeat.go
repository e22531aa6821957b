package atlas

import (
	"strconv"
	"strings"

	"ionbench/scenarios/shell"
	"ionbench/scenarios/trial"
)

// Replay is the command that repeats a plan of the atlas. The image is the path of the
// firmware file that was swept, if it was one of somebody's own and is known.
func (c Config) Replay(plan, image string) string {
	return "ionbench replay " + shell.Quote(plan) + " " + c.ReplayFlags(image)
}

// ReplayFlags are what stands behind the plan in the command that repeats it.
func (c Config) ReplayFlags(image string) string {
	usual := configOf(trial.Config{})
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
		{c.Model != usual.Model, "--model " + strconv.Itoa(c.Model)},
		{c.Release != usual.Release, "--release " + shell.Quote(c.Release)},
		{c.Journal, "--journal"},
		{c.Windows, "--windows"},
	} {
		if flag.given {
			words = append(words, flag.text)
		}
	}
	return strings.Join(words, " ")
}
