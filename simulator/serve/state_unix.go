//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openLocked opens or creates the file and takes its exclusive lock, which ends with the
// process however it ends.
func openLocked(path string) (*os.File, error) {
	file, err := openNoFollow(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file; name a file")
	}
	if err == nil {
		err = lock(file)
	}
	if err != nil {
		file.Close()
		return nil, explainOpen(path, err)
	}
	return file, nil
}

func openNoFollow(path string) (*os.File, error) {
	// O_NONBLOCK: opening a FIFO by mistake must not wait for its other end.
	const flags = os.O_RDWR | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	file, err := os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		file, err = os.OpenFile(path, flags, 0)
	}
	switch {
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.EMLINK):
		return nil, fmt.Errorf("state file %s: it is a symbolic link; name the file itself: %w", path, err)
	case err != nil:
		return nil, explainOpen(path, err)
	}
	return file, nil
}

func lock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var locking error
	err = conn.Control(func(fd uintptr) {
		for {
			locking = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
			if !errors.Is(locking, syscall.EINTR) {
				return
			}
		}
	})
	if errors.Is(locking, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%w by another process; end that one or name another file", ErrStateInUse)
	}
	return errors.Join(err, locking)
}
