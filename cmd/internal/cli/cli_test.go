package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/scenarios/fields"
)

// flags holds what the command line of the test program sets.
type flags struct {
	loud    bool
	level   int
	unit    uint16
	seed    uint64
	name    string
	colour  string
	spaces  []string
	wait    time.Duration
	bytes   int
	secret  string
	aliased int
}

func (f *flags) list() []Flag {
	secret := Text(&f.secret, "password", "PASSWORD", "that nobody sees")
	secret.Secret = true
	name := Text(&f.name, "name", "TEXT", "of the thing")
	name.Letter = "n"
	return []Flag{
		Switch(&f.loud, "loud", "say it loud"),
		Number(&f.level, "level", -3, 300, "how loud"),
		Number(&f.unit, "unit-id", 1, 9999, "which one"),
		Number(&f.seed, "seed", 0, math.MaxUint64, "of chance"),
		name,
		OneOf(&f.colour, "colour", []string{"red", "green"}, "of it").MayBeEmpty(),
		List(&f.spaces, "space", "NAME[,NAME]", "where").With(Values{Words: func() []string { return []string{"wire", "flash"} }, List: true}),
		Time(&f.wait, "wait", time.Millisecond, "how long"),
		Of(&f.bytes, "size", "how much", fields.Size(0, 1<<20)),
		secret,
		Count(&f.aliased, "parallel", "at once").Or("workers"),
	}
}

// thing makes a program for tests. Its commands call did.
func thing(f *flags, did func(c *Call) error) *Program {
	run := func(_ context.Context, c *Call) error {
		if did == nil {
			return nil
		}
		return did(c)
	}
	return &Program{
		Name: "thing", Brief: "do things", Intro: "thing does things.",
		Commands: []*Command{
			{Name: "do", Brief: "do it", Help: "Do it.\n\n  as shown\n\n.dotted and back\\slash", Args: []Arg{{Name: "FILE.upg", What: "firmware file", Values: Files("*.upg")}},
				Usage: "(--this | --that)", Flags: Plain(f.list()...), Examples: "  thing do x\n", Failed: "it was not done", Run: run},
			{Name: "undo", Brief: "undo it", Args: []Arg{{Name: "KIND", What: "kind", Optional: true, Many: true, Values: Words("cable-pull", "kill")}}, Run: run},
			{Name: "set read", Brief: "read a set", Run: run},
			{Name: "set write", Brief: "write a set", Args: []Arg{{Name: "KEY=VALUE", What: "setting", Many: true, Values: Words("owner=", "tag1=")}}, Surplus: "hands off", Run: run},
		},
	}
}

// outcome runs a program to its end.
func outcome(p *Program, args ...string) (status Status, stdout, stderr string) {
	var out, err bytes.Buffer
	status = p.Run(context.Background(), Streams{Out: &out, Err: &err}, args)
	return status, out.String(), err.String()
}

// Help shows the default of a switch where the name does not say it.
func TestASwitchCanBeTurnedOff(t *testing.T) {
	for text, want := range map[string]string{"--loud": "--loud", "--loud=yes": "--loud", "--loud=true": "--loud", "--loud=no": "--loud=no", "--loud=false": "--loud=no"} {
		f := &flags{loud: true}
		status, _, stderr := outcome(thing(f, func(c *Call) error {
			if got := strings.Join(c.GivenWords("loud"), " "); got != want || f.loud != (want == "--loud") {
				t.Errorf("%s is %v, to copy: %s", text, f.loud, got)
			}
			return nil
		}), "do", "x", text)
		if status != Done {
			t.Errorf("%s: %s", text, stderr)
		}
	}
}

