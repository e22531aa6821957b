package machine

import "time"

// Clock is the time of a machine outside the bench. Now may be called by several goroutines at
// once.
type Clock interface {
	// Now is the time since the epoch; it never decreases.
	Now() time.Duration
	// Timer returns a new timer of this clock that is not set.
	Timer() Timer
}

// Timer tells one goroutine that a time has come.
type Timer interface {
	// C delivers one value when the time has come.
	C() <-chan time.Time
	// Reset sets the timer to a time since the epoch. After that, nothing of an earlier setting
	// is delivered.
	Reset(at time.Duration)
	// Stop ends the timer's use.
	Stop()
}

// WallClock is real time, counted from the call.
func WallClock() Clock { return WallClockFrom(0) }

// WallClockFrom is real time, which is now at the call and goes on from there.
func WallClockFrom(now time.Duration) Clock { return wallClock{start: time.Now().Add(-now)} }

type wallClock struct{ start time.Time }

func (c wallClock) Now() time.Duration { return time.Since(c.start) }

func (c wallClock) Timer() Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return wallTimer{clock: c, timer: t}
}

type wallTimer struct {
	clock wallClock
	timer *time.Timer
}

func (t wallTimer) C() <-chan time.Time    { return t.timer.C }
func (t wallTimer) Reset(at time.Duration) { t.timer.Reset(at - t.clock.Now()) }
func (t wallTimer) Stop()                  { t.timer.Stop() }
