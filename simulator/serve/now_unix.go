//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package serve

import "syscall"

// readNow reads what has arrived, without waiting, and returns how much. It must not run at the
// same time as another read from the descriptor.
func readNow(raw syscall.RawConn, p []byte) int {
	if raw == nil {
		return 0
	}
	n := 0
	// The next ordinary read reports a failure, too.
	_ = raw.Control(func(fd uintptr) {
		// The descriptor is non-blocking.
		n, _ = syscall.Read(int(fd), p)
	})
	return max(n, 0)
}

// writeNow writes what the host takes without waiting, whatever the deadline, and returns how much.
func writeNow(raw syscall.RawConn, p []byte) int {
	if raw == nil {
		return 0
	}
	n := 0
	_ = raw.Control(func(fd uintptr) {
		n, _ = syscall.Write(int(fd), p)
	})
	return max(n, 0)
}
