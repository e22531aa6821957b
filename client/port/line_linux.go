package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rs485 is struct serial_rs485 of linux/serial.h.
type rs485 struct {
	flags         uint32
	before, after uint32 // milliseconds between RTS and the first and last byte
	_             [5]uint32
}

const (
	rs485Enabled   = 1 << 0
	rs485RTSOnSend = 1 << 1
)

// turnLine lets the driver drive an RS-485 line: RTS is on while it sends.
func turnLine(w io.WriteCloser) error {
	s := rs485{flags: rs485Enabled | rs485RTSOnSend}
	err := onFile(w, func(fd uintptr) error { return ioctl(fd, unix.TIOCSRS485, unsafe.Pointer(&s)) })
	if errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS) {
		return fmt.Errorf("its driver cannot turn an RS-485 line round; take a converter that does so by itself and leave --rs485 out: %w", err)
	}
	return err
}

// serialInfo is the beginning of struct serial_struct of linux/serial.h, with room for the rest.
type serialInfo struct {
	kind, line int32
	port       uint32
	irq, flags int32
	_          [30]uint64
}

const lowLatency = 0x2000 // ASYNC_LOW_LATENCY

// closeOnExec lets no program inherit what this process has open of the port of w.
func closeOnExec(w io.WriteCloser) {
	var port unix.Stat_t
	if onFile(w, func(fd uintptr) error { return unix.Fstat(int(fd), &port) }) != nil {
		return
	}
	fds, _ := os.ReadDir("/proc/self/fd") // without it the port may be inherited
	for _, e := range fds {
		fd, err := strconv.Atoi(e.Name())
		var open unix.Stat_t
		if err == nil && unix.Fstat(fd, &open) == nil && open.Rdev == port.Rdev && open.Dev == port.Dev && open.Ino == port.Ino {
			unix.CloseOnExec(fd)
		}
	}
}

// handOverAtOnce asks the driver to hand bytes over as they come: FTDI adapters wait 16 ms else. It
// helps where a driver knows it, and changes nothing elsewhere.
func handOverAtOnce(w io.WriteCloser) {
	_ = onFile(w, func(fd uintptr) error {
		var s serialInfo
		if err := ioctl(fd, unix.TIOCGSERIAL, unsafe.Pointer(&s)); err != nil {
			return err
		}
		s.flags |= lowLatency
		return ioctl(fd, unix.TIOCSSERIAL, unsafe.Pointer(&s))
	})
}

// holdBreak holds the line in spacing, or releases it.
func holdBreak(w io.WriteCloser, on bool) error {
	request := uint(unix.TIOCCBRK)
	if on {
		request = unix.TIOCSBRK
	}
	return onFile(w, func(fd uintptr) error { return unix.IoctlSetInt(int(fd), request, 0) })
}

func ioctl(fd, request uintptr, p unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(p)); errno != 0 {
		return errno
	}
	return nil
}

// onFile runs f on the descriptor of a port.
func onFile(w io.WriteCloser, f func(fd uintptr) error) error {
	file, ok := w.(*os.File)
	if !ok {
		return syscall.ENOTTY
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(fd) }); err != nil {
		return err
	}
	return inner
}
