package main

import (
	"errors"
	"net"
	"strconv"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/serve"
)

// options is the command line, checked as far as it can be without a file.
type options struct {
	identity
	revision   string
	firmware   string
	password   string
	deviceName string
	owner      string
	tag1, tag2 string

	baud int
	pace int // as bench.Config has it
	plan fault.Plan

	pty  bool
	link string
	tcp  string

	state  string
	trace  string
	frames bool
	json   bool

	helpFaults bool
	given      func(flag string) bool // it stands on the command line
}

// newOptions are those of the article's meter.
func newOptions() *options {
	return &options{
		identity: identity{Model: meter.ArticleModel, SerialNumber: meter.ArticleSerialNumber, UnitID: meter.ArticleUnitID},
		password: meter.FactoryPassword, baud: ion.DefaultBaudRate, pace: 1,
	}
}

func (o *options) flags() []cli.Flags {
	return []cli.Flags{
		{Title: "The meter", List: []cli.Flag{
			cli.OneOf(&o.Model, "model", meter.Models(), "which one it is"),
			cli.Text(&o.SerialNumber, "serial-number", "TEXT", "1 to 16 characters"),
			cli.Number(&o.UnitID, "unit-id", "N", ion.MinUnitID, ion.MaxUnitID, "1 to 9999"),
			cli.Text(&o.revision, "revision", "REV", "that runs at first, such as 7350V283").Unless("the model and V283"),
			cli.Text(&o.firmware, "firmware", "FILE.upg", "what runs at first").Unless("a generated image of 256 KiB").With(cli.Files("*.upg")),
			cli.Text(&o.password, "password", "N", "up to 8 digits, or up to 6 characters; 0 is factory-set"),
			cli.Text(&o.owner, "owner", "TEXT", "its nameplate, up to 80 characters").MayBeEmpty(),
			cli.Text(&o.tag1, "tag1", "TEXT", "likewise").MayBeEmpty(),
			cli.Text(&o.tag2, "tag2", "TEXT", "likewise").MayBeEmpty(),
			cli.Text(&o.deviceName, "device-name", "TEXT", `what the site calls it; only told in the event "ready", for the protocol does not carry it`).Unless("ion and the model"),
		}},
		{Title: "Where to reach it", List: []cli.Flag{
			cli.Switch(&o.pty, "pty", "on a new PTY: the default unless --tcp is given"),
			cli.Text(&o.link, "link", "PATH", "also make PATH a symbolic link to the PTY, removed at the end. A link left behind by kill -9 is replaced, anything else refused").With(cli.Files("*")),
			cli.Text(&o.tcp, "tcp", "[HOST]:PORT", "listen there; without HOST on the loopback interface, with port 0 on a free port. One client at a time, as the real port: a second one is closed at once"),
			cli.OneOf(&o.baud, "baud", ion.BaudRates(), "rate of its line; --pace makes the line faster than that. A client that sets another rate on the PTY hears garbage, and so does the meter"),
		}},
		{Title: "How fast", List: []cli.Flag{
			cli.Of(&o.pace, "pace", "baud|off|N", bench.ParsePace, bench.FormatPace, "baud is as the real thing: byte times of the baud rate, one second for a sector to be erased, three to boot; N is all of that N times faster, off all of that in no time").With(cli.Words("baud", "off")),
		}},
		{Title: "What goes wrong", List: []cli.Flag{
			o.faultFlag(),
			cli.Switch(&o.helpFaults, "help-faults", "tell the whole language of faults, and end"),
		}},
		{Title: "What is kept", List: []cli.Flag{
			cli.Text(&o.state, "state", "FILE", "the meter's flash and memory, kept before it confirms anything: however ionsim ends, the next start with FILE goes on from there. A FILE that is there already wins over --firmware, --revision, --owner, --tag1 and --tag2, and over --model, --serial-number and --unit-id where these are not given; where they are given and differ, it is refused. The password is not kept").With(cli.Files("*.state")),
			cli.Text(&o.trace, "trace", "FILE", `append every event as a line of text; "#" lines begin a run. Neither FILE may be a symbolic link`).With(cli.Files("*")),
			cli.Switch(&o.frames, "trace-frames", "every frame on the line too (to --trace and --json)"),
		}},
		{Title: "For programs", List: []cli.Flag{
			cli.Switch(&o.json, "json", "print one JSON object a line on stdout, and nothing but warnings on stderr"),
		}},
	}
}

// faultFlag takes plans, one after another.
func (o *options) faultFlag() cli.Flag {
	return cli.Flag{
		Name: "fault", Syntax: "PLAN",
		Help: `a fault, such as "power-loss at flash-op 1170 torn for 30s"; may be given again. --help-faults shows all kinds and triggers. ` +
			"Times and counts begin when ionsim is ready. abort and kill are the client's and refused here; ip-reset resets the TCP client, and can do nothing on the PTY. " +
			"A fault that never struck is reported at the end, and as soon as it is known that it cannot",
		Set: func(text string) error {
			plan, err := parseFaults(text)
			o.plan = append(o.plan, plan...)
			return err
		},
		Get:    func() string { return o.plan.String() },
		Values: cli.Values{Words: kindsOfMeters},
	}
}

// kindsOfMeters are the faults that befall what ionsim is.
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

// stateError says whether the state file that was named cannot be used, or cannot be had.
func stateError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, serve.ErrStateInUse) || errors.Is(err, errors.ErrUnsupported) {
		return cli.Environmental(err)
	}
	return cli.Unusable(err)
}
