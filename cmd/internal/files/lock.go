package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"ionbench/simulator/disk"
)

// Lock is a file that says that something is in use, and by whom. It is held until it is
// released or the process is gone, however it ended.
type Lock struct {
	disk Disk
	path string
	file disk.File
}

// InUseError: somebody else has the lock.
type InUseError struct {
	By string // as they say; empty if they have not said yet
}

func (e *InUseError) Error() string {
	if e.By == "" {
		return "in use by another process"
	}
	return "in use by " + e.By
}

func (e *InUseError) Unwrap() error { return disk.ErrInUse }

const (
	maxHolderBytes = 1 << 10
	// everybody may write, as far as their umask goes: the next holder may be somebody else.
	lockMode fs.FileMode = 0o666
)

// Lock takes a lock for by, a few words. The error is an InUseError, or says why there can be
// no lock.
func (d Disk) Lock(path, by string) (*Lock, error) {
	const tries = 20 // somebody may take away what was found, each time
	for range tries {
		f, err := d.openLock(path)
		switch {
		case errors.Is(err, disk.ErrInUse):
			who, there := d.holder(path)
			if !there {
				continue // it was released just now
			}
			return nil, &InUseError{By: who}
		case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
			if _, folder := d.System.Stat(filepath.Dir(path)); folder != nil {
				return nil, Plain(err)
			}
			continue // it was made or removed just now
		case err != nil:
			return nil, Plain(err)
		case !d.IsAt(f, path):
			f.Close()
			continue
		}
		l := &Lock{d, path, f}
		l.sign(by)
		return l, nil
	}
	return nil, fmt.Errorf("%s comes and goes", path)
}

func (d Disk) openLock(path string) (disk.File, error) {
	info, err := d.System.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.System.Open(path, disk.Write|disk.Create|disk.New|disk.NoFollow|disk.Alone, lockMode)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is %s, not a file", path, disk.Kind(info.Mode()))
	}
	f, err := d.System.Open(path, disk.Write|disk.NoFollow|disk.Alone, 0)
	if errors.Is(err, fs.ErrPermission) { // somebody else's, left by a process that was killed
		return d.System.Open(path, disk.NoFollow|disk.Alone, 0)
	}
	return f, err
}

// sign writes who holds the lock. Without it the lock holds all the same.
func (l *Lock) sign(by string) {
	if l.file.Truncate(0) == nil {
		_, _ = l.file.WriteAt([]byte(by+"\n"), 0)
	}
}

// holder reads who holds a lock. Not there: nobody does any more.
func (d Disk) holder(path string) (who string, there bool) {
	f, err := d.System.Open(path, disk.NoFollow, 0)
	if err != nil {
		return "", !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxHolderBytes))
	if err != nil {
		return "", true
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.Map(printing, line), true
}

// printing replaces what could control a terminal.
func printing(r rune) rune {
	if r < ' ' || r >= 0x7F && r < 0xA0 {
		return '?'
	}
	return r
}

// Release gives the lock back. Without a lock it does nothing.
func (l *Lock) Release() {
	if l != nil {
		_ = l.disk.System.Remove(l.path) // what stays is taken by the next who wants it
		l.file.Close()
	}
}
