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

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	stored "ionbench/fixtures/cases"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/testreport"
	"ionbench/simulator/story"
)

const runHelp = `
Play cases in virtual time and say of each whether it came out as its file says: all that
are stored in the program, or those that are named. A CASE is a name of "ionbench list",
a case file, a folder of case files, or - for one on standard input.

Each case is a line of a table: the outcomes of its attempts, the time that passed on
the bench's clock, and the time that it took to play. Of a case that did not come out
as its file says, the reasons follow, its plan of faults, and the command that repeats it.
`

type runFlags struct {
	print   string
	capture string
	story   string
	json    bool
	tests   testOutputs
}

func runCommand() *cli.Command {
	f := new(runFlags)
	return &cli.Command{
		Name: "run", Brief: "play cases and say whether they come out as their files say", Help: runHelp,
		Args: caseArgs(),
		Flags: cli.Plain(append([]cli.Flag{
			cli.OneOf(&f.print, "print", printed(), "print this of one case alone, instead of the table"),
			captureFlag(&f.capture, "write what goes over the lines of each case, one section of the file a case,"),
			storyFlag(&f.story),
			cli.Switch(&f.json, "json", "print one JSON object a case, instead of the table").Writes("ionbench-run 1"),
		}, f.tests.flags()...)...),
		Examples: `
  ionbench run                                     all stored cases
  ionbench run recovery frozen                     two of them
  ionbench run upgrade-failed --print log          what the upgrader logged, and nothing else
  ionbench run upgrade-failed --print trace        every event of the bench
  ionbench run ./field ./today/meter-105.case      your own: a folder, a file
  ionbench run --json | jq 'select(.passed | not)' for programs: one object a case
  ionbench run --junit run.xml --summary run.md    for those who show tests
  ionbench run upgrade-failed --story a.html       the seventy minutes, to look at
  ionbench run upgrade-failed --capture a.pcapng   its frames for Wireshark
`,
		Done: "all came out as their files say", Failed: "one did not",
		Run: f.run,
	}
}

// printed lists what --print can print of a single run.
func printed() []string { return []string{"log", "trace", "plan"} }

func printOne(c *cli.Call, what, plan string, log []byte, trace []story.Event) {
	switch what {
	case "plan":
		c.Print(plan)
	case "log":
		c.Print(string(log))
	default:
		for _, e := range trace {
			c.Print(e.String() + "\n")
		}
	}
}

func (f *runFlags) run(ctx context.Context, c *cli.Call) error {
	if f.print != "" && f.json {
		return errPrintAndJSON()
	}
	if err := errors.Join(f.tests.check(f.json), capturing.Check(f.capture, f.json), serving.CheckStory(f.story)); err != nil {
		return err
	}
	all, err := choose(c.Args, c.In)
	if err != nil {
		return err
	}
	if f.print != "" && len(all) != 1 {
		return cli.Usage("--print prints of one case, and these are %d", len(all)).Hint("name one, as in: ionbench run upgrade-failed --print " + f.print)
	}
	if f.story != "" && len(all) != 1 {
		return cli.Usage("--story tells of one case, and these are %d", len(all)).Hint("name one, as in: ionbench run upgrade-failed --story " + f.story)
	}
	c.Begin()
	began := time.Now()
	var played []playedCase
	stopped := false
	err = captureTo(c, f.capture, func(to io.Writer) (err error) {
		played, stopped, err = playAll(ctx, all, to)
		return err
	})
	if err != nil {
		return err
	}
	if f.story != "" && len(played) == 1 && played[0].err == nil {
		if err := storyOfCase(f.story, played[0]); err != nil {
			return err
		}
	}
	switch {
	case f.json:
		for _, p := range played {
			c.Encode(p.object())
		}
	case f.print == "":
		c.Print(tableOfCases(played))
	case len(played) == 1:
		played[0].print(c, f.print)
	}
	if err := f.tests.write(c, testReportOf(played, began)); err != nil {
		return err
	}
	if stopped {
		return fmt.Errorf("interrupted: %d of %d cases were played", len(played), len(all))
	}
	return verdictOn(played)
}

func errPrintAndJSON() error {
	return cli.Usage("--print and --json exclude each other").Hint("leave one of them out")
}

