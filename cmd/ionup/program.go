package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/client"
	"ionbench/cmd/internal/terminal"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it did not succeed
	exitUsage  = 2 // wrong usage
)

// program is everything that the commands share with the world.
type program struct {
	stdin      io.Reader
	stdout     io.Writer
	stderr     io.Writer
	interrupts <-chan os.Signal // the first aborts, the second ends at once
	timing     client.Timing
	columns    func() int // of the terminal that stderr is; 0: it is none
}

func newProgram(stdin io.Reader, stdout, stderr io.Writer, interrupts <-chan os.Signal) *program {
	timing := client.DefaultTiming()
	timing.Turnaround = 0 // a real PC takes its own time
	return &program{
		stdin: stdin, stdout: stdout, stderr: stderr, interrupts: interrupts, timing: timing,
		columns: func() int { return terminal.Columns(stderr) },
	}
}

// command is one word of the surface. Its flags are added to the set by prepare, which
// returns what carries it out.
type command struct {
	name    string
	brief   string
	help    string
	prepare func(*pflag.FlagSet) action
}

// action carries a command out. Its arguments are those that are no flags.
type action func(ctx context.Context, p *program, args []string) error

// commands in the order of the manual.
func commands() []command {
	return []command{
		identifyCommand(),
		upgradeCommand(),
		recoverCommand(),
		templateSendCommand(),
		templateGetCommand(),
		settingsGetCommand(),
		settingsSetCommand(),
		connectCommand(),
		packCommand(),
		inspectCommand(),
	}
}

// run is the whole program: its result is the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	if err == nil {
		return exitDone
	}
	p.explain(err)
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// explain prints an error and what to do next.
func (p *program) explain(err error) {
	fmt.Fprintf(p.stderr, "ionup: error: %v\n", err)
	var hinted *hintedError
	if errors.As(err, &hinted) {
		for _, hint := range hinted.hints {
			fmt.Fprintf(p.stderr, "ionup: hint: %s\n", hint)
		}
	}
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return wrongUsage("no command", "ionup --help lists the commands")
	}
	if args[0] == "help" {
		args = append(args[1:], "--help")
	}
	if args[0] == "--help" || args[0] == "-h" {
		return p.print(manual())
	}
	if strings.HasPrefix(args[0], "-") {
		return wrongUsage("the first word is "+args[0]+" and no command", "write the command first and its flags behind it; ionup --help lists the commands")
	}
	c, rest, err := findCommand(args)
	if err != nil {
		if wantsHelp(args) && len(familyOf(args[0])) > 0 {
			return p.print(familyManual(args[0]))
		}
		return err
	}
	return p.runCommand(ctx, c, rest)
}

func (p *program) runCommand(ctx context.Context, c command, args []string) error {
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	do := c.prepare(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return p.print(c.manual(flags))
	case err != nil:
		return wrongUsage(err.Error(), "ionup "+c.name+" --help lists its flags")
	}
	return do(ctx, p, flags.Args())
}

// findCommand takes the words of a command off args.
func findCommand(args []string) (command, []string, error) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], nil
		}
	}
	if family := familyOf(args[0]); len(family) > 0 {
		return command{}, nil, wrongUsage(fmt.Sprintf("%s what?", args[0]), "use one of: "+strings.Join(family, ", "))
	}
	return command{}, nil, wrongUsage(fmt.Sprintf("there is no command %q", args[0]), "ionup --help lists the commands")
}

// familyOf lists the commands of two words that begin with word.
func familyOf(word string) []string {
	var names []string
	for _, c := range commands() {
		if strings.HasPrefix(c.name, word+" ") {
			names = append(names, "ionup "+c.name)
		}
	}
	return names
}

func wantsHelp(args []string) bool {
	for _, a := range args {
		if a == "--help" || a == "-h" {
			return true
		}
	}
	return false
}

// print writes a result.
func (p *program) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// usageError is wrong usage: nothing was done.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func wrongUsage(text string, hints ...string) error {
	return withHints(&usageError{text}, hints...)
}

// hintedError carries the next steps beside what went wrong.
type hintedError struct {
	error
	hints []string
}

func (e *hintedError) Unwrap() error { return e.error }

func withHints(err error, hints ...string) error {
	if err == nil || len(hints) == 0 {
		return err
	}
	return &hintedError{err, hints}
}

// hint tells a next step after a success.
func (p *program) hint(text string) { fmt.Fprintf(p.stderr, "ionup: hint: %s\n", text) }
