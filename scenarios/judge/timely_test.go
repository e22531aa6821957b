//go:build unix

package judge

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// trying is a test of what programs do in real time. It fails as any other, but not for a computer that
// was late: then it is tried again, with more time for everything, as the judge does with a scenario.
type trying struct {
	*testing.T
	times  int // how much longer than testResponse and testLimit
	failed []string
}

// mostTimes is where it fails however late the computer was.
const mostTimes = 16

func timely(t *testing.T, body func(t *trying)) {
	t.Helper()
	for times := 1; ; times *= 4 {
		x := &trying{T: t, times: times}
		late := x.try(body)
		if !x.again(late) {
			for _, what := range x.failed {
				t.Error(what)
			}
			return
		}
		t.Logf("this computer was %v late, so it is tried again: %q", late, x.failed)
	}
}

// again reports that a computer so late may have been at fault.
func (t *trying) again(late time.Duration) bool {
	return len(t.failed) > 0 && t.times < mostTimes && late > tolerated(t.response())
}

// try returns how late the computer was meanwhile.
func (t *trying) try(body func(t *trying)) time.Duration {
	var late lateness
	ctx, end := context.WithCancel(t.Context())
	var measuring sync.WaitGroup
	defer measuring.Wait()
	defer end()
	measuring.Go(func() { late.measure(ctx) })
	began := time.Now()
	func() {
		defer func() {
			if why := recover(); why != nil && why != any(gaveUp{}) {
				panic(why)
			}
		}()
		body(t)
	}()
	return late.worst(began, time.Now())
}

// gaveUp is the panic of a try that goes no further.
type gaveUp struct{}

func (t *trying) Errorf(format string, args ...any) {
	t.failed = append(t.failed, fmt.Sprintf(format, args...))
}

func (t *trying) Error(args ...any) { t.failed = append(t.failed, fmt.Sprint(args...)) }

func (t *trying) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(gaveUp{})
}

func (t *trying) Fatal(args ...any) {
	t.Error(args...)
	panic(gaveUp{})
}

// timesOf is how much longer than usual things may take in a test.
func timesOf(t testing.TB) int {
	if x, ok := t.(*trying); ok {
		return x.times
	}
	return 1
}

// response is how long a program waits for an answer.
func (t *trying) response() time.Duration { return testResponse * time.Duration(t.times) }

// within is a limit on a computer that is in time.
func (t *trying) within(limit time.Duration) time.Duration { return limit * time.Duration(t.times) }

func TestATestOfProgramsIsTriedAgainWhereTheComputerMayHaveBeenAtFault(t *testing.T) {
	late, inTime := testResponse, testResponse/100
	for _, x := range []struct {
		what  string
		times int
		fails bool
		late  time.Duration
		again bool
	}{
		{"it passes", 1, false, late, false},
		{"it fails in time", 1, true, inTime, false},
		{"it fails late", 1, true, late, true},
		{"it fails late, with time enough", 4, true, late, false},
		{"it fails later, with more time", 4, true, 4 * late, true},
		{"it fails always", mostTimes, true, time.Hour, false},
	} {
		try := &trying{T: t, times: x.times}
		if x.fails {
			try.failed = []string{"x"}
		}
		if again := try.again(x.late); again != x.again {
			t.Errorf("%s: again %v", x.what, again)
		}
	}
}