func verdictOn(played []playedCase) error {
	for _, p := range played {
		if !p.passed() {
			return cli.ErrNo
		}
	}
	return nil
}

// playedCase is a case and its result.
type playedCase struct {
	chosen
	result *cases.Result
	err    error // why the case cannot be played
	began  time.Time
	wall   time.Duration
}

// playAll plays cases until ctx ends, and captures them if that is wanted.
func playAll(ctx context.Context, all []chosen, to io.Writer) (played []playedCase, stopped bool, err error) {
	for _, c := range all {
		if ctx.Err() != nil {
			return played, true, nil
		}
		began := time.Now()
		result, err := c.Run()
		played = append(played, playedCase{c, result, err, began, time.Since(began)})
		if to == nil || err != nil {
			continue
		}
		if err := c.capture(to); err != nil {
			return played, false, err
		}
	}
	return played, false, nil
}

// capture plays a case once more and writes what goes over its lines.
func (c chosen) capture(to io.Writer) error {
	result, err := c.Play(rig.WholeTrace)
	if err != nil {
		return err
	}
	w := c.World.Filled()
	return captured{&w, c.name + ": " + c.Title + "\n" + c.Plan(), rig.Bench, result.Trace}.write(to)
}

func (p playedCase) passed() bool { return p.err == nil && p.result.Passed() }

func (p playedCase) reasons() []string {
	if p.err != nil {
		return []string{"it cannot be played: " + p.err.Error()}
	}
	return p.result.Reasons
}

func (p playedCase) outcome() string {
	if p.err != nil {
		return "-"
	}
	return p.result.Verdicts()
}

func (p playedCase) virtual() time.Duration {
	if p.err != nil {
		return 0
	}
	return p.result.Time
}

// repeat returns the command that plays the case again.
func (p playedCase) repeat() string {
	command := "ionbench run " + shell.Quote(p.name) + " --print trace"
	if p.name == "-" {
		command += " < CASE-FILE"
	}
	return command
}

// print writes one thing of a single case. If the case failed, the reason goes to standard
// error.
func (p playedCase) print(c *cli.Call, what string) {
	if !p.passed() {
		fmt.Fprint(c.Err, p.explanation())
	}
	if p.err != nil {
		p.result = new(cases.Result)
	}
	printOne(c, what, p.Plan(), p.result.Log, p.result.Trace)
}

// explanation says why the outcome of a case is not the one that its file expects.
func (p playedCase) explanation() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s did not come out as its file says:\n", p.name)
	for _, reason := range p.reasons() {
		fmt.Fprintf(&b, "  %s\n", reason)
	}
	b.WriteString("its plan:\n")
	for line := range strings.Lines(p.Plan()) {
		b.WriteString("  " + line)
	}
	fmt.Fprintf(&b, "this repeats it:\n  %s\n", p.repeat())
	return b.String()
}

func tableOfCases(played []playedCase) string {
	rows := [][]string{{"", "CASE", "OUTCOME", "VIRTUAL TIME", "WALL TIME"}}
	failed, reasons := 0, ""
	for _, p := range played {
		mark := "ok"
		if !p.passed() {
			mark = "FAIL"
			failed++
			reasons += "\n" + p.explanation()
		}
		rows = append(rows, []string{mark, p.name, p.outcome(), p.virtual().Round(time.Second).String(), p.wall.Round(100 * time.Microsecond).String()})
	}
	return cli.Table(rows) + reasons + "\n" + summary(len(played), failed) + "\n"
}

func summary(played, failed int) string {
	if failed == 0 {
		return cli.Counted(played, "case") + " as said"
	}
	return fmt.Sprintf("%s, %d not as said", cli.Counted(played, "case"), failed)
}

// testReportOf is the played cases as tests, one for each attempt.
func testReportOf(played []playedCase, began time.Time) *testreport.Report {
	r := &testreport.Report{Title: "ionbench run", Tool: "ionbench run", Started: began, Took: time.Since(began)}
	for _, p := range played {
		r.Suites = append(r.Suites, p.testSuite())
	}
	return r
}

