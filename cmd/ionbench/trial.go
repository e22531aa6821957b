package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/meter"
)

// trialFlags configure a trial, in every command that runs trials.
type trialFlags struct {
	meter    world.Meter
	tool     world.Tool
	windows  bool
	firmware world.Firmware // generated
	image    string         // path of a firmware file, instead of a generated one
	file     string         // path of a world's file, instead of the flags above
}

func newTrialFlags() trialFlags { return flagsOf(trial.World(0)) }

// flagsOf returns the flags that describe a world.
func flagsOf(w world.World) trialFlags {
	w = w.Filled()
	a := &w.Attempts[0]
	return trialFlags{
		meter: world.Meter{Model: w.MeterOf(a).Model}, tool: world.Tool{Release: a.Release, Journal: a.Journal},
		windows:  a.Task == client.TaskConnect,
		firmware: world.Firmware{Bytes: w.FirmwareOf(a).ImageBytes()},
	}
}

// trialHelp explains trials, in the help of commands that take one.
const trialHelp = `
A trial is an upgrade and, until one succeeds, its recoveries. PLAN is what goes wrong, in
the language of "ionbench faults --grammar", with "then" between the faults of the upgrade
and those of the recovery after it. ID is the name of a trial, as every command prints it: it
says the plan and the configuration, and is refused where it would repeat something else.
The plan without faults is ''.
`

func (f *trialFlags) flags() []cli.Flag {
	model := cli.View(world.MeterFields(), &f.meter, "model")
	how := cli.View(tool.Fields(), &f.tool, "release", "journal")
	how[0].Help += "; recoveries are always done with 2.2"
	size := cli.View(world.FirmwareFields(), &f.firmware, "bytes")
	return []cli.Flag{
		model[0], how[0], how[1],
		cli.Switch(&f.windows, "windows", "the upgrade is reached through the windows of the article"),
		cli.Text(&f.image, "image", "FILE.upg", "firmware file of your own").With(cli.Files("*.upg")),
		size[0].As("image-size"),
		f.fileFlag("a file with a world of your own (the sections of a case but [case] and [expect]), or a world of \"ionbench worlds\", instead of the flags above"),
	}
}

func (f *trialFlags) fileFlag(help string) cli.Flag {
	return cli.Text(&f.file, worldFlag, "FILE|NAME", help).With(cli.Files("*.world"))
}

// worldFlag is the flag for a file with a world, which may be one that other flags cannot
// describe.
const worldFlag = "world"

// words returns the names of values.
func words[V any](values []V, name func(V) string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = name(v)
	}
	return list
}

// world returns the world that the flags describe.
func (f *trialFlags) world(call *cli.Call) (world.World, error) {
	if f.file != "" {
		return f.read(call)
	}
	w := trial.World(f.firmware.Bytes, trial.Of(f.meter.Model), trial.By(f.tool.Release))
	if f.tool.Journal {
		trial.WithJournal(&w)
	}
	if f.windows {
		trial.ThroughWindows(&w)
	}
	if f.image != "" {
		if err := f.send(call, &w); err != nil {
			return w, err
		}
	}
	return checked(w)
}

// read returns the world of a file. The file describes all of it, so other flags are refused.
func (f *trialFlags) read(call *cli.Call) (world.World, error) {
	if err := f.alone(call, "--"+worldFlag+" "+f.file); err != nil {
		return world.World{}, err
	}
	if row, is, err := worlds.Named(f.file); is {
		if err != nil {
			return world.World{}, cli.Usage("--%s: %w", worldFlag, err).Hint("ionbench worlds lists them; for a file of that name write ./" + f.file)
		}
		return checked(row.World())
	}
	text, err := files.Read(f.file, fields.MaxBytes)
	if err != nil {
		return world.World{}, cli.WithHints(fmt.Errorf("--%s: %w", worldFlag, err), "name a file with a world")
	}
	w, err := world.Parse(text)
	if err != nil {
		return world.World{}, cli.Usage("--%s %s: %w", worldFlag, f.file, err)
	}
	return checked(*w)
}

