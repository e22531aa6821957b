// Package clitest checks the tables of a program in tests. It finds examples that the program
// refuses, numbers that are not read as decimal, and texts that are missing.
package clitest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/schemas/schematest"
	"ionbench/scenarios/shell"
)

// Problems returns what is wrong with a program's tables. The function program makes them anew
// for each call.
func Problems(program func() *cli.Program) []string {
	var l list
	l.examples(program)
	l.numbers(program())
	l.texts(program())
	l.formats(program())
	return l
}

type list []string

func (l *list) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// all returns the commands of a program, including what it does without a command.
func all(p *cli.Program) []*cli.Command {
	if p.Alone != nil {
		return append([]*cli.Command{p.Alone}, p.Commands...)
	}
	return p.Commands
}

func (l *list) examples(program func() *cli.Program) {
	p := program()
	texts := []string{p.Examples}
	for _, c := range p.Commands {
		texts = append(texts, c.Examples)
	}
	for _, text := range texts {
		found := 0
		for _, line := range commandLines(p.Name, text) {
			found++
			words, err := shell.Split(line)
			if err == nil {
				err = program().Check(words[1:])
			}
			if err != nil {
				l.add("%s: %v", line, err)
			}
		}
		if found == 0 {
			l.add("no example in %q", text)
		}
	}
}

// commandLines returns the program's command lines in a text, without the explanations behind
// them and without redirections.
func commandLines(name, text string) (lines []string) {
	for line := range strings.Lines(continued.ReplaceAllString(text, "")) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
		for part := range strings.SplitSeq(line, " | ") {
			if part = strings.TrimSpace(part); !strings.HasPrefix(part+" ", name+" ") {
				continue
			}
			part, _, _ = strings.Cut(part, " > ")
			part, _, _ = strings.Cut(part, " < ")
			lines = append(lines, part)
		}
	}
	return lines
}

// continued matches the end of a line that goes on in the next one.
var continued = regexp.MustCompile(`\\\n\s*`)

func (l *list) numbers(p *cli.Program) {
	for _, c := range all(p) {
		for _, group := range c.Flags {
			for _, f := range group.List {
				if f.Syntax != "N" && f.Syntax != "BYTES" {
					continue
				}
				// Not every flag takes 10. With a leading zero, 8 and 9 would not be octal
				// digits.
				for text, want := range map[string]string{"010": "10", "07": "7", "09": "9"} {
					if err := f.Set(text); err == nil && f.Value() != want {
						l.add("%s %s --%s %s is %s", p.Name, c.Name, f.Name, text, f.Value())
					}
				}
				if err := f.Set("0x10"); err == nil {
					l.add("%s %s --%s takes 0x10 as %s", p.Name, c.Name, f.Name, f.Value())
				}
			}
		}
	}
}

// formats finds a flag of JSON whose format has no schema.
func (l *list) formats(p *cli.Program) {
	for _, c := range all(p) {
		for _, group := range c.Flags {
			for _, f := range group.List {
				if f.Name == "json" && len(f.Formats) == 0 {
					l.add("%s %s --json has no format", p.Name, c.Name)
				}
				if _, err := schematest.New(f.Formats...); err != nil {
					l.add("%s %s --%s: %v", p.Name, c.Name, f.Name, err)
				}
			}
		}
	}
}

// CheckJSON says what is wrong with the JSON that a correct command line has written, to stdout
// or to files. A command line that asks for none is not checked.
func CheckJSON(p *cli.Program, args []string, stdout string) error {
	for _, w := range p.JSON(args) {
		if strings.HasSuffix(w.File, ".html") {
			continue // the same for people
		}
		text := []byte(stdout)
		if w.File != "" {
			var err error
			if text, err = os.ReadFile(w.File); errors.Is(err, fs.ErrNotExist) {
				continue // whoever wants it there looks for it
			} else if err != nil {
				return err
			}
		}
		checker, err := schematest.New(w.Formats...)
		if err != nil {
			return err
		}
		if err := checker.Check(text); err != nil {
			return fmt.Errorf("%s %s: %w", p.Name, strings.Join(args, " "), err)
		}
	}
	return nil
}

// WithJSON returns the names of the commands that can write JSON.
func WithJSON(p *cli.Program) (names []string) {
	for _, c := range all(p) {
		for _, group := range c.Flags {
			if slices.ContainsFunc(group.List, func(f cli.Flag) bool { return f.Name == "json" }) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

func (l *list) texts(p *cli.Program) {
	if p.Brief == "" || p.Intro == "" {
		l.add("%s is not explained", p.Name)
	}
	for _, c := range all(p) {
		if c != p.Alone && (c.Brief == "" || c.Help == "") {
			l.add("%s %s is not explained", p.Name, c.Name)
		}
		names := map[string]bool{}
		for _, group := range c.Flags {
			for _, f := range group.List {
				for _, name := range append([]string{f.Name}, f.Aliases...) {
					if names[name] {
						l.add("%s %s has two flags --%s", p.Name, c.Name, name)
					}
					names[name] = true
				}
				if f.Help == "" || strings.HasSuffix(f.Help, ".") {
					l.add("%s %s --%s is explained as %q", p.Name, c.Name, f.Name, f.Help)
				}
			}
		}
	}
}
