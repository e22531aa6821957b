package main

import (
	"errors"
	"net"
	"slices"
	"strconv"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/serve"
)

// options holds the command line, checked as far as possible without opening a file.
type options struct {
	meter      world.Meter
	firmware   string // file of the first firmware; empty: a generated image
	deviceName string
	owner      string
	tag1, tag2 string

	pace int // as bench.Config has it
	plan fault.Plan

	pty  bool
	link string
	tcp  string
	take bool // a new client takes the port over

	state  string
	trace  string
	frames bool
	json   bool

	helpFaults bool
	given      func(flag string) bool // whether the flag is on the command line
}

// factoryImageBytes is the size of the generated firmware that a meter has if no file is
// given. The size is arbitrary.
const factoryImageBytes = 256 << 10

// newOptions returns the defaults: the article's meter, with the settings of the the factory.
func newOptions() *options {
	m := world.Meter{ImageBytes: factoryImageBytes, SetUp: world.Untouched}.Filled()
	m.Revision = "" // the model's
	return &options{meter: m, pace: 1, given: func(string) bool { return false }}
}

// identity returns the meter that the flags ask for.
func (o *options) identity() identity {
	return identity{Model: o.meter.Model, SerialNumber: o.meter.SerialNumber, UnitID: o.meter.UnitID}
}

func (o *options) flags() []cli.Flags {
	which := cli.View(world.MeterFields(), &o.meter, "model", "serial-number", "unit-id", "revision")
	which[3] = which[3].Unless("the model's V283")
	has := cli.View(world.MeterFields(), &o.meter, "image-bytes", "password", "settings")
	line := cli.View(world.MeterFields(), &o.meter, "baud")
	line[0].Help += "; --pace makes the line faster than that. A client that sets another rate on the PTY hears garbage, and so does the meter"
	return []cli.Flags{
		{Title: "The meter", List: slices.Concat(which, []cli.Flag{
			cli.Text(&o.firmware, "firmware", "FILE.upg", "what runs at first").Unless("a generated image").With(cli.Files("*.upg")),
		}, has, []cli.Flag{
			cli.Text(&o.owner, "owner", "TEXT", "its nameplate, up to 80 characters").MayBeEmpty(),
			cli.Text(&o.tag1, "tag1", "TEXT", "likewise").MayBeEmpty(),
			cli.Text(&o.tag2, "tag2", "TEXT", "likewise").MayBeEmpty(),
			cli.Text(&o.deviceName, "device-name", "TEXT", `what the site calls it; only told in the event "ready", for the protocol does not carry it`).Unless("ion and the model"),
		})},
		{Title: "Where to reach it", List: append([]cli.Flag{
			cli.Switch(&o.pty, "pty", "on a new PTY: the default unless --tcp is given"),
			cli.Text(&o.link, "link", "PATH", "also make PATH a symbolic link to the PTY, removed at the end. A link left behind by kill -9 is replaced, anything else refused").With(cli.Files("*")),
			cli.Text(&o.tcp, "tcp", "[HOST]:PORT", "listen there; without HOST on the loopback interface, with port 0 on a free port. One client at a time, as the real port: a second one is closed at once, and told who has the port. One whose machine has vanished is dropped after half a minute"),
			cli.Switch(&o.take, "takeover", "a new TCP client takes the port over from the one before, as serial servers can. A client that connects again by itself takes it back"),
		}, line...)},
		{Title: "How fast", List: []cli.Flag{
			cli.Of(&o.pace, "pace", "baud is as the real thing: byte times of the baud rate, one second for a sector to be erased, three to boot; N is all of that N times faster, off all of that in no time",
				fields.Notation[int]{Syntax: "baud|off|N", Parse: bench.ParsePace, Print: bench.FormatPace, Open: true}).With(cli.Words("baud", "off")),
		}},
		{Title: "What goes wrong", List: []cli.Flag{
			o.faultFlag(),
			cli.Switch(&o.helpFaults, "help-faults", "tell the whole language of faults, and end"),
		}},
		{Title: "What is kept", List: []cli.Flag{
			cli.Text(&o.state, "state", "FILE", "the meter's flash and memory, kept before it confirms anything: however ionsim ends, the next start with FILE goes on from there. A FILE that is there already wins over --firmware, --revision, --image-bytes, --settings, --owner, --tag1 and --tag2, and over --model, --serial-number and --unit-id where these are not given; where they are given and differ, it is refused. The password is not kept").With(cli.Files("*.state")),
			cli.Text(&o.trace, "trace", "FILE", `append every event as a line of text; "#" lines begin a run. Neither FILE may be a symbolic link`).With(cli.Files("*")),
			cli.Switch(&o.frames, "trace-frames", "every frame on the line too (to --trace and --json)"),
		}},
		{Title: "For programs", List: []cli.Flag{
			cli.Switch(&o.json, "json", "print one JSON object a line on stdout, and nothing but warnings on stderr"),
		}},
	}
}

