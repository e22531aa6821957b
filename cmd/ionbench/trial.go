package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/simulator/meter"
)

// trialFlags are the configuration of a trial, for every command that runs trials.
type trialFlags struct {
	flags     *pflag.FlagSet
	model     string
	release   string
	journal   bool
	windows   bool
	image     string
	imageSize int
}

// trialHelp tells what a trial is, for the help of commands that take one.
const trialHelp = `
A trial is an upgrade and, until one succeeds, its recoveries. PLAN is what goes wrong, in
the language of ` + "`ionsim --help-faults`" + `, with "then" between the faults of the upgrade and
those of the recovery after it. ID is the name of a trial, as every command prints it: it
says the plan and the configuration, and is refused where it would repeat something else.
`

func (f *trialFlags) declare(flags *pflag.FlagSet) {
	f.flags = flags
	flags.StringVar(&f.model, "model", "7350", "the meter: `7300|7330|7350`")
	flags.StringVar(&f.release, "release", "2.2", "of the tool: `2.1|2.2`; recoveries are always done with 2.2")
	flags.BoolVar(&f.journal, "journal", false, "the tool keeps a journal of the settings")
	flags.BoolVar(&f.windows, "windows", false, "the upgrade is reached through the windows of the article")
	flags.StringVar(&f.image, "image", "", "firmware file of your own: `FILE.upg`")
	f.imageSize = trial.DefaultImageBytes
	flags.Var((*sizeValue)(&f.imageSize), "image-size", "`bytes` of the image that is made, such as 64k or 256KiB")
}

const seeFormat = "`ionsim --help-faults` explains plans; every trial's id is printed by `ionbench replay`."

// config is the configuration that the flags say.
func (f *trialFlags) config() (trial.Config, error) {
	c := trial.Config{Journal: f.journal, Windows: f.windows, ImageBytes: f.imageSize}
	var err error
	if c.Model, err = meter.ParseModel(f.model); err != nil {
		return c, wrongUsage("", "--model: %v", err)
	}
	if c.Release, err = client.ParseRelease(f.release); err != nil {
		return c, wrongUsage("", "--release: %v", err)
	}
	if f.image == "" {
		return c, f.check(c)
	}
	if f.flags.Changed("image-size") {
		return c, wrongUsage("Leave one of them out.", "--image is a file of its own size, and --image-size says another")
	}
	if c.Firmware, err = readFirmware(f.image); err != nil {
		return c, err
	}
	c.ImageBytes = 0
	if !f.flags.Changed("model") {
		c.Model = meter.Model(c.Firmware.Product)
	}
	return c, f.check(c)
}

func (f *trialFlags) check(c trial.Config) error {
	if err := c.Check(); err != nil {
		return wrongUsage("", "%v", err)
	}
	return nil
}

func readFirmware(path string) (*upg.File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, wrongUsage("Name a .UPG file; `ionup pack` makes one.", "--image: %v", err)
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, upg.MaxFileBytes+1)) // one more, so that upg says what is wrong
	if err != nil {
		return nil, fmt.Errorf("--image: %w", err)
	}
	f, err := upg.Parse(b)
	if err != nil {
		return nil, wrongUsage("Name a .UPG file; `ionup pack` makes one.", "--image %s: %v", path, err)
	}
	return f, nil
}

// subject is the trial that the one argument names: an id, or a plan and the flags.
func (f *trialFlags) subject(args []string) (shrink.Subject, error) {
	var none shrink.Subject
	switch {
	case len(args) == 0:
		return none, wrongUsage(seeFormat, "no trial: give an id or, in quotes, a plan; \"\" is the plan without faults")
	case len(args) > 1:
		return none, wrongUsage("Put a plan in quotes: '"+strings.Join(args, " ")+"'.", "one trial is wanted, and these are %d arguments", len(args))
	case trial.IsID(args[0]):
		return f.identified(args[0])
	}
	plans, err := trial.ParsePlans(args[0])
	if err != nil {
		return none, wrongUsage(seeFormat, "%v", err)
	}
	c, err := f.config()
	return shrink.Subject{Config: c, Plans: plans}, err
}

// identified is the trial of an id. Flags that were given must say the same.
func (f *trialFlags) identified(id string) (shrink.Subject, error) {
	s, err := fromID(id)
	if errors.Is(err, trial.ErrNeedsFile) && f.image != "" {
		return f.completed(s.Config, s.Plans, id)
	}
	if err != nil {
		next := "Copy the whole id again, or give the plan as a text."
		if errors.Is(err, trial.ErrNeedsFile) {
			next = "Name it: --image FILE.upg."
		}
		return s, wrongUsage(next, "%v", err)
	}
	if f.image != "" {
		return s, wrongUsage("Leave --image out.", "the image of this id is a generated one")
	}
	return s, f.agrees(s.Config)
}

