//go:build unix

package judge

import (
	"io/fs"
	"os"
	"syscall"
)

// signalGroup sends a signal to a group; 0 only checks that the group exists.
func signalGroup(group int, s syscall.Signal) error { return syscall.Kill(-group, s) }

const (
	stopSignal     = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
)

// carefully are flags for opening a file that another program may have replaced by a pipe, a
// link or a terminal.
const carefully = syscall.O_NONBLOCK | syscall.O_NOFOLLOW | syscall.O_NOCTTY

// links is how many names a file has.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}

// openTerminal opens a terminal that does not become that of the judge.
func openTerminal(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
}
