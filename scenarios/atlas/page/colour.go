package page

import (
	"fmt"
	"image/color"
	"strconv"

	"ionbench/scenarios/trial"
)

// tone is a colour for light and one for dark pages, each with the colour of text on it.
type tone struct {
	light, lightInk string
	dark, darkInk   string
}

const (
	black = "#10131a"
	white = "#ffffff"
)

// classTones differ in lightness and in blue against yellow, which people who confuse red and
// green can see too. The worse a class, the stronger its contrast with the page.
var classTones = [trial.ClassCount]tone{
	trial.Unharmed:     {"#cddfea", black, "#3a4b59", white},
	trial.Resent:       {"#86b9de", black, "#2d6ca3", white},
	trial.ClearedAgain: {"#2f72b8", white, "#6fb4ee", black},
	trial.Recovered:    {"#f2c32e", black, "#e8c33a", black},
	trial.SettingsLost: {"#d9600a", black, "#e2661a", black},
	trial.Unrecovered:  {"#905a63", white, "#cf9090", black},
	trial.Violated:     {"#1a1022", white, "#ffe9f6", black},
}

var (
	unknownTone = tone{"#783018", white, "#a860f0", black}
	missingTone = tone{"#ffffff", black, "#0d1117", white}
)

// classMeanings explain the classes to a reader who does not know them.
var classMeanings = [trial.ClassCount]string{
	trial.Unharmed:     "succeeded, nothing sent again",
	trial.Resent:       "succeeded after requests were sent again",
	trial.ClearedAgain: "succeeded after the flash was cleared once more",
	trial.Recovered:    "failed; a recovery succeeded, with every setting",
	trial.SettingsLost: "failed; a recovery succeeded, settings are gone",
	trial.Unrecovered:  "failed; so did the recovery, which something disturbs, too",
	trial.Violated:     "an invariant was broken",
}

func (p *picture) tone(class int) tone {
	switch {
	case class < int(trial.ClassCount):
		return classTones[class]
	case class == p.missing():
		return missingTone
	}
	return unknownTone
}

// toneName is the name of a class's tone in the style sheet.
func (p *picture) toneName(class int) string {
	switch {
	case class < int(trial.ClassCount):
		return fmt.Sprintf("class-%d", class)
	case class == p.missing():
		return "class-missing"
	}
	return "class-unknown"
}

func (p *picture) meaning(class int) string {
	switch {
	case class < int(trial.ClassCount):
		return classMeanings[class]
	case class == p.missing():
		return "not run yet, or in another shard"
	}
	return "a class that this page does not know"
}

// costStep is a range of costs. The cost of a point is how much longer it takes than the calm run.
type costStep struct {
	upTo  int64 // milliseconds; the last has no bound
	label string
	tone  tone
}

// costSteps has two or three steps for each factor of ten.
var costSteps = [...]costStep{
	{0, "none", tone{"#f0edb4", black, "#20294a", white}},
	{1000, "1 s", tone{"#d4e8c8", black, "#273e65", white}},
	{3000, "3 s", tone{"#b1dabb", black, "#2d5481", white}},
	{10_000, "10 s", tone{"#8fc9b6", black, "#326d92", white}},
	{30_000, "30 s", tone{"#6eb6b8", black, "#388897", black}},
	{60_000, "1 min", tone{"#4aa3b8", black, "#3fa39b", black}},
	{180_000, "3 min", tone{"#3e8bb2", black, "#6bb896", black}},
	{600_000, "10 min", tone{"#3372ac", white, "#92ce8e", black}},
	{1_800_000, "30 min", tone{"#2d5798", white, "#b7df93", black}},
	{3_600_000, "1 h", tone{"#263978", white, "#daeba8", black}},
	{1<<63 - 1, "more", tone{"#1e1b5a", white, "#fdf8bd", black}},
}

func costStepOf(ms int64) int {
	for i := range costSteps {
		if ms <= costSteps[i].upTo {
			return i
		}
	}
	return len(costSteps) - 1
}

// rgb parses a colour of the tables above.
func rgb(hex string) color.RGBA {
	n, err := strconv.ParseUint(hex[1:], 16, 24)
	if err != nil {
		panic("colour " + hex + ": " + err.Error())
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xFF}
}
