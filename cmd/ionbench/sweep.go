package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/atlas/page"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/testreport"
)

const sweepHelp = `
Break an upgrade at every point of a space: every byte on the wire, every flash operation,
every frame, each with every fault that makes sense there, and follow each to its end, the
recoveries included. What came of it is a table: of every fault, how many points ended in
which class, and what the slowest took more than the run without a fault. Then, for each
invariant that was broken, an example and the command that repeats it. The last line is
  points=N classes=N violations=N skipped=N seconds=S
with the futures that differ as classes, and as skipped the points that were not done.

--worlds surveys every world of "ionbench worlds" instead: every kind of fault, at the first, the
middle and the last place of each phase of the upgrade, and some of these in recoveries. Its shards
have worlds each, and share those of one world where there are more shards than worlds.

--json keeps all of it in a file, which "ionbench atlas" merges, compares and draws. Ctrl-C
writes what there is; the same command with --resume goes on from there.
`

type sweepFlags struct {
	trialFlags
	spaces     []string
	faults     []string
	pairs      bool
	parallel   int
	shard      string
	json       string
	html, png  string
	resume     bool
	listSpaces bool
	worlds     string
	tests      testOutputs
}

func sweepCommand() *cli.Command {
	f := &sweepFlags{trialFlags: newTrialFlags(), parallel: runtime.GOMAXPROCS(0)}
	return &cli.Command{
		Name: "sweep", Brief: "break an upgrade at every point and say what comes of each", Help: sweepHelp,
		Flags: cli.Plain(slices.Concat([]cli.Flag{
			cli.List(&f.spaces, "space", "NAME[,NAME]", "spaces of --list-spaces").
				Unless(strings.Join(atlas.DefaultSpaces(), " and ")).With(cli.Values{Words: spaceNames, List: true}),
			cli.Several(&f.faults, "fault", "a fault with # for its place; may be given several times", oneTemplate()).With(cli.Values{Words: kindNames}),
		}, f.flags(), []cli.Flag{
			cli.Switch(&f.pairs, "pairs", "and a second fault everywhere in what follows the first"),
			parallelFlag(&f.parallel, "points at once; the result is the same for any number"),
			cli.Text(&f.shard, "shard", "I/N", "only part I of N of the points, I from 1 to N"),
			cli.Text(&f.json, "json", "FILE", "write the atlas to a file").With(cli.Files("*.json")).Writes(atlas.Format, tourFormat),
			cli.Text(&f.html, "html", "FILE", "draw it as a page").With(cli.Files("*.html")),
			cli.Text(&f.png, "png", "FILE", "draw it as a picture").With(cli.Files("*.png")),
			cli.Switch(&f.resume, "resume", "go on with what the file of --json has, if it is there"),
			worldsFlag(&f.worlds, "survey every world of an array: pairs or triples"),
			cli.Switch(&f.listSpaces, "list-spaces", "list the spaces and end"),
		}, f.tests.flags())...),
		Examples: `
  ionbench sweep                                     bytes on the wire and flash operations
  ionbench sweep --list-spaces                       what else can be swept
  ionbench sweep --space state,host --journal        these two, with a tool that keeps a journal
  ionbench sweep --fault 'power-loss at flash-op # torn for 30s'
  ionbench sweep --image-size 256KiB --json s.json --html s.html
  ionbench sweep --image-size 256KiB --json s.json --resume
  ionbench sweep --worlds pairs                      every kind of fault in every world
  ionbench sweep --shard 1/4 --json part1.json       the first quarter, for "ionbench atlas merge"
  ionbench sweep --junit sweep.xml --summary sweep.md
                                                     for those who show tests: a test a fault
`,
		Done: "no invariant was broken", Failed: "one was, or the sweep was interrupted",
		Run: f.run,
	}
}

// oneTemplate reads one template. atlas.Sweep.Check checks it later.
func oneTemplate() fields.Notation[[]string] {
	return fields.Notation[[]string]{
		Syntax: "TEMPLATE", Open: true,
		Parse: func(text string) ([]string, error) { return []string{text}, nil },
		Print: func(list []string) string { return strings.Join(list, "; ") },
	}
}

func spaceNames() []string {
	return words(atlas.Spaces(), func(space [2]string) string { return space[0] })
}