func TestAFlagTakesItsValue(t *testing.T) {
	f := &flags{}
	var given []string
	status, _, stderr := outcome(thing(f, func(c *Call) error {
		for _, name := range []string{"loud", "level", "parallel", "wait"} {
			if c.Given(name) {
				given = append(given, name)
			}
		}
		if !slices.Equal(c.Args, []string{"x.upg"}) {
			t.Errorf("the arguments are %q", c.Args)
		}
		want := "--loud --level 0 --name 'a b' --password PASSWORD --parallel 4"
		if got := strings.Join(c.GivenWords("loud", "level", "name", "password", "parallel", "wait"), " "); got != want {
			t.Errorf("to copy: %s, want %s", got, want)
		}
		return nil
	}), "do", "--loud", "x.upg", "--level=0", "-n", "a b", "--space", "wire,flash", "--space", "x", "--size", "64k", "--password", "p", "--workers", "4", "--colour", "red", "--seed", "18446744073709551615")
	if status != Done || stderr != "" {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	want := flags{loud: true, level: 0, seed: math.MaxUint64, name: "a b", colour: "red", bytes: 65536, secret: "p", aliased: 4, spaces: []string{"wire", "flash", "x"}}
	if fmt.Sprint(*f) != fmt.Sprint(want) || !slices.Equal(given, []string{"loud", "level", "parallel"}) {
		t.Errorf("%+v, given %q", *f, given)
	}
}

func TestAFlagIsAValueOnlyWhereThatIsSaid(t *testing.T) {
	f := &flags{}
	if status, _, stderr := outcome(thing(f, nil), "do", "x.upg", "--name=--loud", "--password", "--", "--level", "2", "--", "--level"); status != Misused || !strings.Contains(stderr, "one argument too many") {
		t.Errorf("exit %d: %s", status, stderr)
	}
	if f.name != "--loud" || f.secret != "--" || f.level != 2 || f.loud {
		t.Errorf("%+v", *f)
	}
	for _, args := range [][]string{{"do", "x.upg", "--name", "--help"}, {"help", "do", "--name"}} {
		if status, stdout, stderr := outcome(thing(&flags{}, nil), args...); status != Done || !strings.HasPrefix(stdout, "Usage: thing do ") {
			t.Errorf("%q: exit %d, %.100s%s", args, status, stdout, stderr)
		}
	}
}

func TestANumberIsAlwaysDecimal(t *testing.T) {
	for text, want := range map[string]int{"0105": 105, "010": 10, "00": 0, "-03": -3, "300": 300} {
		f := &flags{}
		if status, _, stderr := outcome(thing(f, nil), "do", "x", "--level", text); status != Done || f.level != want {
			t.Errorf("%s is %d: %s", text, f.level, stderr)
		}
	}
	for _, flag := range new(flags).list() {
		if flag.Syntax != "N" && flag.Syntax != "BYTES" {
			continue
		}
		if err := flag.Set("0010"); err != nil || !slices.Equal(flag.Get(), []string{"10"}) {
			t.Errorf("--%s 0010 is %s, %v", flag.Name, flag.Get(), err)
		}
		for _, text := range []string{"0x10", "0b1", "0o7", "1_000", "1e3", " 5", "५"} {
			if err := flag.Set(text); err == nil {
				t.Errorf("--%s takes %q as %s", flag.Name, text, flag.Get())
			}
		}
	}
}

// Every mistake has the same wording in all programs.
func TestFlagsCanStandBetweenTheTwoWordsOfACommand(t *testing.T) {
	for line, want := range map[string]string{
		"send --name in out x":        "in false x",
		"send --name=y --loud out x":  "y true x",
		"send -n y out --loud x":      "y true x",
		"send --loud in":              " true ",
		"send out x --name y":         "y false x",
		"send --loud --name out in x": "",
	} {
		f := &flags{}
		var got string
		run := func(_ context.Context, c *Call) error {
			got = fmt.Sprintf("%s %t %s", f.name, f.loud, strings.Join(c.Args, " "))
			return nil
		}
		p := thing(f, nil)
		p.Commands = append(p.Commands,
			&Command{Name: "send out", Args: []Arg{{Name: "TEXT", What: "text"}}, Flags: Plain(f.list()...), Run: run},
			&Command{Name: "send in", Flags: Plain(f.list()[0]), Run: run})
		status, _, stderr := outcome(p, strings.Fields(line)...)
		if got != want || (status == Done) != (want != "") {
			t.Errorf("%s: %q, want %q; %s", line, got, want, stderr)
		}
	}
}

func TestWrongUsageIsToldInOneStyle(t *testing.T) {
	const help = "hint: thing do --help tells how it is called"
	const usage = "hint: usage: thing do FILE.upg (--this | --that) [FLAG...]"
	for line, want := range map[string][]string{
		"":                        {"error: no command", "hint: thing --help lists the commands"},
		"dp x":                    {"error: there is no command \"dp\"; did you mean do?", "hint: thing --help lists the commands"},
		"--loud do":               {"error: --loud stands where a command was expected", "hint: write the command first and its flags behind it", "hint: thing --help lists the commands"},
		"set":                     {"error: set what?", "hint: use one of: set read, set write"},
		"set --loud":              {"error: set what?", "hint: use one of: set read, set write"},
		"set wriet a=b":           {"error: there is no command \"set wriet\"; did you mean set write?", "hint: use one of: set read, set write"},
		"set write":               {"error: no setting", "hint: usage: thing set write KEY=VALUE..."},
		"set read x":              {"error: \"x\" is one argument too many", "hint: usage: thing set read"},
		"do":                      {"error: no firmware file", usage},
		"do a b":                  {"error: \"b\" is one argument too many", usage},
		"do a --lowd":             {"error: there is no flag --lowd; did you mean --loud?", help},
		"do a --hlep":             {"error: there is no flag --hlep; did you mean --help?", help},
		"do a --xyzzy":            {"error: there is no flag --xyzzy", help},
		"do a -x":                 {"error: there is no flag -x", help},
		"do a --level":            {"error: --level wants a value: --level N", help},
		"do a --name --loud":      {"error: --name wants a value, and --loud is a flag; if it is meant, write --name=--loud", help},
		"do a --name --workers 2": {"error: --name wants a value, and --workers is a flag; if it is meant, write --name=--workers", help},
		"do a --level=":           {"error: --level: its value is empty; give one, or leave the flag out", help},
		"do a --level 301":        {"error: --level: \"301\" is no number from -3 to 300", help},
		"do a --unit-id 0":        {"error: --unit-id: \"0\" is no number from 1 to 9999", help},
		"do a --unit-id -1":       {"error: --unit-id: \"-1\" is no number from 1 to 9999", help},
		"do a --unit-id 65537":    {"error: --unit-id: \"65537\" is no number from 1 to 9999", help},
		"do a --seed -1":          {"error: --seed: \"-1\" is no number from 0 to 18446744073709551615", help},
		"do a --parallel 0":       {"error: --parallel: \"0\" is no number of at least 1", help},
		"do a --workers x":        {"error: --parallel: \"x\" is no number of at least 1", help},
		"do a --loud=maybe":       {"error: --loud: \"maybe\" is no value of loud; use yes or no", help},
		"do a --colour blue":      {"error: --colour: \"blue\" is no value of colour; use red or green", help},
		"do a --wait soon":        {"error: --wait: \"soon\" is no time; write one such as 30s, 2m or 1h10m", help},
		"do a --wait 1us":         {"error: --wait: \"1us\" is too short; at least 1ms", help},
		"do a --space wire,,x":    {"error: --space: \"wire,,x\" has nothing between two commas", help},
		"do a ---loud":            {"error: bad flag syntax: ---loud", help},
		"completion tcsh":         {"error: there is no shell \"tcsh\"", "hint: use bash, zsh or fish"},
		"man set wirte":           {"error: there is no command \"set wirte\"; did you mean set write?", "hint: use one of: set read, set write"},
		"man do x":                {"error: there is no command \"do x\"", "hint: thing man --help tells how it is called"},
		"help xyzzy":              {"error: there is no command \"xyzzy\"", "hint: thing --help lists the commands"},
		"undo cable-pull kill -x": {"error: there is no flag -x", "hint: thing undo --help tells how it is called"},
	} {
		t.Run(line, func(t *testing.T) {
			status, stdout, stderr := outcome(thing(&flags{}, nil), strings.Fields(line)...)
			want := "thing: " + strings.Join(want, "\nthing: ") + "\n"
			if status != Misused || stdout != "" || stderr != want {
				t.Errorf("exit %d, on stdout %q, on stderr\n%s\nwant\n%s", status, stdout, stderr, want)
			}
		})
	}
}

func TestAnErrorSaysItsStatusAndWhatToDoNext(t *testing.T) {
	bad := errors.New("it is bad")
	for _, test := range []struct {
		name   string
		err    error
		begun  bool
		status Status
		stderr string
	}{
		{"nothing", nil, false, Done, ""},
		{"the verdict is no", ErrNo, true, Failed, ""},
		{"any error", bad, false, Failed, "thing: error: it is bad\n"},
		{"input", Unusable(bad), true, Misused, "thing: error: it is bad\nthing: hint: thing undo --help tells how it is called\n"},
		{"input with a hint", Unusable(bad).Hint("mend it", "or not"), false, Misused, "thing: error: it is bad\nthing: hint: mend it\nthing: hint: or not\n"},
		{"the environment", fmt.Errorf("port: %w", Environmental(bad)), false, Environment, "thing: error: port: it is bad\n"},
		{"the environment, later", Environmental(bad), true, Failed, "thing: error: it is bad\n"},
		{"a hint leaves the status", WithHints(Environmental(bad), "mend it"), false, Environment, "thing: error: it is bad\nthing: hint: mend it\n"},
		{"the last hints count", WithHints(fmt.Errorf("here: %w", Usage("bad").Hint("one")), "two"), false, Misused, "thing: error: here: bad\nthing: hint: two\n"},
		{"no hint at all", WithHints(bad), false, Failed, "thing: error: it is bad\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := outcome(thing(&flags{}, func(c *Call) error {
				if test.begun {
					c.Begin()
				}
				return test.err
			}), "undo")
			if status != test.status || stderr != test.stderr {
				t.Errorf("exit %d, on stderr\n%s\nwant %d and\n%s", status, stderr, test.status, test.stderr)
			}
		})
	}
}

