//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openTraceFile opens or creates the file to append to. A symbolic link is refused: it could
// lead what is appended into any file of the person who runs ionsim.
func openTraceFile(path string) (*os.File, error) {
	// O_NONBLOCK: a FIFO without a reader must not stop us.
	const flags = os.O_WRONLY | os.O_APPEND | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	file, err := os.OpenFile(path, flags, 0o600)
	switch {
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.EMLINK):
		return nil, fmt.Errorf("--trace %s: it is a symbolic link; name the file itself: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("--trace: %w", err)
	}
	return file, nil
}
