package disk

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// Real is the file system of the operating system.
type Real struct{}

var _ System = Real{}

// realFile is an open file of the operating system.
type realFile struct {
	*os.File
	alone bool
}

// Open opens a file.
func (Real) Open(path string, how How, mode fs.FileMode) (File, error) {
	f, err := open(path, how, mode)
	if err != nil {
		return nil, err
	}
	return realFile{f, how&Alone != 0}, nil
}

// Close lets others in, and closes the file. A process that another part of this one is starting has the
// file open, too, until it is itself: only to close it would keep others out so long.
func (f realFile) Close() error {
	if f.alone {
		unlock(f.File)
	}
	return f.File.Close()
}

// flags are those of os.OpenFile.
func (h How) flags() int {
	flag := os.O_RDONLY
	if h&Write != 0 {
		flag = os.O_RDWR
	}
	for _, f := range []struct {
		how  How
		flag int
	}{{Append, os.O_APPEND}, {Create, os.O_CREATE}, {New, os.O_EXCL}, {NoFollow, noFollow}} {
		if h&f.how != 0 {
			flag |= f.flag
		}
	}
	return flag
}

// Stat describes a file, through links.
func (Real) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

// Lstat describes a file or a link.
func (Real) Lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }

// List returns the names in a folder, sorted.
func (Real) List(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// Rename gives a file another name.
func (Real) Rename(from, to string) error { return os.Rename(from, to) }

// Link gives a file a second name, which must be free.
func (Real) Link(from, to string) error { return os.Link(from, to) }

// Remove removes a file, a link, or an empty folder.
func (Real) Remove(path string) error { return os.Remove(path) }

// Mkdir makes a folder.
func (Real) Mkdir(path string, mode fs.FileMode) error { return os.Mkdir(path, mode) }

// SyncFolder puts the names in a folder on the disk: syncing a file does not.
func (Real) SyncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = realFile{File: d}.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}

// SameFile is os.SameFile.
func (Real) SameFile(a, b fs.FileInfo) bool { return os.SameFile(a, b) }

// Sync puts the file's bytes on the disk. Where a file system cannot do so, there is nothing
// to wait for.
func (f realFile) Sync() error {
	err := f.File.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
