package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/shell"
	"ionbench/simulator/fault"
)

// Flags are flags under a heading.
type Flags struct {
	Title string // without it they are the command's flags
	List  []Flag
}

// Plain are flags without a heading.
func Plain(flags ...Flag) []Flags { return []Flags{{List: flags}} }

// Flag is a flag of a command: a name, how its value is written, and where it goes.
type Flag struct {
	Name    string
	Letter  string   // short for the name; empty for none
	Aliases []string // names of before, which help does not tell
	Syntax  string   // of the value, such as FILE or pty|tcp; empty for a switch
	Help    string
	Default string // what it is unless given, for help; empty where that goes without saying
	// Set takes a value. It says what is wrong with the text and what would be right.
	Set func(text string) error
	// Get is the value as Set takes it.
	Get    func() string
	Values Values // for completion
	Number bool   // the value is a number, always a decimal one
	Secret bool   // the value is not shown in command lines to copy
	Empty  bool   // the value may be empty
}

// Values are what can stand in a place of the command line, as far as that can be told.
type Values struct {
	Words func() []string
	List  bool   // several words with commas between them
	Files string // pattern of the files that fit, such as *.upg; Folders for folders
}

// Folders are Values.Files for folders alone.
const Folders = "/"

// Words are values that are known.
func Words(words ...string) Values { return Values{Words: func() []string { return words }} }

// Files are the files whose names fit a pattern such as *.upg.
func Files(pattern string) Values { return Values{Files: pattern} }

// With is the flag with values for completion.
func (f Flag) With(v Values) Flag {
	f.Values = v
	return f
}

// Or is the flag with other names, which help does not tell.
func (f Flag) Or(aliases ...string) Flag {
	f.Aliases = aliases
	return f
}

// Unless is the flag with words for what it is unless given.
func (f Flag) Unless(words string) Flag {
	f.Default = words
	return f
}

// MayBeEmpty is the flag whose value may be the empty text.
func (f Flag) MayBeEmpty() Flag {
	f.Empty = true
	return f
}

// Switch is a flag without a value.
func Switch(p *bool, name, help string) Flag {
	f := Of(p, name, "", parseSwitch, strconv.FormatBool, help)
	f.Default = ""
	return f
}

func parseSwitch(text string) (bool, error) {
	b, err := strconv.ParseBool(text)
	if err != nil {
		err = fmt.Errorf("%q is neither true nor false", text)
	}
	return b, err
}

// Of is a flag of any type with a notation. What the variable holds is the default.
func Of[V comparable](p *V, name, syntax string, parse func(string) (V, error), print func(V) string, help string) Flag {
	f := Flag{
		Name: name, Syntax: syntax, Help: help,
		Set: func(text string) error {
			v, err := parse(text)
			if err == nil {
				*p = v
			}
			return err
		},
		Get: func() string { return print(*p) },
	}
	if zero := *new(V); *p != zero {
		f.Default = print(*p)
	}
	return f
}

func asItIs(text string) string { return text }

// Text is a flag that takes any text.
func Text(p *string, name, syntax, help string) Flag {
	return Of(p, name, syntax, func(text string) (string, error) { return text, nil }, asItIs, help)
}

// Texts is a flag that takes any text and may be given several times.
func Texts(p *[]string, name, syntax, help string) Flag {
	return Flag{
		Name: name, Syntax: syntax, Help: help,
		Set: func(text string) error {
			*p = append(*p, text)
			return nil
		},
		Get: func() string { return strings.Join(*p, "; ") },
	}
}

// List is a flag that takes words with commas between them, and may be given several times.
func List(p *[]string, name, syntax, help string) Flag {
	f := Texts(p, name, syntax, help)
	f.Set = func(text string) error {
		for word := range strings.SplitSeq(text, ",") {
			if word == "" {
				return fmt.Errorf("%q has nothing between two commas", text)
			}
			*p = append(*p, word)
		}
		return nil
	}
	f.Get = func() string { return strings.Join(*p, ",") }
	return f
}

// OneOf is a flag that takes one of some values, as they print.
func OneOf[V comparable](p *V, name string, values []V, help string) Flag {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	parse := func(text string) (V, error) {
		if i := slices.Index(words, text); i >= 0 {
			return values[i], nil
		}
		return *new(V), fmt.Errorf("%q is not known; use %s", text, orList(words))
	}
	return Of(p, name, strings.Join(words, "|"), parse, func(v V) string { return fmt.Sprint(v) }, help).With(Words(words...))
}

func orList(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// number is what Number takes.
type number interface {
	~int | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Number is a flag that takes a decimal number from least to most.
func Number[N number](p *N, name, syntax string, least, most N, help string) Flag {
	parse := func(text string) (N, error) { return parseNumber(text, least, most) }
	f := Of(p, name, syntax, parse, func(n N) string { return fmt.Sprint(n) }, help)
	f.Number = true
	return f
}

// Count is a flag that takes a decimal number of at least one.
func Count(p *int, name, help string) Flag {
	parse := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("%q is no number of at least 1", text)
		}
		return n, nil
	}
	f := Of(p, name, "N", parse, strconv.Itoa, help)
	f.Number = true
	return f
}

