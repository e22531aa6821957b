package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

func (p *Program) manCommand() *Command {
	return &Command{
		Name: "man", Brief: "print the manual page, or that of a command",
		Help: "Print the manual page of the program, or of one of its commands, as roff for man(1).",
		Args: []Arg{{Name: "COMMAND", What: "command", Optional: true, Many: true, Values: Values{Words: p.firstWords}}},
		Examples: strings.ReplaceAll(`
  PROGRAM man | man -l -
  PROGRAM man > /usr/local/share/man/man1/PROGRAM.1
  PROGRAM man completion | man -l -
`, "PROGRAM", p.Name),
		Run: func(_ context.Context, c *Call) error {
			if len(c.Args) == 0 {
				c.Print(p.man())
				return nil
			}
			command, rest, err := p.find(c.Args)
			switch {
			case err != nil:
				return err
			case command == p.Alone || len(rest) > 0:
				return Unknown("command", strings.Join(c.Args, " "), p.firstWords())
			}
			c.Print(p.manOf(command))
			return nil
		},
	}
}

// man returns the manual page of the program.
func (p *Program) man() string {
	r := newRoff(p.Name)
	own := &Command{}
	r.section("NAME", p.Name+" - "+p.Brief)
	r.heading("SYNOPSIS")
	if p.Alone != nil {
		own = p.Alone
		r.preformatted(p.usageLine(own))
	}
	for _, c := range p.all() {
		r.preformatted(p.usageLine(c))
	}
	r.section("DESCRIPTION", p.Intro)
	if p.Alone != nil {
		r.options(own)
	}
	r.heading("COMMANDS")
	for _, c := range p.all() {
		r.entry(c.Name, c.Brief)
	}
	r.section("EXAMPLES", p.Examples)
	r.section("NOTES", p.Notes+"\n\n"+streamsText)
	r.statuses(own)
	r.heading("SEE ALSO")
	r.text(fmt.Sprintf("%q prints the page of a command.", p.Name+" man COMMAND"))
	return r.b.String()
}

// manOf returns the manual page of a command.
func (p *Program) manOf(c *Command) string {
	name := p.Name + "-" + strings.ReplaceAll(c.Name, " ", "-")
	r := newRoff(name)
	r.section("NAME", name+" - "+c.Brief)
	r.heading("SYNOPSIS")
	r.preformatted(p.usageLine(c))
	r.section("DESCRIPTION", c.Help)
	r.options(c)
	r.section("EXAMPLES", c.Examples)
	r.section("NOTES", c.Notes)
	r.statuses(c)
	r.section("SEE ALSO", p.Name+"(1)")
	return r.b.String()
}

// roff writes a manual page with the macros of man(7).
type roff struct{ b strings.Builder }

func newRoff(name string) *roff {
	r := new(roff)
	fmt.Fprintf(&r.b, ".TH %s 1\n.nh\n.ad l\n", strings.ToUpper(escape(name)))
	return r
}

// escape keeps roff from reading a text as commands.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func (r *roff) heading(title string) { fmt.Fprintf(&r.b, ".SH %s\n", title) }

// section writes a heading and its text, or nothing if the text is empty.
func (r *roff) section(title, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	r.heading(title)
	r.text(text)
}

// text writes paragraphs. Lines that begin with blanks keep their form.
func (r *roff) text(text string) {
	inside := false
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		line = strings.TrimRight(line, "\n")
		if as := strings.HasPrefix(line, "  "); as != inside && line != "" {
			inside = as
			r.b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[as])
		}
		if line == "" {
			r.b.WriteString(".PP\n")
			continue
		}
		r.b.WriteString(escape(line) + "\n")
	}
	if inside {
		r.b.WriteString(".fi\n")
	}
}

func (r *roff) preformatted(line string) { r.b.WriteString(".nf\n" + escape(line) + "\n.fi\n") }

// entry writes a word in bold and its meaning.
func (r *roff) entry(word, text string) {
	fmt.Fprintf(&r.b, ".TP\n\\fB%s\\fR\n%s\n", escape(word), escape(strings.Join(strings.Fields(text), " ")))
}

func (r *roff) options(c *Command) {
	if len(c.Flags) == 0 {
		return
	}
	r.heading("OPTIONS")
	for _, group := range c.Flags {
		if group.Title != "" {
			fmt.Fprintf(&r.b, ".SS %s\n", escape(group.Title))
		}
		for _, f := range group.List {
			r.entry(f.words(), f.text())
		}
	}
}

func (r *roff) statuses(c *Command) {
	r.heading("EXIT STATUS")
	for s, text := range c.meanings() {
		r.entry(strconv.Itoa(s), text)
	}
}
