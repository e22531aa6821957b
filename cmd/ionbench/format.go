package main

import (
	"context"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/cases"
)

// formatIntro explains the file format in a few lines. The list of keys follows it.
const formatIntro = `A case is a text file whose name ends in .case: sections, and a key and its value on each
line. A line whose first character is # or ; is a comment. This is a whole one:

%s
Every attempt is one process of the upgrader against the same meter, from its start to its
end, and is followed by what must come of it. A plan whose fault never strikes makes the
case fail, and so does a broken invariant.

`

const formatExample = `  [case]
  title = The cable is out for two No Response lines

  [firmware]
  blocks = 100

  [attempt]
  task = upgrade
  plan = cable-pull at block 41 for 2 no-responses

  [expect]
  outcome      = success
  no-responses = 2
  image        = intact
`

func formatCommand() *cli.Command {
	return &cli.Command{
		Name: "format", Brief: "tell what a case file may say",
		Help: "Print what a case file may say: its sections, their keys, and what the values mean.",
		Examples: `
  ionbench format | less
  ionbench format > CASES.txt
`,
		Run: func(_ context.Context, c *cli.Call) error {
			c.Printf(formatIntro, formatExample)
			c.Print(cases.Describe())
			return nil
		},
	}
}
