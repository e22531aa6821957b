//go:build !linux

package port

import "io"

// newWaiter returns none: the driver reads.
func newWaiter(io.WriteCloser) io.Reader { return nil }