// alone refuses flags beside what says all of the world.
func (f *trialFlags) alone(call *cli.Call, what string) error {
	for _, flag := range f.flags() {
		if flag.Name != worldFlag && call.Given(flag.Name) {
			return cli.Usage("%s says all of the world, and --%s says a part of it", what, flag.Name).Hint("leave one of them out")
		}
	}
	return nil
}

// send makes a world send the firmware file of the flags, to a meter of the file's model.
func (f *trialFlags) send(call *cli.Call, w *world.World) error {
	if call.Given("image-size") {
		return cli.Usage("--image is a file of its own size, and --image-size says another").Hint("leave one of them out")
	}
	own, err := f.own()
	if err != nil {
		return err
	}
	trial.Sending(own)(w)
	if !call.Given("model") {
		trial.Of(meter.Model(own.Product))(w)
	}
	return nil
}

// checked checks that a trial can run in a world.
func checked(w world.World) (world.World, error) {
	if err := trial.Check(w); err != nil {
		return w, cli.Unusable(err)
	}
	return w, nil
}

// own reads the firmware file of --image.
func (f *trialFlags) own() (*upg.File, error) {
	file, err := files.ReadFirmware(f.image)
	if err != nil {
		return nil, fmt.Errorf("--image: %w", err)
	}
	return file, nil
}

// trialArg is the argument for a trial.
func trialArg() []cli.Arg {
	return []cli.Arg{{Name: "ID|PLAN", What: "trial", Values: cli.Values{Words: kindNames}}}
}

const quoteThePlan = "put the whole plan in quotes, as in: 'abort at 60%'"

// subject returns the trial that the argument names: an id, or a plan together with the flags.
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

// identified returns the trial of an id. Flags that are given must agree with it.
func (f *trialFlags) identified(call *cli.Call, id string) (shrink.Subject, error) {
	s, hash, err := fromID(id)
	switch {
	case errors.Is(err, trial.ErrNeedsWorld) && f.file != "":
		if s.World, err = f.read(call); err != nil {
			return s, err
		}
		if err := trial.CheckHash(s.World, hash); err != nil {
			return s, cli.Unusable(err).Hint("name the file of the world that the id was made in")
		}
		return s, nil
	case errors.Is(err, trial.ErrNeedsWorld):
		return s, cli.Unusable(err).Hint("give it: --world FILE")
	case f.file != "":
		return s, cli.Usage("an id says all of its world, and --%s %s says another", worldFlag, f.file).Hint("leave the flag out, or give the plan as a text")
	case errors.Is(err, trial.ErrNeedsFile) && f.image != "":
		return f.completed(call, s, id)
	case errors.Is(err, trial.ErrNeedsFile):
		return s, cli.Unusable(err).Hint("name it: --image FILE.upg")
	case err != nil:
		return s, cli.Unusable(err).Hint("copy the whole id again, or give the plan as a text")
	case f.image != "":
		return s, cli.Usage("the image of this id is a generated one").Hint("leave --image out")
	}
	return s, f.agrees(call, s.World)
}

// fromID returns the trial of an id and the hash of its world.
func fromID(id string) (shrink.Subject, string, error) {
	if strings.HasPrefix(id, "s") {
		seed, run, faults, err := storm.ParseID(id)
		if err != nil {
			return shrink.Subject{}, "", err
		}
		w, plans := storm.Draw(seed, run, faults)
		return shrink.Subject{World: w, Plans: plans}, "", nil
	}
	w, plans, hash, err := trial.ParseID(id)
	return shrink.Subject{World: w, Plans: plans}, hash, err
}

// completed returns the trial of an id that needs a firmware file, with the file of --image.
func (f *trialFlags) completed(call *cli.Call, s shrink.Subject, id string) (shrink.Subject, error) {
	own, err := f.own()
	if err != nil {
		return s, err
	}
	trial.Sending(own)(&s.World)
	if s.World, err = checked(s.World); err != nil {
		return s, err
	}
	if own, err := trial.ID(s.World, s.Plans); err != nil || own != id {
		return s, cli.Usage("%w: with %s it would be %s", trial.ErrOtherRun, f.image, own).Hint("name the file that the id was made with")
	}
	return s, f.agrees(call, s.World)
}

