//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package main

import (
	"fmt"
	"os"
)

// openTraceFile opens or creates the file to append to. Symbolic links are refused as far as
// that can be done without O_NOFOLLOW.
func openTraceFile(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return nil, fmt.Errorf("--trace %s: it is a symbolic link; name the file itself", path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	return file, nil
}
