package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/cmd/internal/terminal"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/judge"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/pcapng"
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
input; XDG_STATE_HOME, TMPDIR and IONUP_LOCKS are {dir}. SIGINT is the Abort button. At
--timeout the program is ended, and that is a no. With it end the processes that it has
started: on Linux all of them, elsewhere those in its group. What programs print is shown
with control characters made visible, and no link that they put into {dir} is followed.

Programs run in wall time. --pace shortens what the meter and its line take; the program's
own time-outs stay what they are, so tell with --response how long it waits for an answer:
late answers, the time limit and the expected time, which is told first, follow from that.
If your program has a flag for its time-out, make it short.

A scenario has a meter, a file, a history and surroundings of its own, as far as the command
has placeholders for them: give {unit-id}, {password}, {serial}, {log} and {dir} a place.
Each is about some duties of PROTOCOL.md, by number; --list names them, and the report says
of each whether it was kept, broken or not exercised. What harms nobody is advice.

What comes of it: a report card, its reasons, and a last line
  scenarios=N passed=N failed=N skipped=N seconds=S
which goes on, if the report is not of every scenario of the suite, with
  undecided=N rounds=N partial=only,shard-1/3,skipped,interrupted suite=N
JUnit and JSON say so too. Where nothing was played there is no verdict; --fail-on-skipped
makes every scenario that cannot be played a no. Those are left out of both that cannot be
about the program: faults of TCP where the meter is at a PTY, and a request that a program
may do without, which is to read before it writes. The first failure is shown at once.

A scenario that fails while this computer is late by more than a quarter of --response is
played again, alone, and that counts; if it fails again in the same way, it has no verdict.
For a program that fails now and then there is --repeat; all attempts are in the report.
Several computers share the work: --shard 1/3 --json 1.json, and then judge merge. What got
worse from one release of a program to the next says judge diff.

Every scenario that fails is explained in plain words, with the command that repeats it.
Every scenario is in the report, also where Ctrl-C or another signal ends the judge: it ends
the programs, and reports the rest as without a verdict. A second one, or SIGKILL, ends it
at once: --json has what had ended until two seconds before, and ionbench judge merge makes the
other reports of it. On Linux another process ends the programs then, and removes their
folders, but for a program that hid whose it is; what is in --artifacts stays, and says of
each scenario whether it is complete. While it is stopped, programs go on: what failed then is
played again. Without a terminal it does not stay stopped, for a program may have done that.
The same scenarios are specs, for a team that keeps its own beside them:
  IONBENCH_UPGRADER='COMMAND' go test ./scenarios -ginkgo.label-filter=foreign
`

type judgeFlags struct {
	upgrader, recover string
	shell             bool
	transport         string
	loader            string
	suite             string
	only              []string
	list              bool
	keepsSettings     bool
	witness           judge.Witness
	pace              int // in the form of bench.ParsePace
	baud              int
	seed              uint64
	response, timeout time.Duration
	parallel          int
	repeat            int
	shard             judge.Shard
	failOnSkipped     bool
	artifacts         string
	capture           string
	story             string
	http              string
	report            reportFlags
}

// reportFlags name the files of a report.
type reportFlags struct {
	tests      testOutputs
	json, html string
}

func judgeCommand() *cli.Command {
	f := &judgeFlags{
		loader: loaders[judge.ByION], suite: judge.SuiteNames()[0], response: judge.DefaultResponse, parallel: judge.DefaultParallel,
		pace: bench.Unpaced, baud: ion.DefaultBaudRate, seed: 1, repeat: 1,
	}
	return &cli.Command{
		Name: "judge", Brief: "judge an upgrader that somebody else wrote", Help: strings.Replace(judgeHelp, "PLACEHOLDERS", placeholderHelp(), 1),
		Surplus: "put the whole command in quotes: --upgrader 'CMD ARG...'",
		Flags:   cli.Plain(slices.Concat(f.flags(), f.report.flags())...),
		Examples: `
  ionbench judge --upgrader './up --tcp {tcp} --unit {unit-id} --file {image}'
  ionbench judge --suite full --upgrader 'python3 up.py --port {port} --image {image}'
  ionbench judge --upgrader './up {tcp} {image}' --recover './up --again {tcp} {image}'
  ionbench judge --upgrader './up {tcp} {image}' --only killed --artifacts out
  ionbench judge --upgrader './up {tcp} {image}' --junit j.xml --json j.json --html j.html
  ionbench judge --response 300ms --keeps-settings --upgrader \
    'ionup upgrade {image} --tcp {tcp} --unit-id {unit-id} --log {log} --timeout 300ms \
      --locks {dir}' --recover 'ionup recover {image} --tcp {tcp} --unit-id {unit-id} \
      --timeout 300ms --yes --locks {dir}'
  ionbench judge --loader xmodem --upgrader 'sx -q {image}'
  ionbench judge --list --suite full
  ionbench judge --upgrader './up {tcp} {image}' --suite full --shard 1/3 --json 1.json
