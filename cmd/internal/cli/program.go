// Package cli is what the command lines of the three programs have in common. A program is a
// table of commands, and a command is a table of flags and arguments. From these tables come
// usage lines, help, hints, suggestions for misspelt words, completion and manual pages. The
// package also declares the exit statuses, and how errors are written:
//
//	PROGRAM: error: what is wrong
//	PROGRAM: hint: what to do next
//
// Each run of a program makes its table anew, with the variables that the flags set, so there
// is no global state. Package pflag is used only to split the command line.
//
// It is only for the programs of this project.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"ionbench/cmd/internal/terminal"
	"ionbench/scenarios/fields"
)

// Program is a program: its commands, and the texts of its help. In manual pages, lines of
// these texts that begin with blanks keep their form.
type Program struct {
	Name     string
	Brief    string // its purpose, in one line
	Intro    string // what it does
	Examples string // command lines, each with an explanation
	Notes    string // more facts, at the end of help
	// Alone runs when no command is named; nil if a command is required.
	Alone    *Command
	Commands []*Command
}

// Command is one command of a program.
type Command struct {
	Name  string // one word, or two words of a family such as "template send"
	Brief string // what it does, in one line
	Help  string
	// Usage stands between the arguments and [FLAG...] in the usage line: the flags that are
	// required.
	Usage    string
	Args     []Arg
	Surplus  string // hint for one argument too many; empty: the usage line
	Flags    []Flags
	Examples string
	Notes    string // after the flags
	// Done and Failed say what exit status 0 and 1 mean for this command; empty: the usual
	// meaning.
	Done, Failed string
	// Unable says what exit status 3 means; empty: the usual meaning.
	Unable string
	// Failure is the line that --json gives of an error with which the command ends before it has
	// begun, for who has its errors go to a file; nil: none.
	Failure func(err error, status Status) []byte
	Run     func(ctx context.Context, c *Call) error
}

// Arg is an argument of a command. Only the last may be optional or repeated.
type Arg struct {
	Name     string // in usage lines, such as FILE.upg
	What     string // such as "firmware file"
	Optional bool
	Many     bool
	Values   Values
	only     []string // the only words that it can be; nil for any
}

// missing says what is missing where the argument is.
func (a Arg) missing() string {
	if a.only == nil {
		return a.What
	}
	return a.What + ": " + fields.OrList(a.only)
}

// Choice is an argument that is one of a few words.
func Choice(name, what string, words ...string) Arg {
	return Arg{Name: name, What: what, Values: Words(words...), only: words}
}

// Streams has what a program reads and writes. Results go to Out, everything else to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Columns  func() int // width of the terminal behind Err, 0 for none; nil: it is looked up
}

// Call is one run of a command.
type Call struct {
	Streams
	Args []string

	program *Program
	command *Command
	given   []*Flag // the flags on the command line, in the order of the table
	began   bool
}

// Endings are the signals that end a program in good order: Ctrl-C, SIGTERM, SIGQUIT (Ctrl-\), and
// SIGHUP as the terminal goes, which nohup keeps out. Those of a program's own faults, which another
// program can send as well, would end it with the status of wrong usage and a dump.
func Endings() []os.Signal {
	signals := append([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}, ofFaults()...)
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func ofFaults() []os.Signal {
	return append([]os.Signal{syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV}, ofCalls...)
}

// Hurries reports whether a signal that comes after the first one ends a program on the spot. A
// terminal that goes is told of twice, by the kernel and by the shell, and means it once. What
// faults send ends nothing in good order.
func Hurries(s os.Signal) bool { return s != syscall.SIGHUP && !slices.Contains(ofFaults(), s) }

// Interruptible returns a context that ends with a signal of Endings. A second one that Hurries
// ends the process at once.
func Interruptible() context.Context {
	signals := Endings()
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		for _, s := range signals {
			if !Hurries(s) {
				signal.Notify(make(chan os.Signal, 1), s) // nobody listens, but it does not kill
			}
		}
		stop()
	})
	return ctx
}

// Begin says that from now on something is sent or judged. From then on an error of the
// environment counts as a failure of the work.
func (c *Call) Begin() { c.began = true }

