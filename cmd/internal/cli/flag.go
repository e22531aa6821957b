package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/shell"
	"ionbench/simulator/fault"
)

// Flags is a group of flags under a heading.
type Flags struct {
	Title string // heading; empty: the command's own flags
	List  []Flag
}

// Plain makes a group without a heading.
func Plain(flags ...Flag) []Flags { return []Flags{{List: flags}} }

// Flag is a flag of a command: a field, and how it is written on a command line. A flag of a
// yes-or-no field is a switch, which needs no value.
type Flag struct {
	fields.Key
	Letter  string   // the short form; empty for none
	Aliases []string // older names, which still work but are not in help
	Fits    Values   // for completion, if the field does not list its values
	Secret  bool     // the value is not shown in command lines to copy
	Empty   bool     // the value may be empty
	Formats []string // of the JSON that it asks for; fixtures/schemas has their schemas
}

// Values describes, for completion, what fits in a place of the command line.
type Values struct {
	Words func() []string
	List  bool   // several words with commas between them
	Files string // pattern of the files that fit, such as *.upg; Folders for folders
}

// Folders is the value of Values.Files that fits only folders.
const Folders = "/"

// Words returns Values that are a fixed list.
func Words(words ...string) Values { return Values{Words: func() []string { return words }} }

// Files returns Values that are files whose names fit a pattern such as *.upg.
func Files(pattern string) Values { return Values{Files: pattern} }

// With returns the flag with values for completion.
func (f Flag) With(v Values) Flag {
	f.Fits = v
	return f
}

// Or returns the flag with more names, which are not in help.
func (f Flag) Or(aliases ...string) Flag {
	f.Aliases = aliases
	return f
}

// As returns the flag under another name than its field's.
func (f Flag) As(name string) Flag {
	f.Name = name
	return f
}

// Unless returns the flag with words, instead of a value, for its default in help.
func (f Flag) Unless(words string) Flag {
	f.Default, f.Otherwise = "", words
	return f
}

// MayBeEmpty returns the flag so that it also takes an empty value.
func (f Flag) MayBeEmpty() Flag {
	f.Empty = true
	return f
}

// Writes returns the flag with the names and versions of the formats in which it asks for JSON.
func (f Flag) Writes(formats ...string) Flag {
	f.Formats = formats
	return f
}

// View returns flags for the named fields of a table, in this order. The values in t are the
// defaults.
func View[T any](table []fields.Field[T], t *T, names ...string) []Flag {
	keys := fields.Bind(table, t)
	list := make([]Flag, len(names))
	for i, name := range names {
		k := keys[slices.Index(fields.Names(keys), name)]
		if held := k.Get(); len(held) > 0 {
			k.Default, k.Otherwise = held[0], ""
		}
		list[i] = Flag{Key: k}
		if !k.Open {
			list[i].Fits = Words(k.Values...)
		}
	}
	return list
}

// Of returns a flag for one variable. The variable's value is the default.
func Of[V any](p *V, name, help string, n fields.Notation[V]) Flag {
	table := []fields.Field[V]{fields.Of(name, help, func(v *V) *V { return v }, n)}
	f := View(table, p, name)[0]
	f.Get = func() []string { return []string{n.Print(*p)} } // unlike a field, it is printed even if it is zero
	return f
}

// Switch returns a flag without a value.
func Switch(p *bool, name, help string) Flag { return Of(p, name, help, fields.YesNo(name)) }

// Text returns a flag that takes any text.
func Text(p *string, name, syntax, help string) Flag {
	return Of(p, name, help, fields.Text(syntax))
}

// Several returns a flag that may be given several times. Each time adds one value or more.
func Several[V any](p *[]V, name, help string, n fields.Notation[[]V]) Flag {
	f := Of(p, name, help, n)
	f.Set = func(text string) error {
		more, err := n.Parse(text)
		*p = append(*p, more...)
		return err
	}
	return f
}

// List returns a flag that takes words with commas between them, and may be given several
// times.
func List(p *[]string, name, syntax, help string) Flag {
	return Several(p, name, help, fields.Notation[[]string]{
		Syntax: syntax, Open: true,
		Parse: func(text string) ([]string, error) {
			words := strings.Split(text, ",")
			if slices.Contains(words, "") {
				return nil, fmt.Errorf("%q has nothing between two commas", text)
			}
			return words, nil
		},
		Print: func(words []string) string { return strings.Join(words, ",") },
	})
}

// OneOf returns a flag that takes one of these values, written as fmt prints them.
func OneOf[V comparable](p *V, name string, values []V, help string) Flag {
	words := make([]fields.Word[V], len(values))
	for i, v := range values {
		words[i] = fields.Say(fmt.Sprint(v), v)
	}
	return Of(p, name, help, fields.Words("value of "+name, words...))
}

// Number returns a flag that takes a decimal number from least to most.
func Number[N fields.Number](p *N, name string, least, most N, help string) Flag {
	return Of(p, name, help, fields.Integer(least, most))
}

