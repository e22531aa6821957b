package cli

import (
	"errors"
	"fmt"

	"ionbench/simulator/fault"
)

// Status is how a program ends: its exit status, the same for all programs.
type Status int

// The statuses.
const (
	Done        Status = iota
	Failed             // it did not succeed, or the verdict is no
	Misused            // wrong usage, or input that is missing or cannot be used
	Environment        // what it needs around it failed before anything was sent or judged
)

// String says what a status means, as every help text does.
func (s Status) String() string {
	switch s {
	case Done:
		return "done"
	case Failed:
		return "it did not succeed, or the verdict is no"
	case Misused:
		return "wrong usage, or input that is missing or cannot be used"
	case Environment:
		return "the environment failed before anything was sent or judged: no such port, no room, a program that cannot be run"
	}
	return fmt.Sprintf("status %d", int(s))
}

// Error is an error that knows with which status the program ends, and what to do next.
type Error struct {
	err    error
	status Status
	hints  []string
}

// Error says what is wrong.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the error that was given a status.
func (e *Error) Unwrap() error { return e.err }

// Hint adds what to do next, a line each.
func (e *Error) Hint(hints ...string) *Error {
	e.hints = append(e.hints, hints...)
	return e
}

// Usage is wrong usage. Without a hint of its own it gets the usage line of its command.
func Usage(format string, args ...any) *Error {
	return &Error{err: fmt.Errorf(format, args...), status: Misused}
}

// Unknown is wrong usage: a word that is none of those known. It names the near miss.
func Unknown(what, word string, known []string) *Error {
	if best, ok := fault.Nearest(word, known); ok {
		return Usage("there is no %s %q; did you mean %s?", what, word, best)
	}
	return Usage("there is no %s %q", what, word)
}

// Unusable is input that is missing or cannot be used; err must not be nil.
func Unusable(err error) *Error { return &Error{err: err, status: Misused} }

// Environmental is what a program needs around it and does not get: a port, room on a disk,
// another program; err must not be nil. Once something was sent or judged (see Call.Begin) the
// program ends with Failed all the same.
func Environmental(err error) *Error { return &Error{err: err, status: Environment} }

// WithStatus gives an error the status with which the program ends, whatever the errors in it
// say, and what to do next; err must not be nil.
func WithStatus(err error, s Status, hints ...string) *Error {
	return (&Error{err: err, status: s}).Hint(hints...)
}

// WithHints adds what to do next and leaves the status as it is. An error without hints, and
// none, come back as they are.
func WithHints(err error, hints ...string) error {
	if err == nil || len(hints) == 0 {
		return err
	}
	return (&Error{err: err, status: StatusOf(err)}).Hint(hints...)
}

// Hints are what an error says to do next: those that were added last.
func Hints(err error) []string {
	for e := new(Error); errors.As(err, &e); err = e.err {
		if len(e.hints) > 0 {
			return e.hints
		}
	}
	return nil
}

// ErrNo ends a command that has done its work and told why the answer is no.
var ErrNo = errors.New("the verdict is no")

// StatusOf is the status with which an error ends a program. Errors that say nothing of it are
// failures.
func StatusOf(err error) Status {
	var e *Error
	switch {
	case err == nil:
		return Done
	case errors.As(err, &e):
		return e.status
	}
	return Failed
}
