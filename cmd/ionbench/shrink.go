package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
)

const shrinkHelp = `
Make a trial that fails as small as it gets while it breaks the same invariants in the same
attempts: fewer faults, simpler triggers, shorter durations, a smaller image. With --until
it need not fail: what is kept is the class of its outcome.
` + trialHelp + `
The smallest trial is printed with its id, the command that repeats it, a case file that
"ionbench run" plays, and a Ginkgo spec for the folder scenarios. Where an invariant is
broken, case and spec fail until that is mended.

Classes: unharmed, resent, cleared-again, recovered, settings-lost, unrecovered, violated.
`

type shrinkFlags struct {
	trialFlags
	until    string
	budget   int
	caseFile string
	spec     string
	story    string
	json     bool
}

func shrinkCommand() *cli.Command {
	f := &shrinkFlags{trialFlags: newTrialFlags(), budget: shrink.DefaultBudget}
	classes := make([]string, trial.ClassCount)
	for i := range classes {
		classes[i] = trial.Class(i).String()
	}
	return &cli.Command{
		Name: "shrink", Brief: "find the smallest trial that fails in the same way", Help: shrinkHelp,
		Args: trialArg(), Surplus: quoteThePlan,
		Flags: cli.Plain(append([]cli.Flag{
			cli.Text(&f.until, "until", "CLASS", "keep the outcome's class, instead of what is broken").With(cli.Words(classes...)),
			cli.Count(&f.budget, "budget", "trials to run at most"),
			cli.Text(&f.caseFile, "case", "FILE", "write the case to a new file, instead of printing it").With(cli.Files("*.case")),
			cli.Text(&f.spec, "spec", "FILE", "write the spec to a new file, instead of printing it").With(cli.Files("*.go")),
			storyFlag(&f.story),
			cli.Switch(&f.json, "json", "print one JSON object").Writes("ionbench-shrink 1"),
		}, f.flags()...)...),
		Examples: `
  ionbench shrink 'abort at 60%; cable-pull at block 3; kill at 5m' --until settings-lost
  ionbench shrink t1.V56U9tiLAgA --until unharmed --json
  ionbench shrink 'kill at 60%; abort at 30%' --journal --until recovered --story small.html
  ionbench shrink 'kill at 90s; kill at 95s' --until settings-lost --case my.case --spec my_test.go
`,
		Failed: "the trial breaks nothing or is of another class: nothing to shrink, or the shrinking was interrupted",
		Run:    f.run,
	}
}

func (f *shrinkFlags) run(ctx context.Context, c *cli.Call) error {
	subject, err := f.subject(c)
	if err != nil {
		return err
	}
	if err := errors.Join(checkOutputs(files.Nothing, f.caseFile, f.spec), serving.CheckStory(f.story)); err != nil {
		return err
	}
	fails, err := f.predicate(c, subject)
	if err != nil {
		return err
	}
	told := c.Progress("")
	r := shrink.Minimize(ctx, subject, fails, shrink.Options{Budget: f.budget, Progress: func(runs int, now shrink.Subject) {
		told.Tell("after %d trials: %s", runs, orNothing(now.Plans.String()))
	}})
	shrunk, err := f.shrunk(r)
	if err != nil {
		return err
	}
	if err := f.write(c, shrunk); err != nil {
		return err
	}
	if f.story != "" {
		if err := storyOfTrial(ctx, f.story, r.Subject, rig.Bench, shrunk.repeat); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d trials: a smaller plan may be left", r.Runs)
	}
	return nil
}

// predicate returns the condition that a smaller trial must fulfil to count as the same
// failure.
func (f *shrinkFlags) predicate(c *cli.Call, s shrink.Subject) (func(shrink.Subject) bool, error) {
	var class trial.Class
	if f.until != "" {
		var err error
		if class, err = trial.ParseClass(f.until); err != nil {
			return nil, cli.Usage("--until: %w", err)
		}
	}
	c.Begin()
	r, err := trial.TryCaught(s.World, s.Plans, rig.NoTrace)
	if err != nil {
		return nil, err
	}
	if f.until == "" {
		if r.Class != trial.Violated {
			return nil, fmt.Errorf("the trial breaks no invariant, so there is nothing to shrink; it is %v, and --until %v shrinks it while it stays so", r.Class, r.Class)
		}
		return shrink.FailsLike(r, trial.TryCaught), nil
	}
	if r.Class != class {
		return nil, fmt.Errorf("the trial is %v, not %v: there is nothing to shrink", r.Class, class)
	}
	return shrink.EndsAs(class, trial.TryCaught), nil
}

