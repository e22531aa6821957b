package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
)

const shrinkHelp = `
Make a trial that fails as small as it gets while it breaks the same invariants in the same
attempts: fewer faults, simpler triggers, shorter durations, a smaller image. With --until
it need not fail: what is kept is the class of its outcome.
` + trialHelp + `
The smallest trial is printed with its id, the command that repeats it, a case file that
"ionbench run" plays, and a Ginkgo spec for the folder scenarios. Where an invariant is
broken, case and spec fail until that is mended.

Classes: unharmed, resent, cleared-again, recovered, settings-lost, violated.

Examples:
  ionbench shrink 'abort at 60%; cable-pull at block 3; kill at 5m' --until settings-lost
  ionbench shrink t1.V56U9tiLAgA --until unharmed --json
  ionbench shrink 'kill at 90s; kill at 95s' --until settings-lost --case my.case --spec my_test.go

Exit status: 0 done, 1 the trial breaks nothing or is of another class: nothing to shrink,
or the shrinking was interrupted, 2 wrong usage or an id that cannot be repeated here.
`

type shrinkFlags struct {
	trialFlags
	until    string
	budget   int
	caseFile string
	spec     string
	json     bool
}

func shrinkCommand() command {
	return command{
		name: "shrink", args: "ID|PLAN", brief: "find the smallest trial that fails in the same way", help: shrinkHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(shrinkFlags)
			flags.StringVar(&f.until, "until", "", "keep the outcome's `class`, instead of what is broken")
			flags.IntVar(&f.budget, "budget", shrink.DefaultBudget, "trials to run at most")
			flags.StringVar(&f.caseFile, "case", "", "write the case to a new `file`, instead of printing it")
			flags.StringVar(&f.spec, "spec", "", "write the spec to a new `file`, instead of printing it")
			flags.BoolVar(&f.json, "json", false, "print one JSON object")
			f.declare(flags)
			return f.run
		},
	}
}

func (f *shrinkFlags) run(ctx context.Context, s streams, args []string) error {
	if f.budget < 1 {
		return wrongUsage("", "--budget %d: at least 1", f.budget)
	}
	subject, err := f.subject(args)
	if err != nil {
		return err
	}
	fails, err := f.predicate(subject)
	if err != nil {
		return err
	}
	told := newProgress(s.err)
	r := shrink.Minimize(ctx, subject, fails, shrink.Options{Budget: f.budget, Progress: func(runs int, now shrink.Subject) {
		told.tell("after %d trials: %s", runs, orNothing(now.Plans.String()))
	}})
	shrunk, err := f.shrunk(r)
	if err != nil {
		return err
	}
	if err := f.write(s.out, shrunk); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d trials: a smaller plan may be left", r.Runs)
	}
	return nil
}

// predicate is what the shrunk trial must have in common with the one that was given.
func (f *shrinkFlags) predicate(s shrink.Subject) (func(shrink.Subject) bool, error) {
	r, err := trial.TryCaught(s.Config, s.Plans, trial.NoTrace)
	if err != nil {
		return nil, err
	}
	if f.until == "" {
		if r.Class != trial.Violated {
			return nil, fmt.Errorf("the trial breaks no invariant, so there is nothing to shrink; it is %v, and --until %v shrinks it while it stays so", r.Class, r.Class)
		}
		return shrink.FailsLike(r, trial.TryCaught), nil
	}
	class, err := trial.ParseClass(f.until)
	if err != nil {
		return nil, wrongUsage("`ionbench shrink --help` lists the classes.", "--until: %v", err)
	}
	if r.Class != class {
		return nil, fmt.Errorf("the trial is %v, not %v: there is nothing to shrink", r.Class, class)
	}
	return shrink.EndsAs(class, trial.TryCaught), nil
}

// shrunk is what there is to say of the smallest trial.
type shrunk struct {
	shrink.Result
	outcome  *trial.Result
	caseText []byte
	specText []byte
	without  error // why there is neither
	repeat   string
}

func (f *shrinkFlags) shrunk(r shrink.Result) (*shrunk, error) {
	outcome, err := trial.TryCaught(r.Config, r.Plans, trial.NoTrace)
	if err != nil {
		return nil, err
	}
	s := &shrunk{Result: r, outcome: outcome, repeat: f.replayCommand(r.Subject)}
	if s.caseText, s.without = shrink.CaseFile(r.Subject, outcome); s.without == nil {
		s.specText, s.without = shrink.Spec(r.Subject, outcome)
	}
	if s.without != nil && f.caseFile+f.spec != "" {
		return nil, s.without
	}
	return s, nil
}

func (f *shrinkFlags) write(w io.Writer, s *shrunk) error {
	files := []struct {
		what, path, advice string
		text               []byte
	}{
		{"case", f.caseFile, "ionbench run FILE plays it", s.caseText},
		{"spec", f.spec, "it belongs into the folder scenarios", s.specText},
	}
	for _, file := range files {
		if file.path == "" {
			continue
		}
		if err := writeNew(file.path, file.text); err != nil {
			return fmt.Errorf("write the %s: %w", file.what, err)
		}
	}
	text := s.account()
	if f.json {
		return s.json(w)
	}
	for _, file := range files {
		switch {
		case s.without != nil:
		case file.path != "":
			text += fmt.Sprintf("%-9s%s; %s\n", file.what, file.path, file.advice)
		default:
			text += fmt.Sprintf("\n--- %s: %s\n%s", file.what, file.advice, file.text)
		}
	}
	if s.without != nil {
		text += fmt.Sprintf("%-9s%v\n", "no case", s.without)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

// writeNew never writes over a file that somebody has.
func writeNew(path string, b []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func (s *shrunk) account() string {
	var b strings.Builder
	end := "nothing smaller does the same"
	if !s.Done {
		end = "something smaller may do the same: the budget was spent"
	}
	for _, line := range [][2]string{
		{"plan", orNothing(s.Plans.String())},
		{"trial", described(s.Config)},
		{"id", orNothing(idOf(s.Subject))},
		{"repeat", s.repeat},
		{"class", s.outcome.Class.String()},
		{"broken", orNothing(shrink.Signature(s.outcome))},
		{"trials", fmt.Sprintf("%d; %s", s.Runs, end)},
	} {
		fmt.Fprintf(&b, "%-9s%s\n", line[0], line[1])
	}
	return b.String()
}

// shrinkObject is the smallest trial as a program reads it.
type shrinkObject struct {
	ID     string       `json:"id"`
	Plan   string       `json:"plan"`
	Config configObject `json:"config"`
	Class  string       `json:"class"`
	Broken []string     `json:"broken"`
	Trials int          `json:"trials"`
	Done   bool         `json:"done"`
	Repeat string       `json:"repeat"`
	Case   string       `json:"case"`
	Spec   string       `json:"spec"`
}

func (s *shrunk) json(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	err := out.Encode(shrinkObject{
		ID: idOf(s.Subject), Plan: s.Plans.String(), Config: configOf(s.Config), Class: s.outcome.Class.String(),
		Broken: append([]string{}, s.outcome.Broken...), Trials: s.Runs, Done: s.Done, Repeat: s.repeat,
		Case: string(s.caseText), Spec: string(s.specText),
	})
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

// progress is lines on standard error for work that takes long: none at first, and then
// one every few seconds.
type progress struct {
	w    io.Writer
	last time.Time
}

func newProgress(w io.Writer) *progress { return &progress{w, time.Now()} }

func (p *progress) tell(format string, args ...any) {
	const seldom = 2 * time.Second
	if time.Since(p.last) < seldom {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "ionbench: "+format+"\n", args...)
}
