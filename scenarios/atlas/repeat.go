package atlas

import (
	"strconv"
	"strings"

	"ionbench/scenarios/trial"
)

// Replay is the command that repeats a plan of the atlas. The image is the path of the
// firmware file that was swept, if it was one of somebody's own and is known.
func (c Config) Replay(plan, image string) string {
	usual := configOf(trial.Config{})
	if image == "" {
		image = c.Firmware + ".upg"
	}
	words := []string{"ionbench replay", inQuotes(plan)}
	if c.Firmware != "" {
		words = append(words, "--image", inQuotes(image))
	} else {
		words = append(words, "--image-size", strconv.Itoa(c.ImageBytes))
	}
	for _, flag := range []struct {
		given bool
		text  string
	}{
		{c.Model != usual.Model, "--model " + strconv.Itoa(c.Model)},
		{c.Release != usual.Release, "--release " + c.Release},
		{c.Journal, "--journal"},
		{c.Windows, "--windows"},
	} {
		if flag.given {
			words = append(words, flag.text)
		}
	}
	return strings.Join(words, " ")
}

// inQuotes is a text as one word of a shell.
func inQuotes(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
