package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const listHelp = `
List the cases that are stored in the program, or those of the files and folders that
are named: name, rows of the list of scenarios, and what happens.

Examples:
  ionbench list
  ionbench list ./field
  ionbench list --json | jq -r .case       for programs: one object a case
`

func listCommand() command {
	return command{
		name: "list", args: "[CASE...]", brief: "list the cases and what happens in them", help: listHelp,
		setup: func(flags *pflag.FlagSet) action {
			asJSON := flags.Bool("json", false, "print one JSON object a case")
			return func(_ context.Context, s streams, args []string) error { return list(s, args, *asJSON) }
		},
	}
}

// listObject is a case as a program reads it.
type listObject struct {
	Case     string   `json:"case"`
	Title    string   `json:"title"`
	Rows     []string `json:"rows"`
	Article  []string `json:"article"`
	Attempts int      `json:"attempts"`
	Plan     string   `json:"plan"`
}

func list(s streams, args []string, asJSON bool) error {
	all, err := choose(args, s.in)
	if err != nil {
		return err
	}
	if asJSON {
		return listJSON(s, all)
	}
	rows := [][]string{{"CASE", "ROWS", "WHAT HAPPENS"}}
	for _, c := range all {
		rows = append(rows, []string{c.name, strings.Join(c.Rows, ","), c.Title})
	}
	return writeColumns(s.out, rows)
}

func listJSON(s streams, all []chosen) error {
	out := json.NewEncoder(s.out)
	out.SetEscapeHTML(false)
	for _, c := range all {
		o := listObject{c.name, c.Title, append([]string{}, c.Rows...), append([]string{}, c.Article...), len(c.Attempts), c.Plan()}
		if err := out.Encode(o); err != nil {
			return fmt.Errorf("write the list: %w", err)
		}
	}
	return nil
}
