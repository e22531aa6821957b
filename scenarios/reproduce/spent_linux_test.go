package reproduce_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// spent is the time that a processor was at work on something, however busy the computer is.
func spent(t *testing.T, do func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := ofThread(t)
	do()
	return ofThread(t) - begun
}

func ofThread(t *testing.T) time.Duration {
	t.Helper()
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
