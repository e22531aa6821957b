package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"ionbench/simulator/machine"
)

// Session is the device's side of one TCP connection. It asks for no wake-ups.
type Session interface {
	// Receive takes what the client has sent.
	Receive(now time.Duration, p []byte)
	// Transmit appends what is sent to the client.
	Transmit(dst []byte) []byte
	// Broken reports that the connection is of no use any more, and is to be closed.
	Broken() bool
}

// Leaving is a session that is told when its connection is closed, with a reason if it broke.
type Leaving interface {
	Left(now time.Duration, reason string)
}

// SocketsConfig says how a protocol is served on TCP whose clients each have a session of their own
// with something that they share.
type SocketsConfig struct {
	TCP string // as Config.TCP
	// Port names the port in events.
	Port string
	// Most is how many clients are served at the same time; one more is closed at once. Who has closed
	// already, and is only to be read to its end, counts no more.
	Most int
	// Turns is held by whoever uses what the sessions share: that of the Server of the device.
	Turns *sync.Mutex
	// Clock gives the time: that of the Server.
	Clock machine.Clock
	// New makes the session of a new client. It is called as Persist is.
	New func() Session
	// Persist runs after a session has received, before its answer is written, by whoever holds
	// Turns. An error of it ends Run.
	Persist func(now time.Duration) error
	// Event, if not nil, is called, by whoever holds Turns, with what happens on the port.
	Event func(Event)
}

// Sockets is an open TCP port with sessions.
type Sockets struct {
	config   SocketsConfig
	listener *patient

	open  map[net.Conn]bool // guarded by Turns, as what follows
	ended bool
	err   error
}

// ListenSockets opens the port. Clients may connect at once; Run serves them.
func ListenSockets(config SocketsConfig) (*Sockets, error) {
	l, err := listenTCP(config.TCP)
	if err != nil {
		return nil, err
	}
	return &Sockets{config: config, listener: l, open: map[net.Conn]bool{}}, nil
}

// Addr is the address of the port.
func (s *Sockets) Addr() net.Addr { return s.listener.Addr() }

// Run serves clients until ctx ends, whose error it returns, or something fails. When it returns the
// port and all connections are closed, and all its goroutines have ended.
func (s *Sockets) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	var clients sync.WaitGroup
	for {
		conn, err := s.listener.wait(s.tellNoRoom)
		if err != nil {
			s.end(fmt.Errorf("waiting for %s clients: %w", s.config.Port, err))
			break
		}
		if session := s.admit(conn); session != nil {
			clients.Go(func() { s.serve(conn, session) })
		}
	}
	clients.Wait()
	if !stop() {
		<-ctx.Done()
	}
	return s.err
}

// Close closes a port that never ran, or runs no more.
func (s *Sockets) Close() error {
	if s == nil {
		return nil
	}
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// end closes everything, for the first reason that is given.
func (s *Sockets) end(err error) {
	s.config.Turns.Lock()
	defer s.config.Turns.Unlock()
	s.shut(err)
}

// shut is end for who holds Turns.
func (s *Sockets) shut(err error) {
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	s.listener.Close()
	for conn := range s.open {
		conn.Close()
	}
}

// admit makes the session of a new client; nil if it is turned away.
func (s *Sockets) admit(conn net.Conn) Session {
	s.config.Turns.Lock()
	defer s.config.Turns.Unlock()
	if s.ended || s.full() {
		conn.Close()
		if !s.ended {
			s.tell(Refused, conn, fmt.Sprintf("%d clients are connected already, and no more are served at a time", s.config.Most))
		}
		return nil
	}
	s.open[conn] = true
	limitSilence(conn)
	s.tell(Connected, conn, "")
	return s.config.New()
}

// full reports that there is no room for one more client. Those who are leaving are bounded, too.
func (s *Sockets) full() bool {
	if len(s.open) < s.config.Most {
		return false
	}
	staying := 0
	for conn := range s.open {
		if !leaving(conn) {
			staying++
		}
	}
	return staying >= s.config.Most || len(s.open) >= s.config.Most+mostWaiting
}

// serve reads until the client goes.
func (s *Sockets) serve(conn net.Conn, session Session) {
	var in, out []byte
	in = make([]byte, readBufferBytes)
	for {
		n, err := conn.Read(in)
		if n > 0 {
			if out, err = s.turn(session, in[:n], out[:0]); err == nil {
				err = write(conn, out)
			}
		}
		if err == nil && session.Broken() {
			err = errBroken
		}
		if err != nil {
			s.leave(conn, session, err)
			return
		}
	}
}

var errBroken = errors.New("what it sent is of another protocol")

// turn gives a session what has come, and returns what it answers.
func (s *Sockets) turn(session Session, p, out []byte) ([]byte, error) {
	s.config.Turns.Lock()
	defer s.config.Turns.Unlock()
	if s.ended {
		return out, net.ErrClosed
	}
	now := s.config.Clock.Now()
	session.Receive(now, p)
	out = session.Transmit(out)
	if err := s.config.Persist(now); err != nil {
		s.shut(fmt.Errorf("keeping the device's memory: %w", err))
		return out, err
	}
	return out, nil
}

// write sends an answer. A client that does not take it in time is given up.
func write(conn net.Conn, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if err := conn.SetWriteDeadline(time.Now().Add(2 * stallLimit)); err != nil {
		return err
	}
	_, err := conn.Write(p)
	return err
}

// leave ends a connection.
func (s *Sockets) leave(conn net.Conn, session Session, cause error) {
	s.config.Turns.Lock()
	defer s.config.Turns.Unlock()
	conn.Close()
	delete(s.open, conn)
	reason, broke := cause.Error(), cause.Error()
	if s.ended || errors.Is(cause, io.EOF) {
		broke = ""
	}
	if l, ok := session.(Leaving); ok {
		l.Left(s.config.Clock.Now(), broke)
	}
	if s.ended {
		return
	}
	if errors.Is(cause, io.EOF) {
		reason = "closed by the client"
	}
	s.tell(Disconnected, conn, reason)
}

func (s *Sockets) tell(kind EventKind, conn net.Conn, reason string) {
	s.report(Event{Kind: kind, At: s.config.Clock.Now(), Host: conn.RemoteAddr().String(), Reason: reason})
}

func (s *Sockets) tellNoRoom(err error) {
	s.config.Turns.Lock()
	defer s.config.Turns.Unlock()
	if !s.ended {
		s.report(s.listener.noRoom(s.config.Clock.Now(), err))
	}
}

func (s *Sockets) report(e Event) {
	if s.config.Event != nil {
		e.Port = s.config.Port
		s.config.Event(e)
	}
}