// broken is a standard output to which every write fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestOutputThatCannotBeWrittenEndsTheWork(t *testing.T) {
	for begun, want := range map[bool]Status{false: Environment, true: Failed} {
		var diagnostics bytes.Buffer
		p := thing(&flags{}, nil)
		p.Commands[1].Run = func(ctx context.Context, c *Call) error {
			if begun {
				c.Begin()
			}
			c.Encode(map[string]int{"a": 1})
			<-ctx.Done()
			c.Print("more")
			return errors.New("interrupted")
		}
		status := p.Run(context.Background(), Streams{Out: broken{}, Err: &diagnostics}, []string{"undo"})
		if status != want || diagnostics.String() != "thing: error: standard output: io: read/write on closed pipe\n" {
			t.Errorf("begun %v: exit %d: %s", begun, status, diagnostics.String())
		}
	}
}

// unread is a standard output that nobody reads any more.
type unread struct{}

func (unread) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAVerdictThatNobodyReadsAccusesNobody(t *testing.T) {
	for _, test := range []struct {
		name   string
		out    io.Writer
		unable string // exit status 1 is a verdict
		err    error
		want   Status
	}{
		{"yes, unread", unread{}, "no verdict", nil, Environment},
		{"yes, no room", broken{}, "no verdict", nil, Environment},
		{"no, unread", unread{}, "no verdict", ErrNo, Failed},
		{"no, no room", broken{}, "no verdict", ErrNo, Failed},
		{"none, unread", unread{}, "no verdict", Environmental(errors.New("interrupted")), Environment},
		{"work, unread", unread{}, "", nil, Failed},
		{"work, no room", broken{}, "", nil, Environment},
	} {
		var told bytes.Buffer
		p := thing(&flags{}, func(c *Call) error {
			c.Print("result")
			return test.err
		})
		if p.Commands[1].Unable = test.unable; test.unable != "" {
			p.Commands[1].Failed = "the verdict is no"
		}
		status := p.Run(t.Context(), Streams{Out: test.out, Err: &told}, []string{"undo"})
		if said := told.Len() > 0; status != test.want || said != (test.out == broken{}) {
			t.Errorf("%s: exit %d: %s", test.name, status, told.String())
		}
	}
}

