package judge

import (
	"testing"
	"time"
)

func TestHowLateTheComputerWasIsNotRememberedForEver(t *testing.T) {
	var l lateness
	began := time.Now()
	at := func(i int) time.Time { return began.Add(time.Duration(i) * 15 * time.Millisecond) }
	const n = 3 * maxPeaks
	for i := range n {
		l.note(peak{at(i), time.Duration(i)})
	}
	if len(l.peaks) > maxPeaks {
		t.Errorf("%d are remembered", len(l.peaks))
	}
	if got := l.worst(at(n-maxPeaks/2), at(n)); got != n-1 {
		t.Errorf("lately it was late by %d, not by %d", got, n-1)
	}
}
