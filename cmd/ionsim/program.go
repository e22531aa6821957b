package main

import (
	"context"
	"io"

	"ionbench/cmd/internal/cli"
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
`,
		Notes: notes,
		Alone: &cli.Command{
			Surplus: "a value with spaces wants quotes",
			Flags:   o.flags(),
			Done:    "it was ended by Ctrl-C, SIGTERM or SIGHUP", Failed: "something failed while it ran",
			Run: func(ctx context.Context, c *cli.Call) error {
				if o.helpFaults {
					c.Print(fault.Describe())
					return nil
				}
				if err := o.check(c); err != nil {
					return err
				}
				return serveMeter(ctx, c, o, stdout)
			},
		},
	}
}

// notes explains what ionsim prints while the meter runs.
const notes = `
What it tells:
  Results are on stdout: the name of the PTY, or without one the TCP address. Everything
  else is on stderr, a line an event, with the seconds since the start. With --json all
  objects have "event" and, but for "lost-events", "at": seconds since the start.
    ready         the first: pty, link, tcp (host:port as it really is; each null where there
                  is none), model, serial, unit, revision ("" where no firmware runs), device,
                  baud, pace, state, lcd, restored (true: went on from --state), damage
                  (in that file, made good from its second copy; null for none), started
                  (RFC 3339)
    state         state: off, booting, application, download, erasing, receiving,
                  programming or verifying
    lcd           text: what the display shows now
    led           led ("L2"), on, count: toggles so far, one for each frame in or out.
                  Without power it is dark, which is no toggle
    event-log     text: what went into the meter's event log
    sector-erased     sector, left: how many are still to go
    block-programmed  block, blocks: of the image
    verified      status: ok, or why the image is not good
    flash-cut     operation, phase: the power failed there: before, torn or after
    fault         phase (strikes, ends, cannot-strike or unstruck), fault (as a plan), reason
                  (of the last two)
    connected     host: a TCP client
    refused       host, reason, holder (the client that has the port), age, silent (seconds
                  since the holder connected, and since it last sent something)
    disconnected  host, reason
    not-reset     host ("" for nobody), reason: an ip-reset that could not be carried out
    lost-bytes    host, bytes: that the host did not take
    no-ion        bytes, likeness (what they look like: Modbus, telnet, text, noise …), hex (the
                  first of them): what a host sent that holds no ION frame
    host-baud     host, baud, fits (false: both ends hear garbage): the rate set on the PTY
    frame         direction (to-meter or from-meter), bytes, hex (with --trace-frames)
    stopped       the last one: bytes_to_meter, bytes_to_host, frames_to_meter,
                  frames_to_host, blocks_sent, resends, led_toggles
    lost-events   count: lines before it were dropped, for nobody was reading them
`
