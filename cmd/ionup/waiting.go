package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ionbench/client/locks"
	"ionbench/client/port"
)

// betweenTries is how long ionup waits until it looks again for what is not there yet.
const betweenTries = 100 * time.Millisecond

// attempt is how a session comes to something that may not be there yet, or that somebody else may
// have: a port, a meter, a log. It tries again for as long as limit (--wait).
type attempt struct {
	limit  time.Duration
	since  time.Duration // when it first failed
	failed error         // the last time; nil: not yet
	tired  bool          // it has been tried for too long
}

// passes reports whether err may be gone after a while. The file of a port that has just come is
// root's for a moment.
func (a *attempt) passes(err error) bool {
	var used *locks.InUseError
	return errors.Is(err, port.ErrAbsent) || errors.Is(err, port.ErrBusy) || errors.As(err, &used) ||
		errors.Is(err, fs.ErrPermission) && errors.Is(a.failed, port.ErrAbsent)
}

// explain adds to an error that it was waited for.
func (a *attempt) explain(err error) error {
	if err != nil && a.tired {
		return fmt.Errorf("%w; it was waited for, for %v", err, a.limit)
	}
	return err
}

// tryAgain lets try run a moment later on the session's goroutine, if it is worth while after err: then
// it returns true, and says the first time what is waited for. The session's time goes on meanwhile.
func (s *session) tryAgain(a *attempt, now time.Duration, err error, try func(now time.Duration)) bool {
	if err == nil || a.limit == 0 || !a.passes(err) {
		return false
	}
	if a.failed == nil {
		a.since, s.heard = now, now
		s.report.awaits(err, a.limit)
	}
	a.failed = err
	if a.tired = now-a.since >= a.limit; a.tired {
		return false
	}
	time.AfterFunc(min(betweenTries, a.limit), func() {
		s.post(func(now time.Duration) {
			if !s.tool.Done() {
				try(now)
			}
		})
	})
	return true
}
