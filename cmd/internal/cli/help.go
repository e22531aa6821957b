package cli

import (
	"fmt"
	"strings"
)

// width is the longest line of help, in characters.
const width = 98

// usageLine shows how a command is called.
func (p *Program) usageLine(c *Command) string {
	words := []string{p.Name}
	if c.Name != "" {
		words = append(words, c.Name)
	}
	for _, a := range c.Args {
		word := a.Name
		if a.Many {
			word += "..."
		}
		if a.Optional {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	if c.Usage != "" {
		words = append(words, c.Usage)
	}
	if len(c.Flags) > 0 {
		words = append(words, "[FLAG...]")
	}
	return strings.Join(words, " ")
}

// part is a part of a help text: a heading and the text under it.
type part struct{ title, text string }

// paged joins the parts that are not empty, with a blank line between them.
func paged(parts []part) string {
	var b strings.Builder
	for _, s := range parts {
		text := strings.Trim(s.text, "\n")
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if s.title != "" {
			b.WriteString(s.title + ":\n")
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// help is the text of --help for the program.
func (p *Program) help() string {
	commands := part{"Commands", p.list(p.all(), "")}
	if c := p.Alone; c != nil {
		parts := append([]part{{"", p.Intro}, {"", "Usage: " + p.usageLine(c)}, {"Examples", p.Examples}}, flagParts(c)...)
		return paged(append(parts, part{"", p.Notes}, commands, part{"", streamsText}, part{"Exit status", statuses(c)}))
	}
	return paged([]part{
		{"", p.Intro}, {"", "Usage: " + p.Name + " COMMAND [ARGUMENT...] [FLAG...]"}, commands,
		{"Examples", p.Examples}, {"", p.Notes}, {"", streamsText}, {"Exit status", statuses(&Command{})},
		{"", fmt.Sprintf("%q tells about a command, its flags and its examples.", p.Name+" COMMAND --help")},
	})
}

const streamsText = "Results go to standard output, everything else to standard error."

// list writes commands and what they do.
func (p *Program) list(commands []*Command, prefix string) string {
	names := 0
	for _, c := range commands {
		names = max(names, len(c.Name))
	}
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&b, "  %s%-*s  %s\n", prefix, names, c.Name, c.Brief)
	}
	return b.String()
}

func (p *Program) familyHelp(word string) string { return p.list(p.family(word), p.Name+" ") }

// commandHelp is the text of --help for a command.
func (p *Program) commandHelp(c *Command) string {
	parts := []part{{"", "Usage: " + p.usageLine(c)}, {"", c.Help}, {"Examples", c.Examples}}
	parts = append(parts, flagParts(c)...)
	return paged(append(parts, part{"", c.Notes}, part{"Exit status", statuses(c)}))
}

// meanings returns what each exit status means for a command.
func (c *Command) meanings() [Environment + 1]string {
	texts := [...]string{Done: c.Done, Failed: c.Failed, Environment: c.Unable}
	for s, text := range texts {
		if text == "" {
			texts[s] = Status(s).String()
		}
	}
	return texts
}

func statuses(c *Command) string {
	var b strings.Builder
	for s, text := range c.meanings() {
		writeEntry(&b, fmt.Sprintf("  %d", s), 5, text)
	}
	return b.String()
}

// flagColumn is the last column at which the texts of flags may begin.
const flagColumn = 27

func flagParts(c *Command) []part {
	column := 0
	for _, f := range c.all() {
		if n := len("  " + f.words() + "  "); n <= flagColumn {
			column = max(column, n)
		}
	}
	var parts []part
	for _, group := range c.Flags {
		title := group.Title
		if title == "" {
			title = "Flags"
		}
		var b strings.Builder
		for _, f := range group.List {
			writeEntry(&b, "  "+f.words(), column, f.text())
		}
		parts = append(parts, part{title, b.String()})
	}
	return parts
}

// words returns the flag as it is written on a command line.
func (f *Flag) words() string {
	text := "--" + f.Name
	if f.Letter != "" {
		text = "-" + f.Letter + ", " + text
	}
	if !f.isSwitch() {
		text += " " + f.Syntax
	}
	return text
}

// text returns what a flag means, and its default.
func (f *Flag) text() string {
	text := f.Help
	if len(f.Formats) > 0 {
		text += " (format " + strings.Join(f.Formats, " or ") + ")"
	}
	unless := f.Default + f.Otherwise
	if unless == "" || f.isSwitch() {
		return text
	}
	return text + " (default " + unless + ")"
}

// Entries writes words, each followed by its text, wrapped as the flags in help are.
func Entries(rows [][2]string) string {
	column := 0
	for _, row := range rows {
		column = max(column, len("  "+row[0]+"  "))
	}
	var b strings.Builder
	for _, row := range rows {
		writeEntry(&b, "  "+row[0], column, row[1])
	}
	return b.String()
}

// writeEntry writes a word and its text. The text begins at a column and is wrapped there.
func writeEntry(b *strings.Builder, word string, column int, text string) {
	lines := wrap(text, width-column)
	if len(word)+2 > column {
		b.WriteString(word + "\n")
	} else {
		fmt.Fprintf(b, "%-*s%s\n", column, word, lines[0])
		lines = lines[1:]
	}
	for _, line := range lines {
		b.WriteString(strings.Repeat(" ", column) + line + "\n")
	}
}

// wrap breaks a text at its blanks into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