func TestTheREADMEHasTheStatuses(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for s := Done; s <= Environment; s++ {
		if line := fmt.Sprintf("| %d | %v |\n", int(s), s); !strings.Contains(string(readme), line) {
			t.Errorf("it lacks %q", line)
		}
	}
}

func TestHelpTellsAllOfTheTable(t *testing.T) {
	_, help, _ := outcome(thing(&flags{level: 7}, nil), "do", "--help")
	for _, want := range []string{
		"Usage: thing do FILE.upg (--this | --that) [FLAG...]\n\nDo it.\n\n  as shown\n", "\nExamples:\n  thing do x\n", "\nFlags:\n  --loud ",
		"  --level N            how loud (default 7)\n", "  -n, --name TEXT      of the thing\n", "  --colour red|green   of it\n",
		"\nExit status:\n  0  done\n  1  it was not done\n  2  wrong usage, or input that is missing or cannot be used\n  3  the environment failed before",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("it lacks %q:\n%s", want, help)
		}
	}
	if strings.Contains(help, "workers") {
		t.Error("it tells of an alias")
	}
	for _, args := range [][]string{{"help", "do"}, {"do", "-h"}, {"do", "x", "--help", "--level", "bad"}} {
		if status, again, stderr := outcome(thing(&flags{level: 7}, nil), args...); status != Done || again != help {
			t.Errorf("%q: exit %d\n%s%s", args, status, again, stderr)
		}
	}
	_, top, _ := outcome(thing(&flags{}, nil), "--help")
	for _, want := range []string{"thing does things.\n\nUsage: thing COMMAND ", "\nCommands:\n  do          do it\n", "\n  completion  print", "\nExit status:\n  0  done\n"} {
		if !strings.Contains(top, want) {
			t.Errorf("it lacks %q:\n%s", want, top)
		}
	}
	if status, family, _ := outcome(thing(&flags{}, nil), "set", "--help"); status != Done || family != "  thing set read   read a set\n  thing set write  write a set\n" {
		t.Errorf("exit %d: %q", status, family)
	}
	for line := range strings.Lines(help + top) {
		if len([]rune(line)) > width+1 {
			t.Errorf("a long line: %s", line)
		}
	}
}