// shrunk is what is printed of the smallest trial.
type shrunk struct {
	shrink.Result
	outcome  *trial.Result
	caseText []byte
	specText []byte
	without  error // why there is neither case nor spec
	repeat   string
}

func (f *shrinkFlags) shrunk(r shrink.Result) (*shrunk, error) {
	outcome, err := trial.TryCaught(r.World, r.Plans, rig.NoTrace)
	if err != nil {
		return nil, err
	}
	s := &shrunk{Result: r, outcome: outcome, repeat: f.replayCommand(r.Subject)}
	if trial.CheckSaid(r.World) != nil {
		s.repeat = shell.Join("ionbench", "run", cmp.Or(f.caseFile, "FILE")) // repeats the file that --case writes
	}
	if s.caseText, s.without = shrink.CaseFile(r.Subject, outcome); s.without == nil {
		s.specText, s.without = shrink.Spec(r.Subject, outcome)
	}
	if s.without != nil && f.caseFile+f.spec != "" {
		return nil, s.without
	}
	return s, nil
}

func (f *shrinkFlags) write(c *cli.Call, s *shrunk) error {
	parts := []struct {
		what, path, advice string
		text               []byte
	}{
		{"case", f.caseFile, "ionbench run FILE plays it", s.caseText},
		{"spec", f.spec, "it belongs into the folder scenarios", s.specText},
	}
	for _, part := range parts {
		if part.path == "" {
			continue
		}
		if err := files.WriteBytes(part.path, files.Nothing, files.Public, part.text); err != nil {
			return fmt.Errorf("write the %s: %w", part.what, err)
		}
	}
	if f.json {
		c.Encode(s.object())
		return nil
	}
	c.Print(s.account())
	for _, part := range parts {
		switch {
		case s.without != nil:
		case part.path != "":
			c.Printf("%-9s%s; %s\n", part.what, part.path, part.advice)
		default:
			c.Printf("\n--- %s: %s\n%s", part.what, part.advice, part.text)
		}
	}
	if s.without != nil {
		c.Printf("%-9s%v\n", "no case", s.without)
	}
	return nil
}

func (s *shrunk) account() string {
	var b strings.Builder
	end := "nothing smaller does the same"
	if !s.Done {
		end = "something smaller may do the same: the budget was spent"
	}
	for _, line := range [][2]string{
		{"plan", orNothing(s.Plans.String())},
		{"trial", described(s.World)},
		{"id", orNothing(idOf(s.Subject))},
		{"repeat", s.repeat},
		{"class", s.outcome.Class.String()},
		{"broken", orNothing(shrink.SignatureOf(s.outcome).String())},
		{"trials", fmt.Sprintf("%d; %s", s.Runs, end)},
	} {
		fmt.Fprintf(&b, "%-9s%s\n", line[0], line[1])
	}
	return b.String()
}

// shrinkObject is the smallest trial in JSON.
type shrinkObject struct {
	ID         string       `json:"id"`
	Plan       string       `json:"plan"`
	Config     configObject `json:"config"`
	Class      string       `json:"class"`
	Violations []string     `json:"broken"` // in a storm only rule and place
	Trials     int          `json:"trials"`
	Done       bool         `json:"done"`
	Repeat     string       `json:"repeat"`
	Case       string       `json:"case"`
	Spec       string       `json:"spec"`
}

func (s *shrunk) object() shrinkObject {
	return shrinkObject{
		ID: idOf(s.Subject), Plan: s.Plans.String(), Config: configOf(s.World), Class: s.outcome.Class.String(),
		Violations: append([]string{}, verdict.Texts(s.outcome.Violations)...), Trials: s.Runs, Done: s.Done, Repeat: s.repeat,
		Case: string(s.caseText), Spec: string(s.specText),
	}
}
