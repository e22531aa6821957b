package main

import (
	"context"
	"strings"

	"ionbench/cmd/internal/cli"
)

func listCommand() *cli.Command {
	asJSON := false
	return &cli.Command{
		Name: "list", Brief: "list the cases and what happens in them",
		Help: `
List the cases that are stored in the program, or those of the files and folders that
are named: name, rows of the list of scenarios, and what happens.
`,
		Args: caseArgs(),
		Examples: `
  ionbench list
  ionbench list ./field
  ionbench list --json | jq -r .case       for programs: one object a case
`,
		Flags: cli.Plain(cli.Switch(&asJSON, "json", "print one JSON object a case").Writes("ionbench-list 1")),
		Run:   func(_ context.Context, c *cli.Call) error { return list(c, asJSON) },
	}
}

// listObject is a case in JSON.
type listObject struct {
	Case     string   `json:"case"`
	Title    string   `json:"title"`
	Rows     []string `json:"rows"`
	Article  []string `json:"article"`
	Attempts int      `json:"attempts"`
	Plan     string   `json:"plan"`
}

func list(c *cli.Call, asJSON bool) error {
	all, err := choose(c.Args, c.In)
	if err != nil {
		return err
	}
	rows := [][]string{{"CASE", "ROWS", "WHAT HAPPENS"}}
	for _, one := range all {
		if asJSON {
			c.Encode(listObject{one.name, one.Title, append([]string{}, one.Rows...), append([]string{}, one.Article...), len(one.Attempts), one.Plan()})
		}
		rows = append(rows, []string{one.name, strings.Join(one.Rows, ","), one.Title})
	}
	if !asJSON {
		c.Print(cli.Table(rows))
	}
	return nil
}
