//go:build unix

package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// openWriter opens the port a second time, for writing (and reading, see newWaiter), and locks it. The driver's
// Write is one blocking call that nothing can end; on a PTY whose other end does not read it would hang for ever.
// Call it before the driver's Open, which makes the port exclusive.
func openWriter(name string) (io.WriteCloser, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeCharDevice == 0 {
		return nil, fmt.Errorf("no character device: %w", syscall.ENOTTY)
	}
	w, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := lock(w); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// lock takes the lock of a device for as long as w is open. Where there is none, exclusive access
// has to do.
func lock(w *os.File) error {
	raw, err := w.SyscallConn()
	if err != nil {
		return err
	}
	var locking error
	err = raw.Control(func(fd uintptr) { locking = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	if errors.Is(locking, syscall.EWOULDBLOCK) {
		return fmt.Errorf("locked: %w", syscall.EBUSY)
	}
	return err
}
