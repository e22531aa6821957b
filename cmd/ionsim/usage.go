package main

// manual is what --help prints.
const manual = `ionsim is a virtual ION 73xx meter. Anything that could talk to a real one over RS-485 or
an EtherGate port can talk to it: over a pseudo-terminal (PTY), which stands for the serial
port, over TCP, or over both. It runs until Ctrl-C, which switches the meter off.

Usage: ionsim [flags]

Without flags it is the meter of the knowledge-base article, a 7350 with unit id 105, on a
new PTY. The name of the PTY is the first and only line on stdout.

Examples:
  ionsim --link ./ttyION                              a meter at a name that stays
  ionup upgrade FILE.upg --port ./ttyION --unit-id 105    ... in a second terminal
  ionsim --tcp :7801 --pace off                       over TCP, as fast as it goes
  ionup identify --tcp 127.0.0.1:7801 --unit-id 105
  ionsim --link ./ttyION --fault "cable-pull at block 40 for 2 no-responses"
  ionsim --link ./ttyION --state meter.state          kill -9 it: that is a power loss;
  ionsim --link ./ttyION --state meter.state          ... start it again: it remembers
  ionsim --json --tcp :0 | jq -c .                    for programs: events, a free port
No socat, null-modem cable or driver is needed: a program that opens a serial port opens
the PTY.

The meter:
  --model 7300|7330|7350    (default 7350)
  --serial-number TEXT      1 to 16 characters (default PC-0209A001-11)
  --unit-id N               1 to 9999 (default 105)
  --revision REV            that runs at first, such as 7350V283 (default: the model and V283)
  --firmware FILE.upg       what runs at first (default: a generated image of 256 KiB)
  --password N              up to 8 digits, or up to 6 characters (default 0, as factory-set)
  --owner, --tag1, --tag2 TEXT   its nameplate, up to 80 characters each
  --device-name TEXT        what the site calls it; only told in the event "ready", for the
                            protocol does not carry it (default: ion and the model)

Where to reach it:
  --pty                     on a new PTY: the default unless --tcp is given
  --link PATH               also make PATH a symbolic link to the PTY, removed at the end. A
                            link left behind by kill -9 is replaced, anything else refused
  --tcp [HOST]:PORT         listen there; without HOST on the loopback interface, with
                            port 0 on a free port. One client at a time, as the real port:
                            a second one is closed at once
  --baud N                  1200, 2400, 4800, 9600 or 19200 (default 9600). A client that sets
                            another rate on the PTY hears garbage, and so does the meter

How fast:
  --pace baud               as the real thing: byte times of the baud rate, one second for
                            a sector to be erased, three to boot (the default)
  --pace N                  all of that N times faster
  --pace off                all of that in no time

What goes wrong:
  --fault PLAN              a fault, such as "power-loss at flash-op 1170 torn for 30s";
                            may be given again. ionsim --help-faults shows all kinds and
                            triggers. Times and counts begin when ionsim is ready. abort and
                            kill are the client's and refused here; ip-reset resets the TCP
                            client, and can do nothing on the PTY. A fault that never struck
                            is reported at the end, and as soon as it is known that it cannot

What is kept:
  --state FILE              the meter's flash and memory, kept before it confirms anything:
                            however ionsim ends, the next start with FILE goes on from there.
                            A FILE that is there already wins over --firmware, --revision,
                            --owner, --tag1 and --tag2, and over --model, --serial-number and
                            --unit-id where these are not given; where they are given and
                            differ, it is refused. The password is not kept
  --trace FILE              append every event as a line of text, "#" lines begin a run
  --trace-frames            every frame on the line too (to --trace and --json)
Neither FILE may be a symbolic link.

What it tells:
  Results are on stdout: the name of the PTY, or without one the TCP address. Everything
  else is on stderr, a line an event, with the seconds since the start.
  --json                    one JSON object a line on stdout instead, and nothing but
                            warnings on stderr. All have "event" and, but for "lost-events",
                            "at": seconds since the start. The first is
    ready         pty, link, tcp (host:port as it really is; each null where there is none),
                  model, serial, unit, revision ("" where no firmware runs), device, baud,
                  pace, state, lcd, restored (true: went on from --state), started (RFC 3339)
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
    refused       host, reason
    disconnected  host, reason
    not-reset     host ("" for nobody), reason: an ip-reset that could not be carried out
    lost-bytes    host, bytes: that the host did not take
    host-baud     host, baud, fits (false: both ends hear garbage): the rate set on the PTY
    frame         direction (to-meter or from-meter), bytes, hex (with --trace-frames)
    stopped       the last one: bytes_to_meter, bytes_to_host, frames_to_meter,
                  frames_to_host, blocks_sent, resends, led_toggles
    lost-events   count: lines before it were dropped, for nobody was reading them

Exit status: 0 when it was ended by Ctrl-C or SIGTERM, 1 when something failed, 2 when the
flags make no sense.
`