// Run runs the program and returns its exit status. If this is not Done, s.Err gets the
// reason.
func (p *Program) Run(ctx context.Context, s Streams, args []string) Status {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &output{w: s.Out, broken: cancel}
	s.Out = out
	if s.Columns == nil {
		s.Columns = func() int { return terminal.Columns(s.Err) }
	}
	c := &Call{Streams: s, program: p}
	command, err := p.dispatch(ctx, c, args)
	if out.err != nil {
		err = unheard(command, out.err, err)
	}
	if errors.Is(out.err, syscall.EPIPE) {
		return StatusOf(err) // whoever read has seen enough, say of | head
	}
	if err == nil || errors.Is(err, ErrNo) {
		return StatusOf(err)
	}
	p.complain(s.Err, command, err)
	status := StatusOf(err)
	if command != nil && command.Failure != nil && !c.began && asksForJSON(args) {
		_, _ = out.Write(command.Failure(err, status))
	}
	if status == Environment && c.began {
		return Failed
	}
	return status
}

// unheard is the error of a command whose results could not be written. Where exit status 1 is a
// verdict, it is one still, and whatever else came of it is none.
func unheard(command *Command, lost, err error) error {
	lost = fmt.Errorf("standard output: %w", lost)
	switch judges := command != nil && command.Failed != "" && command.Unable != ""; {
	case judges && StatusOf(err) == Failed:
		return WithStatus(lost, Failed)
	case !judges && errors.Is(lost, syscall.EPIPE):
		return WithStatus(lost, Failed)
	}
	return Environmental(lost)
}

// asksForJSON looks at the words, for the error may be of a flag before it.
func asksForJSON(args []string) bool {
	words := slices.Index(args, "--")
	if words < 0 {
		words = len(args)
	}
	return slices.Contains(args[:words], "--json")
}

// complain writes an error and its hints. If that fails, nothing is left to report it on.
func (p *Program) complain(w io.Writer, c *Command, err error) {
	fmt.Fprintf(w, "%s: error: %v\n", p.Name, err)
	hints := Hints(err)
	if len(hints) == 0 && StatusOf(err) == Misused {
		hints = []string{p.seeHelp(c)}
	}
	for _, hint := range hints {
		fmt.Fprintf(w, "%s: hint: %s\n", p.Name, hint)
	}
}

func (p *Program) seeHelp(c *Command) string {
	if c == nil || c.Name == "" {
		return p.Name + " --help tells what there is"
	}
	return p.Name + " " + c.Name + " --help tells how it is called"
}

// dispatch runs what the command line asks for. It returns the command, if there is one,
// because the hints of an error depend on it.
func (p *Program) dispatch(ctx context.Context, c *Call, args []string) (*Command, error) {
	var first string
	if len(args) > 0 {
		first = args[0]
	}
	switch {
	case first == "help" && len(args) > 1:
		args = append(slices.Clone(args[1:]), "--help")
	case first == "help", p.Alone == nil && isHelp(first):
		c.Print(p.help())
		return nil, nil
	case first == "--version":
		c.Print(version(p.Name))
		return nil, nil
	case first == completeCommand:
		c.Print(p.complete(args[1:]))
		return nil, nil
	}
	command, rest, err := p.find(args)
	switch {
	case err == nil:
	case slices.ContainsFunc(args, isHelp) && p.family(args[0]) != nil:
		c.Print(p.familyHelp(args[0]))
		return nil, nil
	default:
		return nil, err
	}
	return command, p.run(ctx, c, command, rest)
}

func isHelp(word string) bool { return word == "--help" || word == "-h" }

// all returns the commands of the program, completion and man.
func (p *Program) all() []*Command {
	return append(slices.Clone(p.Commands), p.completionCommand(), p.manCommand())
}

// find finds the command that args begin with, and returns the words after it.
func (p *Program) find(args []string) (c *Command, rest []string, err error) {
	for _, c := range p.all() {
		words := strings.Fields(c.Name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return c, args[len(words):], nil
		}
	}
	seeHelp := p.Name + " --help lists the commands"
	if len(args) > 0 {
		if family := p.family(args[0]); family != nil {
			if c, rest := behindFlags(args, family); c != nil {
				return c, rest, nil
			}
			return nil, nil, p.unknownMember(args, family)
		}
	}
	switch {
	case p.Alone != nil:
		return p.Alone, args, nil
	case len(args) == 0:
		return nil, nil, Usage("no command").Hint(seeHelp)
	case strings.HasPrefix(args[0], "-"):
		return nil, nil, Usage("%s stands where a command was expected", args[0]).Hint("write the command first and its flags behind it", seeHelp)
	}
	return nil, nil, Unknown("command", args[0], p.firstWords()).Hint(seeHelp)
}

