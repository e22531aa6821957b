package cli

import (
	"context"
	_ "embed"
	"slices"
	"strings"
)

// completeCommand is the command that the shell scripts call. Its arguments are the words
// after the program's name; the last one may be incomplete. For each word that fits there it
// prints a line: the word, a tab and the meaning. Where a file fits it prints a colon and a
// pattern, such as ":*.upg", or ":/" for folders.
const completeCommand = "__complete"

// The scripts. PROGRAM in them is replaced by the name of the program.
var (
	//go:embed completion.bash
	bashScript string
	//go:embed completion.zsh
	zshScript string
	//go:embed completion.fish
	fishScript string
)

func (p *Program) completionCommand() *Command {
	scripts := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
	return &Command{
		Name: "completion", Brief: "print a script that completes command lines in a shell",
		Help: "Print a script for a shell. With it, the Tab key completes commands, flags and their values.",
		Args: []Arg{Choice("bash|zsh|fish", "shell", "bash", "zsh", "fish")},
		Examples: strings.ReplaceAll(`
  PROGRAM completion bash > /etc/bash_completion.d/PROGRAM
  PROGRAM completion zsh > "${fpath[1]}/_PROGRAM"
  PROGRAM completion fish > ~/.config/fish/completions/PROGRAM.fish
  source <(PROGRAM completion bash)          in this shell alone
`, "PROGRAM", p.Name),
		Run: func(_ context.Context, c *Call) error {
			c.Print(strings.ReplaceAll(scripts[c.Args[0]], "PROGRAM", p.Name))
			return nil
		},
	}
}

// candidates collects the lines that completeCommand prints.
type candidates struct {
	partial string
	lines   []string
}

func (l *candidates) add(word, meaning string) {
	if strings.HasPrefix(word, l.partial) {
		l.lines = append(l.lines, strings.TrimRight(word+"\t"+meaning, "\t"))
	}
}

// complete returns the lines for the last of words.
func (p *Program) complete(words []string) string {
	if len(words) == 0 {
		words = []string{""}
	}
	before := words[:len(words)-1]
	l := &candidates{partial: words[len(words)-1]}
	if len(before) > 0 && before[0] == "help" {
		p.completeCommands(l, before[1:])
		return l.text()
	}
	c, rest, err := p.find(before)
	if err != nil || c == p.Alone {
		p.completeCommands(l, before)
	}
	if len(before) == 0 {
		l.add("help", "tell about a command")
		l.add("--help", "tell what there is")
		l.add("--version", "tell which version this is")
	}
	if err == nil {
		c.complete(l, rest)
	}
	return l.text()
}

func (l *candidates) text() string {
	if len(l.lines) == 0 {
		return ""
	}
	return strings.Join(l.lines, "\n") + "\n"
}

// completeCommands completes the next word of a command's name.
func (p *Program) completeCommands(l *candidates, before []string) {
	var told []string
	for _, c := range p.all() {
		words := strings.Fields(c.Name)
		n := len(before)
		if len(words) <= n || !slices.Equal(words[:n], before) || slices.Contains(told, words[n]) {
			continue
		}
		brief := c.Brief
		if len(words) > n+1 {
			brief = "" // several commands begin with this word
		}
		l.add(words[n], brief)
		told = append(told, words[n])
	}
}

// complete completes flags, their values, and arguments.
func (c *Command) complete(l *candidates, before []string) {
	args, open := c.read(before)
	name, text, joined := strings.Cut(l.partial, "=")
	switch f := c.flag(name); {
	case open != nil:
		open.Fits.complete(l, "")
	case joined && f != nil:
		l.partial = text
		f.Fits.complete(l, name+"=")
	case strings.HasPrefix(l.partial, "-"):
		c.completeFlags(l)
	default:
		c.argAt(args).complete(l, "")
	}
}

func (c *Command) completeFlags(l *candidates) {
	for _, f := range c.all() {
		meaning, _, _ := strings.Cut(f.Help, ";")
		l.add("--"+f.Name, meaning)
	}
	l.add("--help", "tell about the command")
}

// read counts the arguments among words, and finds the flag at the end that still needs a
// value.
func (c *Command) read(words []string) (args int, open *Flag) {
	flags := true
	for _, word := range words {
		switch {
		case open != nil:
			open = nil
		case word == "--":
			flags = false
		case flags && strings.HasPrefix(word, "-") && word != "-":
			if open = c.flag(word); open != nil && open.isSwitch() {
				open = nil
			}
		default:
			args++
		}
	}
	return args, open
}

// flag returns the flag that a word names, or nil.
func (c *Command) flag(word string) *Flag {
	for _, f := range c.all() {
		if word == "--"+f.Name || f.Letter != "" && word == "-"+f.Letter || slices.Contains(f.Aliases, strings.TrimPrefix(word, "--")) {
			return f
		}
	}
	return nil
}

// argAt returns the values of the n-th argument, counted from 0.
func (c *Command) argAt(n int) Values {
	last := len(c.Args) - 1
	switch {
	case n <= last:
		return c.Args[n].Values
	case last >= 0 && c.Args[last].Many:
		return c.Args[last].Values
	}
	return Values{}
}

// complete adds the values that fit. Each is put after before, the part of the word that is
// already complete.
func (v Values) complete(l *candidates, before string) {
	partial := l.partial
	if v.List {
		if at := strings.LastIndexByte(partial, ','); at >= 0 {
			before, partial = before+partial[:at+1], partial[at+1:]
		}
	}
	if v.Words != nil {
		for _, word := range v.Words() {
			if strings.HasPrefix(word, partial) {
				l.lines = append(l.lines, before+word)
			}
		}
	}
	if v.Files != "" {
		l.lines = append(l.lines, ":"+v.Files)
	}
}