func parseNumber[N number](text string, least, most N) (n N, err error) {
	ok := false
	if signed, err := strconv.ParseInt(text, 10, 64); err == nil {
		n = N(signed)
		ok = int64(n) == signed && (n < 0) == (signed < 0)
	} else if unsigned, err := strconv.ParseUint(text, 10, 64); err == nil {
		n = N(unsigned)
		ok = uint64(n) == unsigned && n > 0
	}
	if !ok || n < least || n > most {
		return 0, fmt.Errorf("%q is no number from %d to %d", text, least, most)
	}
	return n, nil
}

// Time is a flag that takes a time such as 10s, of at least least.
func Time(p *time.Duration, name string, least time.Duration, help string) Flag {
	parse := func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return 0, fmt.Errorf("%q is no time; write one such as 10s, 1m30s or 200ms", text)
		case d < least:
			return 0, fmt.Errorf("%q is too short; at least %v", text, least)
		}
		return d, nil
	}
	return Of(p, name, "TIME", parse, time.Duration.String, help)
}

// Size is a flag that takes a number of bytes, such as 65536, 64k or 256KiB.
func Size(p *int, name, help string) Flag {
	f := Of(p, name, "BYTES", parseSize, strconv.Itoa, help)
	f.Number = true
	return f
}

// parseSize reads a size; the units are powers of 1024.
func parseSize(text string) (int, error) {
	digits, unit := text, int64(1)
	lower := strings.ToLower(text)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"k", 1 << 10}, {"m", 1 << 20}} {
		if strings.HasSuffix(lower, u.suffix) {
			digits, unit = text[:len(text)-len(u.suffix)], u.bytes
			break
		}
	}
	const most = 1 << 30
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > most/unit {
		return 0, fmt.Errorf("%q is no size: say bytes, or 64k, 256KiB or 1MiB, at most 1024MiB", text)
	}
	return int(n * unit), nil
}

// all are the flags of a command.
func (c *Command) all() []*Flag {
	var list []*Flag
	for i := range c.Flags {
		for j := range c.Flags[i].List {
			list = append(list, &c.Flags[i].List[j])
		}
	}
	return list
}

// value is a flag as pflag wants it.
type value struct{ *Flag }

func (v value) String() string { return "" }

func (v value) Type() string { return "value" }

func (v value) Set(text string) error {
	if text == "" && !v.Empty {
		return errEmpty
	}
	return v.Flag.Set(text)
}

var (
	errHelp  = errors.New("help is wanted")
	errEmpty = errors.New("its value is empty; give one, or leave the flag out")
)

// parse takes the flags of a command off args.
func (c *Call) parse(command *Command, args []string) (rest []string, err error) {
	set := pflag.NewFlagSet(command.Name, pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	names := make(map[string]string)
	flags := command.all()
	for _, f := range flags {
		pf := set.VarPF(value{f}, f.Name, f.Letter, "")
		if f.Syntax == "" {
			pf.NoOptDefVal = "true"
		}
		for _, alias := range f.Aliases {
			names[alias] = f.Name
		}
	}
	set.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if full, ok := names[name]; ok {
			name = full
		}
		return pflag.NormalizedName(name)
	})
	err = set.Parse(args)
	for _, f := range flags {
		if set.Changed(f.Name) {
			c.given = append(c.given, f)
		}
	}
	return set.Args(), c.explain(command, err)
}

// explain puts what the parser says in our words.
func (c *Call) explain(command *Command, err error) error {
	var unknown *pflag.NotExistError
	var alone *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pflag.ErrHelp):
		return errHelp
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return Usage("there is no flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return command.unknownFlag(unknown.GetSpecifiedName())
	case errors.As(err, &alone):
		f := alone.GetFlag().Value.(value)
		return Usage("--%s wants a value: --%s %s", f.Name, f.Name, f.Syntax)
	case errors.As(err, &bad):
		name := bad.GetFlag().Name
		return Usage("--%s: %w", name, bad.Unwrap())
	}
	return Usage("%w", err)
}

func (c *Command) unknownFlag(name string) error {
	names := []string{"help"}
	for _, f := range c.all() {
		names = append(names, f.Name)
	}
	if best, ok := fault.Nearest(name, names); ok {
		return Usage("there is no flag --%s; did you mean --%s?", name, best)
	}
	return Usage("there is no flag --%s", name)
}

// Given says whether a flag stands on the command line.
func (c *Call) Given(name string) bool {
	return slices.ContainsFunc(c.given, func(f *Flag) bool { return f.Name == name })
}

// GivenWords are the flags of these names that stand on the command line, as words of a shell
// for a command line to copy. A secret is not repeated on the screen.
func (c *Call) GivenWords(names ...string) (words []string) {
	for _, f := range c.given {
		switch {
		case !slices.Contains(names, f.Name):
		case f.Syntax == "":
			words = append(words, "--"+f.Name)
		case f.Secret:
			words = append(words, "--"+f.Name, f.Syntax)
		default:
			words = append(words, "--"+f.Name, shell.Quote(f.Get()))
		}
	}
	return words
}
