//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package serve

import "syscall"

// readNow reads what has come already, without waiting, and says how much that is. It
// must not run beside another read from the same descriptor.
func readNow(raw syscall.RawConn, p []byte) int {
	if raw == nil {
		return 0
	}
	n := 0
	// A failure shows up at the next ordinary read too.
	_ = raw.Control(func(fd uintptr) {
		// The descriptor is non-blocking.
		n, _ = syscall.Read(int(fd), p)
	})
	return max(n, 0)
}
