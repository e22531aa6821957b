package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
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
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
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
