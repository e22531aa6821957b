//go:build linux || darwin

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// Hide keeps a terminal from showing what is typed, until show is called.
func Hide(f *os.File) (show func(), err error) {
	fd := int(f.Fd())
	settings, err := unix.IoctlGetTermios(fd, getSettings)
	if err != nil {
		return nil, err
	}
	hidden := *settings
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	if err := unix.IoctlSetTermios(fd, setSettings, &hidden); err != nil {
		return nil, err
	}
	// It fails only on a terminal that is gone.
	return func() { _ = unix.IoctlSetTermios(fd, setSettings, settings) }, nil
}
