package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"ionbench/simulator/prompt"
)

func dial(ctx context.Context, address string, timeout time.Duration) (io.ReadWriteCloser, error) {
	conn, err := connect(ctx, address, timeout)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// CheckAddress says whether a text can be an address to connect to: HOST:PORT, with a number for a
// port.
func CheckAddress(address string) error {
	host, text, err := net.SplitHostPort(address)
	if err == nil && host != "" {
		var number uint64
		if number, err = strconv.ParseUint(text, 10, 16); err == nil && number > 0 {
			return nil
		}
	}
	return fmt.Errorf("%q is no address; write HOST:PORT, as 127.0.0.1:7801", address)
}

func connect(ctx context.Context, address string, timeout time.Duration) (*tcpConn, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, explainDial(address, timeout, err)
	}
	return &tcpConn{Conn: prompt.Conn(conn), address: address}, nil
}

func explainDial(address string, timeout time.Duration, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return absent{fmt.Errorf("nothing listens at %s; is ionsim running, and on this address? %w", address, err)}
	case errors.As(err, &dns):
		return fmt.Errorf("no host for %s is known; check the name: %w", address, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return absent{fmt.Errorf("%s did not answer within %v; check the address, the cable and the firewall: %w", address, timeout, err)}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTDOWN), errors.Is(err, syscall.ENETDOWN):
		return absent{fmt.Errorf("no way leads to %s; check the address and the network: %w", address, err)}
	}
	return fmt.Errorf("connecting to %s: %w", address, err)
}

// tcpConn is a connection whose errors say how it ended.
type tcpConn struct {
	net.Conn
	address  string
	received atomic.Bool // a byte has come
	closed   atomic.Bool // by us
}

func (c *tcpConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.received.Store(true)
	}
	return n, c.explain(err)
}

func (c *tcpConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.explain(err)
}

func (c *tcpConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// SyscallConn is the connection itself, for who must not wait for it.
func (c *tcpConn) SyscallConn() (syscall.RawConn, error) {
	if conn, ok := c.Conn.(syscall.Conn); ok {
		return conn.SyscallConn()
	}
	return nil, syscall.ENOTSUP
}

// HeldError is a port that took a connection and closed it before it was of use, as one does that serves
// somebody else. It is ErrBusy.
type HeldError struct {
	Address string
	Said    string // what the port said before that; empty: nothing
	Cause   error
}

func (e *HeldError) Error() string {
	after := "before it sent a byte"
	if e.Said != "" {
		after = "without an answer, after " + e.Said
	}
	return fmt.Sprintf("%v: %s closed the connection %s; the meter's port serves one client at a time: end the other one and try again: %v",
		ErrBusy, e.Address, after, e.Cause)
}

func (e *HeldError) Unwrap() []error { return []error{ErrBusy, e.Cause} }

// explain finds out what the end of the connection means. A port that serves one client at a
// time accepts a second one and closes it at once, before any byte is sent.
func (c *tcpConn) explain(err error) error {
	ended := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case !ended || c.closed.Load():
		return err
	case !c.received.Load():
		return &HeldError{Address: c.address, Cause: err}
	case err == io.EOF:
		// Callers compare this error, and there is nothing to add to it.
		return err
	}
	return fmt.Errorf("%w: %s broke the connection off: %w", ErrGone, c.address, err)
}
