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
	Recover   Command       // zero: Upgrade, once more
	Transport rig.Transport // rig.PTY or rig.TCP
	// KeepsSettings: the program promises that success means that the settings are as they
	// were, after a recovery too.
	KeepsSettings bool
}

// forAttempt is the command of an attempt.
func (t *Target) forAttempt(recovery bool) *Command {
	if recovery && !t.Recover.none() {
		return &t.Recover
	}
	return &t.Upgrade
}

// Check says what is wrong with the target, before anything is run. The error wraps
// ErrNotRun where the program cannot be.
func (t *Target) Check() error {
	if t.Upgrade.none() {
		return errors.New("no program: give the command that upgrades a meter")
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

// LedToMeter says whether the command tells the program where the meter is.
func (t *Target) LedToMeter() bool { return t.Upgrade.uses(portOf) || t.Upgrade.uses(tcpOf) }

// ErrNotRun: the program could not be started at all.
var ErrNotRun = errors.New("the program could not be run")

// Placeholders of a command, in braces.
const (
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

// Placeholders lists what a command can say in braces, and what stands there when it is run.
func Placeholders() [][2]string {
	return [][2]string{
		{portOf, "path of the PTY that the meter is at"},
		{tcpOf, "its TCP address, host:port"},
		{imageOf, "path of the .UPG file"},
		{unitOf, "unit id of the meter"},
		{baudOf, "bit rate of the line"},
		{logOf, "file for a log in the manner of Upgrade.log; another is not looked at"},
		{passwordOf, "password of the meter"},
		{serialOf, "serial number that the meter must have"},
		{dirOf, "folder of this scenario, the same for the recovery"},
	}
}

// Command is a program with its arguments, in which placeholders stand.
type Command struct {
	text  string
	words []string
	shell bool
}

// ParseCommand reads a command as a shell would split it into words: quotes and backslashes
// count, and nothing else does. By a shell it is a text for /bin/sh.
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

// argv is the command with values in the place of its placeholders. Values are put into
// words that are split already: no value makes another argument, or a command of a shell.
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

// find makes sure that there is such a program.
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
