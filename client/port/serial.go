package port

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.bug.st/serial"

	"ionbench/simulator/rfc2217"
)

const (
	// readSlice is how long one Read of the driver may last. Close waits for it: closing the
	// driver during a Read could hit another file with the same number.
	readSlice = 50 * time.Millisecond
	// writeSlice is far less than a PTY takes without blocking (12 to 20 KiB).
	writeSlice = 512
)

// serialConn is a serial port whose Read blocks until there are bytes or it is closed.
type serialConn struct {
	name   string
	port   serial.Port
	writer io.WriteCloser // for writing, ended by Close; nil: port is used
	waiter io.ReadWriter  // writer's file, waited for as sockets are; nil: port reads, and writer writes

	onModem atomic.Pointer[func(rfc2217.ModemState)]
	modem   rfc2217.ModemState // as onModem was told; Read uses it

	closed  atomic.Bool
	reading sync.Mutex
	writing sync.Mutex
	once    sync.Once
	err     error // result of Close
}

func openSerial(config *Config) (io.ReadWriteCloser, error) {
	name, baud := config.Port, config.Baud
	writer, err := openWriter(name)
	if err != nil {
		return nil, explainOpen(name, baud, err)
	}
	if err := admit(name, writer); err != nil {
		closeWriter(writer)
		return nil, err
	}
	// InitialStatusBits stays nil: a PTY has no modem lines.
	port, err := openDriver(name, baud, writer)
	if err != nil {
		closeWriter(writer)
		return nil, explainOpen(name, baud, err)
	}
	c := &serialConn{name: name, port: port, writer: writer, waiter: newWaiter(writer), modem: neverTold}
	if err := c.prepare(config); err != nil {
		c.Close()
		return nil, fmt.Errorf("serial port %s: %w", name, err)
	}
	return c, nil
}

// openDriver opens the port so that no program inherits it that is started meanwhile or later: it would
// keep the port in use. The driver does not see to that.
func openDriver(name string, baud int, writer io.WriteCloser) (serial.Port, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	port, err := serial.Open(name, mode(baud))
	if err == nil {
		closeOnExec(writer)
	}
	return port, err
}

func mode(baud int) *serial.Mode {
	return &serial.Mode{BaudRate: baud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit}
}

// SetBaud sets another rate.
func (c *serialConn) SetBaud(baud int) error {
	if err := c.port.SetMode(mode(baud)); err != nil {
		return fmt.Errorf("serial port %s: %d baud: %w", c.name, baud, err)
	}
	return nil
}

// SetDTR sets the line by which the other end of a null-modem cable sees that somebody is there. A
// PTY has none.
func (c *serialConn) SetDTR(on bool) error { return c.lined(c.port.SetDTR(on)) }

// SetRTS sets the line by which the other end of a null-modem cable sees that it may send.
func (c *serialConn) SetRTS(on bool) error { return c.lined(c.port.SetRTS(on)) }

// SetBreak begins or ends a break.
func (c *serialConn) SetBreak(on bool) error { return c.lined(holdBreak(c.writer, on)) }

func (c *serialConn) lined(err error) error {
	if err == nil || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.EINVAL) {
		return nil // there are no modem lines
	}
	return fmt.Errorf("serial port %s: modem lines: %w", c.name, err)
}

// admit returns why a port that is open is not used.
func admit(name string, writer io.WriteCloser) error {
	if err := checkTerminal(name, writer); err != nil {
		return err
	}
	return refuse(name, usersOf(name))
}

// prepare discards what others left in the port and makes reads short.
func (c *serialConn) prepare(config *Config) error {
	if config.RS485 {
		if err := turnLine(c.writer); err != nil {
			return err
		}
	}
	if config.Prompt {
		handOverAtOnce(c.writer)
	}
	if err := c.port.ResetInputBuffer(); err != nil && !errors.Is(err, syscall.ENOTTY) {
		return err
	}
	return c.port.SetReadTimeout(readSlice)
}

func (c *serialConn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if c.closed.Load() {
			return 0, c.errClosed()
		}
		n, err := c.read(p)
		if err != nil {
			return n, c.explain(err)
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		c.watchModem()
	}
}

// read reads once. It returns nothing after readSlice without a byte.
func (c *serialConn) read(p []byte) (int, error) {
	if c.waiter != nil {
		n, err := c.waiter.Read(p)
		if err == nil || n > 0 || c.closed.Load() {
			return n, err
		}
	}
	// Where the waiter failed, the driver says why: no bytes at all may be a hang-up, or the way in which another
	// program has set the port.
	return c.port.Read(p)
}

// OnModem lets told be called with the state of the modem lines, if the port has any: soon, and whenever
// a Read that waits finds that it has changed.
func (c *serialConn) OnModem(told func(rfc2217.ModemState)) {
	if _, err := c.port.GetModemStatusBits(); err == nil {
		c.onModem.Store(&told)
	}
}

