package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/atlas/page"
)

const atlasHelp = `
Work with the files of "ionbench sweep --json".

  merge OUT IN...   join the shards of one sweep, or what interruptions left of it: the
                    result is the file that one run would have written
  diff OLD NEW      say which points got worse: by class, then by what is lost or broken,
                    then by time (more than 10 % and 1 s) and by acts of the person
  show FILE         the table and the last line of the sweep; its seconds are not kept
  html FILE OUT     draw a page
  png FILE OUT      draw a picture

Examples:
  ionbench atlas merge whole.json part1.json part2.json part3.json
  ionbench atlas diff yesterday.json today.json
  ionbench atlas diff --json old.json new.json | jq '.ranges[] | select(.change == "worse")'
  ionbench atlas show s.json | tail -1
  ionbench atlas html s.json s.html

Exit status: 0 done, 1 a point got worse, an invariant is broken (show) or a file could not
be written, 2 wrong usage, files that do not belong together, or a file that is no atlas.
`

type atlasFlags struct {
	json bool
}

func atlasCommand() command {
	return command{
		name: "atlas", args: "merge|diff|show|html|png FILE...", brief: "merge, compare, show and draw what sweeps found", help: atlasHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(atlasFlags)
			flags.BoolVar(&f.json, "json", false, "diff: print one JSON object with all ranges")
			return f.run
		},
	}
}

// atlasTask is one thing to do with files.
type atlasTask struct {
	name        string
	least, most int // how many files
	wants       string
	do          func(f *atlasFlags, s streams, files []string) error
}

func atlasTasks() []atlasTask {
	const many = 10_000
	return []atlasTask{
		{"merge", 2, many, "the file to write, and those to merge", (*atlasFlags).merge},
		{"diff", 2, 2, "the old file and the new one", (*atlasFlags).diff},
		{"show", 1, 1, "one file", (*atlasFlags).show},
		{"html", 2, 2, "the file to draw, and the one to write", func(_ *atlasFlags, _ streams, files []string) error { return draw(files, page.WriteHTML) }},
		{"png", 2, 2, "the file to draw, and the one to write", func(_ *atlasFlags, _ streams, files []string) error { return draw(files, page.WritePNG) }},
	}
}

const seeAtlas = "`ionbench atlas --help` has examples."

func (f *atlasFlags) run(_ context.Context, s streams, args []string) error {
	if len(args) == 0 {
		return wrongUsage(seeAtlas, "say what to do with which files: merge, diff, show, html or png")
	}
	for _, t := range atlasTasks() {
		if t.name != args[0] {
			continue
		}
		files := args[1:]
		switch {
		case len(files) < t.least || len(files) > t.most:
			return wrongUsage(seeAtlas, "atlas %s takes %s, and %s given", t.name, t.wants, wereFiles(len(files)))
		case f.json && t.name != "diff":
			return wrongUsage(seeAtlas, "--json is for diff: the files of sweeps are JSON already")
		}
		return t.do(f, s, files)
	}
	return wrongUsage(seeAtlas, "atlas cannot %q: use merge, diff, show, html or png", args[0])
}

func wereFiles(n int) string {
	if n == 1 {
		return "1 file was"
	}
	return fmt.Sprintf("%d files were", n)
}

func (f *atlasFlags) merge(_ streams, files []string) error {
	out, in := files[0], files[1:]
	if err := checkReplace(out); err != nil {
		return wrongUsage("The file to write comes first.", "%v", err)
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
		return wrongUsage("The parts are "+strings.Join(in, ", ")+".", "%v", err)
	}
	return replaceFile(out, a, asJSON)
}

func (f *atlasFlags) show(s streams, files []string) error {
	a, err := readAtlas(files[0])
	if err != nil {
		return err
	}
	if err := writeAtlas(s.out, a, "", 0); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if a.Summary().Violations > 0 {
		return errFailed
	}
	return nil
}

func draw(files []string, form form) error {
	a, err := readAtlas(files[0])
	if err != nil {
		return err
	}
	return replaceFile(files[1], a, form)
}

func (f *atlasFlags) diff(s streams, files []string) error {
	var both [2]*atlas.Atlas
	for i, path := range files {
		var err error
		if both[i], err = readAtlas(path); err != nil {
			return err
		}
	}
	d, err := atlas.Diff(both[0], both[1], atlas.DefaultThreshold())
	if err != nil {
		return wrongUsage(seeAtlas, "%s and %s cannot be compared: %v", files[0], files[1], err)
	}
	if err := f.writeDifference(s.out, d, both[1].Config); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if d.Points[atlas.Worse] > 0 {
		return errFailed
	}
	return nil
}

// mostRanges are printed of each change; --json has all.
const mostRanges = 100

func (f *atlasFlags) writeDifference(w io.Writer, d *atlas.Difference, c atlas.Config) error {
	if f.json {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		return out.Encode(d)
	}
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
	b.WriteString(strings.Join(sum, " ") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeRanges writes the ranges with one change, and how to repeat the example of each that
// is worse.
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

// changeIn is where a range lies, and why it changed.
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
