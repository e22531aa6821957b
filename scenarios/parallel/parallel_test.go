package parallel_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"ionbench/scenarios/parallel"
)

func TestEachPieceIsDoneOnceAndNoMoreThanSoManyAtOnce(t *testing.T) {
	for _, test := range []struct{ atOnce, n, most int }{{3, 100, 3}, {1, 5, 1}, {0, 5, 1}, {-1, 2, 1}, {8, 2, 2}, {4, 0, 0}} {
		var running, most atomic.Int64
		done := make([]int, test.n)
		var all sync.WaitGroup // the first ones wait for each other, so that they run at once
		all.Add(test.most)
		err := parallel.Each(t.Context(), test.atOnce, test.n, func(_ context.Context, i int) error {
			if now := running.Add(1); now > most.Load() {
				most.Store(now)
			}
			if i < test.most {
				all.Done()
				all.Wait()
			}
			done[i]++
			running.Add(-1)
			return nil
		})
		if err != nil || int(most.Load()) != test.most {
			t.Errorf("%d of %d at once: %v, %d were", test.atOnce, test.n, err, most.Load())
		}
		for i, n := range done {
			if n != 1 {
				t.Errorf("piece %d was done %d times", i, n)
			}
		}
	}
}

func TestTheFirstErrorEndsIt(t *testing.T) {
	bad := errors.New("bad")
	begun := 0
	err := parallel.Each(t.Context(), 1, 10, func(ctx context.Context, i int) error {
		begun++
		if i == 2 {
			return bad
		}
		return ctx.Err()
	})
	if !errors.Is(err, bad) || begun != 3 {
		t.Errorf("%v after %d pieces", err, begun)
	}
	// What the others say, once they are told to end, is not the reason.
	err = parallel.Each(t.Context(), 2, 2, func(ctx context.Context, i int) error {
		if i == 1 {
			return bad
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, bad) {
		t.Errorf("it ends with %v", err)
	}
}

func TestAnEndOfTheContextIsToldAndLeavesTheRest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun := 0
	err := parallel.Each(ctx, 1, 10, func(context.Context, int) error {
		if begun++; begun == 4 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || begun != 4 {
		t.Errorf("%v after %d pieces", err, begun)
	}
}
