package port

import (
	"fmt"
	"strings"
	"time"
)

// user is another process that uses a port, as far as the system tells.
type user struct {
	program string
	pid     int
	by      string    // who runs it; empty: not known
	since   time.Time // when it was started; zero: not known
	// lives: the port is the terminal on which the process runs, as a shell does.
	lives bool
}

func (u user) String() string {
	text := fmt.Sprintf("%s (process %d", u.program, u.pid)
	if u.by != "" {
		text += " of " + u.by
	}
	if !u.since.IsZero() {
		text += ", since " + u.since.Format(time.DateTime)
	}
	return text + ")"
}

// refuse returns why a port is not opened that others use: they would take bytes that are for us,
// and we theirs; and what we write to a terminal on which somebody works is typed there.
func refuse(name string, others []user) error {
	for _, u := range others {
		if u.lives {
			return fmt.Errorf("%w: %s is the terminal of %v, and nothing is written to it; name the port that the meter is at", ErrTerminal, name, u)
		}
	}
	if len(others) > 0 {
		return inUse(name, others, nil)
	}
	return nil
}

// mostNamed bounds how many users of a port an error names.
const mostNamed = 3

// inUse says who uses a port.
func inUse(name string, others []user, cause error) error {
	by := "another program, which this user may not see"
	if len(others) > 0 {
		var words []string
		for _, u := range others[:min(len(others), mostNamed)] {
			words = append(words, u.String())
		}
		by = strings.Join(words, " and ")
	}
	err := fmt.Errorf("%w: serial port %s is in use by %s; end the program that has it open", ErrBusy, name, by)
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
