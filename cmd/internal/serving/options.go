// Package serving is how a program of this project serves a meter to hosts, in real time: the
// flags that say where, how fast and with which faults, the events that are told of it, and the
// files in which it is kept. ionsim serves a new meter so, and ionbench one that a failure left.
package serving

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/fields"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/statefile"
)

// Options say how a meter is served. Each is a flag.
type Options struct {
	PTY      bool   // on a new pseudo-terminal
	Link     string // a name for the PTY; empty for none
	TCP      string // address to listen at; empty for none
	RFC2217  string // address for clients of RFC 2217; empty for none
	Port     string // a port that is there already, such as /dev/ttyUSB0; empty for none
	OpenPort func(ctx context.Context) (io.ReadWriteCloser, error)
	Takeover bool     // a new TCP client takes the port over
	HTTP     string   // [HOST:]PORT of the control server; empty for none
	Protocol Protocol // of the PTY
	Modbus   string   // [HOST:]PORT of Modbus TCP; empty for none
	Pace     int      // as bench.Config has it
	Plan     fault.Plan
	State    string       // file in which the meter is kept; empty for none
	Trace    string       // file to which all events are written; empty for none
	Capture  string       // file to which the line's frames are written as pcapng; empty for none
	Story    string       // file to which the story goes at the end; empty for none
	Frames   bool         // every frame on the line is an event, too
	JSON     bool         // events are objects on standard output
	Roles    []files.Role // of further files of the process
	// Language is the command that tells the language of faults.
	Language string
}

// Flags are the flags of Options, by what they are about. None of them has a letter.
type Flags struct {
	Reach, Pace, Faults, Kept, Events []cli.Flag
}

// Flags returns the flags that set o.
func (o *Options) Flags() Flags {
	return Flags{
		Reach: []cli.Flag{
			cli.Switch(&o.PTY, "pty", "on a new PTY: the default unless another port is given"),
			cli.Text(&o.Link, "link", "PATH", "also make PATH a symbolic link to the PTY, removed at the end. PATH.lock beside it is held meanwhile: by it a link left behind by kill -9 is known and replaced; anything else is refused").With(cli.Files("*")),
			cli.Text(&o.TCP, "tcp", "[HOST]:PORT", "listen there; without HOST on the loopback interface, with port 0 on a free port. One client at a time, as the real port: a second one is closed at once, and told who has the port. One whose machine has vanished is dropped after half a minute"),
			cli.Text(&o.RFC2217, "rfc2217", "[HOST:]PORT", "be a serial port on the network (RFC 2217) there, without HOST on the loopback interface: a client sets its rate, and sees DCD, DSR and CTS fall when the cable is pulled. Reach it with ionup --port rfc2217://HOST:PORT, or pyserial"),
			cli.Switch(&o.Takeover, "takeover", "a new TCP client takes the port over from the one before, as serial servers can. A client that connects again by itself takes it back"),
			cli.OneOf(&o.Protocol, "protocol", []Protocol{ION, ModbusRTU}, "what the PTY speaks. With modbus it is a port of its own beside the one of --tcp, as COM1 of a meter is that was set to Modbus RTU; ION is then reached by --tcp alone, and no fault befalls the PTY"),
			cli.Text(&o.Modbus, "modbus-tcp", "[HOST:]PORT", "answer Modbus TCP there as well, beside ION, to up to eight clients: functions 03 and 16, unit id 0, 255 or the meter's. Without HOST on the loopback interface; port 0 is a free one, and the standard one is 502. In download state it answers nothing"),
			cli.Text(&o.HTTP, "http", "[HOST:]PORT", "let people and programs look at the meter and strike it by hand while it runs: JSON over HTTP, without HOST on the loopback interface. The token that requests must carry is told at the start, and ionsim ctl finds it by itself"),
		},
		Pace: []cli.Flag{
			cli.Of(&o.Pace, "pace", "baud is as the real thing: byte times of the baud rate, one second for a sector to be erased, three to boot; N is all of that N times faster, off all of that in no time",
				fields.Notation[int]{Syntax: "baud|off|N", Parse: bench.ParsePace, Print: bench.FormatPace, Open: true}).With(cli.Words("baud", "off")),
		},
		Faults: []cli.Flag{o.faultFlag()},
		Kept: []cli.Flag{
			cli.Text(&o.State, "state", "FILE", "the meter's flash and memory, kept before it confirms anything: however it ends, ionsim --state FILE goes on from there").With(cli.Files("*.state")),
			cli.Text(&o.Trace, "trace", "FILE", `append every event as a line of text; "#" lines begin a run. No FILE may be a symbolic link`).With(cli.Files("*")),
			capturing.Flag(&o.Capture, "append every frame on the line for Wireshark, with faults, resends, cable and power; - is standard output, and the port is told on stderr"),
			cli.Text(&o.Story, "story", "FILE.html|FILE.story.json", "write the story of it at the end: a page to look at, with what was sent, what of it arrived and why requests were sent again, or JSON Lines for programs").With(cli.Files("*.html")).Writes("ionbench-story 1"),
			cli.Switch(&o.Frames, "trace-frames", "every frame on the line too (to --trace and --json)"),
		},
		Events: []cli.Flag{
			cli.Switch(&o.JSON, "json", "print one JSON object a line on stdout, and nothing but warnings on stderr").Writes(EventsFormat),
		},
	}
}

