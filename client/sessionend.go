package client

import (
	"errors"
	"fmt"
)

// Status is the exit status of the tool.
type Status int

// The statuses. A session never ends with 2, which is wrong usage.
const (
	StatusDone        Status = 0
	StatusFailed      Status = 1 // the task did not succeed
	StatusEnvironment Status = 3 // something that it needs failed before anything was heard
)

// End says how a session ended.
type End struct {
	// Err is why the task failed; nil if it did not. With StatusDone it can only be ErrAborted:
	// the person closed a window and then the tool.
	Err    error
	Status Status
	Advice Advice
	Kept   bool // a journal with the meter's settings is still on the disk
	// Changed: something that the session did has changed the meter.
	Changed bool
	// Log is why the log is not complete, of a task that succeeded; nil if it is.
	Log error
}

// Advice is what the person should do next.
type Advice uint8

// The advices. All after the first three follow a failure that changed nothing; AdviceAnswer may
// follow something that the session did before.
const (
	NoAdvice           Advice = iota
	AdviceSendTemplate        // it succeeded, and wanted settings are those of the factory template: send your own
	AdviceRecover             // the meter may be in download state, or lacks settings: check cable and power, then recover it
	AdviceOtherLog            // name another log
	AdviceAnswer              // answer the questions: one had no answer
	AdviceAgain               // the person ended it: start it again
	AdvicePassword            // give the right password
	AdviceRecoverFirst        // the task needs the meter's application: recover the meter first
	AdviceOtherFile           // the file is for another product
	AdviceCheckMeter          // another meter answers
	AdviceOtherFolder         // the journal cannot be kept where it should be
	AdviceWait                // another process is at work on the meter
)

// finish ends the session: its task has ended with err.
func (s *Session) finish(err error) { s.end = s.upgrader.rules.end(s, err) }

// ending is the end of a session whose task has ended with err.
func (s *Session) ending(err error) *End {
	err = s.withLog(err)
	end := &End{Err: err, Status: s.status(err), Advice: s.advice(err), Kept: s.kept, Changed: s.hasChanged()}
	if err == nil && s.logErr != nil {
		end.Log = s.logErr.Cause
	}
	return end
}

// withLog adds the error of the log to that of a task that failed.
func (s *Session) withLog(err error) error {
	var log *LogError
	switch {
	case s.logErr == nil, err == nil, errors.As(err, &log):
		return err
	case !s.logErr.WentOn && errors.Is(err, ErrAborted):
		return s.logErr
	}
	return fmt.Errorf("%w; %w", err, s.logErr)
}

func (s *Session) status(err error) Status {
	switch {
	case err == nil, s.upgrader.task == TaskConnect && !s.leaving && !s.recover && !s.changed && errors.Is(err, ErrAborted):
		return StatusDone
	case s.logErr != nil && !s.sent, s.connection == shutOut:
		return StatusEnvironment
	}
	return StatusFailed
}

// advice is the advice for the way in which the task ended.
func (s *Session) advice(err error) Advice {
	upgrade := s.upgrader.task == TaskUpgrade || s.upgrader.task == TaskRecover
	byPerson := errors.Is(err, ErrAborted) || errors.Is(err, ErrEndedAtOnce)
	switch {
	case err == nil && upgrade && !s.kept && s.upgrader.missing()&s.paste != 0:
		return AdviceSendTemplate
	case err == nil:
		return NoAdvice
	case errors.Is(err, ErrMeterInUse): // also in its loader: the other one is at work there
		return AdviceWait
	case s.logErr != nil && inUse(s.logErr):
		return AdviceOtherLog
	case s.upgrader.task != TaskIdentify && (s.recover || s.changed && s.kept):
		return AdviceRecover
	case s.logErr != nil && !s.logErr.WentOn:
		return AdviceOtherLog
	case byPerson && s.unanswered:
		return AdviceAnswer
	case byPerson && upgrade && !s.hasChanged():
		return AdviceAgain
	}
	return adviceOn(err)
}

// adviceOn is the advice for an error that changed nothing.
func adviceOn(err error) Advice {
	for _, a := range []struct {
		err    error
		advice Advice
	}{
		{ErrPassword, AdvicePassword},
		{ErrDownloadState, AdviceRecoverFirst},
		{ErrWrongProduct, AdviceOtherFile},
		{ErrWrongSerial, AdviceCheckMeter},
		{ErrWrongUnit, AdviceCheckMeter},
		{ErrNoPersistence, AdviceOtherFolder},
		{ErrMeterInUse, AdviceWait},
	} {
		if errors.Is(err, a.err) {
			return a.advice
		}
	}
	return NoAdvice
}
