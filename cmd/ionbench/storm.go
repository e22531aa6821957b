package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/terminal"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
)

const stormHelp = `
Try upgrades and recoveries under many faults at once, drawn at random: every kind, trigger,
duration and parameter that plans can say, with and without a journal and the windows, with
images of one to six blocks. Run i of a seed is the same whatever --runs and --parallel are.

A run that breaks an invariant is shrunk; its plan, what it broke, the smallest plan that
breaks the same, and the commands that repeat both are printed. The last line is the sum:
runs, violations, faults that never struck, how many runs ended in which class, seconds.

With --histories a run is what several people do, one after the other or at the same time:
upgrades, recoveries, templates and settings written, on up to three PCs and in two folders,
with one meter or two on one line or two, with journals that are removed, damaged, copied and
replaced, other images, answers of every kind, faults in most attempts, and at the end for
each meter a recovery in peace. One that fails is printed as a case file: first its history
was made shorter, then its faults, then its world. The line before the last says how many
runs came to a journal that is found, declined, older than the meter's settings, damaged or
another meter's, to a recovery without one, to each paste option, to settings that were
changed between two upgrades, to an end between the first boot and the write-back, and to
two tools at once.
`

type stormFlags struct {
	seed     uint64
	first    uint64
	runs     int
	faults   int
	parallel int
	budget   int
	json     bool
	history  bool
	cases    bool
	world    trialFlags // with --world alone
	worlds   string
	tests    testOutputs
	failed   []testreport.Suite // of the runs that broke something
	try      shrink.Try         // nil: the bench
}

func stormCommand(try shrink.Try) *cli.Command {
	f := &stormFlags{seed: 1, runs: 1000, faults: storm.MaxFaults, parallel: runtime.GOMAXPROCS(0), budget: shrink.DefaultBudget, try: try}
	return &cli.Command{
		Name: "storm", Brief: "try many upgrades under faults drawn at random", Help: stormHelp,
		Flags: cli.Plain(append([]cli.Flag{
			cli.Number(&f.seed, "seed", 0, math.MaxUint64, "what everything is drawn from"),
			cli.Number(&f.first, "first", 0, math.MaxUint64, "number of the first run: go on where another storm ended, or repeat a run"),
			cli.Count(&f.runs, "runs", "how many trials"),
			cli.Number(&f.faults, "faults", 1, storm.MaxFaults, "faults of an attempt, at most"),
			parallelFlag(&f.parallel, "trials at once"),
			cli.Count(&f.budget, "budget", "trials to shrink one that fails, at most"),
			f.world.fileFlag("a file with the world of all runs, or a world of \"ionbench worlds\""),
			worldsFlag(&f.worlds, "draw the world of each run from an array: pairs or triples"),
			cli.Switch(&f.history, "histories", "draw histories: what several people do one after the other, on up to three PCs"),
			cli.Switch(&f.cases, "cases", "with --histories: play each a second time, as the case file that is made of it"),
			cli.Switch(&f.json, "json", "print one JSON object a failure, and one for the sum").Writes("ionbench-storm 1"),
		}, f.tests.flags()...)...),
		Examples: `
  ionbench storm                             a thousand runs of seed 1
  ionbench storm --seed 7 --runs 100000
  ionbench storm --seed 7 --first 100000     the thousand runs after these
  ionbench storm --runs 5000 --faults 2      at most two faults in an attempt
  ionbench storm --worlds triples            in worlds of every kind
  ionbench storm --world my.world            all in one of your own
  ionbench storm --json | jq -r '.shrunk.repeat // empty'
  ionbench storm --histories --cases --runs 20000
  ionbench storm --junit storm.xml --summary storm.md
                                             for those who show tests
`,
		Done: "no invariant was broken", Failed: "one was, or the storm was interrupted",
		Run: f.run,
	}
}

// parallelFlag says how many runs go on at the same time.
func parallelFlag(p *int, help string) cli.Flag { return cli.Count(p, "parallel", help).Or("workers") }

