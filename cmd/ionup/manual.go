package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const manualHead = `ionup upgrades the firmware of an ION 7300, 7330 or 7350 meter, and recovers a meter
whose upgrade was interrupted (article FA212301).

Usage: ionup COMMAND [FLAG...] [ARGUMENT...]

Commands:
`

const manualTail = `
A session, with the simulated meter of ionsim at the other end:

  ionup identify --tcp 127.0.0.1:7801 --unit-id 105
  ionup upgrade 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105
  ionup recover 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105    after a failure

Ctrl-C is the Abort button: the upgrade ends, the meter stays in download state and can
be recovered at once; do not power-cycle it. A second Ctrl-C ends ionup on the spot.

Before the meter's flash is cleared its settings are kept in a journal on disk (one file
per serial number); they are written back at the end of the upgrade or of the recovery.
Every upgrade is recorded in Upgrade.log, as the vendor's tool does.

Results go to standard output, everything else to standard error. Exit status: 0 done,
1 it did not succeed, 2 wrong usage.

"ionup COMMAND --help" tells about a command, its flags, and its examples.
`

func manual() string {
	var b strings.Builder
	b.WriteString(manualHead)
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-14s %s\n", c.name, c.brief)
	}
	b.WriteString(manualTail)
	return b.String()
}

func familyManual(word string) string {
	var b strings.Builder
	for _, c := range commands() {
		if strings.HasPrefix(c.name, word+" ") {
			fmt.Fprintf(&b, "ionup %-14s %s\n", c.name, c.brief)
		}
	}
	return b.String()
}

func (c command) manual(flags *pflag.FlagSet) string {
	return strings.TrimPrefix(c.help, "\n") + "\nFlags:\n" + flags.FlagUsages()
}

// jsonManual tells of the objects that --json prints while a meter is talked to.
const jsonManual = `
With --json standard output carries one object a line. Every object has "event" and
"time" (RFC 3339); what else it has depends on "event":
  log       text: a line of Upgrade.log
  step      text: what ionup does next
  progress  done, total (blocks), percent, transmitted, confirmed (blocks, all passes),
            efficiency (percent)
  device    unit_id, product, serial_number, revision, template, download_state,
            loader_version, base, capacity_bytes, block_bytes
  settings  template, settings (name: value)
  journal   action (saved, found, removed), path, saved (when the settings were read)
  prompt    prompt, text, choices, default: a question; the answer is a line on standard
            input
  answer    prompt, answer: a question that --yes has answered
  warning   text
  finished  ok, error, hints: always the last
Wrong usage prints no object.
`
