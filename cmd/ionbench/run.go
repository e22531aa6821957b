package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/cases"
)

const runHelp = `
Play cases in virtual time and say of each whether it came out as its file says: all that
are stored in the program, or those that are named. A CASE is a name of "ionbench list",
a case file, a folder of case files, or - for one on standard input.

Each case is a line of a table: the outcomes of its attempts, the time that passed on
the bench's clock, and the time that it took to play. Of a case that did not come out
as its file says, the reasons follow, its plan of faults, and the command that repeats it.

Examples:
  ionbench run                                     all stored cases
  ionbench run recovery frozen                     two of them
  ionbench run upgrade-failed --print log          what the upgrader logged, and nothing else
  ionbench run upgrade-failed --print trace        every event of the bench
  ionbench run ./field ./today/meter-105.case      your own: a folder, a file
  ionbench run --json | jq 'select(.passed | not)' for programs: one object a case

Exit status: 0 all came out as their files say, 1 one did not, 2 wrong usage, an unknown
case or a file that is no case; then none was played.
`

type runFlags struct {
	print string
	json  bool
}

func runCommand() command {
	return command{
		name: "run", args: "[CASE...]", brief: "play cases and say whether they come out as their files say", help: runHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(runFlags)
			flags.StringVar(&f.print, "print", "", "`log|trace|plan` of one case alone, instead of the table")
			flags.BoolVar(&f.json, "json", false, "print one JSON object a case, instead of the table")
			return f.run
		},
	}
}

func (f *runFlags) run(ctx context.Context, s streams, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	all, err := choose(args, s.in)
	if err != nil {
		return err
	}
	if f.print != "" && len(all) != 1 {
		return wrongUsage("Name one, such as `ionbench run upgrade-failed --print "+f.print+"`.", "--print prints of one case, and these are %d", len(all))
	}
	played, stopped := playAll(ctx, all)
	switch {
	case f.json:
		err = writeJSON(s.out, played)
	case f.print != "" && len(played) == 1:
		err = played[0].print(s, f.print)
	case f.print == "":
		err = writeTable(s.out, played)
	}
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if stopped {
		return fmt.Errorf("interrupted: %d of %d cases were played", len(played), len(all))
	}
	return verdictOn(played)
}

func (f *runFlags) check() error {
	const next = "`ionbench run --help` has examples."
	switch {
	case f.print != "" && f.json:
		return wrongUsage(next, "--print and --json exclude each other")
	case f.print != "" && f.print != "log" && f.print != "trace" && f.print != "plan":
		return wrongUsage(next, "--print %s: use log, trace or plan", f.print)
	}
	return nil
}

func verdictOn(played []playedCase) error {
	for _, p := range played {
		if !p.passed() {
			return errFailed
		}
	}
	return nil
}

// playedCase is a case and what came of it.
type playedCase struct {
	chosen
	result *cases.Result
	err    error // it cannot be played
	wall   time.Duration
}

func playAll(ctx context.Context, all []chosen) (played []playedCase, stopped bool) {
	for _, c := range all {
		if ctx.Err() != nil {
			return played, true
		}
		began := time.Now()
		result, err := c.Run()
		played = append(played, playedCase{c, result, err, time.Since(began)})
	}
	return played, false
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

// repeat is the command that plays the case again.
func (p playedCase) repeat() string {
	command := "ionbench run " + quoted(p.name) + " --print trace"
	if p.name == "-" {
		command += " < CASE-FILE"
	}
	return command
}

// quoted writes an argument so that a shell takes it as one.
func quoted(arg string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:+@%"
	if arg != "" && strings.Trim(arg, plain) == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// print writes one thing of the case alone; why it failed goes to standard error.
func (p playedCase) print(s streams, what string) error {
	if !p.passed() {
		if err := p.explain(s.err); err != nil {
			return err
		}
	}
	if what == "plan" {
		_, err := io.WriteString(s.out, p.Plan())
		return err
	}
	if p.err != nil {
		return nil
	}
	if what == "log" {
		_, err := s.out.Write(p.result.Log)
		return err
	}
	var b strings.Builder
	for _, e := range p.result.Trace {
		b.WriteString(e.String() + "\n")
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// explain tells why a case did not come out as its file says.
func (p playedCase) explain(w io.Writer) error {
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
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTable(w io.Writer, played []playedCase) error {
	rows := [][]string{{"", "CASE", "OUTCOME", "VIRTUAL TIME", "WALL TIME"}}
	failed := 0
	for _, p := range played {
		mark := "ok"
		if !p.passed() {
			mark = "FAIL"
			failed++
		}
		rows = append(rows, []string{mark, p.name, p.outcome(), p.virtual().Round(time.Second).String(), p.wall.Round(100 * time.Microsecond).String()})
	}
	errs := []error{writeColumns(w, rows)}
	for _, p := range played {
		if !p.passed() {
			fmt.Fprintln(w)
			errs = append(errs, p.explain(w))
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", summary(len(played), failed))
	return errors.Join(append(errs, err)...)
}

func summary(played, failed int) string {
	noun := "cases"
	if played == 1 {
		noun = "case"
	}
	if failed == 0 {
		return fmt.Sprintf("%d %s as said", played, noun)
	}
	return fmt.Sprintf("%d %s, %d not as said", played, noun, failed)
}

// writeColumns writes rows with their columns under each other.
func writeColumns(w io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// runObject is a case as a program reads it.
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

func writeJSON(w io.Writer, played []playedCase) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, p := range played {
		if err := out.Encode(p.object()); err != nil {
			return err
		}
	}
	return nil
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
