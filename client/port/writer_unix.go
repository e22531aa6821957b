//go:build unix

package port

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// openWriter opens the port a second time, for writing. The driver's Write is one blocking call
// that nothing can end; on a PTY whose other end does not read it would hang for ever. Call it
// before the driver's Open, which makes the port exclusive.
func openWriter(name string) (io.WriteCloser, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeCharDevice == 0 {
		return nil, fmt.Errorf("no character device: %w", syscall.ENOTTY)
	}
	return os.OpenFile(name, os.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
}
