package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// options is the command line, checked as far as it can be without a file.
type options struct {
	model      string
	serial     string
	unit       int
	revision   string
	firmware   string
	password   string
	deviceName string
	owner      string
	tag1, tag2 string

	baud int
	pace pace
	plan fault.Plan

	pty  bool
	link string
	tcp  string

	state  string
	trace  string
	frames bool
	json   bool

	paceText string
	faults   []string

	help, helpFaults bool

	given map[string]bool // flags that stand on the command line
}

// pace is how fast time passes on the line and in the meter.
type pace struct {
	text string
	line int // bench.Config.Pace
	// scale divides the meter's own times; 0 makes them nothing.
	scale int
}

// usageError is a command line that cannot be meant: exit 2.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

func wrongUsage(hint, format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...), hint: hint}
}

const hintHelp = "ionsim --help tells what there is"

// newFlags is the surface; the manual describes it.
func newFlags(o *options) *pflag.FlagSet {
	f := pflag.NewFlagSet("ionsim", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVarP(&o.help, "help", "h", false, "")
	f.BoolVar(&o.helpFaults, "help-faults", false, "")
	f.StringVar(&o.model, "model", "7350", "")
	f.StringVar(&o.serial, "serial-number", "PC-0209A001-11", "")
	f.IntVar(&o.unit, "unit-id", 105, "")
	f.StringVar(&o.revision, "revision", "", "")
	f.StringVar(&o.firmware, "firmware", "", "")
	f.StringVar(&o.password, "password", "0", "")
	f.StringVar(&o.deviceName, "device-name", "", "")
	f.StringVar(&o.owner, "owner", "", "")
	f.StringVar(&o.tag1, "tag1", "", "")
	f.StringVar(&o.tag2, "tag2", "", "")
	f.IntVar(&o.baud, "baud", 9600, "")
	f.StringVar(&o.paceText, "pace", "baud", "")
	f.StringArrayVar(&o.faults, "fault", nil, "")
	f.BoolVar(&o.pty, "pty", false, "")
	f.StringVar(&o.link, "link", "", "")
	f.StringVar(&o.tcp, "tcp", "", "")
	f.StringVar(&o.state, "state", "", "")
	f.StringVar(&o.trace, "trace", "", "")
	f.BoolVar(&o.frames, "trace-frames", false, "")
	f.BoolVar(&o.json, "json", false, "")
	return f
}

func parseFlags(args []string) (*options, error) {
	o := &options{given: make(map[string]bool)}
	f := newFlags(o)
	if err := f.Parse(args); err != nil {
		return nil, explainParse(err)
	}
	f.Visit(func(flag *pflag.Flag) { o.given[flag.Name] = true })
	if o.help || o.helpFaults {
		return o, nil
	}
	if f.NArg() > 0 {
		return nil, wrongUsage("a value with spaces wants quotes; "+hintHelp, "unexpected argument %q", f.Arg(0))
	}
	return o, o.check()
}

func explainParse(err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return wrongUsage(hintHelp, "--%s %q is no %s", value.GetFlag().Name, value.GetValue(),
			map[string]string{"int": "number", "bool": "true or false"}[value.GetFlag().Value.Type()])
	}
	return wrongUsage(hintHelp, "%v", err)
}

func (o *options) check() (err error) {
	if err := o.checkEmpty(); err != nil {
		return err
	}
	if o.pace, err = parsePace(o.paceText); err != nil {
		return err
	}
	if o.plan, err = parseFaults(o.faults); err != nil {
		return err
	}
	if err := o.checkPorts(); err != nil {
		return err
	}
	if o.frames && o.trace == "" && !o.json {
		return wrongUsage("add --trace FILE, or --json", "--trace-frames alone shows nothing")
	}
	return nil
}

// checkEmpty finds the "$UNSET" that a script meant to be something.
func (o *options) checkEmpty() error {
	for _, flag := range []struct{ name, value string }{
		{"model", o.model}, {"revision", o.revision}, {"firmware", o.firmware}, {"device-name", o.deviceName},
		{"link", o.link}, {"tcp", o.tcp}, {"state", o.state}, {"trace", o.trace},
	} {
		if o.given[flag.name] && flag.value == "" {
			return wrongUsage("give a value, or leave the flag out", "--%s has an empty value", flag.name)
		}
	}
	return nil
}

// bauds are the rates of the family's RS-485 ports (documented for the sibling: "up to
// 19,200 bps"; 9300 series user's guide, page 148).
var bauds = []int{1200, 2400, 4800, 9600, 19200}

func (o *options) checkPorts() error {
	if !slices.Contains(bauds, o.baud) {
		return wrongUsage("use 1200, 2400, 4800, 9600 or 19200; --pace makes the line faster than its rate",
			"--baud %d: the meter's ports do not run at that", o.baud)
	}
	if o.tcp != "" {
		_, port, err := net.SplitHostPort(o.tcp)
		if _, number := strconv.ParseUint(port, 10, 16); err != nil || number != nil {
			return wrongUsage("use HOST:PORT or :PORT; port 0 is any free one", "--tcp %q is no address", o.tcp)
		}
	}
	if !o.given["pty"] {
		o.pty = o.link != "" || o.tcp == ""
	}
	switch {
	case !o.pty && o.tcp == "":
		return wrongUsage("leave --pty=false out, or add --tcp ADDR", "without a PTY and a TCP address nobody can reach the meter")
	case !o.pty && o.link != "":
		return wrongUsage("leave --pty=false or --link out", "--link %s: there is no PTY that it could point to", o.link)
	}
	return nil
}

func parsePace(text string) (pace, error) {
	switch text {
	case "baud":
		return pace{text: text, line: 1, scale: 1}, nil
	case "off":
		return pace{text: text, line: bench.Unpaced, scale: 0}, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "x"))
	if err != nil || n < 1 || n > maxPace {
		return pace{}, wrongUsage(fmt.Sprintf("use baud, off, or 1 to %d: so many times faster", maxPace), "--pace %q is no pace", text)
	}
	return pace{text: strconv.Itoa(n), line: n, scale: n}, nil
}

// maxPace keeps byte times above a nanosecond.
const maxPace = 10_000

func parseFaults(texts []string) (fault.Plan, error) {
	var plan fault.Plan
	for _, text := range texts {
		p, err := fault.Parse(text)
		var where *fault.ParseError
		switch {
		case errors.As(err, &where):
			return nil, wrongUsage("ionsim --help-faults shows the whole language",
				"--fault %q: line %d, column %d: %s", text, where.Line, where.Column, where.Reason)
		case err != nil:
			return nil, wrongUsage("ionsim --help-faults shows the whole language", "--fault %q: %v", text, err)
		case len(p) == 0:
			return nil, wrongUsage("ionsim --help-faults shows the whole language", "--fault %q holds no fault", text)
		}
		for _, f := range p {
			if f.Kind.Place() == fault.PlaceHost {
				return nil, wrongUsage(hostFaultHint(f.Kind), "--fault %q: %v befalls the upgrader, and ionsim is the meter", f.String(), f.Kind)
			}
		}
		plan = append(plan, p...)
	}
	return plan, nil
}

func hostFaultHint(k fault.Kind) string {
	const onTheBench = "run the plan on the bench, where both ends are: ionbench run"
	switch k {
	case fault.Kill:
		return "kill -9 the upgrader, or " + onTheBench
	case fault.Abort:
		return "press Ctrl-C in ionup, which is its Abort, or " + onTheBench
	}
	return onTheBench
}
