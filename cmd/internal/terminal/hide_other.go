//go:build !linux && !darwin

package terminal

import (
	"errors"
	"os"
)

// Hide is not known on this system.
func Hide(*os.File) (show func(), err error) { return nil, errors.ErrUnsupported }
