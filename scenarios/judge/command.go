package judge

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/simulator/fault"
)

// Target is the program that is judged.
type Target struct {
	Upgrade   Command
	Recover   Command       // zero: Upgrade again
	Transport rig.Transport // rig.PTY or rig.TCP
	// KeepsSettings: the program promises that after success, also that of a recovery, the
	// settings are as before.
	KeepsSettings bool
}

// forAttempt is the command for an attempt.
func (t *Target) forAttempt(recovery bool) *Command {
	if recovery && !t.Recover.none() {
		return &t.Recover
	}
	return &t.Upgrade
}

// Check checks the target before anything is run. The error wraps ErrNotRun if there is no such
// program.
func (t *Target) Check() error {
	if t.Upgrade.none() {
		return errors.New("no program: give the command that upgrades a meter")
	}
	if !t.Recover.none() && t.Recover.uses(phoneOf) != t.calls() {
		return errors.New("only one of the two commands has {phone}: a meter is called for both, or for neither")
	}
	for _, c := range []*Command{&t.Upgrade, &t.Recover} {
		for name, over := range map[string]rig.Transport{portOf: rig.PTY, tcpOf: rig.TCP} {
			if c.uses(name) && t.Transport != over {
				return fmt.Errorf("the command uses {%s}, and the meter is on a %v: leave that placeholder out, or choose the other transport", name, t.Transport)
			}
		}
		if err := c.find(); err != nil {
			return err
		}
	}
	return nil
}

// LedToMeter reports whether the command tells the program where the meter is.
func (t *Target) LedToMeter() bool { return t.Upgrade.uses(portOf) || t.Upgrade.uses(tcpOf) }

// namesBySerial reports whether a command makes a longer word of the serial number, which may be a file name.
func (t *Target) namesBySerial() bool {
	const serial = "{" + serialOf + "}"
	longer := func(word string) bool { return strings.Contains(word, serial) && word != serial }
	return slices.ContainsFunc(slices.Concat(t.Upgrade.words, t.Recover.words), longer)
}

// calls reports whether the program dials the meter's telephone number.
func (t *Target) calls() bool { return t.Upgrade.uses(phoneOf) }

// ErrNotRun: the program could not be started at all.
var ErrNotRun = errors.New("the program could not be run")

// Placeholders of a command, in braces.
const (
	phoneOf    = "phone"
	portOf     = "port"
	tcpOf      = "tcp"
	imageOf    = "image"
	unitOf     = "unit-id"
	baudOf     = "baud"
	logOf      = "log"
	passwordOf = "password"
	serialOf   = "serial"
	dirOf      = "dir"
)

// Placeholders lists the names that a command can have in braces, each with the meaning of its
// value.
func Placeholders() [][2]string {
	return [][2]string{
		{portOf, "path of the PTY that the meter is at"},
		{tcpOf, "its TCP address, host:port"},
		{phoneOf, "its telephone number: a Hayes modem is then at {port} or {tcp}, and the meter is called"},
		{imageOf, "path of the .UPG file"},
		{unitOf, "unit id of the meter"},
		{baudOf, "bit rate of the line"},
		{logOf, "file for a log in the manner of Upgrade.log; another is not looked at"},
		{passwordOf, "password of the meter"},
		{serialOf, "serial number that the meter must have"},
		{dirOf, "folder of this scenario, the same for the recovery"},
	}
}

// Command is a program with its arguments, which can have placeholders.
type Command struct {
	text  string
	words []string
	shell bool
}

// ParseCommand splits a command into words as a shell does: only quotes and backslashes have a
// meaning. With byShell, the text is not split: /bin/sh will run it.
func ParseCommand(text string, byShell bool) (Command, error) {
	c := Command{text: text, shell: byShell, words: []string{text}}
	if !byShell {
		var err error
		if c.words, err = shell.Split(text); err != nil {
			return Command{}, err
		}
	}
	if strings.TrimSpace(text) == "" || len(c.words) == 0 || c.words[0] == "" {
		return Command{}, errors.New("the command is empty")
	}
	return c, c.checkPlaceholders()
}

func (c *Command) none() bool { return len(c.words) == 0 }

// String is the command as it was given.
func (c Command) String() string { return c.text }

var placeholder = regexp.MustCompile(`\{[a-z][a-z-]*\}`)

func (c *Command) checkPlaceholders() error {
	var known []string
	for _, p := range Placeholders() {
		known = append(known, p[0])
	}
	for _, word := range c.words {
		for _, found := range placeholder.FindAllString(word, -1) {
			name := strings.Trim(found, "{}")
			if slices.Contains(known, name) || c.shell {
				continue
			}
			if best, ok := fault.Nearest(name, known); ok {
				return fmt.Errorf("there is no placeholder %s; did you mean {%s}?", found, best)
			}
			return fmt.Errorf("there is no placeholder %s: use {%s}", found, strings.Join(known, "}, {"))
		}
	}
	return nil
}

func (c *Command) uses(name string) bool {
	return slices.ContainsFunc(c.words, func(word string) bool { return strings.Contains(word, "{"+name+"}") })
}

// argv is the command with values in the place of its placeholders. A value is put into words
// that are already split, and quoted for a shell, so that it cannot become another argument or a
// shell command.
func (c *Command) argv(values map[string]string) []string {
	fill := func(word string, quote func(string) string) string {
		return placeholder.ReplaceAllStringFunc(word, func(found string) string {
			if value, ok := values[strings.Trim(found, "{}")]; ok {
				return quote(value)
			}
			return found
		})
	}
	if c.shell {
		return []string{"/bin/sh", "-c", fill(c.text, shell.Quote)}
	}
	words := make([]string, len(c.words))
	for i, word := range c.words {
		words[i] = fill(word, func(value string) string { return value })
	}
	return words
}

// find replaces the program's name by its absolute path. It returns an error if there is no such
// program.
func (c *Command) find() error {
	if c.none() || c.shell {
		return nil
	}
	path, err := exec.LookPath(c.words[0])
	if errors.Is(err, exec.ErrDot) {
		err = nil
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	c.words[0] = path
	return nil
}