// neverTold is no state of the lines.
const neverTold rfc2217.ModemState = 1

func (c *serialConn) watchModem() {
	told := c.onModem.Load()
	if told == nil {
		return
	}
	bits, err := c.port.GetModemStatusBits()
	if err != nil {
		return // the next Read tells of it
	}
	var m rfc2217.ModemState
	for _, line := range []struct {
		on bool
		is rfc2217.ModemState
	}{{bits.DCD, rfc2217.DCD}, {bits.RI, rfc2217.RI}, {bits.DSR, rfc2217.DSR}, {bits.CTS, rfc2217.CTS}} {
		if line.on {
			m |= line.is
		}
	}
	if m != c.modem {
		c.modem = m
		(*told)(m)
	}
}

// Write writes all of p. Where Close cannot end a write (on systems other than Unix) it writes
// in short pieces.
func (c *serialConn) Write(p []byte) (written int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	var w io.Writer = c.port
	switch {
	case c.waiter != nil:
		w = c.waiter
	case c.writer != nil:
		w = c.writer
	}
	for written < len(p) {
		if c.closed.Load() {
			return written, c.errClosed()
		}
		n, err := w.Write(p[written:min(len(p), written+writeSlice)])
		written += n
		if err != nil {
			return written, c.explain(err)
		}
		if n == 0 {
			return written, fmt.Errorf("serial port %s: %w", c.name, io.ErrNoProgress)
		}
	}
	return written, nil
}

// SyscallConn is what is written to, for who must not wait for it.
func (c *serialConn) SyscallConn() (syscall.RawConn, error) {
	if w, ok := c.writer.(syscall.Conn); ok {
		return w.SyscallConn()
	}
	return nil, syscall.ENOTSUP
}

// Close ends Read and Write and then closes the port.
func (c *serialConn) Close() error {
	c.once.Do(func() {
		c.closed.Store(true)
		closeWriter(c.writer)
		c.reading.Lock()
		defer c.reading.Unlock()
		c.writing.Lock()
		defer c.writing.Unlock()
		if err := c.port.Close(); err != nil {
			c.err = fmt.Errorf("serial port %s: closing it: %w", c.name, err)
		}
	})
	return c.err
}

func closeWriter(w io.Closer) {
	if w != nil {
		unlock(w)
		// Everything was written and handed over before, so an error here means nothing.
		_ = w.Close()
	}
}

func (c *serialConn) errClosed() error {
	return fmt.Errorf("serial port %s: %w", c.name, os.ErrClosed)
}

// explain tells a port that is gone from one that we closed. When reading, the driver reports a
// hang-up as PortClosed; when writing, the kernel reports EIO.
func (c *serialConn) explain(err error) error {
	if c.closed.Load() {
		return c.errClosed()
	}
	var driver *serial.PortError
	hungUp := errors.As(err, &driver) && driver.Code() == serial.PortClosed
	if hungUp || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENXIO) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: serial port %s; was it unplugged, or did ionsim end? %w", ErrGone, c.name, err)
	}
	return fmt.Errorf("serial port %s: %w", c.name, err)
}

// explainOpen says what to do about a port that cannot be opened.
func explainOpen(name string, baud int, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // the name is told anyway
	}
	code := serial.PortErrorCode(-1)
	var driver *serial.PortError
	if errors.As(err, &driver) {
		code = driver.Code()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) || code == serial.PortNotFound:
		if _, lstat := os.Lstat(name); lstat == nil {
			return absent{fmt.Errorf("serial port %s leads to nothing; it is a link that outlived its port: start ionsim again: %w", name, err)}
		}
		if CheckAddress(name) == nil && !strings.ContainsAny(name, `/\`) {
			return absent{fmt.Errorf("there is no serial port %s; it looks like an address, and those go to --tcp: %w", name, err)}
		}
		return absent{fmt.Errorf("there is no serial port %s; check the name, or plug the adapter in: %w", name, err)}
	case errors.Is(err, fs.ErrPermission) || code == serial.PermissionDenied:
		return fmt.Errorf("no permission to use serial port %s; on Linux join the group that owns it (dialout): %w", name, err)
	case errors.Is(err, syscall.EBUSY) || code == serial.PortBusy:
		return inUse(name, usersOf(name), err)
	case code == serial.InvalidSpeed:
		return fmt.Errorf("serial port %s cannot do %d baud; choose another rate: %w", name, baud, err)
	case code == serial.InvalidSerialPort || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%s is not a terminal, or there is no hardware behind it; name a serial port or a PTY: %w", name, err)
	}
	return fmt.Errorf("serial port %s: %w", name, err)
}
