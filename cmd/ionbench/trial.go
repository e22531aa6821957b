package main

import (
	"errors"
	"fmt"
	"strings"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// trialFlags are the configuration of a trial, for every command that runs trials.
type trialFlags struct {
	model     meter.Model
	release   client.Release
	journal   bool
	windows   bool
	image     string
	imageSize int
}

func newTrialFlags() trialFlags {
	return trialFlags{model: meter.ION7350, release: client.Release22(), imageSize: trial.DefaultImageBytes}
}

// trialHelp tells what a trial is, for the help of commands that take one.
const trialHelp = `
A trial is an upgrade and, until one succeeds, its recoveries. PLAN is what goes wrong, in
the language of "ionbench faults --grammar", with "then" between the faults of the upgrade
and those of the recovery after it. ID is the name of a trial, as every command prints it: it
says the plan and the configuration, and is refused where it would repeat something else.
The plan without faults is ''.
`

func (f *trialFlags) flags() []cli.Flag {
	releases := words(client.Releases(), versionOf)
	return []cli.Flag{
		cli.OneOf(&f.model, "model", meter.Models(), "the meter"),
		cli.Of(&f.release, "release", strings.Join(releases, "|"), client.ParseRelease, versionOf, "of the tool; recoveries are always done with 2.2").With(cli.Words(releases...)),
		cli.Switch(&f.journal, "journal", "the tool keeps a journal of the settings"),
		cli.Switch(&f.windows, "windows", "the upgrade is reached through the windows of the article"),
		cli.Text(&f.image, "image", "FILE.upg", "firmware file of your own").With(cli.Files("*.upg")),
		cli.Size(&f.imageSize, "image-size", "size of the image that is made, such as 64k or 256KiB"),
	}
}

func versionOf(r client.Release) string { return r.Version }

// words are the names of values.
func words[V any](values []V, name func(V) string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = name(v)
	}
	return list
}

// world is the one that the flags say.
func (f *trialFlags) world(call *cli.Call) (world.World, error) {
	c, err := f.config(call)
	if err != nil {
		return world.World{}, err
	}
	return checked(c)
}

func (f *trialFlags) config(call *cli.Call) (trial.Config, error) {
	c := trial.Config{Model: f.model, Release: f.release, Journal: f.journal, Windows: f.windows, ImageBytes: f.imageSize}
	if f.image == "" {
		return c, nil
	}
	if call.Given("image-size") {
		return c, cli.Usage("--image is a file of its own size, and --image-size says another").Hint("leave one of them out")
	}
	var err error
	if c.Firmware, err = readFirmware(f.image); err != nil {
		return c, err
	}
	c.ImageBytes = 0
	if !call.Given("model") {
		c.Model = meter.Model(c.Firmware.Product)
	}
	return c, nil
}

// checked is the world of a configuration, if a trial can take place there.
func checked(c trial.Config) (world.World, error) {
	w := c.World()
	if err := trial.Check(w); err != nil {
		return w, cli.Unusable(err)
	}
	return w, nil
}

// inFlags is a world in the words of flags. All worlds here come from flags, ids or storms.
func inFlags(w world.World) trial.Config {
	c, err := trial.ConfigOf(w)
	if err != nil {
		panic(fmt.Sprintf("ionbench: %v", err))
	}
	return c
}

func readFirmware(path string) (*upg.File, error) {
	const next = "name a .UPG file; ionup pack makes one"
	b, err := files.Read(path, upg.MaxFileBytes)
	if err != nil {
		return nil, cli.WithHints(fmt.Errorf("--image: %w", err), next)
	}
	f, err := upg.Parse(b)
	if err != nil {
		return nil, cli.Usage("--image %s: %w", path, err).Hint(next)
	}
	return f, nil
}

// trialArg is the trial of a command.
func trialArg() []cli.Arg {
	return []cli.Arg{{Name: "ID|PLAN", What: "trial", Values: cli.Values{Words: kindNames}}}
}

const quoteThePlan = "put the whole plan in quotes, as in: 'abort at 60%'"

// subject is the trial that the one argument names: an id, or a plan and the flags.
func (f *trialFlags) subject(call *cli.Call) (shrink.Subject, error) {
	named := call.Args[0]
	if trial.IsID(named) {
		return f.identified(call, named)
	}
	plans, err := trial.ParsePlans(named)
	if err != nil {
		return shrink.Subject{}, cli.Unusable(err).Hint("ionbench faults lists the faults, ionbench faults --grammar explains plans; every trial's id is printed by ionbench replay")
	}
	w, err := f.world(call)
	return shrink.Subject{World: w, Plans: plans}, err
}

