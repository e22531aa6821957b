package main

import (
	"context"
	"io"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/simulator/fault"
)

// program is the command line. Events go to stdout directly and not through cli, because a
// slow reader must not stop the meter.
func program(o *options, stdout io.Writer) *cli.Program {
	return &cli.Program{
		Name:  "ionsim",
		Brief: "be a virtual ION 73xx meter on a PTY or a TCP port",
		Intro: `
ionsim is a virtual ION 73xx meter. Anything that could talk to a real one over RS-485 or
an EtherGate port can talk to it: over a pseudo-terminal (PTY), which stands for the serial
port, over TCP, or over both. It runs until Ctrl-C, which switches the meter off.

Without flags it is the meter of the knowledge-base article, a 7350 with unit id 105, on a
new PTY. The name of the PTY is the first and only line on stdout. No socat, null-modem cable
or driver is needed: a program that opens a serial port opens the PTY.
`,
		Examples: `
  ionsim --link ./ttyION                              a meter at a name that stays
  ionup upgrade FILE.upg --port ./ttyION --unit-id 105    ... in a second terminal
  ionsim --tcp :7801 --pace off                       over TCP, as fast as it goes
  ionup identify --tcp 127.0.0.1:7801 --unit-id 105
  ionsim --link ./ttyION --fault "cable-pull at block 40 for 2 no-responses"
  ionsim --link ./ttyION --state meter.state          kill -9 it: that is a power loss;
  ionsim --link ./ttyION --state meter.state          ... start it again: it remembers
  ionsim --json --tcp :0 | jq -c .                    for programs: events, a free port
  ionsim --tcp :7801 --modbus-tcp 5020                Modbus beside ION, for mbpoll
  ionsim --protocol modbus --pty --tcp :7801          Modbus RTU on the PTY, ION over TCP
  ionsim --link ./ttyION --http 7880                  open the address that it tells in a browser
  ionsim --site plant.site                            several meters on several lines
  ionsim ctl cable out                                ... or pull the cable from another shell
  ionsim registers                                    what a head-end can ask the meter for
  ionsim proxy --link ./ttyPROXY --to /dev/ttyUSB0    between a real meter and its tool
`,
		Notes:    serving.Events,
		Commands: append(append([]*cli.Command{proxyCommand(stdout)}, ctlCommands(stdout)...), registersCommand()),
		Alone: &cli.Command{
			Surplus: "a value with spaces wants quotes",
			Flags:   o.flags(),
			Done:    "it was ended by Ctrl-C, SIGTERM, SIGQUIT or SIGHUP", Failed: "something failed while it ran",
			Failure: serving.NotServed(serving.EventsFormat),
			Run: func(ctx context.Context, c *cli.Call) error {
				if o.helpFaults {
					c.Print(fault.Describe())
					return nil
				}
				if o.helpSite {
					c.Print(describeSite())
					return nil
				}
				if o.site != "" {
					return serveSite(ctx, c, o, stdout)
				}
				if err := o.check(c); err != nil {
					return err
				}
				return serveMeter(ctx, c, o, stdout)
			},
		},
	}
}
