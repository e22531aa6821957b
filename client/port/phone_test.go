package port

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/client/phone"
	"ionbench/simulator/rfc2217"
)

const (
	ready   = rfc2217.DSR | rfc2217.CTS
	carrier = ready | rfc2217.DCD
)

// modemAt serves one connection with a modem that does what it is told when a number is dialled, and again
// at the first line after that. These lines go to heard.
func modemAt(t *testing.T, dialled, then func(s *rfc2217.Server)) (c Config, heard <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	lines, done := make(chan string, 16), make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s := rfc2217.NewServer(conn, rfc2217.ServerConfig{Baud: 9600, Modem: ready})
		defer s.Close()
		called := false
		for in := bufio.NewReader(s); ; {
			line, err := in.ReadString('\r')
			switch {
			case err != nil:
				return
			case called:
				then(s)
				lines <- line
			case strings.HasPrefix(line, "ATD"):
				called = true
				dialled(s)
			default:
				_, _ = s.Write([]byte("\r\nOK\r\n")) // who is gone reads no answer
			}
		}
	}()
	return Config{Port: "rfc2217://" + l.Addr().String(), Phone: "5550105"}, lines
}

func say(s *rfc2217.Server, text string) { _, _ = s.Write([]byte(text)) }

// A modem that says nothing of it, or is switched off, takes DCD away all the same.
func TestALostCarrierShowsInDCDBehindWhatCameBeforeIt(t *testing.T) {
	t.Parallel()
	for name, dialled := range map[string]func(*rfc2217.Server){
		"up before CONNECT": func(s *rfc2217.Server) { s.SetModem(carrier); say(s, "\r\nCONNECT\r\n") },
		"up after it":       func(s *rfc2217.Server) { say(s, "\r\nCONNECT\r\n"); s.SetModem(carrier); say(s, "more, ") },
	} {
		c, _ := modemAt(t, dialled, func(s *rfc2217.Server) { say(s, "an answer"); s.SetModem(ready) })
		conn, err := Open(c)
		must(t, err)
		for start := []byte("more, "); name == "up after it" && len(start) > 0; {
			n, err := conn.Read(start)
			must(t, err)
			start = start[n:]
		}
		_, err = conn.Write([]byte("a request\r"))
		must(t, err)
		got, err := io.ReadAll(conn)
		if string(got) != "an answer" || !errors.Is(err, phone.ErrLost) || !errors.Is(err, ErrGone) {
			t.Errorf("%s: %q and then %v", name, got, err)
		}
		must(t, conn.Close())
	}
}

// A cable without that line shows nothing, and a modem with &C0 always the same.
func TestDCDThatWasNotThereOrStaysTellsNothing(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]rfc2217.ModemState{"no line": 0, "&C0": carrier} {
		c, _ := modemAt(t, func(s *rfc2217.Server) { s.SetModem(is); say(s, "\r\nCONNECT\r\n") }, func(s *rfc2217.Server) {
			s.SetModem(is | rfc2217.DSR)
			say(s, "an answer\r\nNO CARRIER\r\n")
		})
		conn, err := Open(c)
		must(t, err)
		_, err = conn.Write([]byte("a request\r"))
		must(t, err)
		got, err := io.ReadAll(conn)
		if string(got) != "an answer\r\nNO CARRIER\r\n" || !errors.Is(err, phone.ErrLost) {
			t.Errorf("%s: %q and then %v", name, got, err)
		}
		must(t, conn.Close())
	}
}

// A modem would go on dialling, and be in a call that nobody ends.
func TestWhoGivesUpDiallingEndsTheCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, heard := modemAt(t, func(*rfc2217.Server) { cancel() }, func(*rfc2217.Server) {})
	if _, err := OpenContext(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	select {
	case line := <-heard:
		if line != "\r" {
			t.Errorf("the modem hears %q", line)
		}
	case <-time.After(patience):
		t.Error("the modem hears nothing")
	}
}

// stuck is a port that says nothing, and whose writes wait until it is closed.
type stuck struct {
	closed chan struct{}
	close  func()
}

func newStuck() stuck {
	closed := make(chan struct{})
	return stuck{closed, sync.OnceFunc(func() { close(closed) })}
}

func (s stuck) Read([]byte) (int, error)  { <-s.closed; return 0, io.EOF }
func (s stuck) Write([]byte) (int, error) { <-s.closed; return 0, io.ErrClosedPipe }
func (s stuck) Close() error              { s.close(); return nil }

func TestAPortThatTakesNothingKeepsNobodyWhoGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := call(ctx, newStuck(), "5550105"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
