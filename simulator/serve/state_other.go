//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package serve

import (
	"errors"
	"fmt"
	"os"
)

// openLocked needs O_NOFOLLOW and flock.
func openLocked(path string) (*os.File, error) {
	return nil, fmt.Errorf("state file %s: not supported on this system: %w", path, errors.ErrUnsupported)
}
