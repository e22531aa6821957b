package main

import (
	"context"
	"fmt"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/atlas/page"
)

// atlasCommands are the commands for the files of "ionbench sweep --json".
func atlasCommands() []*cli.Command {
	atlasArg := func(name, what string) cli.Arg {
		return cli.Arg{Name: name, What: what, Values: cli.Files("*.json")}
	}
	many := atlasArg("IN", "file of a sweep to join")
	many.Many = true
	var asJSON bool
	return []*cli.Command{
		{
			Name: "atlas merge", Brief: "join the shards of one sweep, or what interruptions left of it",
			Help: `
Join the shards of one sweep, or what interruptions left of it: the result is the file that
one run would have written. The file to write comes first.
`,
			Args:     []cli.Arg{atlasArg("OUT", "file to write"), many},
			Examples: "  ionbench atlas merge whole.json part1.json part2.json part3.json\n",
			Run:      func(_ context.Context, c *cli.Call) error { return mergeAtlases(c.Args[0], c.Args[1:]) },
		},
		{
			Name: "atlas diff", Brief: "say which points got worse",
			Help: `
Say which points got worse: by class, then by what is lost or broken, then by time (more
than 10 % and 1 s) and by acts of the person.
`,
			Args:  []cli.Arg{atlasArg("OLD", "old file"), atlasArg("NEW", "new file")},
			Flags: cli.Plain(cli.Switch(&asJSON, "json", "print one JSON object with all ranges").Writes("ionbench-atlas-diff 1")),
			Examples: `
  ionbench atlas diff yesterday.json today.json
  ionbench atlas diff --json old.json new.json | jq '.ranges[] | select(.change == "worse")'
`,
			Done: "no point got worse", Failed: "one did",
			Run: func(_ context.Context, c *cli.Call) error { return diffAtlases(c, asJSON) },
		},
		{
			Name: "atlas show", Brief: "print the table and the last line of a sweep",
			Help:     "Print the table and the last line of a sweep; its seconds are not kept.",
			Args:     []cli.Arg{atlasArg("FILE", "file of a sweep")},
			Examples: "  ionbench atlas show s.json | tail -1\n",
			Done:     "no invariant is broken", Failed: "one is",
			Run: func(_ context.Context, c *cli.Call) error { return showAtlas(c) },
		},
		drawCommand("html", "page", page.WriteHTML), drawCommand("png", "picture", page.WritePNG),
	}
}

func drawCommand(kind, what string, form form) *cli.Command {
	return &cli.Command{
		Name: "atlas " + kind, Brief: "draw a sweep as a " + what,
		Help: "Draw what a sweep found as a " + what + ".",
		Args: []cli.Arg{
			{Name: "FILE", What: "file of a sweep", Values: cli.Files("*.json")},
			{Name: "OUT", What: "file to write", Values: cli.Files("*." + kind)},
		},
		Examples: "  ionbench atlas " + kind + " s.json s." + kind + "\n",
		Run: func(_ context.Context, c *cli.Call) error {
			a, err := readAtlas(c.Args[0])
			if err != nil {
				return err
			}
			return writeAtlas(c.Args[1], a, form)
		},
	}
}

func mergeAtlases(out string, in []string) error {
	if err := files.Check(out, files.File); err != nil {
		return cli.WithHints(err, "the file to write comes first")
	}
	var parts []*atlas.Atlas
	for _, path := range in {
		a, err := readAtlas(path)
		if err != nil {
			return err
		}
		parts = append(parts, a)
	}
	a, err := atlas.Merge(parts...)
	if err != nil {
		return cli.Unusable(err).Hint("the parts are " + strings.Join(in, ", "))
	}
	return writeAtlas(out, a, asJSON)
}

func showAtlas(c *cli.Call) error {
	a, err := readAtlas(c.Args[0])
	if err != nil {
		return err
	}
	c.Begin()
	c.Print(atlasText(a, "", 0))
	if a.Summary().Violations > 0 {
		return cli.ErrNo
	}
	return nil
}

func diffAtlases(c *cli.Call, asJSON bool) error {
	var both [2]*atlas.Atlas
	for i, path := range c.Args {
		var err error
		if both[i], err = readAtlas(path); err != nil {
			return err
		}
	}
	d, err := atlas.Diff(both[0], both[1], atlas.DefaultThreshold())
	if err != nil {
		return cli.Usage("%s and %s cannot be compared: %w", c.Args[0], c.Args[1], err)
	}
	c.Begin()
	if asJSON {
		c.Encode(d)
	} else {
		c.Print(differenceText(d, both[1].Config))
	}
	if d.Points[atlas.Worse] > 0 {
		return cli.ErrNo
	}
	return nil
}

// mostRanges is how many ranges of each change are printed; --json has all.
const mostRanges = 100

func differenceText(d *atlas.Difference, c atlas.Config) string {
	var b strings.Builder
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for _, change := range atlas.Changes() {
		writeRanges(&b, d, change, c)
	}
	var sum []string
	for _, change := range atlas.Changes() {
		sum = append(sum, fmt.Sprintf("%s=%d", change, d.Points[change]))
	}
	return b.String() + strings.Join(sum, " ") + "\n"
}

// writeRanges writes the ranges with one change. For a range that is worse it adds the command
// that repeats an example.
func writeRanges(b *strings.Builder, d *atlas.Difference, change atlas.Change, c atlas.Config) {
	n := 0
	for i := range d.Ranges {
		r := &d.Ranges[i]
		if r.Change != change {
			continue
		}
		if n++; n > mostRanges {
			continue
		}
		fmt.Fprintf(b, "%s: %s: %s\n", r.Change, r.Plan, changeIn(r))
		if change == atlas.Worse {
			fmt.Fprintf(b, "  %s\n", c.Replay(r.Example, ""))
		}
	}
	if n > mostRanges {
		fmt.Fprintf(b, "%s: %d more ranges; --json has all\n", change, n-mostRanges)
	}
}

// changeIn says where a range is, and why it changed.
func changeIn(r *atlas.Range) string {
	text := fmt.Sprintf("%s %d", r.Unit, r.First)
	switch {
	case r.Name != "":
		text = r.Unit + " " + r.Name
	case r.Last > r.First:
		text += fmt.Sprintf(" to %d", r.Last)
	}
	if r.Why != "" {
		text += ": " + r.Why
	}
	if r.Old != nil && r.New != nil {
		text += fmt.Sprintf(" (%s, was %s)", extra(r.New.Milliseconds), extra(r.Old.Milliseconds))
	}
	return text
}
