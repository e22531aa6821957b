// Package parallel does numbered pieces of work on a bounded number of goroutines, and waits
// for them. To have results in order, keep them by their numbers.
//
// It is for work that takes long: sweeps, storms, mutants, judged programs. A machine never
// needs it, since it owns no goroutine.
package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each does the pieces 0 to n-1, up to atOnce at a time (at least one), and begins them in
// order. Once ctx has ended or a piece has failed, it begins no more, and the context of the
// pieces ends. When Each returns, all pieces that were begun have ended. It returns the first
// error, or that of ctx if it has ended.
func Each(ctx context.Context, atOnce, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var begun atomic.Int64
	var workers sync.WaitGroup
	for range min(max(atOnce, 1), n) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(begun.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
