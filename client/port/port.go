// Package port opens the upgrader's connections: to a meter behind a serial port, here or on another
// machine (RFC 2217), or behind a TCP port that passes the same bytes on (an EtherGate port, or
// ionsim).
//
// A serial port has one user at a time. Open takes a lock on the device itself (flock), which holds
// for root too, as the exclusive access of a terminal does not; pyserial and minicom know it. It
// refuses a port that a program has open which knows no lock, if the system tells of it (Linux).
//
// A serial line runs at 8 data bits, no parity and one stop bit, by default at 9600 baud
// (documented for the sibling: 9300 series user's guide, page 148: "default 9600", up to
// 19,200). RS-485 has no modem lines, and neither has a PTY. So a modem is spoken to by commands: it tells in
// the stream of bytes that the carrier is lost, and +++ leads to hanging up. Where a port shows DCD, its fall
// in a call is a lost carrier, too.
package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ionbench/client/phone"
	"ionbench/simulator/ion"
)

// Errors that a caller may decide on. Each is wrapped with what it is about and what to do
// next.
var (
	// ErrBusy: somebody else uses the port.
	ErrBusy = errors.New("the port is busy")
	// ErrTerminal: the port is the terminal on which somebody works.
	ErrTerminal = errors.New("no meter is there")
	// ErrAbsent: there is no such port, or nobody listens there. It may come.
	ErrAbsent = errors.New("the port is not there")
	// ErrGone: the port is no longer there (unplugged, or the simulator ended).
	ErrGone = errors.New("the port is gone")
)

// absent is an error that is ErrAbsent without saying so twice.
type absent struct{ error }

func (a absent) Is(target error) bool { return target == ErrAbsent }

func (a absent) Unwrap() error { return a.error }

// DefaultDialTimeout is how long it may take to connect over TCP.
const DefaultDialTimeout = 10 * time.Second

// Config names one connection: a serial port or a TCP address.
type Config struct {
	// Port is a serial device (/dev/ttyUSB0, COM3), a PTY, or rfc2217://HOST:PORT, a serial port on
	// another machine.
	Port string
	// Baud is the rate of the serial port in bit/s; 0 is [ion.DefaultBaudRate].
	Baud int
	// RS485 lets the driver of the serial port turn an RS-485 line round, with RTS. Opening fails where
	// it cannot.
	RS485 bool
	// Prompt asks the driver to hand bytes over as they come, which helps some USB adapters.
	Prompt bool
	// TCP is an address, host:port.
	TCP string
	// DialTimeout limits connecting over TCP; 0 is DefaultDialTimeout.
	DialTimeout time.Duration
	// Phone is the number of a meter behind a modem, which is at Port or TCP; empty for a meter that
	// is there itself. Open calls it, and Close hangs up.
	Phone string
}

// Open opens the connection. Close, from another goroutine, ends a Read or Write.
func Open(c Config) (io.ReadWriteCloser, error) { return OpenContext(context.Background(), c) }

// OpenContext is Open, and gives up connecting when ctx ends.
func OpenContext(ctx context.Context, c Config) (io.ReadWriteCloser, error) {
	switch {
	case c.Port == "" && c.TCP == "":
		return nil, errors.New("no connection: name a serial port or a TCP address")
	case c.Port != "" && c.TCP != "":
		return nil, fmt.Errorf("two connections, serial port %s and TCP address %s: name one of them", c.Port, c.TCP)
	case c.Baud < 0:
		return nil, fmt.Errorf("%d baud is no rate of a line", c.Baud)
	case c.DialTimeout < 0:
		return nil, fmt.Errorf("a dial timeout of %v is in the past", c.DialTimeout)
	}
	if c.Phone != "" {
		if err := phone.Check(c.Phone); err != nil {
			return nil, err
		}
	}
	conn, err := open(ctx, c)
	if err != nil || c.Phone == "" {
		return conn, err
	}
	return call(ctx, conn, c.Phone)
}

// open opens the port.
func open(ctx context.Context, c Config) (io.ReadWriteCloser, error) {
	if c.Baud == 0 {
		c.Baud = ion.DefaultBaudRate
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = DefaultDialTimeout
	}
	switch {
	case IsRemote(c.Port):
		return dialRemote(ctx, c)
	case c.Port != "":
		return openSerial(&c)
	}
	return dial(ctx, c.TCP, c.DialTimeout)
}
