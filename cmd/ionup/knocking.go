package main

import (
	"errors"
	"io"
	"strings"
	"time"

	"ionbench/client/port"
)

const (
	// knocks is how many connections in a row are closed unheard until the port counts as somebody
	// else's: a gateway may break off once or twice.
	knocks = 3
	// shortestStay is how long a connection on which nothing is asked must last to be the tool's own.
	shortestStay = 200 * time.Millisecond
)

// knocking is a session before a port that closes its connections before anything was heard over any of
// them. It connects again without asking anything, until a connection lasts.
type knocking struct {
	attempt
	closed int           // connections in a row
	stay   time.Duration // how long a connection must last
}

// lose tells the tool that its connection is lost. After an answer that is a missing answer, whatever the
// reason; before the first one the port may be somebody else's.
func (s *session) lose(now time.Duration, err error) {
	s.capture.broke(err)
	if held := s.heldBy(err); held != nil && !s.ear.answered() {
		if s.standBefore(now, held) {
			return
		}
		err = held // the tool asks nothing yet, and knocks again when it does
	}
	s.tool.Broken(now, err)
	s.step(now)
}

// heldBy tells a port that is somebody else's from a connection that broke; nil: it broke. Some serial
// servers say so in words.
func (s *session) heldBy(err error) error {
	var held *port.HeldError
	if errors.As(err, &held) {
		return held
	}
	like := s.ear.likeness()
	if ended := errors.Is(err, io.EOF) || errors.Is(err, port.ErrGone); !ended || s.target.tcp == "" || s.target.phone != "" || !strings.HasPrefix(like, "text") {
		return nil
	}
	return &port.HeldError{Address: s.target.tcp, Said: like, Cause: err}
}

// standBefore handles a connection that was closed unheard. It returns false if the tool had asked nothing.
func (s *session) standBefore(now time.Duration, err error) bool {
	if s.knock == nil {
		if !s.tool.KeptOut(now, err) {
			return false
		}
		s.knock = &knocking{attempt: attempt{limit: s.wait}, stay: max(shortestStay, knocks*(now-s.opened))}
	}
	if s.knock.closed++; s.knock.closed < knocks {
		time.AfterFunc(betweenTries, func() { s.post(s.knockAgain) })
		return true
	}
	if !s.tryAgain(&s.knock.attempt, now, err, s.knockAgain) {
		err = s.knock.explain(err)
		s.knock = nil
		s.tool.StaysOut(now, err)
		s.step(now)
	}
	return true
}

// knockAgain connects once more.
func (s *session) knockAgain(time.Duration) {
	k := s.knock
	if k == nil || s.tool.Done() {
		return
	}
	s.connect(&attempt{}, func(now time.Duration, err error) {
		if s.knock != k {
			return
		}
		if err != nil {
			s.standBefore(now, err)
			return
		}
		n := k.closed
		time.AfterFunc(k.stay, func() {
			s.post(func(now time.Duration) {
				if s.knock == k && k.closed == n {
					s.knock = nil
					s.tool.Reconnected(now, nil)
				}
			})
		})
	})
}
