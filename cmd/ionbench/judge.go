package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/judge"
	"ionbench/scenarios/rig"
)

const judgeHelp = `
Judge an upgrader that we did not write, in any language: start a meter on a PTY or a TCP
port, let faults befall it, run the program as a black box, once more for the recovery
where it failed, and say whether the meter and the program's exit status are as they should
be. Exit status 0 claims success, any other failure.

The command is split into words as a shell would; nothing else of a shell happens, unless
--shell. What stands in braces is filled in:
PLACEHOLDERS
A program runs in the folder in which you are, in a process group of its own, without an
input; XDG_STATE_HOME is {dir}. SIGINT is the Abort button. At --timeout the whole group is
ended, and that is a no.

Programs run in wall time. --pace shortens what the meter and its line take; the program's
own time-outs stay what they are, so tell with --response how long it waits for an answer:
late answers, the time limit and the expected time, which is told first, follow from that.
If your program has a flag for its time-out, make it short.

What comes of it: a report card, its reasons, and a last line
  scenarios=N passed=N failed=N skipped=N seconds=S
Every scenario that fails is explained in plain words, with the command that repeats it.
The same scenarios are specs, for a team that keeps its own beside them:
  IONBENCH_UPGRADER='COMMAND' go test ./scenarios -ginkgo.label-filter=foreign

Examples:
  ionbench judge --upgrader './up --tcp {tcp} --unit {unit-id} --file {image}'
  ionbench judge --suite full --upgrader 'python3 up.py --port {port} --image {image}'
  ionbench judge --upgrader './up {tcp} {image}' --recover './up --again {tcp} {image}'
  ionbench judge --upgrader './up {tcp} {image}' --only killed --artifacts out
  ionbench judge --upgrader './up {tcp} {image}' --junit j.xml --json j.json --html j.html
  ionbench judge --response 300ms --keeps-settings --upgrader \
    'ionup upgrade {image} --tcp {tcp} --unit-id {unit-id} --log {log} --timeout 300ms' \
    --recover 'ionup recover {image} --tcp {tcp} --unit-id {unit-id} --timeout 300ms --yes'
  ionbench judge --list --suite full

Exit status: 0 pass, 1 the verdict is no, 2 wrong usage, 3 the program could not be run.
`

type judgeFlags struct {
	upgrader, recover string
	shell             bool
	transport         string
	suite             string
	only              []string
	list              bool
	keepsSettings     bool
	pace              string
	baud              int
	seed              uint64
	response, timeout time.Duration
	parallel          int
	artifacts         string
	junit, json, html string

	flags *pflag.FlagSet
}

func judgeCommand() command {
	return command{
		name: "judge", brief: "judge an upgrader that somebody else wrote", help: strings.Replace(judgeHelp, "PLACEHOLDERS", placeholderHelp(), 1),
		setup: func(flags *pflag.FlagSet) action {
			f := &judgeFlags{flags: flags}
			f.declare(flags)
			return f.run
		},
	}
}

func placeholderHelp() string {
	var b strings.Builder
	for _, p := range judge.Placeholders() {
		fmt.Fprintf(&b, "  %-12s %s\n", "{"+p[0]+"}", p[1])
	}
	return strings.TrimRight(b.String(), "\n")
}

func (f *judgeFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.upgrader, "upgrader", "", "`COMMAND` that upgrades a meter")
	flags.StringVar(&f.recover, "recover", "", "`COMMAND` that recovers one, where it is another")
	flags.BoolVar(&f.shell, "shell", false, "run the commands by /bin/sh")
	flags.StringVar(&f.transport, "transport", "", "`pty|tcp`; without, what the command asks for, and else tcp")
	flags.StringVar(&f.suite, "suite", "smoke", "`smoke|full`: what matters most, or every fault in every phase")
	flags.StringSliceVar(&f.only, "only", nil, "play the scenarios of these names alone: `NAME[,NAME]`")
	flags.BoolVar(&f.list, "list", false, "list the scenarios of the suite and end")
	flags.BoolVar(&f.keepsSettings, "keeps-settings", false, "the program promises that no success, not even a recovery, loses settings")
	flags.DurationVar(&f.response, "response", judge.DefaultResponse, "`TIME` that the program waits for an answer, as far as you know")
	flags.DurationVar(&f.timeout, "timeout", 0, "`TIME` limit of a run of the program (default: 90s and 22 answers)")
	flags.IntVar(&f.parallel, "parallel", judge.DefaultParallel, "scenarios at once; each has a meter of its own")
	flags.StringVar(&f.pace, "pace", "off", "of the meter and its line, as ionsim takes it: `baud|off|N`")
	flags.IntVar(&f.baud, "baud", judge.DefaultBaud, "bit `RATE` of the line")
	flags.Uint64Var(&f.seed, "seed", 1, "of what a power loss leaves in the flash")
	flags.StringVar(&f.artifacts, "artifacts", "", "leave plan, trace, logs, outputs and verdict of each scenario in a folder of `DIR`")
	flags.StringVar(&f.junit, "junit", "", "write the report as JUnit XML: `FILE`")
	flags.StringVar(&f.json, "json", "", "write it as JSON: `FILE`")
	flags.StringVar(&f.html, "html", "", "write it as one page: `FILE`")
}