func (f *sweepFlags) run(ctx context.Context, c *cli.Call) error {
	if err := f.tests.check(false); err != nil {
		return err
	}
	if f.listSpaces {
		rows := [][]string{{"SPACE", "WHAT IS SWEPT"}}
		for _, space := range atlas.Spaces() {
			rows = append(rows, []string{space[0], space[1]})
		}
		c.Print(cli.Table(rows))
		return nil
	}
	if f.worlds != "" {
		return f.tour(ctx, c)
	}
	sweep, err := f.sweep(c)
	if err != nil {
		return err
	}
	began, told := time.Now(), c.Progress("points")
	parts := max(1, sweep.Shards)
	sweep.Progress = func(done, all int) { told.Show(min(done, all/parts), all/parts, "") }
	c.Begin()
	a, err := sweep.Run(ctx)
	told.Clear()
	if err != nil {
		return err
	}
	if err := f.write(a); err != nil {
		return err
	}
	given := cmp.Or(f.file, f.image)
	c.Print(atlasText(a, given, time.Since(began)))
	if err := f.tests.write(c, f.testReport(ctx, a, given, began)); err != nil {
		return err
	}
	return f.verdict(ctx, a)
}

// verdict returns the error with which a sweep ends.
func (f *sweepFlags) verdict(ctx context.Context, a *atlas.Atlas) error {
	sum := a.Summary()
	switch {
	case ctx.Err() != nil && a.Partial:
		next := "with --json FILE it could go on later"
		if f.json != "" {
			next = "go on with the same command and --resume"
		}
		return cli.WithHints(fmt.Errorf("interrupted: the result is partial, %d of %d points were done", sum.Points, sum.Points+sum.Skipped), next)
	case sum.Violations > 0:
		return cli.ErrNo
	}
	return nil
}

// testReport is a sweep as tests, one for each fault.
func (f *sweepFlags) testReport(ctx context.Context, a *atlas.Atlas, given string, began time.Time) *testreport.Report {
	r := &testreport.Report{Title: "ionbench sweep", Tool: "ionbench sweep", Started: began, Took: time.Since(began)}
	for _, t := range tallies(a) {
		r.Suites = append(r.Suites, t.testSuite(a, given))
	}
	if sum := a.Summary(); ctx.Err() != nil && a.Partial {
		r.Suites = append(r.Suites, interrupted("ionbench sweep", fmt.Sprintf("%d of %d points were done", sum.Points, sum.Points+sum.Skipped)))
	}
	return r
}

// sweep returns the sweep that the flags ask for.
func (f *sweepFlags) sweep(c *cli.Call) (atlas.Sweep, error) {
	s := atlas.Sweep{Spaces: f.spaces, Faults: f.faults, Pairs: f.pairs, Workers: f.parallel}
	var err error
	if s.World, err = f.world(c); err != nil {
		return s, err
	}
	if s.Shard, s.Shards, err = parseShard(f.shard); err != nil {
		return s, err
	}
	for _, space := range f.spaces {
		if !slices.Contains(spaceNames(), space) {
			return s, cli.Unknown("space", space, spaceNames()).Hint("ionbench sweep --list-spaces lists the spaces")
		}
	}
	if err := s.Check(); err != nil {
		return s, cli.Unusable(err).Hint("ionbench sweep --list-spaces lists the spaces; ionbench faults explains faults")
	}
	if f.resume && f.json == "" {
		return s, cli.Usage("--resume goes on with the file of --json, and there is none").Hint("name the file of the sweep that goes on: --json FILE")
	}
	if err := checkOutputs(files.File, f.json, f.html, f.png); err != nil {
		return s, err
	}
	s.Resume, err = f.resumed()
	return s, err
}

// parseShard reads i/n. The i counts from 1, the returned shard from 0.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	i, n, ok := strings.Cut(text, "/")
	shard, notShard := strconv.Atoi(i)
	shards, notShards := strconv.Atoi(n)
	if !ok || notShard != nil || notShards != nil || shard < 1 || shard > shards {
		return 0, 0, cli.Usage("--shard: %q is no part; say which part of how many, such as 1/4", text)
	}
	return shard - 1, shards, nil
}

// resumed returns the atlas that an earlier sweep left in the file of --json.
func (f *sweepFlags) resumed() (*atlas.Atlas, error) {
	if !f.resume {
		return nil, nil
	}
	if _, err := os.Lstat(f.json); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return readAtlas(f.json)
}

// write writes the files that the flags ask for.
func (f *sweepFlags) write(a *atlas.Atlas) error {
	return writeOutputs(output{f.json, a.Write}, output{f.html, form(page.WriteHTML).of(a)}, output{f.png, form(page.WritePNG).of(a)})
}
