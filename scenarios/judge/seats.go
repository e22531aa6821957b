package judge

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// seats let scenarios begin. Most of them only wait, so that many can be played at once; but a
// program that starts costs a processor some time, and others that wait meanwhile are late. So
// beyond a few they begin one after the other, and only while the computer is in time.
type seats struct {
	first sync.Mutex // of those who wait
	taken atomic.Int64
}

// freeSeats are so few that every computer has them.
const freeSeats = 8

// seatEvery is the least time between two beginnings beyond the free seats.
const seatEvery = 40 * time.Millisecond

// take waits until a scenario may begin. Whoever plays one calls leave at its end.
func (s *seats) take(ctx context.Context, calm func() bool) (leave func(), err error) {
	s.first.Lock()
	defer s.first.Unlock()
	for s.taken.Load() >= freeSeats {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(seatEvery):
		}
		if calm() {
			break
		}
	}
	s.taken.Add(1)
	return func() { s.taken.Add(-1) }, nil
}

// lengthyFrom is how long a scenario takes that begins before all others: the last of them would be
// waited for alone.
const lengthyFrom = 30 * time.Second

// longestFirst is in which order the scenarios begin: those that take long first, and the others as
// they stand in the suite.
func (s *Suite) longestFirst(e *estimate) []int {
	order := make([]int, len(s.Scenarios))
	took := make([]time.Duration, len(s.Scenarios))
	for i := range order {
		order[i] = i
		_ = contained(func() error { // of one that cannot be estimated no more is lost than its place
			if d := e.scenario(&s.Scenarios[i]); d >= lengthyFrom {
				took[i] = d
			}
			return nil
		})
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(took[b], took[a]) })
	return order
}