`,
		Done: "pass", Failed: "the verdict is no",
		Unable: "no verdict: nothing was played, something was not played to its end, or a file could not be written",
		Run:    f.run,
	}
}

func placeholderHelp() string {
	var rows [][2]string
	for _, p := range judge.Placeholders() {
		rows = append(rows, [2]string{"{" + p[0] + "}", p[1]})
	}
	return strings.TrimRight(cli.Entries(rows), "\n")
}

func (f *judgeFlags) flags() []cli.Flag {
	return []cli.Flag{
		cli.Text(&f.upgrader, "upgrader", "COMMAND", "command that upgrades a meter"),
		cli.Text(&f.recover, "recover", "COMMAND", "command that recovers one, where it is another"),
		cli.Switch(&f.shell, "shell", "run the commands by /bin/sh"),
		cli.OneOf(&f.transport, "transport", []string{"pty", "tcp"}, "how the meter is reached; without, what the command asks for, and else tcp"),
		cli.OneOf(&f.loader, "loader", loaders[:], "how the meter's loader speaks: by the download service, or by XMODEM and YMODEM, an assumption. Then the judge enters the loader, the line is the program's standard input and output, and no settings are promised; it has a suite of its own: ten faults of the line, three losses of power, and wrong files"),
		cli.OneOf(&f.suite, "suite", judge.SuiteNames(), "what matters most, or every fault in every phase"),
		cli.List(&f.only, "only", "NAME[,NAME]", "play the scenarios of these names alone").With(cli.Values{Words: scenarioNames, List: true}),
		cli.Of(&f.shard, "shard", "play this part of several that together have every scenario once, such as 1/3",
			fields.Notation[judge.Shard]{Syntax: "I/N", Parse: judge.ParseShard, Print: judge.Shard.String}),
		cli.Number(&f.repeat, "repeat", 1, 1000, "play each scenario so often; all must pass"),
		cli.Switch(&f.failOnSkipped, "fail-on-skipped", "a scenario that could be about the program and cannot be played is a no"),
		cli.Switch(&f.list, "list", "list the scenarios of the suite and end"),
		cli.Switch(&f.keepsSettings, "keeps-settings", "the program promises that no success, not even a recovery, loses settings"),
		cli.OneOf(&f.witness, "witness", []judge.Witness{judge.NoWitness, judge.ByModbus}, "ask the meter by this protocol, too, which revision it runs, before and after each attempt; what it says is in the report, and a success that it contradicts is none"),
		cli.Time(&f.response, "response", time.Millisecond, "time that the program waits for an answer, as far as you know"),
		cli.Time(&f.timeout, "timeout", time.Millisecond, "time limit of a run of the program").Unless("90s, 55 answers, what the meter takes at --pace, and more for a program that gets on"),
		parallelFlag(&f.parallel, "scenarios at once; each has a meter of its own"),
		cli.Of(&f.pace, "pace", "of the meter and its line, as ionsim takes it",
			fields.Notation[int]{Syntax: "baud|off|N", Parse: bench.ParsePace, Print: bench.FormatPace, Open: true}).With(cli.Words("baud", "off")),
		cli.OneOf(&f.baud, "baud", ion.BaudRates(), "bit rate of the line"),
		cli.Number(&f.seed, "seed", 1, math.MaxUint64, "of what a power loss leaves in the flash"),
		cli.Text(&f.artifacts, "artifacts", "DIR", "leave plan, trace, logs, outputs and verdict of each scenario in a folder of DIR; of one that did not pass also what went over its line, line.pcapng, and its story as a page, story.html").With(cli.Files(cli.Folders)),
		cli.Text(&f.http, "http", "[HOST:]PORT", "let people look at the meters of the scenarios while they are played, as ionsim --http does; without HOST on the loopback interface"),
		captureFlag(&f.capture, "write what went over the line of each scenario that did not pass, one section of the file a scenario,"),
		storyFlag(&f.story),
	}
}

func (f *reportFlags) flags() []cli.Flag {
	return append(f.tests.flags(),
		cli.Text(&f.json, "json", "FILE", "write all that the report has as JSON").With(cli.Files("*.json")).Writes(judge.Format),
		cli.Text(&f.html, "html", "FILE", "write it as one page").With(cli.Files("*.html")),
	)
}

func (f *reportFlags) check() error {
	return errors.Join(f.tests.check(false), checkOutputs(files.File, f.json, f.html))
}

// keep writes what would be lost with a judge that is killed. What cannot be written is said at the end.
func (f *reportFlags) keep(r *judge.Report) { _ = writeOutputs(output{f.json, r.WriteJSON}) }

// finish writes the files and returns the verdict. What cannot be written does not change that
// it is no.
func (f *reportFlags) finish(c *cli.Call, r *judge.Report) error {
	errs := []error{f.tests.write(c, r.TestReport())}
	for _, file := range []output{{f.json, r.WriteJSON}, {f.html, func(w io.Writer) error { return r.WriteHTML(filepath.Dir(f.html), w) }}} {
		errs = append(errs, writeOutputs(file))
	}
	if err := errors.Join(errs...); err != nil {
		status := cli.Environment
		if r.Verdict() == "no" {
			status = cli.Failed
		}
		return cli.WithStatus(err, status)
	}
	switch r.Verdict() {
	case "pass":
		return nil
	case "none":
		return cli.Environmental(errors.New("no verdict: " + r.Open()))
	}
	if _, failed, skipped := r.Counts(); failed == 0 {
		return fmt.Errorf("%d scenarios were not played, and --fail-on-skipped was given", skipped)
	}
	return cli.ErrNo
}

func scenarioNames() []string {
	suite, err := judge.NewSuite("full", judge.DefaultResponse)
	if err != nil {
		return nil
	}
	return words(suite.Scenarios, func(s judge.Scenario) string { return s.Name })
}

func (f *judgeFlags) run(ctx context.Context, c *cli.Call) error {
	if err := f.checkLoader(c); err != nil {
		return err
	}
	suite, err := f.chosenSuite()
	if err != nil {
		return err
	}
	if f.list {
		c.Print(listOf(suite))
		return nil
	}
	target, err := f.target()
	if err != nil {
		return err
	}
	if err := f.checkOutputs(suite); err != nil {
		return err
	}
	options := f.options(c)
	var told *retell.Story
	if f.story != "" {
		options.Told = func(s *retell.Story) { told = s }
	}
	f.tellExpected(c, suite, &target, options)
	progress := c.Progress("scenarios")
	options.SoFar = f.report.keep
	options.Ended = shownOn(progress, c, len(suite.Scenarios)*f.repeat)
	if f.http != "" {
		audience, err := openAudience(c, f.http, f.pace)
		if err != nil {
			return err
		}
		defer audience.close(c)
		options.Watch = audience
	}
	terminal.Leave()
	report, err := f.play(ctx, c, suite, target, options)
	progress.Clear()
	if err != nil {
		return err
	}
	c.Print(card(report))
	if told != nil {
		if err := writeStory(f.story, told, told.Head.Repeat); err != nil {
			return err
		}
	}
	if report.Strays > 0 {
		c.Note("%d processes hid from which program they came, and were killed at the end", report.Strays)
	}
	if report.Escaped {
		c.Note("processes that the programs started still run, and could not be ended")
	}
	return f.report.finish(c, report)
}

// checkOutputs says what cannot be written.
func (f *judgeFlags) checkOutputs(suite *judge.Suite) error {
	if err := f.report.check(); err != nil {
		return err
	}
	if info, err := os.Stat(f.artifacts); err == nil && !info.IsDir() {
		return cli.Usage("--artifacts: %s is no folder", f.artifacts)
	}
	if f.story != "" && (len(suite.Scenarios) != 1 || f.repeat != 1) {
		return cli.Usage("--story tells of one scenario, and these are %d", len(suite.Scenarios)*f.repeat).Hint("name one: --only killed")
	}
	return serving.CheckStory(f.story)
}

// shownOn shows how many scenarios of all have ended, and tells of the first failure at once.
func shownOn(progress *terminal.Progress, c *cli.Call, all int) func(*judge.Result) {
	done, failed := 0, 0
	return func(r *judge.Result) {
		done++
		if r.Verdict() == "no" {
			if failed++; failed == 1 {
				progress.Clear()
				fmt.Fprintf(c.Err, "\nThe first failure:\n%s\n", judge.VerdictText(r))
			}
		}
		more := ""
		if failed > 0 {
			more = fmt.Sprintf("%d failed", failed)
		}
		progress.Show(done, all, more)
	}
}

// play plays the suite, and writes the captures if they are wanted.
func (f *judgeFlags) play(ctx context.Context, c *cli.Call, suite *judge.Suite, target judge.Target, options judge.Options) (report *judge.Report, err error) {
	err = captureTo(c, f.capture, func(to io.Writer) error {
		var unwritten error
		sections := 0
		if to != nil {
			options.Captured = func(section []byte) {
				if unwritten == nil {
					_, unwritten = to.Write(section)
				}
				sections++
			}
		}
		report, err = judge.Run(ctx, suite, target, options)
		if err != nil {
			return cli.Environmental(err) // no program, port or room, so there is no verdict
		}
		if to != nil && sections == 0 {
			_, unwritten = pcapng.New(to, pcapng.Config{Program: options.JudgedBy, Comment: "every scenario passed", Lines: []pcapng.Line{{Name: "RS-485"}}})
		}
		return unwritten
	})
	return report, err
}

// loaders are the words of --loader.
var loaders = [...]string{judge.ByION: "ion", judge.ByXMODEM: "xmodem"}

// speaks is how the loader speaks.
func (f *judgeFlags) speaks() judge.Loader {
	if f.loader == loaders[judge.ByXMODEM] {
		return judge.ByXMODEM
	}
	return judge.ByION
}

// checkLoader says what contradicts a loader that speaks otherwise.
func (f *judgeFlags) checkLoader(c *cli.Call) error {
	if f.speaks() == judge.ByION {
		return nil
	}
	for _, flag := range []string{"suite", "keeps-settings"} {
		if c.Given(flag) {
			return cli.Usage("--%s with --loader %s", flag, f.loader).Hint("leave one of them out")
		}
	}
	if strings.Contains(f.upgrader+f.recover, "{phone}") {
		return cli.Usage("--loader %s with {phone}: the judge enters the loader itself, and calls nobody", f.loader).Hint("leave {phone} out of the command: its standard input and output are the line")
	}
	if f.chosenTransport() != rig.PTY {
		return cli.Usage("--loader %s over TCP: the line is the program's standard input and output", f.loader).Hint("leave --transport and {tcp} out")
	}
	return nil
}

func (f *judgeFlags) suiteOf() (*judge.Suite, error) {
	if f.speaks() == judge.ByXMODEM {
		return judge.XMODEMSuite(f.response), nil
	}
	return judge.NewSuite(f.suite, f.response)
}

func (f *judgeFlags) chosenSuite() (*judge.Suite, error) {
	suite, err := f.suiteOf()
	if err != nil {
		return nil, cli.Usage("--suite: %w", err)
	}
	if len(f.only) > 0 {
		if suite, err = suite.Only(f.only); err != nil {
			return nil, cli.Usage("--only: %w", err).Hint("ionbench judge --list lists the scenarios of a suite")
		}
	}
	if f.shard.Of > len(suite.Scenarios) {
		return nil, cli.Usage("--shard: there are only %d scenarios for %d shards", len(suite.Scenarios), f.shard.Of)
	}
	return suite.InShard(f.shard, f.response), nil
}

// target returns the program that the flags name.
func (f *judgeFlags) target() (judge.Target, error) {
	t := judge.Target{KeepsSettings: f.keepsSettings, Transport: f.chosenTransport()}
	if f.upgrader == "" {
		return t, cli.Usage("no program").Hint("name it with --upgrader 'COMMAND'")
	}
	var err error
	if t.Upgrade, err = judge.ParseCommand(f.upgrader, f.shell); err != nil {
		return t, cli.Usage("--upgrader: %w", err)
	}
	if f.recover != "" {
		if t.Recover, err = judge.ParseCommand(f.recover, f.shell); err != nil {
			return t, cli.Usage("--recover: %w", err)
		}
	}
	switch err := t.Check(); {
	case errors.Is(err, judge.ErrNotRun):
		return t, cli.Environmental(err)
	case err != nil:
		return t, cli.Usage("%w", err)
	}
	return t, nil
}

func (f *judgeFlags) chosenTransport() rig.Transport {
	onlyPort := strings.Contains(f.upgrader, "{port}") && !strings.Contains(f.upgrader, "{tcp}")
	if f.transport == "pty" || f.transport == "" && (onlyPort || f.speaks() == judge.ByXMODEM && !strings.Contains(f.upgrader, "{tcp}")) {
		return rig.PTY
	}
	return rig.TCP
}

func (f *judgeFlags) options(c *cli.Call) judge.Options {
	pace := f.pace
	if pace == bench.Unpaced {
		pace = 0
	}
	return judge.Options{
		Pace: pace, Loader: f.speaks(), Baud: f.baud, Seed: f.seed, Response: f.response, Limit: f.timeout, Parallel: f.parallel,
		JudgedBy: "ionbench " + cli.Release(), Artifacts: f.artifacts, Repeat: f.command(c), Rounds: f.repeat, FailOnSkipped: f.failOnSkipped, Witness: f.witness,
	}
}

// command returns this command line without the flags that choose scenarios and name report
// files.
func (f *judgeFlags) command(c *cli.Call) string {
	var taken []string
	for _, flag := range slices.Concat(f.flags(), f.report.flags()) {
		if !slices.Contains([]string{"only", "shard", "list", "artifacts", "capture", "story", "http", "junit", "ctrf", "summary", "annotations", "json", "html", "parallel"}, flag.Name) {
			taken = append(taken, flag.Name)
		}
	}
	return strings.Join(append([]string{"ionbench", "judge"}, c.GivenWords(taken...)...), " ")
}

func listOf(suite *judge.Suite) string {
	rows := [][]string{{"SCENARIO", "PHASE", "ROW", "DUTIES", "WHAT HAPPENS", "PLAN"}}
	for i := range suite.Scenarios {
		s := &suite.Scenarios[i]
		rows = append(rows, []string{s.Name, string(s.Phase), s.Row, s.About(), s.Title, s.Plot()})
	}
	return cli.Table(rows)
}

// tellExpected says, before the run begins, how long it will take.
func (f *judgeFlags) tellExpected(c *cli.Call, suite *judge.Suite, t *judge.Target, o judge.Options) {
	about := suite.Expected(t, o)
	times := ""
	if o.Rounds > 1 {
		times = fmt.Sprintf(" %d times", o.Rounds)
	}
	c.Note("%s%s over %v, %d at once: about %v at pace %s, with a program that waits %v for an answer", cli.Counted(len(suite.Scenarios), "scenario"), times, t.Transport,
		o.Parallel, about, bench.FormatPace(f.pace), o.Response)
	if !t.LedToMeter() && !f.shell && f.speaks() == judge.ByION {
		c.Note("the command has neither {port} nor {tcp}: the program is not told where the meter is")
	}
}

// card returns the report as text. A scenario that passed in several rounds has one row.
func card(r *judge.Report) string {
	rows := [][]string{{"", "SCENARIO", "PHASE", "UPGRADE", "RECOVERY", "TIME"}}
	reasons := ""
	for _, s := range r.Results {
		v := s.Verdict()
		if s.Round <= 1 || v != "pass" && v != "skipped" {
			rows = append(rows, cardRow(s))
		}
		if !s.Again && (v == "no" || v == "none" && len(s.Attempts) > 0) {
			reasons += "\n" + judge.VerdictText(s)
		}
	}
	return cli.Table(rows) + reasons + rounds(r) + notPlayed(r) + "\n" + judge.DutiesText(r.Duties()) + "\n" + r.LastLine() + "\n"
}

// rounds says which scenarios fail now and then.
func rounds(r *judge.Report) string {
	var b strings.Builder
	passed, played := map[string]int{}, map[string]int{}
	for _, s := range r.Results {
		if name := s.Scenario.Name; !s.Again && s.Skipped == "" {
			played[name]++
			if s.Passed() {
				passed[name]++
			}
		}
	}
	for _, name := range r.Part.Chosen {
		if played[name] > 1 && passed[name] < played[name] {
			fmt.Fprintf(&b, "\n%s passed %d times of %d\n", name, passed[name], played[name])
		}
	}
	return b.String()
}

// notPlayed says why scenarios were not played: each reason once.
func notPlayed(r *judge.Report) string {
	var reasons []string
	count := map[string]int{}
	for _, s := range r.Results {
		if s.Skipped != "" && s.Round <= 1 {
			if count[s.Skipped]++; count[s.Skipped] == 1 {
				reasons = append(reasons, s.Skipped)
			}
		}
	}
	var b strings.Builder
	for _, why := range reasons {
		fmt.Fprintf(&b, "\n%d of %d scenarios not played: %s", count[why], r.Scenarios(), why)
	}
	if len(reasons) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

func cardRow(s *judge.Result) []string {
	row := []string{map[string]string{"pass": "ok", "no": "FAIL", "skipped": "-", "none": "?"}[s.Verdict()], s.Scenario.Name, string(s.Scenario.Phase)}
	switch {
	case s.Skipped != "":
		return append(row, "not played: "+s.Skipped)
	case s.Trouble != "":
		return append(row, "no verdict: "+s.Trouble)
	}
	var recoveries []string
	for _, a := range s.Attempts[1:] {
		recoveries = append(recoveries, a.Exit.String())
	}
	if s.Again {
		row[0] = "again"
	}
	return append(row, s.Attempts[0].Exit.String(), strings.Join(recoveries, ", "), fmt.Sprintf("%.1fs", s.Took.Seconds()))
}
