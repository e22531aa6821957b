package client

import (
	"errors"
	"fmt"
)

// Whoever makes an error that ends a task seldom knows what the task has told the meter before: an answer
// that refuses the password, or a journal that cannot be saved, may come in the first minute, or behind a
// clear. So an error that would say that nothing was changed has a Stand, and fail, which knows, decides.

// Stand is what an error may say of the meter.
type Stand struct {
	Changed bool // the task may have changed the meter before
}

// nothingChanged is what is said of a meter that is as it was.
const nothingChanged = "nothing was changed"

// untouched is the sentence, for the end of another; empty where it is not so.
func (s *Stand) untouched() string {
	if s.Changed {
		return ""
	}
	return "; " + nothingChanged
}

func (s *Stand) setChanged(changed bool) { s.Changed = changed }

// stoppedError is an error without details that stops a task, usually before anything is changed.
type stoppedError struct {
	Stand
	why    error
	advice string // empty for none
}

func (e *stoppedError) Error() string {
	text := e.why.Error() + e.untouched()
	if e.advice != "" {
		text += "; " + e.advice
	}
	return text
}

func (e *stoppedError) Unwrap() error { return e.why }

// stopped ends a task because of a sentinel and its cause.
func stopped(advice string, sentinel error, cause error) next {
	return stoppedWith(advice, "%w: %w", sentinel, cause)
}

func stoppedWith(advice, format string, args ...any) next {
	return failed(&stoppedError{why: fmt.Errorf(format, args...), advice: advice})
}

// touch is what a task may have changed in the meter.
type touch struct {
	may    bool // a request that changes something was sent
	before bool // the same, without the request that waits for its answer
}

// asks notes a request that is about to be sent.
func (t *touch) asks(changes bool) {
	t.before = t.may
	t.may = t.may || changes
}

// refused notes that the meter has refused the request that was sent.
func (t *touch) refused() { t.may = t.before }

// asItStands has an error say what is so.
func (u *Upgrader) asItStands(err error) error {
	var s interface{ setChanged(bool) }
	if errors.As(err, &s) {
		s.setChanged(u.touch.may)
	}
	return err
}
