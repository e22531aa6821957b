//go:build unix

package terminal

import (
	"cmp"
	"os"

	"golang.org/x/sys/unix"
)

func size(f *os.File) Size {
	told, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return Size{}
	}
	return Size{cmp.Or(int(told.Col), 80), cmp.Or(int(told.Row), 24)} // one that reports none has the usual size
}

func is(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
