package client

import (
	"errors"
	"fmt"
	"time"

	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Session is one process of the tool. It does what is to be done besides talking to the meter:
// the log, the journals, a person who leaves, the end. Like its Upgrader it is a machine
// without files: NextEvent says what is to be done, and the program that drives it reports the
// result. Make it with NewSession. Start it with Start, or end it with NotConnected.
//
// The result of an event must be reported before anything else is done with the session: Logged
// for a line of the log, Saved, Loaded or Removed for a journal, Locked for a meter, Answer for
// a prompt, Reconnected for a connection. Only Logged, Answer, Locked and Reconnected may take their
// time.
//
// If the log cannot be written before an upgrade has changed anything, the upgrade ends. Later
// it goes on without a log, because by then the meter matters more. What comes of the upgrade is
// then told as it is, and that its log is not complete (see End). A log that another process
// writes ends the upgrade in any case.
type Session struct {
	upgrader *Upgrader
	// paste are the settings to write back if the person is gone when the tool asks.
	paste ion.Groups

	line    upgradelog.Kind // the line that waits to be written; 0: none
	logErr  *LogError       // set: nothing more is written
	warning error           // to be shown next

	connection connection

	started    bool
	leaving    bool // every further window is closed
	unanswered bool // it is leaving because nobody is there to answer
	sent       bool // something was sent to the meter
	recover    bool // a failure from now on leaves a meter that must be recovered
	changed    bool // the upgrade has changed the meter
	before     bool // so has something that the session did before it
	kept       bool // a journal of the meter waits on the disk
	end        *End
}

// LogError says that a log could not be written.
type LogError struct {
	Cause error
	// WentOn: the upgrade had changed the meter by then and went on without a log. If false,
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

// NewSession makes a process of the tool around an upgrader that has not started. paste are the
// settings that an upgrade writes back if the person has left by then.
func NewSession(u *Upgrader, paste ion.Groups) *Session { return &Session{upgrader: u, paste: paste} }

// Start begins a task. The connection must be there, unless the task asks for one itself.
func (s *Session) Start(now time.Duration, t Task) {
	if s.end == nil {
		s.started = true
		s.upgrader.Start(now, t)
	}
}

// NotConnected ends a session whose connection could not be made.
func (s *Session) NotConnected(cause error) {
	if s.end == nil {
		s.finish(cause)
		s.end.Status = StatusEnvironment
	}
}

// Quit ends the session at once: nothing more is sent, written or asked.
func (s *Session) Quit() {
	if s.end == nil {
		s.finish(ErrEndedAtOnce)
	}
}

// Done reports that the session has ended.
func (s *Session) Done() bool { return s.end != nil }

// End says how the session ended; the zero End before that.
func (s *Session) End() End {
	if s.end == nil {
		return End{}
	}
	return *s.end
}

// Receive takes bytes from the line. What still comes from a connection that is gone is lost with it.
func (s *Session) Receive(now time.Duration, p []byte) {
	if s.end == nil && s.connection == online {
		s.upgrader.Receive(now, p)
	}
}

// Advance does what is due by now.
func (s *Session) Advance(now time.Duration) {
	if s.end != nil || s.connection == keptOut {
		return
	}
	unsent := len(s.upgrader.tx)
	s.upgrader.Advance(now)
	if s.connection != online {
		s.upgrader.supersede(unsent)
	}
}

// Next is the session's next wake-up.
func (s *Session) Next() (at time.Duration, ok bool) {
	if s.end != nil || s.connection == keptOut {
		return 0, false
	}
	return s.upgrader.Next()
}

// Transmit returns what is to be sent now.
func (s *Session) Transmit(dst []byte) []byte {
	if s.end != nil || s.connection != online {
		return dst
	}
	with := s.upgrader.Transmit(dst)
	s.sent = s.sent || len(with) > len(dst)
	return with
}

// Counts says how far the download is.
func (s *Session) Counts() Counts { return s.upgrader.Counts() }

// RecoveryMode is the upgrader's.
func (s *Session) RecoveryMode() bool { return s.upgrader.RecoveryMode() }

// SetWrites sets what TaskWriteSettings writes, as the upgrader's SetWrites does.
func (s *Session) SetWrites(values map[int]ion.Value) error { return s.upgrader.SetWrites(values) }

// ClockSet says that the PC's calendar was moved.
func (s *Session) ClockSet(by time.Duration) { s.upgrader.ClockSet(by) }

// Quiet reports that NextEvent has no more events.
func (s *Session) Quiet() bool {
	return s.warning == nil && (s.line != 0 || s.upgrader.Quiet() && !s.wantsConnection())
}

// NextEvent returns what is to be done and shown, one event at a time, oldest first: the
// upgrader's events, marked as Settled where the session has dealt with them, warnings, and the
// end, which is that of the session (see End).
func (s *Session) NextEvent(now time.Duration) (e Event, ok bool) {
	if s.warning != nil {
		e = Event{Kind: EventWarning, Err: s.warning}
		s.warning = nil
		return e, true
	}
	if s.line != 0 {
		return Event{}, false // until the line is Logged
	}
	if e, ok = s.upgrader.NextEvent(); ok {
		s.hear(now, &e)
		return e, true
	}
	return s.askForConnection()
}

// hear notes what an event of the upgrader means for the session.
func (s *Session) hear(now time.Duration, e *Event) {
	switch e.Kind {
	case EventLog:
		s.hearLine(e)
	case EventPrompt:
		if e.Settled = s.leaving; s.leaving {
			s.leaveWindow(now)
		}
	case EventStep:
		if e.Step == StepSayGivenBack {
			s.changed, s.recover = false, false
			return
		}
		if s.logErr == nil || s.logErr.WentOn { // otherwise the upgrade was stopped before it began
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
		s.before = s.hasChanged()
		s.changed = s.recover
	}
	if s.logErr != nil {
		e.Settled = true
		s.lineDone(e.Line.Kind)
		return
	}
	s.line = e.Line.Kind
}

// lineDone: when an upgrade's last line is written, nothing is left to recover.
func (s *Session) lineDone(k upgradelog.Kind) {
	if k == upgradelog.UpgradeCompleted {
		s.before = s.hasChanged()
		s.changed, s.recover = false, false
	}
}

// hasChanged reports whether anything that the session did has changed the meter.
func (s *Session) hasChanged() bool { return s.before || s.changed }

// Logged reports that the line of an EventLog is in the log, or why it is not.
func (s *Session) Logged(now time.Duration, err error) {
	line := s.line
	s.line = 0
	if err != nil && s.logErr == nil {
		s.logErr = &LogError{Cause: err, WentOn: s.changed && !inUse(err)}
		if s.logErr.WentOn {
			s.warning = s.logErr
		} else {
			s.leaveBecause(now, s.logErr)
		}
	}
	s.lineDone(line)
}

// inUse reports whether a log is another process's. That is found before this upgrade changes
// anything, also where an earlier one has left a meter to be recovered.
func inUse(err error) bool {
	var used *locks.InUseError
	return errors.As(err, &used)
}

// Answer answers the open prompt.
func (s *Session) Answer(now time.Duration, a Answer) {
	if s.end != nil {
		return
	}
	if s.upgrader.asks(ConnectionType) && a.Choice == OK {
		s.connected()
	}
	s.upgrader.Answer(now, a)
}

// Saved answers EventSaveJournal: nil, or why the journal is not on disk.
func (s *Session) Saved(now time.Duration, err error) {
	if err != nil && s.upgrader.settles() {
		s.warning = fmt.Errorf("the settings are back, and the journal still has all of them: %w", err)
	}
	s.kept = s.kept || err == nil
	s.upgrader.Saved(now, err)
}

// Loaded answers EventLoadJournal with the journal of the meter, nil if there is none, or why
// it cannot be read.
func (s *Session) Loaded(now time.Duration, j *journal.Journal, err error) {
	s.kept = j != nil
	s.upgrader.Loaded(now, j, err)
}

// Locked answers EventLock: nil if no other process can change the meter meanwhile, or who has
// it. A lock holds until the process ends or asks for that of another meter.
func (s *Session) Locked(now time.Duration, err error) { s.upgrader.Locked(now, err) }

// Removed answers EventRemoveJournal: nil, or why the journal is still there.
func (s *Session) Removed(now time.Duration, err error) {
	if err != nil {
		s.warning = fmt.Errorf("the journal has served and cannot be removed: %w", err)
	} else {
		s.kept = false
	}
	s.upgrader.Saved(now, err)
}

// Abort is the person's Abort button. The windows that follow still open.
func (s *Session) Abort(now time.Duration) {
	if s.end == nil {
		s.upgrader.Abort(now)
	}
}

// Interrupt is Ctrl-C: Abort, then leave the tool.
func (s *Session) Interrupt(now time.Duration) {
	if s.end == nil {
		s.leave(now)
	}
}

// leave ends what is going on and closes the windows that follow.
func (s *Session) leave(now time.Duration) { s.leaveBecause(now, ErrAborted) }

func (s *Session) leaveBecause(now time.Duration, why error) {
	s.leaving = true
	if !s.started {
		s.finish(why)
		return
	}
	if s.connection == keptOut {
		s.connection = offline
	}
	s.upgrader.stop(now, why)
}

// InputEnded says that nobody is there to answer, neither the open prompt nor a later one.
func (s *Session) InputEnded(now time.Duration) {
	if s.upgrader.phase != asking || s.leaving || s.end != nil {
		return
	}
	s.leaving, s.unanswered = true, true
	s.leaveWindow(now)
}

// leaveWindow closes a window as its Exit button does. What would be sent only after an answer
// is not sent.
func (s *Session) leaveWindow(now time.Duration) {
	if s.upgrader.phase != asking {
		return // the window is closed already
	}
	switch s.upgrader.step().is {
	case StepOfferSettings, StepPasteOptions:
		s.leave(now)
	case StepOfferOlder:
		s.Answer(now, Answer{Choice: Cancel})
	case StepChooseRestore:
		s.Answer(now, Answer{Groups: s.paste})
	default:
		s.Answer(now, Answer{Choice: Exit})
	}
}
