// Package bubble runs code that waits by the clock in virtual time: a blocking program that
// knows only package time lives through its seventy minutes in milliseconds.
//
// It is testing/synctest for code that is not a test of its own: what goes wrong inside, be it
// a panic, a goroutine that is left behind, or a program that hangs, comes back as an error.
// It fails no test by itself and hangs nothing. A Ginkgo spec, which has no *testing.T, gives
// the one with which its suite was started:
//
//	var suite *testing.T
//
//	func TestSuite(t *testing.T) { suite = t; RegisterFailHandler(Fail); RunSpecs(t, "suite") }
//
// Whoever has a machine and no blocking code needs none of this: package
// ionbench/simulator/bench is faster, and can be cloned.
package bubble

import (
	"errors"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// What the errors of Run wrap.
var (
	// ErrPanic: the code panicked.
	ErrPanic = errors.New("panic in virtual time")
	// ErrGoexit: the code ended its goroutine, as t.FailNow does.
	ErrGoexit = errors.New("the goroutine was ended in virtual time")
	// ErrBlocked: every goroutine waits for something that will never come.
	ErrBlocked = errors.New("blocked for ever in virtual time")
	// ErrLeft: the code returned and left goroutines behind.
	ErrLeft = errors.New("goroutines were left behind in virtual time")
	// ErrBusy: real time ran out; something computes, or waits for the world outside.
	ErrBusy = errors.New("still busy")
)

// Run calls f in a bubble of virtual time, in which time goes on whenever all goroutines of
// the bubble wait for it. The first instant is midnight UTC 2000-01-01. Everything that f
// starts must end with it.
//
// t is a test that is under way; nothing is done to it. Real time is bounded by limit: what
// is busy after that is given up and goes on in the background.
func Run(t *testing.T, limit time.Duration, f func()) error {
	ended := make(chan error, 1)
	go func() { ended <- run(t, f) }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return fmt.Errorf("%w after %v of real time: it computes, or waits for something outside, such as a socket or a file", ErrBusy, limit)
	}
}

// run is Run without a limit, on a goroutine that is given up if it must be.
func run(t *testing.T, f func()) (err error) {
	came := make(chan error, 1) // what came of f; nothing if it has not ended
	defer func() {
		stuck := recover()
		select {
		case err = <-came:
			if stuck != nil {
				err = errors.Join(err, fmt.Errorf("%w: each goroutine that is started has to end before the code returns: %v", ErrLeft, stuck))
			}
		default:
			err = fmt.Errorf("%w: nothing would ever wake it: %v", ErrBlocked, stuck)
		}
	}()
	synctest.Test(t, func(*testing.T) { came <- caught(f) })
	return nil
}

// caught calls f and says how it ended. It always returns: a Goexit of f stays in a goroutine
// of f's own.
func caught(f func()) error {
	ended := make(chan error, 1)
	go func() {
		err := ErrGoexit
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
			}
			ended <- err
		}()
		f()
		err = nil
	}()
	return <-ended
}
