package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"ionbench/client/locks"
	"ionbench/client/port"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
)

// keeper is the folder that says which meters, logs and serial ports are in use on this computer. A lock is a
// file that goes with its process. If there can be none, say because the disk is full, ionup
// warns and goes on: a meter that waits for its recovery matters more.
type keeper struct {
	disk   files.Disk
	folder string
	warn   func(text string)
	held   map[string]*files.Lock // by name
	warned bool
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

// Lock takes the lock of a name.
func (k *keeper) Lock(name, by string) (held bool, err error) {
	if err := k.disk.MakeFolder(k.folder); err != nil {
		k.without(err)
		return false, nil
	}
	lock, err := k.disk.Lock(filepath.Join(k.folder, "ionup-"+name+".lock"), by)
	var used *files.InUseError
	switch {
	case errors.As(err, &used):
		return false, &locks.InUseError{By: used.By}
	case err != nil:
		k.without(err)
		return false, nil
	}
	if k.held == nil {
		k.held = make(map[string]*files.Lock)
	}
	k.held[name] = lock
	return true, nil
}

// Release gives the lock of a name back.
func (k *keeper) Release(name string) {
	k.held[name].Release()
	delete(k.held, name)
}

func (k *keeper) without(err error) {
	if k.warned {
		return
	}
	k.warned = true
	k.warn(fmt.Sprintf("nothing keeps other runs of ionup away meanwhile: %v", err))
}

// device returns one path for all links to the device of a serial port.
func device(path string) string {
	if runtime.GOOS == "windows" {
		return strings.ToLower(strings.TrimPrefix(path, `\\.\`))
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return files.Canonical(path)
}

// leftBehind refuses a link that an ionsim has left that was killed: beside it is a file that says
// where it led and that its owner holds as long as it runs. The number of a PTY is given out again,
// so it may lead to somebody's terminal by now.
func leftBehind(path string) error {
	target, err := os.Readlink(path)
	if err != nil {
		return nil // no link
	}
	b, err := files.Read(path+".lock", 4096)
	if left, _, _ := strings.Cut(string(b), "\n"); err != nil || left != target {
		return nil // none of an ionsim
	}
	f, err := disk.Real{}.Open(path+".lock", disk.NoFollow|disk.Alone, 0)
	if err != nil {
		return nil // it is held, or was taken away just now
	}
	f.Close()
	return fmt.Errorf("%w: %s was left behind by an ionsim that was killed, and may lead to another terminal by now; "+
		"start it again with --link %s", port.ErrAbsent, path, path)
}
