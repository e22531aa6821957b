package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/simulator/fault"
)

// command is one command of the program. Each stands in a file of its own; commands
// lists them.
type command struct {
	name  string
	args  string // behind the name in its usage line
	brief string
	help  string // for a person: what it does, examples
	// setup declares the flags and returns what runs once they are parsed.
	setup func(flags *pflag.FlagSet) action
}

type action func(ctx context.Context, s streams, args []string) error

// streams are what a command reads and writes. Results go to out, all else to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// commands are all commands, in the order in which help lists them.
func commands() []command {
	return []command{
		runCommand(), listCommand(), formatCommand(),
		faultsCommand(), replayCommand(), shrinkCommand(), stormCommand(), mutantsCommand(),
		sweepCommand(), atlasCommand(), reproduceCommand(), judgeCommand(),
	}
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitNotRun = 3 // the program that was to be judged could not be run
)

// errFailed ends a command that did its work and has told why the answer is no.
var errFailed = errors.New("failed")

// usageError is wrong usage: what is wrong, and what to do next.
type usageError struct{ problem, next string }

func (e *usageError) Error() string { return e.problem }

func wrongUsage(next, format string, args ...any) error {
	return &usageError{problem: fmt.Sprintf(format, args...), next: next}
}

// run is the program. It returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(ctx, args, streams{stdin, stdout, stderr})
	var usage *usageError
	var notRun *notRunError
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return exitDone
	case errors.As(err, &notRun):
		fmt.Fprintf(stderr, "ionbench: %v\n", err)
		return exitNotRun
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "ionbench: %s\n", usage.problem)
		if usage.next != "" {
			fmt.Fprintln(stderr, usage.next)
		}
		return exitUsage
	}
	fmt.Fprintf(stderr, "ionbench: %v\n", err)
	return exitFailed
}

const seeHelp = "`ionbench --help` lists the commands."

func dispatch(ctx context.Context, args []string, s streams) error {
	if len(args) == 0 {
		return wrongUsage(seeHelp, "no command; `ionbench run` plays all cases")
	}
	name, rest := args[0], args[1:]
	switch {
	case name == "--help" || name == "-h" || name == "help" && len(rest) == 0:
		_, err := io.WriteString(s.out, manual())
		return err
	case name == "help":
		name, rest = rest[0], []string{"--help"}
	case strings.HasPrefix(name, "-"):
		return wrongUsage(seeHelp, "the command comes before its flags, and %s stands where a command was expected", name)
	}
	c, err := find(name)
	if err != nil {
		return err
	}
	return c.run(ctx, s, rest)
}

func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	if best, ok := fault.Nearest(name, names); ok {
		return command{}, wrongUsage(seeHelp, "there is no command %q; did you mean %s?", name, best)
	}
	return command{}, wrongUsage(seeHelp, "there is no command %q", name)
}

func (c command) run(ctx context.Context, s streams, args []string) error {
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	act := c.setup(flags)
	if err := flags.Parse(args); err != nil {
		return c.explain(s, flags, err)
	}
	return act(ctx, s, flags.Args())
}

// explain turns what the flag parser says into help or wrong usage.
func (c command) explain(s streams, flags *pflag.FlagSet, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		if _, broken := io.WriteString(s.out, c.manual(flags)); broken != nil {
			return broken
		}
		return err
	}
	next := fmt.Sprintf("`ionbench %s --help` lists its flags.", c.name)
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if best, ok := fault.Nearest(unknown.GetSpecifiedName(), names); ok {
			return wrongUsage(next, "%v; did you mean --%s?", err, best)
		}
	}
	return wrongUsage(next, "%v", err)
}

func (c command) manual(flags *pflag.FlagSet) string {
	usage := "Usage: ionbench " + strings.TrimRight(c.name+" "+c.args, " ")
	text := usage + "\n\n" + strings.TrimLeft(c.help, "\n")
	if known := flags.FlagUsages(); known != "" {
		text += "\nFlags:\n" + known
	}
	return text
}

const manualHead = `ionbench plays firmware upgrades of ION 73xx meters that break, and their recoveries, on
a bench in virtual time: seventy minutes take milliseconds. No meter, port or second
program is needed.

Usage: ionbench COMMAND [FLAG...] [ARGUMENT...]

Commands:
`

const manualTail = `
Examples:
  ionbench run                                 play all stored cases
  ionbench run upgrade-failed --print log      the log that article FA212301 prints
  ionbench run ./field/*.case                  play cases of your own
  ionbench format                              what a case file may say
  ionbench replay 'cable-pull at block 3'      one trial: an upgrade, its faults, its recoveries
  ionbench storm --runs 10000                  many, under faults drawn at random
  ionbench sweep --image-size 8KiB             every point of an upgrade, each with every fault
  ionbench reproduce Upgrade.log               what may have happened, of a log from the field
  ionbench judge --upgrader './up {tcp} {image}'   an upgrader of your own

Results go to standard output, everything else to standard error. Exit status: 0 done,
1 it did not come out as it should, 2 wrong usage.

"ionbench COMMAND --help" tells about a command, its flags, and its examples.
`

func manual() string {
	var b strings.Builder
	b.WriteString(manualHead)
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-10s %s\n", c.name, c.brief)
	}
	b.WriteString(manualTail)
	return b.String()
}
