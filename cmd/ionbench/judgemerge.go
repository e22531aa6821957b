package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/judge"
)

const judgeMergeHelp = `
Make one report of those of all shards: ionbench judge --shard 1/3 --json 1.json, and so
on. The shards must be of the same program, judged with the same flags, each there once and
none missing; otherwise nothing is merged. The verdict is that of all together. The report of
a judge that was no shard, and was killed before it wrote others, is read alone.
`

// maxReport is more than the report of the full suite has.
const maxReport = 256 << 20

func judgeMergeCommand() *cli.Command {
	f := &reportFlags{}
	return &cli.Command{
		Name: "judge merge", Brief: "make one report of those of all shards", Help: judgeMergeHelp,
		Args:  []cli.Arg{{Name: "REPORT.json", What: "report of a shard", Many: true, Values: cli.Files("*.json")}},
		Flags: cli.Plain(f.flags()...),
		Examples: `
  ionbench judge merge 1.json 2.json 3.json
  ionbench judge merge part-*.json --json all.json --junit all.xml --html all.html
`,
		Done: "pass", Failed: "the verdict is no", Unable: "no verdict: nothing was played, or something not to its end, or a file could not be written",
		Run: func(_ context.Context, c *cli.Call) error { return f.merge(c) },
	}
}

func (f *reportFlags) merge(c *cli.Call) error {
	if err := f.check(); err != nil {
		return err
	}
	var parts []*judge.Report
	for _, path := range c.Args {
		r, err := readReport(path, judge.ReadJSON)
		if err != nil {
			return err
		}
		parts = append(parts, r)
	}
	all, err := judge.Merge(parts)
	if err != nil {
		return cli.Unusable(err).Hint("judge every shard with the same flags, and name each report once")
	}
	c.Print(card(all))
	return f.finish(c, all)
}

// readReport reads a file of "ionbench judge --json".
func readReport[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	b, err := files.Read(path, maxReport)
	if err != nil {
		return none, err
	}
	r, err := read(bytes.NewReader(b))
	switch {
	case errors.Is(err, judge.ErrNoComparison):
		return none, cli.Environmental(fmt.Errorf("%s: %w", path, err))
	case err != nil:
		return none, cli.Unusable(fmt.Errorf("%s: %w", path, err))
	}
	return r, nil
}
