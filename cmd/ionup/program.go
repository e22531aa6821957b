package main

import (
	"context"
	"io"
	"os"
	"time"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

// program has what all commands need: streams, signals and timing.
type program struct {
	stdin      io.Reader
	stdout     io.Writer
	stderr     io.Writer
	interrupts <-chan os.Signal // the first aborts, the second ends the program at once
	timing     client.Timing
	disk       files.Disk // for what it keeps: log, journals and locks
	now        func() time.Time
	getenv     func(name string) string
	locks      string        // folder of the locks
	still      time.Duration // how long nothing may happen until this is told
	columns    func() int    // width of the terminal behind stderr, 0 for none; nil: it is looked up

	call    *cli.Call // the command that is running
	command string    // its name
}

func newProgram(stdin io.Reader, stdout, stderr io.Writer, interrupts <-chan os.Signal) *program {
	timing := client.DefaultTiming()
	timing.Turnaround = 0 // a real PC already takes time of its own
	return &program{stdin: stdin, stdout: stdout, stderr: stderr, interrupts: interrupts, timing: timing, disk: files.Local(), now: time.Now, getenv: os.Getenv, locks: lockFolder(), still: 2 * time.Second}
}

// run is the whole program.
func (p *program) run(ctx context.Context, args []string) cli.Status {
	return p.table().Run(ctx, cli.Streams{In: p.stdin, Out: p.stdout, Err: p.stderr, Columns: p.columns}, args)
}

// table returns the commands.
func (p *program) table() *cli.Program {
	t := &cli.Program{
		Name:  "ionup",
		Brief: "upgrade the firmware of an ION 73xx meter, and recover it after an upgrade that failed",
		Intro: `
ionup upgrades the firmware of an ION 7300, 7330 or 7350 meter, and recovers a meter
whose upgrade was interrupted (article FA212301).
`,
		Examples: `
  ionup identify --tcp 127.0.0.1:7801 --unit-id 105     a simulated meter: ionsim --tcp :7801
  ionup upgrade 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105
  ionup recover 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105    after a failure
`,
		Notes: `
Ctrl-C is the Abort button: the upgrade ends. A meter whose flash is not cleared yet is put
back into its application first; any other stays in download state and can be recovered at
once; do not power-cycle it. A second Ctrl-C ends ionup on the spot. SIGTERM, SIGQUIT and
SIGHUP (the terminal is closed) abort in the same way.

Other users of a computer can read its command lines. --password-file FILE, the variable
IONUP_PASSWORD and --password - (asks, or reads the first line of standard input) keep the
meter's password out of them. ionup never shows it.

Before the meter's flash is cleared its settings are kept in a journal on disk (one file
per serial number); they are written back at the end of the upgrade or of the recovery.
Every upgrade is recorded in Upgrade.log, as the vendor's tool does. With --log
'{serial}.log' each meter has a log of its own ("unknown" in place of a serial number that
the meter never told).

With --wait 30s ionup waits so long for each thing that is not there yet, or that somebody
else has: the port (a device that is plugged in later, an ionsim that is not up yet), the
meter, the log. It says so meanwhile. Without it such a thing is an error at once.

Of several ionup on one computer one at a time uses a serial port, changes a meter or writes
to a log. Another one is refused before it changes anything, and told which one is at work.
What says so is a file in /tmp ("--locks DIR" or $IONUP_LOCKS name another folder, %TEMP% on
Windows), which counts as long as its process runs. A serial port is locked itself, too, for
other programs; one that has it open all the same is told by its name, where the system (Linux)
lets this user see it. Nothing is written to a terminal on which somebody works.
`,
		Commands: []*cli.Command{
			p.identifyCommand(),
			p.portsCommand(),
			p.upgradeCommand(),
			p.recoverCommand(),
			p.templateSendCommand(),
			p.templateGetCommand(),
			p.settingsGetCommand(),
			p.settingsSetCommand(),
			p.connectCommand(),
			packCommand(),
			inspectCommand(),
		},
	}
	for _, c := range t.Commands {
		act := c.Run
		c.Run = func(ctx context.Context, call *cli.Call) error {
			p.call, p.command = call, c.Name
			return act(ctx, call)
		}
	}
	return t
}

// eventsFormat is the name and version of what --json prints during a session with a meter.
const eventsFormat = "ionup-events 1"

// jsonManual describes the objects that --json prints during a session with a meter.
const jsonManual = `
With --json standard output carries one object a line. Every object has "event" and
"time" (RFC 3339); what else it has depends on "event":
  log       text: a line of Upgrade.log
  step      text: what ionup does next
  progress  done, total (blocks), percent, transmitted, confirmed (blocks, all passes),
            efficiency (percent)
  erasing   left, total (sectors of the flash): while it is cleared; 0 left at its end
  waiting   text: what for, seconds: nothing has happened for so long; from two seconds on.
            0 seconds: text says what --wait waits for
  device    unit_id, product, serial_number, revision, template, download_state,
            loader_version, base, capacity_bytes, block_bytes
  settings  template, settings (name: value)
  journal   action (saved, found, kept, removed), path, saved (when the settings were read), by
            (user and computer), held (groups); action stays, path, used: a further journal of
            the meter, which a person has put there, and whether settings are taken from it
  prompt    prompt, text, choices, default: a question; the answer is a line on standard
            input
  answer    prompt, answer: a question that --yes has answered
  connection
            connected, error: false while a broken connection or a port that was gone is
            opened again, and why it broke or could not be opened; true when it is there again
  warning   text
  finished  ok, error, hints: always the last
The first object also has the name and version of the format; "ionbench schema ionup-events"
prints its schema.
Wrong usage prints no object.
`
