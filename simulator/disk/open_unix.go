//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func open(path string, how How, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, how.flags(), mode)
	if err != nil || how&Alone == 0 {
		return f, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return f, nil
}

// lock takes the lock of an open file, which ends with the process however it ends.
func lock(f *os.File) error {
	switch err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return ErrInUse
	case errors.Is(err, syscall.ENOLCK):
		return errors.ErrUnsupported // as some network file systems say it
	default:
		return err
	}
}

// unlock gives the lock back, whoever else has the file open.
func unlock(f *os.File) { _ = flock(f, syscall.LOCK_UN) }

func flock(f *os.File, how int) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locking error
	err = conn.Control(func(fd uintptr) {
		for {
			locking = syscall.Flock(int(fd), how)
			if !errors.Is(locking, syscall.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, locking)
}
