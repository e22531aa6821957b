//go:build !unix

package steady

import "io"

// promptWriter: no port here is written to without a goroutine of its own.
func promptWriter(io.ReadWriteCloser) func(p []byte) (n int) { return nil }