// faultFlag takes plans and appends each to the ones before.
func (o *options) faultFlag() cli.Flag {
	const help = `a fault, such as "power-loss at flash-op 1170 torn for 30s"; may be given again. --help-faults shows all kinds and triggers. ` +
		"Times and counts begin when ionsim is ready. abort and kill are the client's and refused here; ip-reset resets the TCP client, and can do nothing on the PTY. " +
		"A fault that never struck is reported at the end, and as soon as it is known that it cannot"
	return cli.Several((*[]fault.Fault)(&o.plan), "fault", help, fields.Notation[[]fault.Fault]{
		Syntax: "PLAN", Open: true,
		Parse: func(text string) ([]fault.Fault, error) { return parseFaults(text) },
		Print: func(list []fault.Fault) string { return fault.Plan(list).String() },
	}).With(cli.Values{Words: kindsOfMeters})
}

// kindsOfMeters returns the kinds of fault that ionsim can play: it has no PC.
func kindsOfMeters() (names []string) {
	for _, d := range fault.Kinds() {
		if d.Place != fault.PlaceHost {
			names = append(names, d.Kind.String())
		}
	}
	return names
}

func (o *options) check(c *cli.Call) error {
	o.given = c.Given
	if err := o.checkPorts(); err != nil {
		return err
	}
	if o.frames && o.trace == "" && !o.json {
		return cli.Usage("--trace-frames alone shows nothing").Hint("add --trace FILE, or --json")
	}
	return nil
}

func (o *options) checkPorts() error {
	if o.tcp != "" {
		_, port, err := net.SplitHostPort(o.tcp)
		if _, number := strconv.ParseUint(port, 10, 16); err != nil || number != nil {
			return cli.Usage("--tcp: %q is no address", o.tcp).Hint("use HOST:PORT or :PORT; port 0 is any free one")
		}
	}
	if !o.given("pty") {
		o.pty = o.link != "" || o.tcp == ""
	}
	switch {
	case o.take && o.tcp == "":
		return cli.Usage("--takeover without a TCP port").Hint("add --tcp ADDR, or leave --takeover out")
	case !o.pty && o.tcp == "":
		return cli.Usage("without a PTY and a TCP address nobody can reach the meter").Hint("leave --pty=false out, or add --tcp ADDR")
	case !o.pty && o.link != "":
		return cli.Usage("--link %s: there is no PTY that it could point to", o.link).Hint("leave --pty=false or --link out")
	}
	return nil
}

const seeFaults = "ionsim --help-faults shows the whole language"

func parseFaults(text string) (fault.Plan, error) {
	plan, err := fault.Parse(text)
	var where *fault.ParseError
	switch {
	case errors.As(err, &where):
		return nil, cli.Usage("%q: line %d, column %d: %s", text, where.Line, where.Column, where.Reason).Hint(seeFaults)
	case err != nil:
		return nil, cli.Usage("%q: %w", text, err).Hint(seeFaults)
	case len(plan) == 0:
		return nil, cli.Usage("%q holds no fault", text).Hint(seeFaults)
	}
	for _, f := range plan {
		if f.Kind.Place() == fault.PlaceHost {
			return nil, cli.Usage("%q: %v befalls the upgrader, and ionsim is the meter", f.String(), f.Kind).Hint(hostFaultHint(f.Kind))
		}
	}
	return plan, nil
}

func hostFaultHint(k fault.Kind) string {
	const onTheBench = "run the plan on the bench, where both ends are: ionbench replay"
	if byHand := k.ByHand(); byHand != "" {
		return byHand + ", or " + onTheBench
	}
	return onTheBench
}

// stateError gives an error of the state file its exit status: a file that cannot be used, or
// an environment that does not let it be opened.
func stateError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, serve.ErrStateInUse) || errors.Is(err, errors.ErrUnsupported) {
		return cli.Environmental(err)
	}
	return cli.Unusable(err)
}