// behindFlags finds a command of two words between which its flags stand: `ctl --to HOST:PORT state`.
func behindFlags(args []string, family []*Command) (c *Command, rest []string) {
	for _, c := range family {
		i := 1
		for i < len(args) && strings.HasPrefix(args[i], "-") {
			i += c.flagWords(args[i])
		}
		if i < len(args) && i > 1 && args[0]+" "+args[i] == c.Name {
			return c, slices.Concat(args[1:i], args[i+1:])
		}
	}
	return nil, nil
}

// flagWords is how many words a flag takes that is written so: two if its value follows it.
func (c *Command) flagWords(word string) int {
	name, _, whole := strings.Cut(strings.TrimLeft(word, "-"), "=")
	for _, f := range c.all() {
		if !whole && !f.isSwitch() && (f.Name == name || f.Letter == name || slices.Contains(f.Aliases, name)) {
			return 2
		}
	}
	return 1
}

// family returns the commands of two words that begin with word.
func (p *Program) family(word string) (members []*Command) {
	for _, c := range p.all() {
		if strings.HasPrefix(c.Name, word+" ") {
			members = append(members, c)
		}
	}
	return members
}

func (p *Program) unknownMember(args []string, family []*Command) error {
	var names []string
	for _, c := range family {
		names = append(names, c.Name)
	}
	hint := "use one of: " + strings.Join(names, ", ")
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		return Unknown("command", args[0]+" "+args[1], names).Hint(hint)
	}
	return Usage("%s what?", args[0]).Hint(hint)
}

func (p *Program) firstWords() (words []string) {
	for _, c := range p.all() {
		first, _, _ := strings.Cut(c.Name, " ")
		if !slices.Contains(words, first) {
			words = append(words, first)
		}
	}
	return words
}

// run parses the flags of a command and runs it.
func (p *Program) run(ctx context.Context, call *Call, c *Command, args []string) error {
	call.command = c
	err := p.read(call, c, args)
	switch {
	case errors.Is(err, errHelp) && c == p.Alone:
		call.Print(p.help())
		return nil
	case errors.Is(err, errHelp):
		call.Print(p.commandHelp(c))
		return nil
	case err != nil:
		return err
	}
	return c.Run(ctx, call)
}

func (p *Program) read(call *Call, c *Command, args []string) (err error) {
	if call.Args, err = call.parse(c, args); err != nil {
		return err
	}
	return p.checkArgs(c, call.Args)
}

// Check says what is wrong with the flags and the number of arguments of a command line,
// without running it. Tests use it to check the command lines in texts.
func (p *Program) Check(args []string) error {
	c, rest, err := p.find(args)
	if err != nil {
		return err
	}
	return p.read(&Call{program: p}, c, rest)
}

// Written is JSON that a command line asks for: its format is one of these, and it goes to a file,
// or to standard output if that is "".
type Written struct {
	Formats []string
	File    string
}

// JSON tells which JSON a correct command line asks for. Tests use it to hold outputs to their
// schemas.
func (p *Program) JSON(args []string) (list []Written) {
	c, rest, err := p.find(args)
	if err != nil {
		return nil
	}
	call := &Call{program: p}
	if p.read(call, c, rest) != nil {
		return nil
	}
	for _, f := range c.all() {
		switch {
		case len(f.Formats) == 0 || !call.Given(f.Name):
		case f.isSwitch():
			list = append(list, Written{f.Formats, ""})
		default:
			list = append(list, Written{f.Formats, f.Value()})
		}
	}
	return list
}

// checkArgs checks the number of arguments, and those that are a choice.
func (p *Program) checkArgs(c *Command, args []string) error {
	for i, a := range c.Args {
		if i >= len(args) && !a.Optional {
			return Usage("no %s", a.missing()).Hint("usage: " + p.usageLine(c))
		}
		if i < len(args) && a.only != nil && !slices.Contains(a.only, args[i]) {
			return Unknown(a.What, args[i], a.only).Hint("use " + fields.OrList(a.only))
		}
	}
	most := len(c.Args)
	if len(args) <= most || most > 0 && c.Args[most-1].Many {
		return nil
	}
	hint := c.Surplus
	if hint == "" {
		hint = "usage: " + p.usageLine(c)
	}
	return Usage("%q is one argument too many", args[most]).Hint(hint)
}