const seeJudge = "`ionbench judge --help` has examples."

func (f *judgeFlags) run(ctx context.Context, s streams, args []string) error {
	if len(args) > 0 {
		return wrongUsage("Put the whole command in quotes: --upgrader 'CMD ARG...'.", "judge takes no argument, and %q was given", args[0])
	}
	suite, err := f.chosenSuite()
	if err != nil {
		return err
	}
	if f.list {
		return f.writeList(s.out, suite)
	}
	target, err := f.target()
	if err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	if err := f.checkFiles(); err != nil {
		return err
	}
	f.tellExpected(s.err, suite, &target, options.Filled())
	options.Ended = tellEnded(s.err, len(suite.Scenarios))
	report, err := judge.Run(ctx, suite, target, options)
	switch {
	case errors.Is(err, judge.ErrNotRun):
		return &notRunError{err}
	case err != nil:
		return err
	}
	if err := f.write(report); err != nil {
		return err
	}
	if err := writeCard(s.out, report); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	switch {
	case report.Interrupted:
		return fmt.Errorf("interrupted: %d of %d scenarios were played", len(report.Results), len(suite.Scenarios))
	case report.Verdict() != "pass":
		return errFailed
	}
	return nil
}

func (f *judgeFlags) chosenSuite() (*judge.Suite, error) {
	const next = "`ionbench judge --list` lists the scenarios of a suite."
	if f.response < time.Millisecond {
		return nil, wrongUsage(seeJudge, "--response %v: at least 1ms", f.response)
	}
	suite, err := judge.NewSuite(f.suite, f.response)
	if err != nil {
		return nil, wrongUsage(seeJudge, "--suite: %v", err)
	}
	if len(f.only) > 0 {
		if suite, err = suite.Only(f.only); err != nil {
			return nil, wrongUsage(next, "--only: %v", err)
		}
	}
	return suite, nil
}

// target is the program that the flags name.
func (f *judgeFlags) target() (judge.Target, error) {
	t := judge.Target{KeepsSettings: f.keepsSettings}
	if f.upgrader == "" {
		return t, wrongUsage(seeJudge, "no program: name it with --upgrader 'COMMAND'")
	}
	var err error
	if t.Upgrade, err = judge.ParseCommand(f.upgrader, f.shell); err != nil {
		return t, wrongUsage(seeJudge, "--upgrader: %v", err)
	}
	if f.recover != "" {
		if t.Recover, err = judge.ParseCommand(f.recover, f.shell); err != nil {
			return t, wrongUsage(seeJudge, "--recover: %v", err)
		}
	}
	if t.Transport, err = f.chosenTransport(); err != nil {
		return t, err
	}
	switch err := t.Check(); {
	case errors.Is(err, judge.ErrNotRun):
		return t, &notRunError{err}
	case err != nil:
		return t, wrongUsage(seeJudge, "%v", err)
	}
	return t, nil
}

func (f *judgeFlags) chosenTransport() (rig.Transport, error) {
	switch f.transport {
	case "pty":
		return rig.PTY, nil
	case "tcp":
		return rig.TCP, nil
	case "":
		if strings.Contains(f.upgrader, "{port}") && !strings.Contains(f.upgrader, "{tcp}") {
			return rig.PTY, nil
		}
		return rig.TCP, nil
	}
	return 0, wrongUsage(seeJudge, "--transport %s: use pty or tcp", f.transport)
}

func (f *judgeFlags) options() (judge.Options, error) {
	o := judge.Options{
		Baud: f.baud, Seed: f.seed, Response: f.response, Limit: f.timeout, Parallel: f.parallel,
		Artifacts: f.artifacts, Repeat: f.command(),
	}
	const fastest = 10_000 // keeps the time of a byte above a nanosecond
	switch n, err := strconv.Atoi(f.pace); {
	case f.pace == "off":
	case f.pace == "baud":
		o.Pace = 1
	case err != nil || n < 1 || n > fastest:
		return o, wrongUsage(seeJudge, "--pace %s: use baud, off, or 1 to %d", f.pace, fastest)
	default:
		o.Pace = n
	}
	switch {
	case !slices.Contains([]int{1200, 2400, 4800, 9600, 19200}, f.baud):
		return o, wrongUsage(seeJudge, "--baud %d: the meter's ports run at 1200, 2400, 4800, 9600 or 19200", f.baud)
	case f.flags.Changed("timeout") && f.timeout <= 0:
		return o, wrongUsage(seeJudge, "--timeout %v leaves no time", f.timeout)
	case f.parallel < 1:
		return o, wrongUsage(seeJudge, "--parallel %d: at least 1", f.parallel)
	case f.seed < 1:
		return o, wrongUsage(seeJudge, "--seed 0: at least 1")
	}
	return o, nil
}