// agrees checks that the given flags agree with the world of an id.
func (f *trialFlags) agrees(call *cli.Call, w world.World) error {
	if trial.CheckSaid(w) != nil {
		return f.alone(call, "the id")
	}
	of := flagsOf(w)
	said := of.flags()
	for i, flag := range f.flags() {
		if flag.Name == "image" || !call.Given(flag.Name) || flag.Value() == said[i].Value() {
			continue
		}
		return cli.Usage("the id says %s %s, and --%s says %s", flag.Name, said[i].Value(), flag.Name, flag.Value()).
			Hint("leave the flag out, or give the plan as a text")
	}
	return nil
}

// described describes a world for people.
func described(w world.World) string {
	o := configOf(w)
	words := []string{"ION " + o.Model, "tool " + o.Release, fmt.Sprintf("image of %d bytes", o.ImageBytes)}
	if o.Firmware != "" {
		words = append(words, "of a file with revision "+o.Firmware)
	}
	if o.Journal {
		words = append(words, "journal")
	}
	if o.Windows {
		words = append(words, "through the windows")
	}
	switch row := worlds.Find(w).Row; {
	case row != nil && o.World != "":
		words = append(words, "and what else "+row.Name+" says")
	case o.World != "":
		words = append(words, "and what else its text says")
	}
	return strings.Join(words, ", ")
}

// replayCommand returns the command that repeats a trial: by its id if it has one, otherwise
// by its plan and flags or by the file of its world.
func (f *trialFlags) replayCommand(s shrink.Subject) string {
	words := []string{"ionbench", "replay"}
	if trial.CheckSaid(s.World) != nil {
		return shell.Join(append(words, f.inWorld(s)...)...)
	}
	o := configOf(s.World)
	id, err := trial.ID(s.World, s.Plans)
	if err == nil {
		words = append(words, id)
	} else {
		words = append(words, s.Plans.String(), "--model", o.Model, "--release", o.Release)
		for _, flag := range []struct {
			name string
			set  bool
		}{{"--journal", o.Journal}, {"--windows", o.Windows}} {
			if flag.set {
				words = append(words, flag.name)
			}
		}
		if o.Firmware == "" {
			words = append(words, "--image-size", fmt.Sprint(o.ImageBytes))
		}
	}
	if o.Firmware != "" {
		words = append(words, "--image", f.image)
	}
	return shell.Join(words...)
}

// unnamed reports whether only a file can say a world.
func unnamed(w world.World) bool { return trial.CheckSaid(w) != nil && worlds.Find(w).Row == nil }

// inWorld returns the words that name a trial in a world that flags cannot describe.
func (f *trialFlags) inWorld(s shrink.Subject) []string {
	row := worlds.Find(s.World).Row
	if row == nil {
		return []string{s.Plans.String(), "--" + worldFlag, cmp.Or(f.file, "FILE")}
	}
	if id := idOf(s); id != "" {
		return []string{id}
	}
	return []string{s.Plans.String(), "--" + worldFlag, row.Name}
}

// configObject is a world in JSON, in the words of the flags.
type configObject struct {
	Model      string `json:"model"`
	Release    string `json:"release"`
	Journal    bool   `json:"journal"`
	Windows    bool   `json:"windows"`
	ImageBytes int    `json:"image_bytes"`
	Firmware   string `json:"firmware,omitempty"`
	Hash       string `json:"hash"`
	World      string `json:"world,omitempty"` // the world as text, if flags cannot describe all of it
}

func configOf(w world.World) configObject {
	full := w.Filled()
	a := &full.Attempts[0]
	f := full.FirmwareOf(a)
	o := configObject{
		Model: full.MeterOf(a).Model.String(), Release: a.Release.Version,
		Journal: a.Journal, Windows: a.Task == client.TaskConnect, ImageBytes: f.ImageBytes(),
	}
	if f.Own != nil {
		o.Firmware = f.Own.Revision
	}
	o.Hash = trial.Hash(w)
	if trial.CheckSaid(w) != nil {
		o.World = w.String()
	}
	return o
}

// idOf returns the id of a trial, or nothing if an id cannot hold the trial.
func idOf(s shrink.Subject) string {
	id, err := trial.ID(s.World, s.Plans)
	if err != nil {
		return ""
	}
	return id
}
