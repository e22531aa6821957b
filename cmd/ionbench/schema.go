package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/schemas"
)

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name: "schema", Brief: "print the JSON Schema of what a program writes as JSON",
		Help: `
Print a JSON Schema (draft 2020-12), or list the formats for which there is one: of all three
programs, each with a version. Without a version it is the newest one. What a format has it
keeps; it only gains fields.
`,
		Args: []cli.Arg{{Name: "FORMAT", Optional: true, What: "format", Values: cli.Values{Words: formatNames}}},
		Examples: `
  ionbench schema                          which formats there are
  ionbench schema ionbench-run             the schema of ionbench run --json
  ionbench schema 'ionbench-run 1'         that version of it
`,
		Run: func(_ context.Context, c *cli.Call) error { return tellSchema(c) },
	}
}

// formatNames are the names of the formats, without their versions.
func formatNames() (names []string) {
	for _, format := range schemas.Formats() {
		name, _, _ := strings.Cut(format, " ")
		names = append(names, name)
	}
	return slices.Compact(names)
}

func tellSchema(c *cli.Call) error {
	if len(c.Args) == 0 {
		rows := [][]string{{"FORMAT", "WHAT IT IS"}}
		for _, format := range schemas.Formats() {
			rows = append(rows, []string{format, purpose(format)})
		}
		c.Print(cli.Table(rows))
		return nil
	}
	text, ok := schemas.Of(newest(c.Args[0]))
	if !ok {
		return cli.Unknown("format", c.Args[0], formatNames()).Hint("ionbench schema lists them")
	}
	c.Print(string(text))
	return nil
}

// purpose is what a schema says of its format, up to where that is written.
func purpose(format string) string {
	text, _ := schemas.Of(format)
	var schema struct{ Description string }
	if err := json.Unmarshal(text, &schema); err != nil {
		panic("ionbench: the schema of " + format + ": " + err.Error())
	}
	what, _, _ := strings.Cut(schema.Description, ":")
	return what
}

// newest returns a format with its highest version, unless it has one already.
func newest(format string) string {
	for _, f := range slices.Backward(schemas.Formats()) {
		if strings.HasPrefix(f, format+" ") {
			return f
		}
	}
	return format
}