func (f *stormFlags) run(ctx context.Context, c *cli.Call) error {
	switch {
	case f.cases && !f.history:
		return cli.Usage("--cases is about histories").Hint("add --histories")
	case f.history && (c.Given("faults") || c.Given("worlds") || c.Given(worldFlag)):
		return cli.Usage("a history draws its own world and its own faults").Hint("leave out --faults, --world and --worlds")
	case f.history:
		return f.runHistories(ctx, c)
	}
	among, err := f.among(c)
	if err != nil {
		return err
	}
	return f.blow(c, func(told *terminal.Progress) (blown, error) {
		report, err := storm.Run(ctx, storm.Options{
			Seed: f.seed, First: f.first, Runs: f.runs, Faults: f.faults, Workers: f.parallel, Shrink: f.budget, Try: f.try, Worlds: among,
			Failed: func(failure storm.Failure) {
				told.Clear()
				f.writeFailure(c, failure)
				f.failed = append(f.failed, f.failedSuite(failure))
			},
			Progress: func(done int) { told.Show(done, f.runs, "") },
		})
		return blown{report.Runs, report.Violations, func(took time.Duration) { f.writeSum(c, report, took) }}, err
	})
}

// blown is a storm of either kind that is over.
type blown struct {
	runs, violations int
	writeSum         func(took time.Duration)
}

// blow plays a storm of either kind and prints what came of it.
func (f *stormFlags) blow(c *cli.Call, play func(told *terminal.Progress) (blown, error)) error {
	if err := f.tests.check(f.json); err != nil {
		return err
	}
	began, told := time.Now(), c.Progress("runs")
	c.Begin()
	done, err := play(told)
	told.Clear()
	if err != nil {
		return err
	}
	done.writeSum(time.Since(began))
	if err := f.tests.write(c, f.testReport(done, began)); err != nil {
		return err
	}
	switch {
	case done.runs < f.runs:
		return fmt.Errorf("interrupted: %d of %d runs were done", done.runs, f.runs)
	case done.violations > 0:
		return cli.ErrNo
	}
	return nil
}

// testReport is a storm as tests: one for each run that broke something, and one for all others.
func (f *stormFlags) testReport(done blown, began time.Time) *testreport.Report {
	r := &testreport.Report{Title: "ionbench storm", Tool: "ionbench storm", Started: began, Took: time.Since(began)}
	rest := testreport.Suite{
		Name: fmt.Sprintf("seed %d", f.seed), Took: r.Took,
		Properties: []testreport.Property{{Name: "first", Value: fmt.Sprint(f.first)}, {Name: "runs", Value: fmt.Sprint(done.runs)}, {Name: "broken", Value: fmt.Sprint(done.violations)}},
	}
	if done.runs > done.violations {
		rest.Tests = []testreport.Test{{Scenario: rest.Name, Step: "all other runs", Status: testreport.Passed, Took: r.Took}}
	}
	r.Suites = append(f.failed, rest)
	if done.runs < f.runs {
		r.Suites = append(r.Suites, interrupted("ionbench storm", fmt.Sprintf("%d of %d runs were done", done.runs, f.runs)))
	}
	return r
}

// suiteOf is a run that broke something as a test.
func (f *stormFlags) suiteOf(run uint64, broken []string, repeat, text string, facts ...testreport.Property) testreport.Suite {
	name := fmt.Sprintf("seed %d run %d", f.seed, run)
	return testreport.Suite{
		Name: name, Repeat: repeat, Properties: append(facts, testreport.Property{Name: "repeat", Value: repeat}),
		Tests: []testreport.Test{{Scenario: name, Step: "play", Status: testreport.Failed, Message: strings.Join(broken, "; "), Text: text}},
	}
}

func (f *stormFlags) failedSuite(failure storm.Failure) testreport.Suite {
	var broken []string
	for _, v := range failure.Result.Violations {
		broken = append(broken, v.String())
	}
	small := failure.Shrunk
	return f.suiteOf(failure.Run, broken, f.repeat(failure), f.failureText(failure),
		testreport.Property{Name: "plan", Value: failure.Plans.String()}, testreport.Property{Name: "shrunk", Value: small.Plans.String()})
}

