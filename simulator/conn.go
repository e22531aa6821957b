package simulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/line"
)

// Connect joins a host to the meter's line. The line has one host end, so close a connection
// before you make another. What the host writes goes on the line at once and takes its time
// there, as behind a serial port. What it does not read waits for it, up to 64 KiB, as in an
// operating system. While a fault has taken the port away, Connect fails as a dial does at a port
// where nobody listens.
//
// The connection has no goroutine: the meter's time goes on when a method is called. Deadlines,
// and the time that a read waits, are those of package time. So a Meter that was made in a
// testing/synctest bubble lives in the bubble's time.
func (m *Meter) Connect() (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return nil, fmt.Errorf("connect to the meter: %w", net.ErrClosed)
	case m.served != nil:
		return nil, errors.New("connect to the meter: it is served; connect to its port, or make another meter")
	case m.host != nil:
		return nil, errors.New("connect to the meter: another connection is open; close it first")
	}
	now := m.catchUp()
	m.begin(now)
	m.settle(now)
	if m.station.PortGone() {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address("meter"), Err: errAway}
	}
	m.host = &conn{meter: m}
	return m.host, nil
}

// maxUnread bounds what waits for a host that does not read. More is lost, as with a receiver
// that is full. maxUnsent bounds what a host may have on its way; beyond it a write waits.
const (
	maxUnread = 64 << 10
	maxUnsent = 64 << 10
)

var (
	errReset  error = syscall.ECONNRESET
	errClosed error = net.ErrClosed
	errAway   error = syscall.ECONNREFUSED
)

// conn is a host's end of the line. The meter's lock guards it.
type conn struct {
	meter       *Meter
	unread      []byte
	ended       error // why it ended; nil while it works
	read, write time.Time
}

// take takes the bytes that have arrived at the host.
func (c *conn) take(s *bench.Station) {
	c.unread = s.Transmit(c.unread)
	c.unread = c.unread[:min(len(c.unread), maxUnread)]
}

// part ends the connection of the host.
func (m *Meter) part(now time.Duration, why error) {
	m.host.ended = why
	m.host = nil
	m.station.HostGone(now)
	m.station.Transmit(nil)
}

// Read waits for bytes from the meter. After a reset, bytes that came before it are lost.
func (c *conn) Read(p []byte) (int, error) {
	var n int
	err := c.wait("read", &c.read, func(time.Duration) bool {
		n = copy(p, c.unread)
		c.unread = append(c.unread[:0], c.unread[n:]...)
		return n > 0 || len(p) == 0
	})
	return n, err
}

// Write puts bytes on the line to the meter.
func (c *conn) Write(p []byte) (int, error) {
	sent := 0
	err := c.wait("write", &c.write, func(now time.Duration) bool {
		if n := min(len(p)-sent, maxUnsent-c.meter.unsent()); n > 0 {
			c.meter.station.Receive(now, p[sent:sent+n])
			sent += n
			c.meter.settle(now)
			c.meter.wake()
		}
		return sent == len(p)
	})
	return sent, err
}

// unsent is how many bytes are on their way to the meter.
func (m *Meter) unsent() int {
	l := m.station.Line()
	return int(l.Sent(line.ToMeter) - l.Left(line.ToMeter))
}

// wait catches up until done returns true, the connection has ended, or the deadline has come.
func (c *conn) wait(doing string, deadline *time.Time, done func(now time.Duration) bool) error {
	m := c.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if c.ended == nil {
			now := m.catchUp()
			if c.ended == nil && done(now) {
				return nil
			}
		}
		switch {
		case c.ended != nil:
			return &net.OpError{Op: doing, Net: network, Addr: address(network), Err: c.ended}
		case !deadline.IsZero() && !time.Now().Before(*deadline):
			return &net.OpError{Op: doing, Net: network, Addr: address(network), Err: os.ErrDeadlineExceeded}
		}
		m.sleep(*deadline)
	}
}

// sleep waits until the meter or another caller does something, or the deadline comes. It
// releases the lock meanwhile.
func (m *Meter) sleep(deadline time.Time) {
	changed := m.changed
	at, due := m.station.Next()
	m.mu.Unlock()
	defer m.mu.Lock()
	timer := time.NewTimer(never)
	defer timer.Stop()
	if due {
		timer.Reset(at - m.clock.Now())
	}
	if left := time.Until(deadline); !deadline.IsZero() && (!due || left < at-m.clock.Now()) {
		timer.Reset(left)
	}
	select {
	case <-changed:
	case <-timer.C:
	}
}

// never is longer than anything waits.
const never = time.Duration(1<<63 - 1)

// Close hangs up. A read or write that waits ends.
func (c *conn) Close() error {
	m := c.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.ended != nil {
		if errors.Is(c.ended, net.ErrClosed) {
			return &net.OpError{Op: "close", Net: network, Addr: address(network), Err: net.ErrClosed}
		}
		c.ended = net.ErrClosed
		return nil
	}
	m.part(m.catchUp(), net.ErrClosed)
	m.wake()
	return nil
}

// network is the network that the addresses of such a connection name.
const network = "ion73xx"

type address string

func (a address) Network() string { return network }
func (a address) String() string  { return string(a) }

// LocalAddr names the line; it has no address.
func (c *conn) LocalAddr() net.Addr { return address("host") }

// RemoteAddr names the meter; it has no address.
func (c *conn) RemoteAddr() net.Addr { return address("meter") }

// SetDeadline sets both deadlines; the zero time is none.
func (c *conn) SetDeadline(t time.Time) error { return c.setDeadline(t, &c.read, &c.write) }

// SetReadDeadline sets when a read gives up.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadline(t, &c.read) }

// SetWriteDeadline sets when a write gives up.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(t, &c.write) }

func (c *conn) setDeadline(t time.Time, which ...*time.Time) error {
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	for _, d := range which {
		*d = t
	}
	c.meter.wake()
	return nil
}

var _ io.ReadWriteCloser = (*conn)(nil)