func fromID(id string) (shrink.Subject, error) {
	if strings.HasPrefix(id, "s") {
		seed, run, faults, err := storm.ParseID(id)
		if err != nil {
			return shrink.Subject{}, err
		}
		c, plans := storm.Draw(seed, run, faults)
		return shrink.Subject{Config: c, Plans: plans}, nil
	}
	c, plans, _, err := trial.ParseID(id)
	return shrink.Subject{Config: c, Plans: plans}, err
}

// completed is the trial of an id that was made with a file of one's own.
func (f *trialFlags) completed(c trial.Config, plans trial.Plans, id string) (shrink.Subject, error) {
	var err error
	if c.Firmware, err = readFirmware(f.image); err != nil {
		return shrink.Subject{}, err
	}
	if err := f.check(c); err != nil {
		return shrink.Subject{}, err
	}
	if own, err := trial.ID(c, plans); err != nil || own != id {
		return shrink.Subject{}, wrongUsage("Name the file that the id was made with.", "%v: with %s it would be %s", trial.ErrOtherRun, f.image, own)
	}
	return shrink.Subject{Config: c, Plans: plans}, f.agrees(c)
}

// agrees compares what the id says with the flags that were given.
func (f *trialFlags) agrees(c trial.Config) error {
	for _, said := range []struct{ flag, value string }{
		{"model", c.Model.String()},
		{"release", c.Release.Version},
		{"journal", fmt.Sprint(c.Journal)},
		{"windows", fmt.Sprint(c.Windows)},
		{"image-size", fmt.Sprint(imageBytes(c))},
	} {
		if given := f.flags.Lookup(said.flag); given.Changed && given.Value.String() != said.value {
			return wrongUsage("Leave the flag out, or give the plan as a text.", "the id says %s %s, and --%s says %s", said.flag, said.value, said.flag, given.Value)
		}
	}
	return nil
}

func imageBytes(c trial.Config) int { return len(c.Attempt().Person.Firmware.Image) }

// described is a configuration for a person.
func described(c trial.Config) string {
	words := []string{
		"ION " + c.Model.String(),
		"tool " + c.Release.Version,
		fmt.Sprintf("image of %d bytes", imageBytes(c)),
	}
	if c.Firmware != nil {
		words = append(words, "of a file with revision "+c.Firmware.Revision)
	}
	if c.Journal {
		words = append(words, "journal")
	}
	if c.Windows {
		words = append(words, "through the windows")
	}
	return strings.Join(words, ", ")
}

// replayCommand repeats a trial: by its id if it has one, otherwise by its plan and flags.
func (f *trialFlags) replayCommand(s shrink.Subject) string {
	words := []string{"ionbench", "replay"}
	id, err := trial.ID(s.Config, s.Plans)
	if err == nil {
		words = append(words, id)
	} else {
		words = append(words, quoted(s.Plans.String()), "--model", s.Config.Model.String(), "--release", s.Config.Release.Version)
		for _, flag := range []struct {
			name string
			set  bool
		}{{"--journal", s.Config.Journal}, {"--windows", s.Config.Windows}} {
			if flag.set {
				words = append(words, flag.name)
			}
		}
		if s.Config.Firmware == nil {
			words = append(words, "--image-size", fmt.Sprint(imageBytes(s.Config)))
		}
	}
	if s.Config.Firmware != nil {
		words = append(words, "--image", quoted(f.image))
	}
	return strings.Join(words, " ")
}

// configObject is a configuration as a program reads it.
type configObject struct {
	Model      string `json:"model"`
	Release    string `json:"release"`
	Journal    bool   `json:"journal"`
	Windows    bool   `json:"windows"`
	ImageBytes int    `json:"image_bytes"`
	Firmware   string `json:"firmware,omitempty"`
	Hash       string `json:"hash"`
}

func configOf(c trial.Config) configObject {
	o := configObject{c.Model.String(), c.Release.Version, c.Journal, c.Windows, imageBytes(c), "", c.Hash()}
	if c.Firmware != nil {
		o.Firmware = c.Firmware.Revision
	}
	return o
}

// idOf is the id of a trial, or nothing where its plan does not fit into one.
func idOf(s shrink.Subject) string {
	id, err := trial.ID(s.Config, s.Plans)
	if err != nil {
		return ""
	}
	return id
}
