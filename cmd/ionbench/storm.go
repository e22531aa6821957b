package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
)

const stormHelp = `
Try upgrades and recoveries under many faults at once, drawn at random: every kind, trigger,
duration and parameter that plans can say, with and without a journal and the windows, with
images of one to six blocks. Run i of a seed is the same whatever --runs and --workers are.

A run that breaks an invariant is shrunk; its plan, what it broke, the smallest plan that
breaks the same, and the commands that repeat both are printed. The last line is the sum:
runs, violations, faults that never struck, how many runs ended in which class, seconds.

Examples:
  ionbench storm                             a thousand runs of seed 1
  ionbench storm --seed 7 --runs 100000
  ionbench storm --runs 5000 --faults 2      at most two faults in an attempt
  ionbench storm --json | jq -r .shrunk.repeat

Exit status: 0 no invariant was broken, 1 one was, or the storm was interrupted, 2 wrong
usage.
`

type stormFlags struct {
	seed    uint64
	runs    int
	faults  int
	workers int
	budget  int
	json    bool
	try     shrink.Try // nil: the bench
}

func stormCommand() command {
	return command{
		name: "storm", brief: "try many upgrades under faults drawn at random", help: stormHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(stormFlags)
			f.declare(flags)
			return f.run
		},
	}
}

func (f *stormFlags) declare(flags *pflag.FlagSet) {
	flags.Uint64Var(&f.seed, "seed", 1, "what everything is drawn from")
	flags.IntVar(&f.runs, "runs", 1000, "how many trials")
	flags.IntVar(&f.faults, "faults", storm.MaxFaults, "of an attempt, at most")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "trials at once")
	flags.IntVar(&f.budget, "budget", shrink.DefaultBudget, "trials to shrink one that fails, at most")
	flags.BoolVar(&f.json, "json", false, "print one JSON object a failure, and one for the sum")
}

func (f *stormFlags) check(args []string) error {
	const next = "`ionbench storm --help` has examples."
	switch {
	case len(args) > 0:
		return wrongUsage(next, "storm takes no argument, and %q was given", args[0])
	case f.runs < 1:
		return wrongUsage(next, "--runs %d: at least 1", f.runs)
	case f.faults < 1 || f.faults > storm.MaxFaults:
		return wrongUsage(next, "--faults %d: 1 to %d", f.faults, storm.MaxFaults)
	case f.workers < 1:
		return wrongUsage(next, "--workers %d: at least 1", f.workers)
	case f.budget < 1:
		return wrongUsage(next, "--budget %d: at least 1", f.budget)
	}
	return nil
}

func (f *stormFlags) run(ctx context.Context, s streams, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	began, told := time.Now(), newProgress(s.err)
	var broken error // writing
	report, err := storm.Run(ctx, storm.Options{
		Seed: f.seed, Runs: f.runs, Faults: f.faults, Workers: f.workers, Shrink: f.budget, Try: f.try,
		Failed: func(failure storm.Failure) {
			if broken == nil {
				broken = f.writeFailure(s.out, failure)
			}
		},
		Progress: func(done int) {
			if done < f.runs {
				told.tell("%d of %d runs", done, f.runs)
			}
		},
	})
	if err != nil {
		return err
	}
	if broken == nil {
		broken = f.writeSum(s.out, report, time.Since(began))
	}
	switch {
	case broken != nil:
		return fmt.Errorf("write the results: %w", broken)
	case report.Runs < f.runs:
		return fmt.Errorf("interrupted: %d of %d runs were done", report.Runs, f.runs)
	case report.Violations > 0:
		return errFailed
	}
	return nil
}

// failureObject is a run that broke an invariant, as a program reads it.
type failureObject struct {
	Seed   uint64       `json:"seed"`
	Run    uint64       `json:"run"`
	ID     string       `json:"id"`
	Plan   string       `json:"plan"`
	Config configObject `json:"config"`
	Broken []string     `json:"broken"`
	Repeat string       `json:"repeat"`
	Shrunk shrinkObject `json:"shrunk"`
}

func (f *stormFlags) writeFailure(w io.Writer, failure storm.Failure) error {
	small := failure.Shrunk
	repeat := "ionbench replay " + failure.ID
	smallRepeat := new(trialFlags).replayCommand(small.Subject)
	if f.json {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		return out.Encode(failureObject{
			Seed: f.seed, Run: failure.Run, ID: failure.ID, Plan: failure.Plans.String(), Config: configOf(failure.Config),
			Broken: failure.Result.Broken, Repeat: repeat,
			Shrunk: shrinkObject{
				ID: idOf(small.Subject), Plan: small.Plans.String(), Config: configOf(small.Config), Class: trial.Violated.String(),
				Broken: strings.Split(shrink.Signature(failure.Result), ", "), Trials: small.Runs, Done: small.Done, Repeat: smallRepeat,
			},
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, run %d: broken\n", f.seed, failure.Run)
	for _, what := range failure.Result.Broken {
		fmt.Fprintf(&b, "  %s\n", what)
	}
	for _, line := range [][2]string{
		{"plan", failure.Plans.String()},
		{"trial", described(failure.Config)},
		{"repeat", repeat},
		{"shrunk", orNothing(small.Plans.String())},
		{"trial", described(small.Config)},
		{"repeat", smallRepeat},
	} {
		fmt.Fprintf(&b, "  %-8s%s\n", line[0], line[1])
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// sumObject is what came of a storm, as a program reads it.
type sumObject struct {
	Seed       uint64         `json:"seed"`
	Runs       int            `json:"runs"`
	Violations int            `json:"violations"`
	Unstruck   int            `json:"unstruck"`
	Classes    map[string]int `json:"classes"`
	Seconds    float64        `json:"seconds"`
}

func (f *stormFlags) writeSum(w io.Writer, r storm.Report, took time.Duration) error {
	if f.json {
		o := sumObject{f.seed, r.Runs, r.Violations, r.Unstruck, map[string]int{}, took.Seconds()}
		for class, n := range r.Classes {
			o.Classes[trial.Class(class).String()] = n
		}
		return json.NewEncoder(w).Encode(o)
	}
	classes := make([]string, len(r.Classes))
	for class, n := range r.Classes {
		classes[class] = fmt.Sprintf("%v:%d", trial.Class(class), n)
	}
	_, err := fmt.Fprintf(w, "runs=%d violations=%d unstruck=%d classes=%s seconds=%.1f\n",
		r.Runs, r.Violations, r.Unstruck, strings.Join(classes, ","), took.Seconds())
	return err
}
