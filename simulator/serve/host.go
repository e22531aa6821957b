package serve

import (
	"io"
	"net"
	"syscall"
	"time"

	"ionbench/simulator/prompt"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/steady"
)

const (
	// A PTY hands over at most 4096 bytes at once, and readBufferMost is for a TCP client that
	// sends more.
	readBufferBytes = 4096
	readBufferMost  = 64 << 10
	// stallLimit is the least time after which bytes that a host does not read are lost. A
	// kernel holds more than a whole frame, so a host that reads never comes near it.
	stallLimit = 200 * time.Millisecond
	// jammedLimit is how long a host is waited for that has just lost bytes: the device's time
	// must go on.
	jammedLimit = time.Millisecond
)

// port is how a host is reached.
type port interface {
	io.ReadWriter
	SetWriteDeadline(limit time.Time) error
}

// host is one that may talk to the device: the client on the PTY, or a TCP client.
type host struct {
	name   string
	port   port
	conn   net.Conn        // of a TCP client, nil on the PTY
	tty    *terminal       // nil for a TCP client
	remote *rfc2217.Server // of a client of RFC 2217; else nil
	tcp    net.Conn        // of a TCP client, below RFC 2217 if that is spoken
	raw    syscall.RawConn // of port
	buffer []byte          // what was last read
	box    *steady.Outbox  // keeps what it does not take at once; nil: that is lost, or remote keeps it
	jammed bool            // its last bytes were lost
	since  time.Duration   // when a TCP client connected
	spoke  time.Duration   // when it last sent something
	gone   bool            // the connection was ended from here; what its reader still brings is dropped
	limit  time.Time       // the write deadline of port

	// door guards what follows.
	arrival arrival
	queued  bool // arrival has not been received yet
	// away: the reader is giving the device what it has read, or waits to. Bytes that came
	// after drained may still be in the kernel then.
	away    bool
	drained time.Duration
}

// arrival is what one read brought.
type arrival struct {
	at   time.Duration
	baud int    // rate of the PTY after the read, 0: not known
	data []byte // a slice of the host's buffer
	err  error  // the host is gone after data
}

// widen makes more room for what is read at once where n bytes have filled it. The buffer must be free.
func (h *host) widen(n int) {
	if n == len(h.buffer) && n < readBufferMost {
		h.buffer = make([]byte, 2*n)
	}
}

func newClient(conn net.Conn, remote *rfc2217.Server) *host {
	h := &host{name: conn.RemoteAddr().String(), port: prompt.Conn(conn), conn: conn, tcp: conn, buffer: make([]byte, readBufferBytes)}
	if remote != nil {
		h.port, h.conn, h.remote = remote, remote, remote
		return h
	}
	if c, ok := conn.(syscall.Conn); ok {
		// Without it, only h's own reader brings its bytes.
		h.raw, _ = c.SyscallConn()
	}
	return h
}

// keepFor keeps for h what it does not take at once, if that is wanted.
func (r *run) keepFor(h *host) {
	if conn, ok := h.port.(io.ReadWriteCloser); ok && r.config.Keeps && h.remote == nil {
		h.box = steady.NewOutbox(conn)
		r.readers.Go(h.box.Run)
	}
}

// endBox is for a host whose port is closed.
func (h *host) endBox() {
	if h.box != nil {
		h.box.End()
		h.box = nil
	}
}

// full is nil, or says when the host to which the device talks has taken some of what waits for it. It
// needs mu.
func (r *run) full() <-chan struct{} {
	switch h := r.heard; {
	case h == nil || r.over:
		return nil
	case h.remote != nil:
		return h.remote.Full()
	case h.box != nil:
		return h.box.Full()
	case h == r.cable && r.port != nil:
		return r.port.Full()
	}
	return nil
}

// baud is the rate of the host, if it has set one; 0 if it has none or it is unknown.
func (h *host) baud() int {
	switch {
	case h.tty != nil:
		return h.tty.baud()
	case h.remote != nil:
		return h.remote.Baud()
	}
	return 0
}

// limitWrite makes sure that a write to h takes no longer than twice stallLimit. A deadline is
// costly, so it is not set for every write.
func (h *host) limitWrite(now time.Time) {
	switch {
	case h.jammed:
		h.limit = now.Add(jammedLimit)
	case h.limit.Sub(now) < stallLimit:
		h.limit = now.Add(2 * stallLimit)
	default:
		return
	}
	// It fails only on a closed port, and then Write fails, too.
	_ = h.port.SetWriteDeadline(h.limit)
}
