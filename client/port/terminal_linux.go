package port

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// checkTerminal returns why what was opened is no serial port: it is no terminal, such as /dev/null, or one for
// people. Nothing has been written to it, and no setting of it changed.
func checkTerminal(name string, w io.WriteCloser) error {
	t, err := look(w)
	if err != nil {
		return explainOpen(name, 0, err)
	}
	if what := t.forPeople(); what != "" {
		return fmt.Errorf("%w: %s is %s, and nothing is written to it; name the port that the meter is at", ErrTerminal, name, what)
	}
	if t.untouched() {
		return fmt.Errorf("%w: %s is a terminal%s, that nobody has set up as a serial line, and nothing is written to it; "+
			"name the port that the meter is at; if this is the one: stty -F %s raw -echo", ErrTerminal, name, servedBy(t.named.Rdev), name)
	}
	return nil
}

// terminal is what the kernel says of a terminal.
type terminal struct {
	named    unix.Stat_t // the file
	is       uint64      // the device behind it; 0: the kernel does not say
	master   bool        // the end of a PTY that serves it
	settings *unix.Termios
}

func look(w io.WriteCloser) (t terminal, err error) {
	err = onFile(w, func(fd uintptr) error {
		if t.settings, err = unix.IoctlGetTermios(int(fd), unix.TCGETS); err != nil {
			return err
		}
		if n, err := unix.IoctlGetUint32(int(fd), unix.TIOCGDEV); err == nil {
			t.is = kernelDevice(n)
		}
		_, notMaster := unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		t.master = notMaster == nil
		return unix.Fstat(int(fd), &t.named)
	})
	return t, err
}

// kernelDevice reads the number of a device as the kernel encodes it: bits 31 to 20 and 7 to 0 are the minor, 15
// to 8 the major.
func kernelDevice(n uint32) uint64 { return unix.Mkdev(n>>8&0xFFF, n&0xFF|n>>12&0xFFF00) }

// Numbers of devices (devices.txt of the kernel): the consoles have the first minors of the UARTs' major, and
// another major has the names that lead to a terminal of people, whichever it is.
const (
	ttyMajor, firstUART = 4, 64
	nameMajor           = 5
	ownTerminal         = 0 // /dev/tty
	console             = 1 // /dev/console
	// The slaves of PTYs.
	firstPTYMajor, lastPTYMajor = 136, 143
)

// forPeople says what a terminal is that can be no serial port, whatever its settings; "" for none.
func (t terminal) forPeople() string {
	switch major, minor := unix.Major(t.named.Rdev), unix.Minor(t.named.Rdev); {
	case t.master:
		return "the end of a pseudo-terminal that serves it"
	case major == nameMajor && minor == ownTerminal:
		return "the terminal on which this runs"
	case major == nameMajor && minor == console || unix.Major(t.is) == ttyMajor && unix.Minor(t.is) < firstUART:
		return "a console of this computer"
	}
	return ""
}

// untouched reports whether a PTY is as the kernel makes it: it repeats what is written, waits for the end of
// a line, and would end with its carrier. Who serves a meter there has changed at least one of these, and a
// program that uses it as a serial line does; a terminal for a person is like this when nobody works on it.
func (t terminal) untouched() bool {
	const lines = unix.ICANON | unix.ECHO
	return isPTY(t.named.Rdev) && t.settings.Lflag&lines == lines && t.settings.Cflag&unix.CLOCAL == 0
}

func isPTY(rdev uint64) bool {
	major := unix.Major(rdev)
	return major >= firstPTYMajor && major <= lastPTYMajor
}