// among are the worlds that the flags ask for; nil for the storm's own.
func (f *stormFlags) among(c *cli.Call) (storm.Worlds, error) {
	switch {
	case f.world.file != "" && f.worlds != "":
		return nil, cli.Usage("--world is one world, and --worlds are many").Hint("leave one of them out")
	case f.world.file != "":
		w, err := f.world.read(c)
		return func(func(int) int) world.World { return w }, err
	case f.worlds != "":
		array, err := arrayOf(f.worlds)
		return func(below func(int) int) world.World { return array.Rows()[below(len(array.Rows()))].World() }, err
	}
	return nil, nil
}

// repeat is the command that repeats a run.
func (f *stormFlags) repeat(failure storm.Failure) string {
	if failure.ID != "" {
		return "ionbench replay " + failure.ID
	}
	return f.world.replayCommand(failure.Subject)
}

// failureObject is a run that broke an invariant, in JSON.
type failureObject struct {
	Seed       uint64              `json:"seed"`
	Run        uint64              `json:"run"`
	ID         string              `json:"id"`
	Plan       string              `json:"plan"`
	Config     configObject        `json:"config"`
	Violations []verdict.Violation `json:"broken"`
	Repeat     string              `json:"repeat"`
	Shrunk     shrinkObject        `json:"shrunk"`
}

// textsOf returns a signature for JSON.
func textsOf(s shrink.Signature) (list []string) {
	for _, f := range s {
		list = append(list, f.String())
	}
	return list
}

func (f *stormFlags) writeFailure(c *cli.Call, failure storm.Failure) {
	if f.json {
		small := failure.Shrunk
		repeat, smallRepeat := f.repeat(failure), f.world.replayCommand(small.Subject)
		c.Encode(failureObject{
			Seed: f.seed, Run: failure.Run, ID: cmp.Or(failure.ID, idOf(failure.Subject)), Plan: failure.Plans.String(), Config: configOf(failure.World),
			Violations: failure.Result.Violations, Repeat: repeat,
			Shrunk: shrinkObject{
				ID: idOf(small.Subject), Plan: small.Plans.String(), Config: configOf(small.World), Class: trial.Violated.String(),
				Violations: textsOf(shrink.SignatureOf(failure.Result)), Trials: small.Runs, Done: small.Done, Repeat: smallRepeat,
			},
		})
		return
	}
	c.Print(f.failureText(failure) + "\n")
}

// failureText is a run that broke an invariant, for people.
func (f *stormFlags) failureText(failure storm.Failure) string {
	small := failure.Shrunk
	repeat, smallRepeat := f.repeat(failure), f.world.replayCommand(small.Subject)
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, run %d: broken\n", f.seed, failure.Run)
	for _, v := range failure.Result.Violations {
		fmt.Fprintf(&b, "  %v\n", v)
	}
	for _, line := range [][2]string{
		{"plan", failure.Plans.String()},
		{"trial", described(failure.World)},
		{"repeat", repeat},
		{"shrunk", orNothing(small.Plans.String())},
		{"trial", described(small.World)},
		{"repeat", smallRepeat},
	} {
		fmt.Fprintf(&b, "  %-8s%s\n", line[0], line[1])
	}
	if f.world.file == "" && unnamed(small.World) {
		fmt.Fprintf(&b, "  where FILE has\n\n%s", small.World.String())
	}
	return b.String()
}

// sumObject is the result of a storm in JSON.
type sumObject struct {
	Seed       uint64         `json:"seed"`
	Runs       int            `json:"runs"`
	Violations int            `json:"violations"`
	Unstruck   int            `json:"unstruck"`
	Classes    map[string]int `json:"classes"`
	Seconds    float64        `json:"seconds"`
}

func (f *stormFlags) writeSum(c *cli.Call, r storm.Report, took time.Duration) {
	if f.json {
		o := sumObject{f.seed, r.Runs, r.Violations, r.Unstruck, map[string]int{}, took.Seconds()}
		for class, n := range r.Classes {
			o.Classes[trial.Class(class).String()] = n
		}
		c.Encode(o)
		return
	}
	classes := make([]string, len(r.Classes))
	for class, n := range r.Classes {
		classes[class] = fmt.Sprintf("%v:%d", trial.Class(class), n)
	}
	c.Printf("runs=%d violations=%d unstruck=%d classes=%s seconds=%.1f\n",
		r.Runs, r.Violations, r.Unstruck, strings.Join(classes, ","), took.Seconds())
}