// command is this command, without what chooses scenarios and names the report's files.
func (f *judgeFlags) command() string {
	words := []string{"ionbench", "judge"}
	f.flags.VisitAll(func(flag *pflag.Flag) {
		left := slices.Contains([]string{"only", "list", "artifacts", "junit", "json", "html", "parallel"}, flag.Name)
		switch {
		case left || !flag.Changed:
		case flag.Value.Type() == "bool":
			words = append(words, "--"+flag.Name)
		default:
			words = append(words, "--"+flag.Name, quoted(flag.Value.String()))
		}
	})
	return strings.Join(words, " ")
}

// checkFiles: what cannot be written should not cost the time of a suite first.
func (f *judgeFlags) checkFiles() error {
	for _, path := range []string{f.junit, f.json, f.html} {
		if path == "" {
			continue
		}
		if err := checkReplace(path); err != nil {
			return wrongUsage("Name a file in a folder that is there.", "%v", err)
		}
	}
	return nil
}

// write writes the files that were asked for.
func (f *judgeFlags) write(r *judge.Report) error {
	for _, file := range []struct {
		path string
		form func(io.Writer) error
	}{{f.junit, r.WriteJUnit}, {f.json, r.WriteJSON}, {f.html, r.WriteHTML}} {
		if file.path == "" {
			continue
		}
		if err := replaceWith(file.path, file.form); err != nil {
			return err
		}
	}
	return nil
}

func (f *judgeFlags) writeList(w io.Writer, suite *judge.Suite) error {
	rows := [][]string{{"SCENARIO", "PHASE", "ROW", "WHAT HAPPENS", "PLAN"}}
	for _, s := range suite.Scenarios {
		rows = append(rows, []string{s.Name, string(s.Phase), s.Row, s.Title, s.Plans.String()})
	}
	return writeColumns(w, rows)
}

// tellExpected says how long it will take, before it begins.
func (f *judgeFlags) tellExpected(w io.Writer, suite *judge.Suite, t *judge.Target, o judge.Options) {
	fmt.Fprintf(w, "ionbench: %d scenarios over %v, %d at once: about %v with a program that waits %v for an answer; a run of it may take %v\n",
		len(suite.Scenarios), t.Transport, o.Parallel, suite.Expected(t, o.Response, o.Parallel), o.Response, o.Limit)
	if !t.LedToMeter() && !f.shell {
		fmt.Fprintln(w, "ionbench: the command has neither {port} nor {tcp}: the program is not told where the meter is")
	}
}

func tellEnded(w io.Writer, all int) func(*judge.Result) {
	told, done := newProgress(w), 0
	return func(*judge.Result) {
		done++
		if done < all {
			told.tell("%d of %d scenarios", done, all)
		}
	}
}

// notRunError: the program could not be run.
type notRunError struct{ error }

func (e *notRunError) Unwrap() error { return e.error }

// writeCard writes the report card.
func writeCard(w io.Writer, r *judge.Report) error {
	rows := [][]string{{"", "SCENARIO", "PHASE", "UPGRADE", "RECOVERY", "TIME"}}
	for _, s := range r.Results {
		rows = append(rows, cardRow(s))
	}
	errs := []error{writeColumns(w, rows)}
	for _, s := range r.Results {
		if s.Verdict() == "no" {
			_, err := io.WriteString(w, "\n"+judge.VerdictText(s))
			errs = append(errs, err)
		}
	}
	passed, failed, skipped := r.Counts()
	_, err := fmt.Fprintf(w, "\nscenarios=%d passed=%d failed=%d skipped=%d seconds=%.1f\n", len(r.Results), passed, failed, skipped, r.Took.Seconds())
	return errors.Join(append(errs, err)...)
}

func cardRow(s *judge.Result) []string {
	row := []string{map[string]string{"pass": "ok", "no": "FAIL", "skipped": "-"}[s.Verdict()], s.Scenario.Name, string(s.Scenario.Phase)}
	if s.Skipped != "" {
		return append(row, "not played: "+s.Skipped)
	}
	var recoveries []string
	for _, a := range s.Attempts[1:] {
		recoveries = append(recoveries, a.Exit.String())
	}
	return append(row, s.Attempts[0].Exit.String(), strings.Join(recoveries, ", "), fmt.Sprintf("%.1fs", s.Took.Seconds()))
}
