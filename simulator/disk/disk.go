// Package disk is the file system, as far as programs keep something in it that must outlive
// them: journals, logs, locks, the state of a meter. It is one method for each call of the
// operating system that can fail or be cut short, so that a test can let every one of them do
// so (see package fragile).
//
// A call that returns has changed what other processes see. What is still there after the
// machine has lost its power is only what was synced: the bytes of a file by File.Sync, and
// the names in a folder, with new, renamed and removed files, by System.SyncFolder.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
)

// System is a file system. Its errors are those of package os: a *fs.PathError or an
// *os.LinkError around a cause.
type System interface {
	Open(path string, how How, mode fs.FileMode) (File, error)
	Stat(path string) (fs.FileInfo, error)
	Lstat(path string) (fs.FileInfo, error)
	List(folder string) ([]string, error) // the names in a folder, sorted
	Rename(from, to string) error         // replaces what to names
	Link(from, to string) error
	Remove(path string) error
	Mkdir(path string, mode fs.FileMode) error
	SyncFolder(folder string) error
	// SameFile reports whether two descriptions, of Stat, Lstat or File.Stat, are of one file.
	SameFile(a, b fs.FileInfo) bool
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Sync() error
	Close() error
}

// How says how a file is opened.
type How uint8

// The ways to open a file.
const (
	Write    How = 1 << iota // to write and to read; without it only to read
	Append                   // every Write goes to the end
	Create                   // make it if it is not there
	New                      // with Create: it must not be there
	NoFollow                 // never through a link, and never waiting for the other end of a pipe
	// Alone keeps everybody else who says Alone out until the file is closed, or the process
	// is gone, however it ended. The others get ErrInUse.
	Alone
)

// ErrInUse: another process has opened the file Alone.
var ErrInUse = errors.New("in use by another process")

// MakeFolders makes a folder and those above it that are not there. Their names are on the
// disk when it returns.
func MakeFolders(s System, folder string, mode fs.FileMode) error {
	info, err := s.Stat(folder)
	switch {
	case err == nil && !info.IsDir():
		return &fs.PathError{Op: "mkdir", Path: folder, Err: errors.New("not a folder")}
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	above := filepath.Dir(folder)
	if above != folder {
		if err := MakeFolders(s, above, mode); err != nil {
			return err
		}
	}
	if err := s.Mkdir(folder, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.SyncFolder(above)
}
