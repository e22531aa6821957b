//go:build linux && !ppc64 && !ppc64le

package serve

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ionbench/simulator/prompt"
)

// shareInterval is how soon a port is free again after a client that had it exclusively was
// killed.
const shareInterval = 250 * time.Millisecond

// terminal is the device's end of a pseudo-terminal. The files are not reachable from
// outside: a call of Fd would make the master blocking again.
type terminal struct {
	master *os.File
	// slave is kept open: otherwise the master's Read fails while no client is there, and
	// settings are lost between clients. Nothing is ever read from it.
	slave *os.File

	masterRaw, slaveRaw syscall.RawConn
	carried             io.ReadWriter // the master's bytes

	// deadline is the master's read deadline. Only Read's goroutine sets it.
	deadline time.Time

	// readRate is lookUpRate for masterRaw. It is made once, because baud runs for every read
	// and must not allocate. It leaves the rate in rate.
	readRate func(fd uintptr)
	asking   sync.Mutex // held by who looks the rate up: the reader, or who wakes the device
	rate     int
}

// openTerminal makes a pseudo-terminal, raw or not, whose line is at baud until a client sets it.
func openTerminal(baud int, cooked bool) (*terminal, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("making a pseudo-terminal: %w", err)
	}
	t := &terminal{master: master, slave: slave}
	t.readRate = func(fd uintptr) { t.rate = lookUpRate(fd) }
	// pty.Open has made the master blocking, so that deadlines and Close do not work.
	err = syscall.SetNonblock(int(master.Fd()), true)
	if err == nil {
		t.masterRaw, err = master.SyscallConn()
	}
	if err == nil {
		t.slaveRaw, err = slave.SyscallConn()
	}
	if err == nil {
		t.carried = prompt.File(master)
		err = t.setModes(baud, cooked)
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("preparing pseudo-terminal %s: %w", slave.Name(), err)
	}
	return t, nil
}

// setModes sets the rate and, unless the terminal stays cooked, passes all 256 values both ways and echoes
// nothing (cfmakeraw of termios(3)).
func (t *terminal) setModes(baud int, cooked bool) error {
	return control(t.slaveRaw, func(fd int) error {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			return err
		}
		if !cooked {
			settings.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP |
				unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
			settings.Oflag &^= unix.OPOST
			settings.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
			settings.Cc[unix.VMIN], settings.Cc[unix.VTIME] = 1, 0
		}
		settings.Cflag &^= unix.CSIZE | unix.PARENB | unix.CBAUD
		settings.Cflag |= unix.CS8 | unix.CREAD | unix.CLOCAL | baudFlag(baud)
		settings.Ispeed, settings.Ospeed = uint32(baud), uint32(baud)
		return unix.IoctlSetTermios(fd, unix.TCSETS2, settings)
	})
}

func (t *terminal) name() string { return t.slave.Name() }

// Read reads what clients write. From time to time it returns no bytes and
// os.ErrDeadlineExceeded.
func (t *terminal) Read(p []byte) (int, error) {
	if t.deadline.IsZero() {
		if err := t.renew(); err != nil {
			return 0, err
		}
	}
	n, err := t.carried.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.share()
		if err := t.renew(); err != nil {
			return n, err
		}
	}
	return n, err
}

// renew sets the next deadline. Setting it for every Read would cost more than the Read.
func (t *terminal) renew() error {
	t.deadline = time.Now().Add(shareInterval)
	return t.master.SetReadDeadline(t.deadline)
}

// share lets others open the port after a client that had it exclusively (TIOCEXCL) was killed.
// It works only on the slave. A client that is still there loses its exclusive access, too: it
// cannot be told from one that is gone.
func (t *terminal) share() {
	// If it fails, the port stays exclusive as it was.
	_ = control(t.slaveRaw, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) })
}

func (t *terminal) Write(p []byte) (int, error)            { return t.carried.Write(p) }
func (t *terminal) SetWriteDeadline(limit time.Time) error { return t.master.SetWriteDeadline(limit) }

// SyscallConn is the master, for who must not wait for it.
func (t *terminal) SyscallConn() (syscall.RawConn, error) { return t.masterRaw, nil }

// Close ends the terminal and with it a Read that is under way.
func (t *terminal) Close() error { return errors.Join(t.master.Close(), t.slave.Close()) }

// raw is the master's descriptor without Read.
func (t *terminal) raw() syscall.RawConn { return t.masterRaw }

// baud is the rate that the client has set, in bit/s; 0 if it is unknown or the line is hung up
// (B0).
func (t *terminal) baud() int {
	t.asking.Lock()
	defer t.asking.Unlock()
	t.rate = 0
	// After a failure the rate is unknown.
	_ = t.masterRaw.Control(t.readRate)
	return t.rate
}

func lookUpRate(fd uintptr) int {
	var settings unix.Termios
	if prompt.Ask(fd, unix.TCGETS, unsafe.Pointer(&settings)) != 0 {
		return 0
	}
	if settings.Cflag&unix.CBAUD != unix.BOTHER {
		return standardBaud(settings.Cflag & unix.CBAUD)
	}
	if prompt.Ask(fd, unix.TCGETS2, unsafe.Pointer(&settings)) != 0 {
		return 0
	}
	return int(settings.Ospeed)
}

// control runs f on a descriptor without making it blocking.
func control(raw syscall.RawConn, f func(fd int) error) error {
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

type baudRate struct {
	flag uint32
	baud int
}

// baudRates are the rates with a flag of their own (termios(3), asm-generic/termbits.h).
var baudRates = [...]baudRate{
	{unix.B50, 50}, {unix.B75, 75}, {unix.B110, 110}, {unix.B134, 134}, {unix.B150, 150},
	{unix.B200, 200}, {unix.B300, 300}, {unix.B600, 600}, {unix.B1200, 1200}, {unix.B1800, 1800},
	{unix.B2400, 2400}, {unix.B4800, 4800}, {unix.B9600, 9600}, {unix.B19200, 19200},
	{unix.B38400, 38400}, {unix.B57600, 57600}, {unix.B115200, 115200}, {unix.B230400, 230400},
	{unix.B460800, 460800}, {unix.B500000, 500000}, {unix.B576000, 576000}, {unix.B921600, 921600},
	{unix.B1000000, 1000000}, {unix.B1152000, 1152000}, {unix.B1500000, 1500000},
	{unix.B2000000, 2000000}, {unix.B2500000, 2500000}, {unix.B3000000, 3000000},
	{unix.B3500000, 3500000}, {unix.B4000000, 4000000},
}

func standardBaud(flag uint32) int {
	for _, rate := range baudRates {
		if rate.flag == flag {
			return rate.baud
		}
	}
	return 0
}

func baudFlag(baud int) uint32 {
	for _, rate := range baudRates {
		if rate.baud == baud {
			return rate.flag
		}
	}
	return unix.BOTHER
}
