package judge

import (
	"testing"
	"time"
)

// A program that gets on is given more time, though not for ever, and one that does not get on is
// given none.
func TestOnlyAProgramThatGetsOnHasMoreTimeThanTheLimit(t *testing.T) {
	const share = time.Millisecond
	for _, test := range []struct {
		name  string
		limit limit
		done  []uint64 // at each look
		want  int      // parts of the time
	}{
		{"nobody counts", limit{time: 3 * share}, nil, 1},
		{"it does nothing", limit{time: 3 * share, more: share, most: 9}, []uint64{5, 5}, 2},
		{"it does nothing at all", limit{time: 3 * share, more: share, most: 9}, []uint64{0, 0}, 2},
		{"it gets on twice", limit{time: 3 * share, more: share, most: 9}, []uint64{5, 6, 9, 9}, 4},
		{"it gets on for ever", limit{time: 3 * share, more: share, most: 3}, []uint64{1, 2, 3, 4, 5, 6}, 4},
		{"its time is short", limit{time: share, more: 2 * share, most: 9}, []uint64{1, 1}, 2},
	} {
		l, looks := test.limit, 0
		if test.done != nil {
			l.done = func() uint64 { looks++; return test.done[looks-1] }
		}
		l.begin()
		parts := 1
		for <-l.timer.C; l.goesOn(); <-l.timer.C {
			parts++
		}
		if parts != test.want {
			t.Errorf("%s: %d parts of the time, want %d", test.name, parts, test.want)
		}
	}
}
