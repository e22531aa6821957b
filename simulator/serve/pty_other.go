//go:build !linux || ppc64 || ppc64le

package serve

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// terminal does not exist on this system.
type terminal struct{}

func openTerminal(int, bool) (*terminal, error) {
	return nil, fmt.Errorf("a PTY is not supported on this system, use TCP: %w", errors.ErrUnsupported)
}

func (*terminal) name() string                     { return "" }
func (*terminal) baud() int                        { return 0 }
func (*terminal) raw() syscall.RawConn             { return nil }
func (*terminal) Read([]byte) (int, error)         { return 0, os.ErrClosed }
func (*terminal) Write([]byte) (int, error)        { return 0, os.ErrClosed }
func (*terminal) SetWriteDeadline(time.Time) error { return os.ErrClosed }
func (*terminal) Close() error                     { return nil }
