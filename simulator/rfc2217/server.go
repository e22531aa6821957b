package rfc2217

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	readBytes = 4096
	// maxUnsent bounds what waits to be sent to a client, or is kept for one that has suspended the
	// flow, in bytes.
	maxUnsent = 256 << 10
	// aheadBytes is how much may wait before those who write are to hold back.
	aheadBytes = 64 << 10
	// lastWords is how long Close waits until what was written is sent.
	lastWords = 200 * time.Millisecond
)

// errFull says that the client takes no data.
var errFull = errors.New("the client takes no data")

// Server is a serial port on a connection: what is read from it is what the client sends over its
// port. A Write never waits for the client: what it does not take for long is refused with errFull. A
// client that does not take the answers to its own commands is hung up on.
type Server struct {
	net.Conn
	wire    []byte   // what was read
	data    []byte   // of it
	given   int      // bytes of data that were handed over
	changes []change // of it, not yet told
	asked   func(Lines)

	mu     sync.Mutex
	end    *serverEnd
	out    []byte      // to be sent
	owed   *ModemState // how the lines are, for a client that could not be told when they changed
	kept   []byte      // data for a client that has suspended the flow
	closed bool
	severs bool // Close is a reset: nothing more is sent
	wake   *sync.Cond
	taken  chan struct{} // closed when some of what waits is sent; nil: nobody waits for that
	sent   chan struct{} // closed when the sender has ended
	once   sync.Once
	err    error // of Close
}

// ServerConfig describes the port.
type ServerConfig struct {
	Baud      int // until the client sets its own
	Signature string
	Modem     ModemState // of the lines at first
	// Asked, if not nil, is called when the client has set other lines. It is called by Read, behind the
	// data that came before it and before the data behind it, and then a break is no data. Without it a break is read as a receiver without break detection has it: a
	// byte 0 where it begins, and one where it ends.
	Asked func(Lines)
}

// NewServer begins to serve a port on a connection, which it owns. Close ends it.
func NewServer(conn net.Conn, c ServerConfig) *Server {
	s := &Server{Conn: conn, asked: c.Asked, end: newServerEnd(c.Baud, c.Signature, c.Modem), wire: make([]byte, readBytes), sent: make(chan struct{})}
	s.wake = sync.NewCond(&s.mu)
	s.end.passesBreaks = c.Asked != nil
	s.out = s.end.greet(nil)
	go s.send()
	return s
}

// Read returns data of the client, and carries out its commands.
func (s *Server) Read(p []byte) (int, error) {
	for {
		if n := s.handOver(p); n > 0 {
			return n, nil
		}
		n, err := s.Conn.Read(s.wire)
		if n > 0 {
			if err := s.obey(s.wire[:n]); err != nil {
				return 0, err
			}
		}
		if err != nil {
			if n := s.handOver(p); n > 0 {
				return n, nil // the next read fails again
			}
			return 0, err
		}
	}
}

// handOver copies data up to the next change of the lines, which it tells first if it is due.
func (s *Server) handOver(p []byte) int {
	for len(s.changes) > 0 && s.changes[0].behind == s.given {
		s.asked(s.changes[0].to)
		s.changes = s.changes[1:]
	}
	end := len(s.data)
	if len(s.changes) > 0 {
		end = s.changes[0].behind
	}
	n := copy(p, s.data[s.given:end])
	s.given += n
	return n
}

// obey takes what was read.
func (s *Server) obey(p []byte) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end.changes = s.end.changes[:0]
	s.data, s.out = s.end.take(s.data[:0], s.out, p)
	s.given, s.changes = 0, s.end.changes
	if s.end.purge {
		s.end.purge, s.kept = false, s.kept[:0]
		s.tellTaken()
	}
	if !s.end.suspended && len(s.kept) > 0 {
		s.out = appendData(s.out, s.kept)
		s.kept = s.kept[:0]
	}
	s.wake.Signal()
	if len(s.out) > 2*maxUnsent {
		err = fmt.Errorf("%w: %d bytes of answers wait for it", errFull, len(s.out))
	}
	return err
}

// Write queues data for the client.
func (s *Server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case len(s.out)+len(s.kept)+len(p) > maxUnsent:
		return 0, errFull
	case s.end.suspended:
		s.kept = append(s.kept, p...)
	default:
		s.out = appendData(s.out, p)
		s.wake.Signal()
	}
	return len(p), nil
}

// Full is nil, or, while much waits for the client, a channel that is closed when it has taken some, or is gone:
// who can hold back what it writes asks again then.
func (s *Server) Full() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out)+len(s.kept) <= aheadBytes || s.closed {
		return nil
	}
	if s.taken == nil {
		s.taken = make(chan struct{})
	}
	return s.taken
}

// tellTaken needs mu.
func (s *Server) tellTaken() {
	if s.taken != nil {
		close(s.taken)
		s.taken = nil
	}
}

// SetWriteDeadline does nothing: a Write does not wait.
func (s *Server) SetWriteDeadline(time.Time) error { return nil }

// Baud is the rate at which the client talks.
func (s *Server) Baud() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end.baud
}

// SetModem tells the client how the port's lines are. One that takes nothing is told how they are by the
// time it does.
func (s *Server) SetModem(m ModemState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owed = &m
	if len(s.out) <= maxUnsent {
		s.tellOwed()
	}
	s.wake.Signal()
}

// tellOwed needs mu.
func (s *Server) tellOwed() {
	if s.owed != nil {
		s.out, s.owed = s.end.setModem(s.out, *s.owed), nil
	}
}

// SetLinger makes the end of the connection a reset, as that of a TCP connection does.
func (s *Server) SetLinger(seconds int) error {
	s.mu.Lock()
	s.severs = seconds == 0
	s.mu.Unlock()
	if c, ok := s.Conn.(*net.TCPConn); ok {
		return c.SetLinger(seconds)
	}
	return nil
}

// send sends what is queued, until the server is closed and all is out, or the connection ends.
func (s *Server) send() {
	defer close(s.sent)
	var p []byte
	for {
		s.mu.Lock()
		for len(s.out) == 0 && !s.closed {
			s.wake.Wait()
		}
		if len(s.out) == 0 {
			s.mu.Unlock()
			return
		}
		p, s.out = s.out, p[:0]
		s.tellTaken()
		s.tellOwed()
		s.mu.Unlock()
		if _, err := s.Conn.Write(p); err != nil {
			return // the reader notices
		}
	}
}

// Close sends what is queued, if that does not take long, and ends the connection.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.tellTaken()
		patience := lastWords
		if s.severs {
			patience = 0
		}
		s.wake.Signal()
		s.mu.Unlock()
		_ = s.Conn.SetWriteDeadline(time.Now().Add(patience)) // it fails only if the connection has ended
		<-s.sent
		s.err = s.Conn.Close()
	})
	return s.err
}
