package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// Leave gives up the terminal that controls this process, so that the programs that it starts have
// none: they can neither wait for somebody to type, nor be stopped by it, nor write to it past their
// outputs. Its signals, such as Ctrl-C, and writing to it as standard output still work. The leader
// of a session keeps it, because others would lose it too.
func Leave() {
	session, err := unix.Getsid(0)
	if err != nil || session == os.Getpid() {
		return
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return // there is none
	}
	defer tty.Close()
	_ = unix.IoctlSetInt(int(tty.Fd()), unix.TIOCNOTTY, 0)
}
