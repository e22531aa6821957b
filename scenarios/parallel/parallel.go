// Package parallel does numbered pieces of work on a bounded number of goroutines, and waits for
// them. Whoever needs the results in their order keeps them by their numbers.
package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each does the pieces 0 to n-1, so many at once; at least one. They are begun in their order.
// None is begun once ctx has ended or one has failed; then the context that the pieces get ends
// too. All that were begun have ended when Each returns, with the first error, or with that of
// ctx if it has ended.
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
