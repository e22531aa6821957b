package main

import (
	"context"
	"fmt"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/judge"
)

const judgeDiffHelp = `
Say what got worse, better, is new and is gone from the report of one release of an upgrader
to that of the next. Reports are files of ionbench judge --json, or what judge merge makes of
shards: of the same suite and transport, with --keeps-settings in both or in none. Reports
of the version of ionbench before are read as well.

Compared are, of every scenario, the verdict, the rules that are broken, the settings that
are lost, the exit statuses and the recoveries that it needs, how often it sent something
again, the questions that it asked the meter, and the time; the state of every duty of
PROTOCOL.md; and the sums. What a report is not about, because it is partial or has no
verdict there, is not compared. A scenario that could be played and cannot any more is worse.

TOLERANCES
Numbers are compared of scenarios that ended alike and with the same settings, and only if
--response, --pace, --baud and --seed were the same, times only if as many scenarios were
played at once (--parallel).
`

func judgeDiffCommand() *cli.Command {
	var asJSON bool
	report := func(name, what string) cli.Arg {
		return cli.Arg{Name: name, What: what, Values: cli.Files("*.json")}
	}
	return &cli.Command{
		Name: "judge diff", Brief: "say what got worse between two releases of an upgrader",
		Help:  strings.Replace(judgeDiffHelp, "TOLERANCES", judge.TolerancesText(), 1),
		Args:  []cli.Arg{report("OLD.json", "report of the release before"), report("NEW.json", "report of the new release")},
		Flags: cli.Plain(cli.Switch(&asJSON, "json", "print one JSON object with all changes").Writes(judge.DiffFormat)),
		Examples: `
  ionbench judge --upgrader './up {tcp} {image}' --suite full --json 1.5.json
  ionbench judge diff 1.4.json 1.5.json
  ionbench judge diff --json 1.4.json 1.5.json | jq '.changed[] | select(.change == "worse")'
`,
		Done: "nothing got worse", Failed: "something did",
		Unable: "no comparison: of different suites, transports or promises, of another version of ionbench, or with nothing in common that was judged",
		Run:    func(_ context.Context, c *cli.Call) error { return diffReports(c, asJSON) },
	}
}

func diffReports(c *cli.Call, asJSON bool) error {
	var both [2]*judge.Stored
	for i, path := range c.Args {
		var err error
		if both[i], err = readReport(path, judge.ReadStored); err != nil {
			return err
		}
	}
	d, err := judge.Diff(both[0], both[1])
	if err != nil {
		return cli.Environmental(fmt.Errorf("%s and %s: %w", c.Args[0], c.Args[1], err)).Hint("judge both releases with the same flags")
	}
	c.Begin()
	if asJSON {
		c.Encode(d)
	} else {
		c.Print(d.Text())
	}
	if d.Worse {
		return cli.ErrNo
	}
	return nil
}
