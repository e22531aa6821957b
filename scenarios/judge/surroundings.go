package judge

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// surroundings are what is around a program besides the meter.
type surroundings struct {
	Environment []string // NAME=value, or NAME alone to remove it
	NoOutput    bool     // standard output is closed
	FullOutput  bool     // nothing can be written to it
	LogFull     bool     // nothing can be written to the log
	NoLog       bool     // the log cannot be opened: its folder is a file
	NoFolder    bool     // {dir} is no folder and cannot become one
	NoRoom      bool     // no file can become longer than a block, as on a disk that is almost full
}

// around are the surroundings of an attempt. Only the first of a step has odd ones.
func (p *player) around() surroundings {
	if p.tries == 0 {
		return p.step.Around
	}
	return surroundings{}
}

// environment is that of the judge, with what the scenario changes. What a program keeps for all
// its runs, such as locks, it finds in a folder of its scenario: the meters of others are other
// meters, although they have the same serial number.
func (s *surroundings) environment(dir string) []string {
	all := append(os.Environ(), "XDG_STATE_HOME="+dir, "TMPDIR="+dir, "IONUP_LOCKS="+dir)
	for _, change := range s.Environment {
		name, _, set := strings.Cut(change, "=")
		all = slices.DeleteFunc(all, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if set {
			all = append(all, change)
		}
	}
	return all
}

// wrapped is the command with its output where the surroundings want it.
func (s *surroundings) wrapped(argv []string) []string {
	script := ""
	switch {
	case s.NoOutput:
		script = `exec "$@" >&-`
	case s.FullOutput:
		script = `exec "$@" >/dev/full`
	case s.NoRoom: // whose writes beyond that fail, and do not end the program
		script = `trap '' XFSZ; ulimit -f 1; exec "$@"`
	default:
		return argv
	}
	return append([]string{"/bin/sh", "-c", script, "sh"}, argv...)
}

// need is what the surroundings need of the system; empty if it is there.
func (s *surroundings) need() string {
	if s.LogFull || s.FullOutput {
		if _, err := os.Stat("/dev/full"); err != nil {
			return "there is no /dev/full"
		}
	}
	if s.NoOutput || s.FullOutput || s.NoRoom {
		if _, err := os.Stat("/bin/sh"); err != nil {
			return "there is no /bin/sh"
		}
	}
	return ""
}

// abortSignal is what presses Abort.
func (s *Scenario) abortSignal() syscall.Signal {
	if s.Signal != 0 {
		return s.Signal
	}
	return syscall.SIGINT
}

// patience is how long somebody who sets a meter up waits for it.
const patience = 5 * time.Second
