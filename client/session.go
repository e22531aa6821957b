package client

import (
	"fmt"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Session is one process of the tool with what it does besides talking to the meter: its log,
// its journals, the person who leaves, and how it ends. It is a machine as its Upgrader is,
// and does nothing of that itself: NextEvent says what is to be done, and whoever drives it
// tells what came of it. Make it with NewSession and start it with Start, or end it with
// NotConnected.
//
// An event that wants an answer gets it before anything else is done with the session: a line
// of the log Logged, a prompt Answer (that may take its time), a journal Saved, Loaded or
// Removed.
//
// A log that cannot be written ends an upgrade that has changed nothing yet; from then on the
// meter is worth more than the log.
type Session struct {
	upgrader *Upgrader
	// paste is what is written back when the person is asked for it and gone.
	paste ion.Groups

	line    upgradelog.Kind // that waits to be written; 0: none
	logErr  *LogError       // from when on nothing is written
	warning error           // to be told next

	started    bool
	leaving    bool // every further window is left
	unanswered bool // because nobody is there to answer
	sent       bool // something was sent to the meter
	recover    bool // what fails now leaves a meter that has to be recovered
	changed    bool // so, or the upgrade under way has changed the meter
	kept       bool // a journal of the meter waits on the disk
	end        *End
}

// LogError is a log that could not be written.
type LogError struct {
	Cause error
	// WentOn: the upgrade had changed the meter by then and went on without a log. Otherwise
	// nothing was changed.
	WentOn bool
}

func (e *LogError) Error() string {
	if e.WentOn {
		return fmt.Sprintf("log: %v; the upgrade went on without it", e.Cause)
	}
	return fmt.Sprintf("log: %v; nothing was changed", e.Cause)
}

func (e *LogError) Unwrap() error { return e.Cause }

// NewSession makes a process of the tool around an upgrader that was not started. paste are
// the settings that an upgrade writes back should the person have left by then.
func NewSession(u *Upgrader, paste ion.Groups) *Session { return &Session{upgrader: u, paste: paste} }

// Start begins a task, once there is a connection or if the task asks for one.
func (s *Session) Start(now time.Duration, t Task) {
	if s.end == nil {
		s.started = true
		s.upgrader.Start(now, t)
	}
}

// NotConnected ends a session that was to be started and cannot have its connection.
func (s *Session) NotConnected(cause error) {
	if s.end == nil {
		s.finish(cause)
		s.end.Status = StatusEnvironment
	}
}

// Quit ends the session on the spot: nothing more is sent, written or asked.
func (s *Session) Quit() {
	if s.end == nil {
		s.finish(ErrEndedAtOnce)
	}
}

// Done reports that the session has ended.
func (s *Session) Done() bool { return s.end != nil }

// End is how it has ended; the zero End before.
func (s *Session) End() End {
	if s.end == nil {
		return End{}
	}
	return *s.end
}

// Receive takes bytes from the line.
func (s *Session) Receive(now time.Duration, p []byte) {
	if s.end == nil {
		s.upgrader.Receive(now, p)
	}
}

// Advance does what is due by now.
func (s *Session) Advance(now time.Duration) {
	if s.end == nil {
		s.upgrader.Advance(now)
	}
}

// Next is the session's next wake-up.
func (s *Session) Next() (at time.Duration, ok bool) {
	if s.end != nil {
		return 0, false
	}
	return s.upgrader.Next()
}

// Transmit hands out what is to be sent now.
func (s *Session) Transmit(dst []byte) []byte {
	if s.end != nil {
		return dst
	}
	with := s.upgrader.Transmit(dst)
	s.sent = s.sent || len(with) > len(dst)
	return with
}

// Counts is how the download stands now.
func (s *Session) Counts() Counts { return s.upgrader.Counts() }

// RecoveryMode is that of the upgrader.
func (s *Session) RecoveryMode() bool { return s.upgrader.RecoveryMode() }

// SetWrites gives what TaskWriteSettings writes, as that of the upgrader.
func (s *Session) SetWrites(values map[int]ion.Value) error { return s.upgrader.SetWrites(values) }

// ClockSet tells that the PC's calendar was set.
func (s *Session) ClockSet(by time.Duration) { s.upgrader.ClockSet(by) }

// Quiet reports that NextEvent has nothing to tell.
func (s *Session) Quiet() bool {
	return s.warning == nil && (s.line != 0 || s.upgrader.Quiet())
}

// NextEvent hands out what is to be done and shown, one at a time and in order. Those of the
// upgrader are handed on, with what the session has settled itself; besides there are
// warnings, and the end is that of the session (see End).
func (s *Session) NextEvent(now time.Duration) (e Event, ok bool) {
	if s.warning != nil {
		e = Event{Kind: EventWarning, Err: s.warning}
		s.warning = nil
		return e, true
	}
	if s.line != 0 {
		return Event{}, false // until it is Logged
	}
	if e, ok = s.upgrader.NextEvent(); ok {
		s.hear(now, &e)
	}
	return e, ok
}

// hear takes note of an event of the upgrader.
func (s *Session) hear(now time.Duration, e *Event) {
	switch e.Kind {
	case EventLog:
		s.hearLine(e)
	case EventPrompt:
		if e.Settled = s.leaving; s.leaving {
			s.leaveWindow(now)
		}
	case EventStep:
		if s.logErr == nil || s.logErr.WentOn { // otherwise it was not to begin any more
			s.changed = s.changed || e.Step.ChangesMeter()
			s.recover = s.recover || e.Step.LeavesApplication()
		}
	case EventDevice:
		s.recover = e.Device.Download
		s.changed = s.changed || e.Device.Download
	case EventFinished:
		if s.end == nil {
			s.finish(e.Err)
		}
		e.Err = s.end.Err
	}
}

func (s *Session) hearLine(e *Event) {
	if e.Line.Kind == upgradelog.UpgradeStarted {
		s.changed = s.recover
	}
	if s.logErr != nil {
		e.Settled = true
		s.lineDone(e.Line.Kind)
		return
	}
	s.line = e.Line.Kind
}

// lineDone: with its last line an upgrade that succeeded leaves nothing to recover.
func (s *Session) lineDone(k upgradelog.Kind) {
	if k == upgradelog.UpgradeCompleted {
		s.changed, s.recover = false, false
	}
}

// Logged tells that the line of an EventLog is in the log, or why not.
func (s *Session) Logged(now time.Duration, err error) {
	line := s.line
	s.line = 0
	if err != nil && s.logErr == nil {
		s.logErr = &LogError{Cause: err, WentOn: s.changed}
		if s.changed {
			s.warning = s.logErr
		} else {
			s.leave(now)
		}
	}
	s.lineDone(line)
}

// Answer answers the prompt that stands.
func (s *Session) Answer(now time.Duration, a Answer) {
	if s.end == nil {
		s.upgrader.Answer(now, a)
	}
}

// Saved answers EventSaveJournal: the journal is on disk, or why not.
func (s *Session) Saved(now time.Duration, err error) {
	s.kept = s.kept || err == nil
	s.upgrader.Saved(now, err)
}

// Loaded answers EventLoadJournal: the journal of the meter, or nil when there is none, or
// why it cannot be read.
func (s *Session) Loaded(now time.Duration, j *Journal, err error) {
	s.kept = j != nil
	s.upgrader.Loaded(now, j, err)
}

// Removed answers EventRemoveJournal: the journal is gone, or why not.
func (s *Session) Removed(_ time.Duration, err error) {
	if err != nil {
		s.warning = fmt.Errorf("the journal has served and cannot be removed: %w", err)
		return
	}
	s.kept = false
}

// Abort is the person's Abort button. The windows go on.
func (s *Session) Abort(now time.Duration) {
	if s.end == nil {
		s.upgrader.Abort(now)
	}
}

// Interrupt is Ctrl-C: the Abort button, and then out of the tool.
func (s *Session) Interrupt(now time.Duration) {
	if s.end == nil {
		s.leave(now)
	}
}

// leave ends what is going on, and leaves the windows that follow.
func (s *Session) leave(now time.Duration) {
	s.leaving = true
	if !s.started {
		s.finish(ErrAborted)
		return
	}
	s.upgrader.Abort(now)
}

// InputEnded tells that nobody is there to answer the prompt that stands, nor any other.
func (s *Session) InputEnded(now time.Duration) {
	if s.upgrader.phase != asking || s.leaving || s.end != nil {
		return
	}
	s.leaving, s.unanswered = true, true
	s.leaveWindow(now)
}

// leaveWindow answers a window as its own Exit does. What would be sent only after an answer
// is not sent.
func (s *Session) leaveWindow(now time.Duration) {
	if s.upgrader.phase != asking {
		return // it is closed already: what was told of it came late
	}
	switch s.upgrader.step().is {
	case StepOfferSettings, StepPasteOptions:
		s.leave(now)
	case StepChooseRestore:
		s.Answer(now, Answer{Groups: s.paste})
	default:
		s.Answer(now, Answer{Choice: Exit})
	}
}

// Lost tells that the connection itself has ended and will not come back.
func (s *Session) Lost(now time.Duration, cause error) {
	if s.end == nil {
		s.upgrader.Lost(now, cause)
	}
}
