package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/cmd/terminal"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/atlas/page"
	"ionbench/simulator/fault"
)

const sweepHelp = `
Break an upgrade at every point of a space: every byte on the wire, every flash operation,
every frame, each with every fault that makes sense there, and follow each to its end, the
recoveries included. What came of it is a table: of every fault, how many points ended in
which class, and what the slowest took more than the run without a fault. Then, for each
invariant that was broken, an example and the command that repeats it. The last line is
  points=N classes=N violations=N skipped=N seconds=S
with the futures that differ as classes, and as skipped the points that were not done.

--json keeps all of it in a file, which "ionbench atlas" merges, compares and draws. Ctrl-C
writes what there is; the same command with --resume goes on from there.

Examples:
  ionbench sweep                                     bytes on the wire and flash operations
  ionbench sweep --list-spaces                       what else can be swept
  ionbench sweep --space state,host --journal        these two, with a tool that keeps a journal
  ionbench sweep --fault 'power-loss at flash-op # torn for 30s'
  ionbench sweep --image-size 256KiB --json s.json --html s.html
  ionbench sweep --image-size 256KiB --json s.json --resume
  ionbench sweep --shard 1/4 --json part1.json       the first quarter, for "ionbench atlas merge"

Exit status: 0 no invariant was broken, 1 one was, or the sweep was interrupted, 2 wrong
usage.
`

type sweepFlags struct {
	trialFlags
	spaces     []string
	faults     []string
	pairs      bool
	workers    int
	shard      string
	json       string
	html, png  string
	resume     bool
	listSpaces bool
}

func sweepCommand() command {
	return command{
		name: "sweep", brief: "break an upgrade at every point and say what comes of each", help: sweepHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(sweepFlags)
			flags.StringSliceVar(&f.spaces, "space", nil, "`NAME[,NAME]` of --list-spaces; without, "+strings.Join(atlas.DefaultSpaces(), " and "))
			flags.StringArrayVar(&f.faults, "fault", nil, "`TEMPLATE` of a fault, with # for its place; may be given several times")
			f.declare(flags)
			flags.BoolVar(&f.pairs, "pairs", false, "and a second fault everywhere in what follows the first")
			flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "points at once; the result is the same for any number")
			flags.StringVar(&f.shard, "shard", "", "only part `i/n` of the points, i from 1 to n")
			flags.StringVar(&f.json, "json", "", "write the atlas to `FILE`")
			flags.StringVar(&f.html, "html", "", "draw it as a page: `FILE`")
			flags.StringVar(&f.png, "png", "", "draw it as a picture: `FILE`")
			flags.BoolVar(&f.resume, "resume", false, "go on with what the file of --json has, if it is there")
			flags.BoolVar(&f.listSpaces, "list-spaces", false, "list the spaces and end")
			return f.run
		},
	}
}

const seeSweep = "`ionbench sweep --help` has examples."

func (f *sweepFlags) run(ctx context.Context, s streams, args []string) error {
	if len(args) > 0 {
		return wrongUsage(seeSweep, "sweep takes no argument, and %q was given", args[0])
	}
	if f.listSpaces {
		return listSpaces(s)
	}
	sweep, err := f.sweep()
	if err != nil {
		return err
	}
	began := time.Now()
	told := &sweepProgress{out: s.err, columns: func() int { return terminal.Columns(s.err) }, parts: max(1, sweep.Shards), began: began}
	sweep.Progress = func(done, all int) { told.show(time.Now(), done, all) }
	a, err := sweep.Run(ctx)
	told.clear()
	if err != nil {
		return err
	}
	if err := f.write(a); err != nil {
		return err
	}
	if err := writeAtlas(s.out, a, f.image, time.Since(began)); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return f.verdict(ctx, a)
}

// verdict is how a sweep ends.
func (f *sweepFlags) verdict(ctx context.Context, a *atlas.Atlas) error {
	sum := a.Summary()
	switch {
	case ctx.Err() != nil && a.Partial:
		next := "with --json FILE it could go on later"
		if f.json != "" {
			next = "go on with the same command and --resume"
		}
		return fmt.Errorf("interrupted: the result is partial, %d of %d points were done; %s", sum.Points, sum.Points+sum.Skipped, next)
	case sum.Violations > 0:
		return errFailed
	}
	return nil
}

// sweep is what the flags ask for.
func (f *sweepFlags) sweep() (atlas.Sweep, error) {
	s := atlas.Sweep{Spaces: f.spaces, Faults: f.faults, Pairs: f.pairs, Workers: f.workers}
	var err error
	if s.Config, err = f.config(); err != nil {
		return s, err
	}
	if s.Shard, s.Shards, err = parseShard(f.shard); err != nil {
		return s, err
	}
	if f.workers < 1 {
		return s, wrongUsage(seeSweep, "--workers %d: at least 1", f.workers)
	}
	if err := s.Check(); err != nil {
		return s, wrongUsage(f.nextFor(s), "%v", err)
	}
	if err := f.checkFiles(); err != nil {
		return s, err
	}
	s.Resume, err = f.resumed()
	return s, err
}

// nextFor is what to do when something that was asked for cannot be swept.
func (f *sweepFlags) nextFor(s atlas.Sweep) string {
	var names []string
	for _, space := range atlas.Spaces() {
		names = append(names, space[0])
	}
	for _, asked := range s.Spaces {
		if best, ok := fault.Nearest(asked, names); ok && best != asked {
			return "Did you mean --space " + best + "? `ionbench sweep --list-spaces` lists all."
		}
	}
	return "`ionbench sweep --list-spaces` lists the spaces; `ionsim --help-faults` explains faults."
}

// parseShard reads i/n, counted from 1, as i counted from 0 and n.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	i, n, ok := strings.Cut(text, "/")
	shard, notShard := strconv.Atoi(i)
	shards, notShards := strconv.Atoi(n)
	if !ok || notShard != nil || notShards != nil || shard < 1 || shard > shards {
		return 0, 0, wrongUsage(seeSweep, "--shard %s: say which part of how many, such as 1/4", text)
	}
	return shard - 1, shards, nil
}

// checkFiles: what cannot be written should not cost the time of a sweep first.
func (f *sweepFlags) checkFiles() error {
	if f.resume && f.json == "" {
		return wrongUsage("Name the file of the sweep that goes on: --json FILE.", "--resume goes on with the file of --json, and there is none")
	}
	for _, path := range []string{f.json, f.html, f.png} {
		if path == "" {
			continue
		}
		if err := checkReplace(path); err != nil {
			return wrongUsage("Name a file in a folder that is there.", "%v", err)
		}
	}
	return nil
}

// resumed is what an earlier sweep left in the file of --json.
func (f *sweepFlags) resumed() (*atlas.Atlas, error) {
	if !f.resume {
		return nil, nil
	}
	if _, err := os.Lstat(f.json); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return readAtlas(f.json)
}

// write writes the files that were asked for.
func (f *sweepFlags) write(a *atlas.Atlas) error {
	for _, file := range []struct {
		path string
		form form
	}{{f.json, asJSON}, {f.html, page.WriteHTML}, {f.png, page.WritePNG}} {
		if file.path == "" {
			continue
		}
		if err := replaceFile(file.path, a, file.form); err != nil {
			return err
		}
	}
	return nil
}

func listSpaces(s streams) error {
	rows := [][]string{{"SPACE", "WHAT IS SWEPT"}}
	for _, space := range atlas.Spaces() {
		rows = append(rows, []string{space[0], space[1]})
	}
	return writeColumns(s.out, rows)
}
