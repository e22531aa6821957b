package main

import (
	"context"
	"io"
	"strings"
	"time"

	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
)

// proxyOptions holds the command line of ionsim proxy.
type proxyOptions struct {
	serving.Options
	from, to string
	baud     int
	real     realPort // of the tool's end
}

// onPTY is the word for a new pseudo-terminal, and tcpPrefix begins an address.
const (
	onPTY        = "pty"
	remotePrefix = "rfc2217:"
	tcpPrefix    = "tcp:"
)

// proxyCommand stands between a tool and a meter that are not ours.
func proxyCommand(stdout io.Writer) *cli.Command {
	o := &proxyOptions{Options: serving.Options{Pace: 1, Language: "ionsim --help-faults"}, from: onPTY, baud: ion.DefaultBaudRate}
	return &cli.Command{
		Name: "proxy", Brief: "stand between a tool and a meter, with faults of the line and of answers",
		Help: `
Stand between any tool and any meter: what the tool sends to --from goes to the meter at --to, and
back. The address at which the tool finds it is the first line on stdout.

Without a plan no byte and no order is changed, and every byte goes through as it comes. With one,
frames are seen: faults of the line, of answers and of the connection strike at a block, frame,
byte, answer, resend or time, as in ionsim. A frame then goes on when it is whole, so each is late
by the time that its own bytes take. Faults of the meter and of its chip are refused: that meter is
real.

The port of the meter is opened at the start, and again whenever it is gone. Meanwhile a tool on a
PTY hears nothing, as with a cable that leads nowhere; the connection of a TCP client ends, and it
may connect again at once.

Where both ends can, the rate, DTR, RTS and breaks of the tool are passed on to the meter's port, and
its DCD, DSR, CTS and RI back. Over RFC 2217 all of that can be seen; a PTY shows the rate alone, and a
serial port all but breaks and the rate.
`,
		Usage:   "--to PORT|tcp:HOST:PORT",
		Surplus: "a value with spaces wants quotes",
		Flags:   o.flags(),
		Examples: `
  ionsim proxy --link ./ttyPROXY --to /dev/ttyUSB0
  ... and give the tool ./ttyPROXY for its port
  ionsim proxy --to /dev/ttyUSB0 --fault "reply-lost at block 77"
  ionsim proxy --from tcp::7801 --to tcp:192.0.2.10:7701 --capture meter.pcapng
  ionsim proxy --to /dev/ttyUSB0 --story run.html
  ionsim proxy --to /dev/ttyUSB0 --http 7880     strike it by hand: ionsim ctl cable out
`,
		Notes: serving.ProxyEvents,
		Done:  "it was ended by Ctrl-C, SIGTERM, SIGQUIT or SIGHUP", Failed: "something failed while it ran",
		Failure: serving.NotServed(serving.ProxyFormat),
		Run:     func(ctx context.Context, c *cli.Call) error { return o.run(ctx, c, stdout) },
	}
}

func (o *proxyOptions) flags() []cli.Flags {
	served := named(o.Flags())
	served["fault"].Help = `a fault of the line, of answers or of the connection, such as "reply-lost at block 77"; may be given again. ` + o.Language + " shows all kinds and triggers. Times and counts begin when the proxy is ready"
	served["trace-frames"].Help = "every frame that is seen, too (to --trace and --json)"
	served["json"].Formats = []string{serving.ProxyFormat}
	served["http"].Help = "let people and programs strike faults by hand while it runs, as ionsim --http does"
	pick := func(names ...string) (list []cli.Flag) {
		for _, name := range names {
			list = append(list, *served[name])
		}
		return list
	}
	return []cli.Flags{
		{Title: "Between what", List: append([]cli.Flag{
			cli.Text(&o.from, "from", "pty|PORT|tcp:[HOST]:PORT|rfc2217:[HOST]:PORT", "where the tool finds it: a new PTY, a serial port of this computer, or an address to listen at, for plain TCP or for RFC 2217, without HOST on the loopback interface, with port 0 on a free port").With(cli.Files("*")),
			cli.Text(&o.to, "to", "PORT|tcp:HOST:PORT|rfc2217://HOST:PORT", "where the meter is: a serial port here or on another machine, or an address").With(cli.Files("*")),
			cli.Of(&o.baud, "baud", "rate of the serial ports until the tool sets another on its PTY or by RFC 2217, in bit/s", fields.Integer(50, 4_000_000)),
		}, append(pick("link", "takeover", "http"), o.real.flag())...)},
		{Title: "What goes wrong", List: pick("fault")},
		{Title: "What is kept", List: pick("trace", "capture", "story", "trace-frames")},
		{Title: "For programs", List: pick("json")},
	}
}

// named finds flags by their names.
func named(f serving.Flags) map[string]*cli.Flag {
	list := make(map[string]*cli.Flag)
	for _, group := range [][]cli.Flag{f.Reach, f.Pace, f.Faults, f.Kept, f.Events} {
		for i := range group {
			list[group[i].Name] = &group[i]
		}
	}
	return list
}

func (o *proxyOptions) run(ctx context.Context, c *cli.Call, stdout io.Writer) error {
	m, err := o.make(c, time.Now())
	if err != nil {
		return err
	}
	_, err = serving.Run(ctx, c, stdout, &o.Options, m)
	return err
}

// make makes what serving.Run serves.
func (o *proxyOptions) make(c *cli.Call, epoch time.Time) (*serving.Meter, error) {
	if err := o.checkFrom(c); err != nil {
		return nil, err
	}
	far, err := o.far()
	if err != nil {
		return nil, err
	}
	station, err := bench.NewFar(bench.Config{Baud: o.baud})
	if err != nil {
		return nil, err
	}
	if err := o.CheckPlan(station); err != nil {
		return nil, err
	}
	return &serving.Meter{Station: station, Far: far, Device: far.Name, Baud: o.baud, Epoch: epoch}, nil
}

// checkFrom reads where the tool finds the proxy.
func (o *proxyOptions) checkFrom(c *cli.Call) error {
	address, tcp := strings.CutPrefix(o.from, tcpPrefix)
	remote, rfc := strings.CutPrefix(o.from, remotePrefix)
	switch {
	case tcp:
		o.TCP = address
	case rfc:
		o.RFC2217 = remote
	case o.from == onPTY:
		o.PTY = true
	case o.from == "":
		return cli.Usage("--from is empty").Hint("say pty, a serial port, or tcp:[HOST]:PORT")
	default:
		o.real.open(&o.Options, o.from, o.baud)
	}
	if !o.PTY && o.Link != "" {
		return cli.Usage("--link %s: there is no PTY that it could point to", o.Link).Hint("say --from pty, or leave --link out")
	}
	if to, err := portOrAddress("to", o.to); err == nil {
		o.Roles = []files.Role{files.Written("--to", to.Port), files.Written("--from", o.Port)}
	}
	return o.Check(c)
}

// far reads where the meter is.
func (o *proxyOptions) far() (*serving.Far, error) {
	to, err := portOrAddress("to", o.to)
	if err != nil {
		return nil, err
	}
	to.Baud, to.Prompt = o.baud, true
	return &serving.Far{Name: o.to, Open: func(ctx context.Context) (io.ReadWriteCloser, error) { return port.OpenContext(ctx, to) }}, nil
}
