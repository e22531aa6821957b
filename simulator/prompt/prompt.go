// Package prompt reads and writes what never keeps a call waiting: sockets, and other descriptors that do not
// block. It is for those who carry small pieces to and fro, where waking threads is most of the work.
//
// Go announces each system call to its scheduler, for it may last. Between two pieces the scheduler's own monitor
// sleeps, and an announcement wakes it, which is a switch of threads for each piece. Calls that cannot wait need no
// announcement: a relay that does nothing else takes 15 µs for a piece and its answer over TCP with them, and 18 µs
// with those of packages net and os. What has to be waited for is waited for as always.
//
// Where the system has no such calls (other than Linux) all is as without this package.
package prompt

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// Conn is conn with prompt calls: a connection with the same bytes, deadlines and errors.
func Conn(conn net.Conn) net.Conn {
	if raw := rawOf(conn); raw != nil {
		return &socket{conn, newStream(conn, raw, func(op string, number syscall.Errno) error {
			// A socket tells its error once.
			return &net.OpError{Op: op, Net: conn.LocalAddr().Network(), Source: conn.LocalAddr(), Addr: conn.RemoteAddr(), Err: os.NewSyscallError(op, number)}
		})}
	}
	return conn
}

// File is file with prompt calls, if it does not block.
func File(file *os.File) io.ReadWriter {
	if raw := rawOf(file); raw != nil {
		return newStream(file, raw, nil)
	}
	return file
}

// rawOf is nil where nothing can be prompt.
func rawOf(conn any) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok || !possible {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// socket is a connection with prompt calls.
type socket struct {
	net.Conn
	stream *stream
}

func (s *socket) Read(p []byte) (int, error)  { return s.stream.Read(p) }
func (s *socket) Write(p []byte) (int, error) { return s.stream.Write(p) }

// SyscallConn is the connection itself.
func (s *socket) SyscallConn() (syscall.RawConn, error) { return s.Conn.(syscall.Conn).SyscallConn() }

// stream reads and writes through a raw connection. Whatever is out of the ordinary goes the long way,
// which says what it is.
type stream struct {
	long    io.ReadWriter
	raw     syscall.RawConn
	explain func(op string, number syscall.Errno) error // of an error that the long way would not meet again; nil: it would
	in, out half
}

func newStream(long io.ReadWriter, raw syscall.RawConn, explain func(string, syscall.Errno) error) *stream {
	s := &stream{long: long, raw: raw, explain: explain}
	s.in.try, s.out.try = s.in.read, s.out.write
	return s
}

// Read reads as the long way does.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return s.long.Read(p)
	}
	n, number := s.in.run(s.raw.Read, p)
	switch {
	case n > 0:
		return n, nil
	case number != 0 && s.explain != nil:
		return 0, s.explain("read", number)
	}
	return s.long.Read(p)
}

// Write writes all of p, as the long way does.
func (s *stream) Write(p []byte) (int, error) {
	n, number := s.out.run(s.raw.Write, p)
	switch {
	case n == len(p):
		return n, nil
	case number != 0 && s.explain != nil:
		return n, s.explain("write", number)
	}
	more, err := s.long.Write(p[n:])
	return n + more, err
}

// half is one direction of a stream. Its functions are made once: they run for every piece.
type half struct {
	mu     sync.Mutex // held during a call
	p      []byte     // of the call
	n      int        // bytes of p that were read or written
	number syscall.Errno
	try    func(fd uintptr) bool
}

// run does one call by means of a method of syscall.RawConn, which waits as long as try returns false.
func (h *half) run(do func(func(fd uintptr) bool) error, p []byte) (n int, number syscall.Errno) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.p, h.n, h.number = p, 0, 0
	// Where it fails the connection is closed or the time is over, which the long way finds, too.
	_ = do(h.try)
	h.p = nil
	return h.n, h.number
}

// read takes what is there, and is done unless nothing is.
func (h *half) read(fd uintptr) bool {
	for {
		n, number := Read(fd, h.p)
		switch number {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		h.n, h.number = n, number
		return true
	}
}

// write is done when all is written.
func (h *half) write(fd uintptr) bool {
	for h.n < len(h.p) {
		n, number := Write(fd, h.p[h.n:])
		switch number {
		case 0:
			h.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			h.number = number
			return true
		}
		if n == 0 && number == 0 {
			return true
		}
	}
	return true
}
