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
	locking, err := flock(w, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(locking, syscall.EWOULDBLOCK) {
		return fmt.Errorf("locked: %w", syscall.EBUSY)
	}
	return err
}

// unlock gives the lock back, whoever else has the device open: a process that is just being started has, until
// it is itself, what the one that starts it has open.
func unlock(w io.Closer) {
	if file, ok := w.(*os.File); ok {
		_, _ = flock(file, syscall.LOCK_UN) // what is closed already has none
	}
}

// flock returns what the call says, and err if it could not be made.
func flock(file *os.File, how int) (says, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	err = raw.Control(func(fd uintptr) { says = syscall.Flock(int(fd), how) })
	return says, err
}
