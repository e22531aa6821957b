package bubble_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ionbench/simulator/bubble"
)

const limit = 30 * time.Second

func TestSeventyMinutesPassAtOnce(t *testing.T) {
	var passed time.Duration
	err := bubble.Run(t, limit, func() {
		began := time.Now()
		time.Sleep(70 * time.Minute)
		passed = time.Since(began)
	})
	if err != nil || passed != 70*time.Minute {
		t.Errorf("%v passed, error %v", passed, err)
	}
}

func TestWhatGoesWrongInsideComesBackAsAnError(t *testing.T) {
	for name, test := range map[string]struct {
		f    func()
		want error
	}{
		"a panic":                        {func() { panic("of the code") }, bubble.ErrPanic},
		"a FailNow":                      {runtime.Goexit, bubble.ErrGoexit},
		"a wait for nothing":             {func() { <-make(chan int) }, bubble.ErrBlocked},
		"a goroutine that waits":         {func() { go func() { <-make(chan int) }() }, bubble.ErrLeft},
		"a goroutine that sleeps":        {func() { go time.Sleep(time.Hour) }, bubble.ErrLeft},
		"a goroutine that ticks forever": {func() { go func() { select {} }(); time.Sleep(time.Hour) }, bubble.ErrLeft},
	} {
		t.Run(name, func(t *testing.T) {
			if err := bubble.Run(t, limit, test.f); !errors.Is(err, test.want) {
				t.Errorf("error %v, want one that wraps %v", err, test.want)
			}
			if err := bubble.Run(t, limit, func() { time.Sleep(time.Second) }); err != nil {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}

func TestAPanicAndAGoroutineThatIsLeftAreBothTold(t *testing.T) {
	err := bubble.Run(t, limit, func() {
		go time.Sleep(time.Hour)
		panic("of the code")
	})
	if !errors.Is(err, bubble.ErrPanic) || !errors.Is(err, bubble.ErrLeft) {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsBusyIsGivenUpAfterALimitOfRealTime(t *testing.T) {
	var stop atomic.Bool
	before := runtime.NumGoroutine()
	err := bubble.Run(t, 50*time.Millisecond, func() {
		for !stop.Load() {
			runtime.Gosched()
		}
	})
	stop.Store(true)
	for runtime.NumGoroutine() > before { // it must not outlive the test
		time.Sleep(time.Millisecond)
	}
	if !errors.Is(err, bubble.ErrBusy) {
		t.Errorf("error %v, want one that wraps %v", err, bubble.ErrBusy)
	}
}