func (p playedCase) testSuite() testreport.Suite {
	s := testreport.Suite{
		Name: p.name, File: p.file(), Started: p.began, Took: p.wall, Repeat: p.repeat(),
		Properties: []testreport.Property{{Name: "title", Value: p.Title}, {Name: "rows", Value: strings.Join(p.Rows, ",")}, {Name: "plan", Value: p.Plan()}, {Name: "virtual_seconds", Value: strconv.FormatFloat(p.virtual().Seconds(), 'f', 3, 64)}, {Name: "repeat", Value: p.repeat()}},
	}
	if p.err != nil {
		s.Tests = []testreport.Test{{Scenario: p.name, Step: "play", Status: testreport.Undecided, Message: p.reasons()[0]}}
		return s
	}
	for i, t := range p.result.Attempts {
		s.Tests = append(s.Tests, testreport.Test{Scenario: p.name, Step: fmt.Sprintf("attempt %d", i+1), Status: testreport.Passed, Took: p.wall / time.Duration(len(p.result.Attempts)), Stdout: string(t.Log)})
	}
	if s.Tests == nil {
		s.Tests = []testreport.Test{{Scenario: p.name, Step: "play", Status: testreport.Passed}}
	}
	if reasons := p.reasons(); len(reasons) > 0 {
		last := &s.Tests[len(s.Tests)-1]
		last.Status, last.Message, last.Text = testreport.Failed, strings.Join(reasons, "; "), p.explanation()
	}
	return s
}

// file is the file that the case is in, from the project's folder for a stored one.
func (p playedCase) file() string {
	switch {
	case p.name == "-":
		return ""
	case slices.Contains(stored.Names(), p.name):
		return "fixtures/cases/" + p.name + stored.Suffix
	}
	return p.name
}

// runObject is a case in JSON.
type runObject struct {
	Case     string          `json:"case"`
	Title    string          `json:"title"`
	Rows     []string        `json:"rows"`
	Passed   bool            `json:"passed"`
	Reasons  []string        `json:"reasons"`
	Attempts []attemptObject `json:"attempts"`
	Virtual  float64         `json:"virtual_seconds"`
	Wall     float64         `json:"wall_seconds"`
	Plan     string          `json:"plan"`
	Repeat   string          `json:"repeat"`
}

type attemptObject struct {
	Outcome      cases.Verdict `json:"outcome"`
	Reason       string        `json:"reason"`
	Seconds      float64       `json:"seconds"`
	Prompts      []string      `json:"prompts"`
	Acts         int           `json:"acts"`
	Resends      uint64        `json:"resends"`
	BytesToMeter uint64        `json:"bytes_to_meter"`
	BytesToHost  uint64        `json:"bytes_to_host"`
	Meter        string        `json:"meter"`
	Revision     string        `json:"revision"`
	Image        bool          `json:"image_intact"`
	FlashOps     uint64        `json:"flash_operations"`
}

func (p playedCase) object() runObject {
	o := runObject{
		Case:     p.name,
		Title:    p.Title,
		Rows:     append([]string{}, p.Rows...),
		Passed:   p.passed(),
		Reasons:  append([]string{}, p.reasons()...),
		Attempts: []attemptObject{},
		Virtual:  p.virtual().Seconds(),
		Wall:     p.wall.Seconds(),
		Plan:     p.Plan(),
		Repeat:   p.repeat(),
	}
	if p.err != nil {
		return o
	}
	for _, t := range p.result.Attempts {
		o.Attempts = append(o.Attempts, attemptOf(t))
	}
	return o
}

func attemptOf(t cases.Tried) attemptObject {
	a := attemptObject{
		Outcome:      t.Verdict,
		Seconds:      t.Cost.Time.Seconds(),
		Prompts:      []string{},
		Acts:         t.Cost.Acts,
		Resends:      t.Cost.Resends,
		BytesToMeter: t.Cost.BytesToMeter,
		BytesToHost:  t.Cost.BytesToHost,
		Meter:        t.Meter.State.String(),
		Revision:     t.Meter.Revision,
		Image:        t.Meter.Image,
		FlashOps:     t.Meter.FlashOps,
	}
	if t.Claim != nil {
		a.Reason = t.Claim.Error()
	}
	for _, p := range t.Prompts {
		a.Prompts = append(a.Prompts, p.String())
	}
	return a
}
