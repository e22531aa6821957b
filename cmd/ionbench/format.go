package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"ionbench/scenarios/cases"
)

const formatHelp = `
Print what a case file may say: its sections, their keys, and what the values mean.

Examples:
  ionbench format | less
  ionbench format > CASES.txt
`

// formatIntro is the way of the format in a few lines; the keys follow.
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

func formatCommand() command {
	return command{
		name: "format", brief: "tell what a case file may say", help: formatHelp,
		setup: func(*pflag.FlagSet) action {
			return func(_ context.Context, s streams, args []string) error {
				if len(args) > 0 {
					return wrongUsage("`ionbench format` prints all keys.", "format takes no argument, and %q was given", args[0])
				}
				_, err := io.WriteString(s.out, fmt.Sprintf(formatIntro, formatExample)+cases.Describe())
				return err
			}
		},
	}
}