// identified is the trial of an id. Flags that were given must say the same.
func (f *trialFlags) identified(call *cli.Call, id string) (shrink.Subject, error) {
	s, err := fromID(id)
	switch {
	case errors.Is(err, trial.ErrNeedsFile) && f.image != "":
		return f.completed(call, s, id)
	case errors.Is(err, trial.ErrNeedsFile):
		return s, cli.Unusable(err).Hint("name it: --image FILE.upg")
	case err != nil:
		return s, cli.Unusable(err).Hint("copy the whole id again, or give the plan as a text")
	case f.image != "":
		return s, cli.Usage("the image of this id is a generated one").Hint("leave --image out")
	}
	return s, f.agrees(call, inFlags(s.World))
}

func fromID(id string) (shrink.Subject, error) {
	if strings.HasPrefix(id, "s") {
		seed, run, faults, err := storm.ParseID(id)
		if err != nil {
			return shrink.Subject{}, err
		}
		w, plans := storm.Draw(seed, run, faults)
		return shrink.Subject{World: w, Plans: plans}, nil
	}
	c, plans, _, err := trial.ParseID(id)
	return shrink.Subject{World: c.World(), Plans: plans}, err
}

// completed is the trial of an id that was made with a file of one's own.
func (f *trialFlags) completed(call *cli.Call, s shrink.Subject, id string) (shrink.Subject, error) {
	c := inFlags(s.World)
	var err error
	if c.Firmware, err = readFirmware(f.image); err != nil {
		return s, err
	}
	if s.World, err = checked(c); err != nil {
		return s, err
	}
	if own, err := trial.ID(s.World, s.Plans); err != nil || own != id {
		return s, cli.Usage("%w: with %s it would be %s", trial.ErrOtherRun, f.image, own).Hint("name the file that the id was made with")
	}
	return s, f.agrees(call, inFlags(s.World))
}

// agrees compares what the id says with the flags that were given.
func (f *trialFlags) agrees(call *cli.Call, c trial.Config) error {
	of := trialFlags{model: c.Model, release: c.Release, journal: c.Journal, windows: c.Windows, imageSize: c.ImageBytes}
	said := of.flags()
	for i, flag := range f.flags() {
		if flag.Name == "image" || !call.Given(flag.Name) || flag.Get() == said[i].Get() {
			continue
		}
		return cli.Usage("the id says %s %s, and --%s says %s", flag.Name, said[i].Get(), flag.Name, flag.Get()).
			Hint("leave the flag out, or give the plan as a text")
	}
	return nil
}

// described is a world for a person.
func described(w world.World) string {
	c := inFlags(w)
	words := []string{
		"ION " + c.Model.String(),
		"tool " + c.Release.Version,
		fmt.Sprintf("image of %d bytes", c.ImageBytes),
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
	c := inFlags(s.World)
	id, err := trial.ID(s.World, s.Plans)
	if err == nil {
		words = append(words, id)
	} else {
		words = append(words, s.Plans.String(), "--model", c.Model.String(), "--release", c.Release.Version)
		for _, flag := range []struct {
			name string
			set  bool
		}{{"--journal", c.Journal}, {"--windows", c.Windows}} {
			if flag.set {
				words = append(words, flag.name)
			}
		}
		if c.Firmware == nil {
			words = append(words, "--image-size", fmt.Sprint(c.ImageBytes))
		}
	}
	if c.Firmware != nil {
		words = append(words, "--image", f.image)
	}
	return shell.Join(words...)
}

// configObject is a world as a program reads it, in the words of flags.
type configObject struct {
	Model      string `json:"model"`
	Release    string `json:"release"`
	Journal    bool   `json:"journal"`
	Windows    bool   `json:"windows"`
	ImageBytes int    `json:"image_bytes"`
	Firmware   string `json:"firmware,omitempty"`
	Hash       string `json:"hash"`
}

func configOf(w world.World) configObject {
	c := inFlags(w)
	o := configObject{c.Model.String(), c.Release.Version, c.Journal, c.Windows, c.ImageBytes, "", c.Hash()}
	if c.Firmware != nil {
		o.Firmware = c.Firmware.Revision
	}
	return o
}

// idOf is the id of a trial, or nothing where its plan does not fit into one.
func idOf(s shrink.Subject) string {
	id, err := trial.ID(s.World, s.Plans)
	if err != nil {
		return ""
	}
	return id
}