func TestAProgramThatIsOneCommandTakesItsFlagsAtOnce(t *testing.T) {
	f := &flags{}
	p := thing(f, nil)
	p.Alone, p.Commands = p.Commands[0], nil
	p.Alone.Name, p.Alone.Args = "", nil
	if status, _, stderr := outcome(p, "--level", "3"); status != Done || f.level != 3 {
		t.Errorf("exit %d, level %d: %s", status, f.level, stderr)
	}
	for line, want := range map[string]string{
		"x":       "thing: error: \"x\" is one argument too many\nthing: hint: usage: thing (--this | --that) [FLAG...]\n",
		"--levle": "thing: error: there is no flag --levle; did you mean --level?\nthing: hint: thing --help tells what there is\n",
	} {
		if status, _, stderr := outcome(p, line); status != Misused || stderr != want {
			t.Errorf("%s: exit %d: %s", line, status, stderr)
		}
	}
	_, help, _ := outcome(p, "--help")
	if _, again, _ := outcome(p, "help"); again != help || !strings.Contains(help, "\nFlags:\n  --loud ") || !strings.Contains(help, "Usage: thing (--this") {
		t.Errorf("help is\n%s", help)
	}
}

func TestVersionIsALine(t *testing.T) {
	status, out, _ := outcome(thing(&flags{}, nil), "--version")
	if status != Done || !strings.HasPrefix(out, "thing ") || !strings.Contains(out, ", commit ") || !strings.Contains(out, ", go1.") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit %d: %q", status, out)
	}
}

func TestACommandLineIsCheckedWithoutRunningIt(t *testing.T) {
	p := thing(&flags{}, func(*Call) error {
		t.Error("it ran")
		return nil
	})
	if err := p.Check([]string{"do", "x", "--level", "3"}); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"do"}, {"do", "x", "--nothing"}, {"nothing"}, {"do", "x", "y"}} {
		if err := p.Check(args); StatusOf(err) != Misused {
			t.Errorf("%q: %v", args, err)
		}
	}
}