// faultFlag takes plans and appends each to the ones before.
func (o *Options) faultFlag() cli.Flag {
	help := `a fault, such as "power-loss at flash-op 1170 torn for 30s"; may be given again. ` + o.Language + " shows all kinds and triggers. " +
		"Times and counts begin when the meter is ready. abort and kill are the client's and refused here; ip-reset resets the TCP client, and can do nothing on the PTY. " +
		"A fault that never struck is reported at the end, and as soon as it is known that it cannot"
	return cli.Several((*[]fault.Fault)(&o.Plan), "fault", help, fields.Notation[[]fault.Fault]{
		Syntax: "PLAN", Open: true,
		Parse: func(text string) ([]fault.Fault, error) { return o.parseFaults(text) },
		Print: func(list []fault.Fault) string { return fault.Plan(list).String() },
	}).With(cli.Values{Words: KindsOfMeters})
}

// KindsOfMeters returns the kinds of fault that can befall a meter that is served: there is no PC.
func KindsOfMeters() (names []string) {
	for _, d := range fault.Kinds() {
		if d.Place != fault.PlaceHost {
			names = append(names, d.Kind.String())
		}
	}
	return names
}

// Check says which flags contradict each other, as far as that can be known without opening
// anything. It chooses the PTY if no port was named.
func (o *Options) Check(c *cli.Call) error {
	if o.TCP != "" && !isAddress(o.TCP) {
		return cli.Usage("--tcp: %q is no address", o.TCP).Hint("use HOST:PORT or :PORT; port 0 is any free one")
	}
	if o.RFC2217 != "" {
		var err error
		if o.RFC2217, err = portAddress("--rfc2217", o.RFC2217); err != nil {
			return err
		}
	}
	if o.HTTP != "" {
		if _, err := portAddress("--http", o.HTTP); err != nil {
			return err
		}
	}
	if o.Modbus != "" {
		if _, err := portAddress("--modbus-tcp", o.Modbus); err != nil {
			return err
		}
	}
	if !c.Given("pty") {
		o.PTY = o.PTY || o.Link != "" || o.TCP == "" && o.RFC2217 == "" && o.Port == ""
	}
	if err := capturing.Check(o.Capture, o.JSON); err != nil {
		return err
	}
	switch {
	case o.Takeover && o.TCP == "" && o.RFC2217 == "":
		return cli.Usage("--takeover without a TCP port").Hint("add --tcp ADDR, or leave --takeover out")
	case !o.PTY && o.TCP == "" && o.RFC2217 == "" && o.Port == "":
		return cli.Usage("without a PTY and a TCP address nobody can reach the meter").Hint("leave --pty=false out, or add --tcp ADDR")
	case !o.PTY && o.Link != "":
		return cli.Usage("--link %s: there is no PTY that it could point to", o.Link).Hint("leave --pty=false or --link out")
	case o.rtu() && !o.PTY:
		return cli.Usage("--protocol modbus is what the PTY speaks, and there is none").Hint("add --pty, or use --modbus-tcp for Modbus over TCP")
	case o.Frames && o.Trace == "" && !o.JSON:
		return cli.Usage("--trace-frames alone shows nothing").Hint("add --trace FILE, or --json")
	}
	return o.checkRoles()
}

// checkRoles refuses a file that would be two things.
func (o *Options) checkRoles() error {
	var roles files.Roles
	if err := roles.Take(o.Roles...); err != nil {
		return err
	}
	if o.Link != "" {
		if err := roles.Take(files.Link("--link", o.Link), files.Written("the lock of --link", o.Link+".lock")); err != nil {
			return err
		}
	}
	if o.HTTP != "" {
		if keys, err := KeyFolder(); err == nil {
			if err := roles.Take(files.Folder("the keys of --http", keys, keySuffix)); err != nil {
				return err
			}
		}
	}
	if o.Capture != capturing.Stdout {
		if err := roles.Take(files.Written("--capture", o.Capture)); err != nil {
			return err
		}
	}
	return roles.Take(files.Written("--state", o.State), files.Written("--trace", o.Trace), files.Written("--story", o.Story))
}

// Protocol is what a port speaks.
type Protocol uint8

// The protocols.
const (
	ION Protocol = iota
	ModbusRTU
)

// String is the protocol's word in flags.
func (p Protocol) String() string {
	if p == ModbusRTU {
		return "modbus"
	}
	return "ion"
}

// rtu reports that the PTY speaks Modbus RTU.
func (o *Options) rtu() bool { return o.Protocol == ModbusRTU }

// isAddress reports whether a text is [HOST]:PORT, with a number for a port.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// CheckPlan says whether the faults can befall a station.
func (o *Options) CheckPlan(s *bench.Station) error {
	if err := s.SetPlan(o.Plan); err != nil {
		return cli.Usage("--fault: %w", err).Hint(o.seeFaults())
	}
	return nil
}

func (o *Options) seeFaults() string { return o.Language + " shows the whole language" }

func (o *Options) parseFaults(text string) (fault.Plan, error) {
	plan, err := fault.Parse(text)
	var where *fault.ParseError
	switch {
	case errors.As(err, &where):
		return nil, cli.Usage("%q: line %d, column %d: %s", text, where.Line, where.Column, where.Reason).Hint(o.seeFaults())
	case err != nil:
		return nil, cli.Usage("%q: %w", text, err).Hint(o.seeFaults())
	case len(plan) == 0:
		return nil, cli.Usage("%q holds no fault", text).Hint(o.seeFaults())
	}
	for _, f := range plan {
		if f.Kind.Place() == fault.PlaceHost {
			return nil, cli.Usage("%q: %v befalls the upgrader, and this is the meter", f.String(), f.Kind).Hint(hostFaultHint(f.Kind))
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

// StateError gives an error of the state file its exit status: a file that cannot be used, or
// an environment that does not let it be opened.
func StateError(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return cli.Environmental(err).Hint("make room, or name a file on another disk")
	case errors.Is(err, statefile.ErrInUse), errors.Is(err, errors.ErrUnsupported):
		return cli.Environmental(err)
	}
	return cli.Unusable(err)
}