// Count returns a flag that takes a decimal number of at least 1.
func Count(p *int, name, help string) Flag {
	n := fields.Integer(1, math.MaxInt)
	n.Parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("%q is no number of at least 1", text)
		}
		return n, nil
	}
	return Of(p, name, help, n)
}

// Time returns a flag that takes a duration such as 10s, not shorter than least.
func Time(p *time.Duration, name string, least time.Duration, help string) Flag {
	n := fields.Time()
	n.Parse = func(text string) (time.Duration, error) {
		d, err := fields.ParseTime(text)
		if err == nil && d < least {
			err = fmt.Errorf("%q is too short; at least %v", text, least)
		}
		return d, err
	}
	return Of(p, name, help, n)
}

// isSwitch says whether the flag may be given without a value, which then is yes.
func (f *Flag) isSwitch() bool { return slices.Equal(f.Values, []string{"yes", "no"}) }

// Value returns the value as Set takes it, or the default.
func (f *Flag) Value() string {
	if texts := f.Get(); len(texts) > 0 {
		return strings.Join(texts, ", ")
	}
	return f.Default
}

// given returns the command-line words that give the flag its present value.
func (f *Flag) given() (words []string) {
	for _, text := range f.Get() {
		switch {
		case f.isSwitch() && text == "yes":
			words = append(words, "--"+f.Name)
		case f.isSwitch():
			words = append(words, "--"+f.Name+"="+text)
		case f.Secret:
			words = append(words, "--"+f.Name, f.Syntax)
		default:
			words = append(words, "--"+f.Name, shell.Quote(text))
		}
	}
	return words
}

// all returns the flags of all groups.
func (c *Command) all() []*Flag {
	var list []*Flag
	for i := range c.Flags {
		for j := range c.Flags[i].List {
			list = append(list, &c.Flags[i].List[j])
		}
	}
	return list
}

// format is the format of what the command encodes; empty if it has none, or several.
func (c *Command) format() string {
	for _, f := range c.all() {
		if len(f.Formats) == 1 && f.isSwitch() {
			return f.Formats[0]
		}
	}
	return ""
}

// value gives a flag the methods that pflag needs.
type value struct{ *Flag }

func (v value) String() string { return "" }

func (v value) Type() string { return "value" }

func (v value) Set(text string) error {
	if text == "" && !v.Empty {
		return errEmpty
	}
	if word, ok := map[string]string{"true": "yes", "false": "no"}[text]; ok && v.isSwitch() {
		text = word
	}
	return v.Flag.Set(text)
}

var (
	errHelp  = errors.New("help is wanted")
	errEmpty = errors.New("its value is empty; give one, or leave the flag out")
)

// parse sets the flags of a command from args and returns the arguments.
func (c *Call) parse(command *Command, args []string) (rest []string, err error) {
	set := pflag.NewFlagSet(command.Name, pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	names := make(map[string]string)
	flags := command.all()
	for _, f := range flags {
		pf := set.VarPF(value{f}, f.Name, f.Letter, "")
		if f.isSwitch() {
			pf.NoOptDefVal = "yes"
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
	if err = swallowed(set, args); err != nil {
		return nil, err
	}
	err = set.Parse(args)
	for _, f := range flags {
		if set.Changed(f.Name) {
			c.given = append(c.given, f)
		}
	}
	return set.Args(), c.explain(command, err)
}

// swallowed refuses a flag as the value of the flag before it, whose own was forgotten: a file of that
// name would be written.
func swallowed(set *pflag.FlagSet, args []string) error {
	for i := 0; i+1 < len(args) && args[i] != "--"; i++ {
		f := flagNamed(set, args[i])
		if f == nil || f.NoOptDefVal != "" {
			continue
		}
		i++
		switch {
		case args[i] == "--help":
			return errHelp
		case flagNamed(set, args[i]) != nil:
			return Usage("--%s wants a value, and %s is a flag; if it is meant, write --%[1]s=%[2]s", f.Name, args[i])
		}
	}
	return nil
}

// flagNamed is the flag that a word names and gives no value; nil for none.
func flagNamed(set *pflag.FlagSet, word string) *pflag.Flag {
	name, ok := strings.CutPrefix(word, "--")
	if !ok {
		return nil
	}
	return set.Lookup(name)
}

// explain turns an error of pflag into one in the style of this package.
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

// Given says whether a flag is on the command line.
func (c *Call) Given(name string) bool {
	return slices.ContainsFunc(c.given, func(f *Flag) bool { return f.Name == name })
}

// GivenWords returns those of the named flags that are on the command line, as shell words for
// a command line to copy. A secret is replaced by a placeholder, to keep it off the screen.
func (c *Call) GivenWords(names ...string) (words []string) {
	for _, f := range c.given {
		if slices.Contains(names, f.Name) {
			words = append(words, f.given()...)
		}
	}
	return words
}
