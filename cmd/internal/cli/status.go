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
	Environment        // something around it failed before anything was sent or judged
)

// String says what a status means, in the words of the help texts.
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

// Error is an error with the exit status of the program and hints on what to do next.
type Error struct {
	err    error
	status Status
	hints  []string
}

// Error says what is wrong.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error without its status.
func (e *Error) Unwrap() error { return e.err }

// Hint adds hints on what to do next, one line each.
func (e *Error) Hint(hints ...string) *Error {
	e.hints = append(e.hints, hints...)
	return e
}

// Usage makes an error of wrong usage. Without a hint of its own the program hints at the
// command's --help.
func Usage(format string, args ...any) *Error {
	return &Error{err: fmt.Errorf(format, args...), status: Misused}
}

// Unknown makes an error of wrong usage: word is not one of those known. It suggests the
// nearest known word.
func Unknown(what, word string, known []string) *Error {
	if best, ok := fault.Nearest(word, known); ok {
		return Usage("there is no %s %q; did you mean %s?", what, word, best)
	}
	return Usage("there is no %s %q", what, word)
}

// Unusable makes an error of input that is missing or cannot be used; err must not be nil.
func Unusable(err error) *Error { return &Error{err: err, status: Misused} }

// Environmental makes an error of something around the program: a port, room on a disk,
// another program; err must not be nil. After [Call.Begin] the program ends with Failed
// instead.
func Environmental(err error) *Error { return &Error{err: err, status: Environment} }

// WithStatus gives an error this exit status, whatever the errors inside of it say, and hints;
// err must not be nil.
func WithStatus(err error, s Status, hints ...string) *Error {
	return (&Error{err: err, status: s}).Hint(hints...)
}

// WithHints adds hints and keeps the status. Without hints, or if err is nil, it returns err.
func WithHints(err error, hints ...string) error {
	if err == nil || len(hints) == 0 {
		return err
	}
	return (&Error{err: err, status: StatusOf(err)}).Hint(hints...)
}

// Hints returns the hints of an error. If several errors in the chain have some, the outermost
// wins.
func Hints(err error) []string {
	for e := new(Error); errors.As(err, &e); err = e.err {
		if len(e.hints) > 0 {
			return e.hints
		}
	}
	return nil
}

// ErrNo ends a command that has done its work and has already said why the verdict is no.
var ErrNo = errors.New("the verdict is no")

// StatusOf returns the exit status for an error. An error without a status is Failed.
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
