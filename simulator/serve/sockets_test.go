package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ionbench/simulator/machine"
)

// shout is a session that says everything twice, until it hears a full stop.
type shout struct {
	heard  *int // bytes that all sessions have heard
	out    []byte
	broken bool
}

func (s *shout) Receive(_ time.Duration, p []byte) {
	*s.heard += len(p)
	s.out = append(append(s.out, p...), p...)
	s.broken = p[len(p)-1] == '.'
}

func (s *shout) Transmit(dst []byte) []byte {
	dst = append(dst, s.out...)
	s.out = s.out[:0]
	return dst
}

func (s *shout) Broken() bool { return s.broken }

// sockets runs sessions until the test ends.
type sockets struct {
	*Sockets
	heard   int
	persist error
	events  []Event
	turns   sync.Mutex
	ended   chan error
	cancel  context.CancelFunc
}

func startSockets(t *testing.T, most int) *sockets {
	t.Helper()
	return startSocketsOn(t, most, func(*Sockets) {})
}

// startSocketsOn is startSockets on a port that is changed before anybody is served.
func startSocketsOn(t *testing.T, most int, change func(*Sockets)) *sockets {
	t.Helper()
	s := &sockets{ended: make(chan error, 1)}
	var err error
	s.Sockets, err = ListenSockets(SocketsConfig{
		TCP: ":0", Port: "shouts", Most: most, Turns: &s.turns, Clock: machine.WallClock(),
		New:     func() Session { return &shout{heard: &s.heard} },
		Persist: func(time.Duration) error { return s.persist },
		Event:   func(e Event) { s.events = append(s.events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	change(s.Sockets)
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(t.Context())
	go func() { s.ended <- s.Run(ctx) }()
	t.Cleanup(s.cancel)
	return s
}

func (s *sockets) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// wantTwice says something and expects it twice.
func wantTwice(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 2*len(text))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != text+text {
		t.Fatalf("the answer is %q (%v)", answer, err)
	}
}

// wantClosed expects the end of a connection.
func wantClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d bytes, %v: the connection is open", n, err)
	}
}

func TestEachClientHasASessionOfItsOwnAndOneTooManyIsTurnedAway(t *testing.T) {
	s := startSockets(t, 2)
	one, two := s.dial(t), s.dial(t)
	wantTwice(t, one, "a")
	wantTwice(t, two, "b")
	wantClosed(t, s.dial(t))
	one.Close()
	for closed := false; !closed; { // its place is free when its reader has noticed
		s.turns.Lock()
		closed = len(s.open) < 2
		s.turns.Unlock()
	}
	wantTwice(t, s.dial(t), "c")
	s.cancel()
	if err := <-s.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
	wantClosed(t, two)
	if s.heard != 3 {
		t.Errorf("the sessions have heard %d bytes", s.heard)
	}
	if first := s.events[0]; first.Kind != Connected || first.String() != "shouts: "+one.LocalAddr().String()+": connected" {
		t.Errorf("the first event is %v", first)
	}
}

func TestWhoHasClosedCountsNoMoreThoughItIsNotReadToItsEnd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a client is leaving while its bytes are unread")
	}
	s := startSockets(t, 2)
	for range 3 {
		s.turns.Lock() // nobody is read
		var before []net.Conn
		for range 2 {
			before = append(before, s.dial(t))
		}
		s.turns.Unlock()
		for _, conn := range before {
			wantTwice(t, conn, "a")
		}
		s.turns.Lock()
		for _, conn := range before {
			if _, err := io.WriteString(conn, "bc"); err != nil {
				t.Fatal(err)
			}
			conn.Close()
		}
		next := s.dial(t)
		s.turns.Unlock()
		wantTwice(t, next, "d")
		next.Close()
	}
}

func TestAConnectionOfNoUseIsClosedAfterItsAnswer(t *testing.T) {
	s := startSockets(t, 1)
	conn := s.dial(t)
	wantTwice(t, conn, "that is all.")
	wantClosed(t, conn)
}

func TestNothingIsConfirmedThatCannotBeKept(t *testing.T) {
	s := startSockets(t, 1)
	s.turns.Lock()
	s.persist = errors.New("the disk is full")
	s.turns.Unlock()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, "a"); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, conn)
	if err := <-s.ended; !errors.Is(err, s.persist) {
		t.Errorf("Run = %v", err)
	}
}

// full is a listener of a computer that has no room for a client more, some times.
type full struct {
	net.Listener
	times chan error
}

func (f full) Accept() (net.Conn, error) {
	if err, none := <-f.times; none {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
	}
	return f.Listener.Accept()
}

// without makes the listener of a port one whose computer has no room for so many times of asking.
func without(p *patient, times int) {
	f := full{p.Listener, make(chan error, times)}
	for range times {
		f.times <- syscall.EMFILE
	}
	close(f.times)
	p.Listener = f
}

func TestAComputerWithoutRoomForOneMoreClientEndsNoServer(t *testing.T) {
	t.Run("sessions", func(t *testing.T) {
		s := startSocketsOn(t, 2, func(s *Sockets) { without(s.listener, 3) })
		wantTwice(t, s.dial(t), "a")
		s.turns.Lock()
		defer s.turns.Unlock()
		if len(s.events) != 2 || s.events[0].Kind != NoRoom || s.events[0].Port != "shouts" || s.events[0].Host != s.Addr().String() || !strings.Contains(s.events[0].Reason, "too many open files") {
			t.Errorf("%v", s.events)
		}
	})
	t.Run("device", func(t *testing.T) {
		v := startOn(t, newBell(), loopback(), func(s *Server) { without(s.ports.plain.listener, 3) })
		wantEcho(t, v.dial(t), "hello")
		if e := v.wantEvent(t, NoRoom); e.Host != v.Addr().String() || !strings.Contains(e.Reason, "too many open files") {
			t.Errorf("%+v", e)
		}
		v.wantEvent(t, Connected)
	})
	t.Run("it ends while it waits", func(t *testing.T) {
		s := startSocketsOn(t, 2, func(s *Sockets) { without(s.listener, 100) })
		for told := false; !told; {
			s.turns.Lock()
			told = len(s.events) > 0
			s.turns.Unlock()
		}
		s.cancel()
		if err := <-s.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	})
}
