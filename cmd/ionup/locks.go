package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/cmd/internal/files"
)

// locks is the folder that says which meters and logs are in use on this computer. A lock is a
// file that goes with its process. If there can be none, say because the disk is full, ionup
// warns and goes on: a meter that waits for its recovery matters more.
type locks struct {
	disk   files.Disk
	folder string
	by     string // who holds them
	warn   func(text string)
}

// lockFolder is where ionup puts its locks if it is not told: one place for all users, whatever
// their environment says of temporary files.
func lockFolder() string {
	switch told := os.Getenv("IONUP_LOCKS"); {
	case told != "":
		return told
	case runtime.GOOS == "windows":
		return os.TempDir()
	}
	return "/tmp"
}

// holder says who a process is, for another one that finds it at work.
func holder(command string, now time.Time) string {
	name, host := "an unknown user", "an unknown host"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("ionup %s (process %d of %s on %s, since %s)", command, os.Getpid(), name, host, now.Format("2006-01-02 15:04:05"))
}

// take takes the lock of a name. It returns an error if somebody else has it, and no lock and no
// error if there can be none.
func (l locks) take(name string) (*files.Lock, error) {
	if err := l.disk.MakeFolder(l.folder); err != nil {
		l.without(err)
		return nil, nil
	}
	lock, err := l.disk.Lock(filepath.Join(l.folder, "ionup-"+name+".lock"), l.by)
	var used *files.InUseError
	switch {
	case errors.As(err, &used):
		return nil, used
	case err != nil:
		l.without(err)
		return nil, nil
	}
	return lock, nil
}

func (l locks) without(err error) {
	l.warn(fmt.Sprintf("nothing keeps other runs of ionup away meanwhile: %v", err))
}

// meter takes the lock of a meter. Its identity is that of its journal.
func (l locks) meter(d client.Device) (*files.Lock, error) {
	lock, err := l.take(fmt.Sprintf("meter-%s-%d-%d", journal.FileName(d.SerialNumber), d.Product, d.UnitID))
	var used *files.InUseError
	if errors.As(err, &used) {
		err = fmt.Errorf("%s is at work on it", cmp.Or(used.By, "another process"))
	}
	return lock, err
}

// log takes the lock of a log, by whatever path it is reached.
func (l locks) log(path string) (*files.Lock, error) {
	return l.take(fmt.Sprintf("log-%.16x", sha256.Sum256([]byte(canonical(path)))))
}

// canonical returns one path for all paths through folders to a file. The file itself is no
// link: such a log is refused.
func canonical(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		path = strings.ToLower(path) // as their file systems take names
	}
	return path
}
