// Package bubble runs blocking code in virtual time: a program that waits with package time
// alone gets through seventy minutes in milliseconds.
//
// It is testing/synctest for code that is not a test of its own. If the code panics, leaves a
// goroutine behind or hangs, Run returns an error; it fails no test and does not hang itself.
// A Ginkgo spec has no *testing.T, so it passes the one with which its suite was started:
//
//	var suite *testing.T
//
//	func TestSuite(t *testing.T) { suite = t; RegisterFailHandler(Fail); RunSpecs(t, "suite") }
//
// If your code is a machine and does not block, use package ionbench/simulator/bench instead:
// it is faster and can be cloned.
package bubble

import (
	"errors"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// The errors that those of Run wrap.
var (
	// ErrPanic: the code panicked.
	ErrPanic = errors.New("panic in virtual time")
	// ErrGoexit: the code ended its goroutine, as t.FailNow does.
	ErrGoexit = errors.New("the goroutine was ended in virtual time")
	// ErrBlocked: every goroutine waits for something that can never come.
	ErrBlocked = errors.New("blocked for ever in virtual time")
	// ErrLeft: the code returned and left goroutines behind.
	ErrLeft = errors.New("goroutines were left behind in virtual time")
	// ErrBusy: the limit in real time has passed while a goroutine still computed, or waited
	// for something outside of the bubble.
	ErrBusy = errors.New("still busy")
)

// Run calls f in a bubble of virtual time, which moves on whenever all goroutines of the
// bubble wait for it. It begins at midnight UTC 2000-01-01. Every goroutine that f starts must
// end before f returns.
//
// Run needs a running test t and does nothing to it. The limit is real time: code that is
// still busy then is abandoned and goes on in the background.
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

// run is Run without a limit. Run calls it on a goroutine that it can abandon.
func run(t *testing.T, f func()) (err error) {
	came := make(chan error, 1) // how f ended; empty while it runs
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

// caught calls f and says how it ended. It calls f on another goroutine, so that it returns
// even when f calls runtime.Goexit.
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
