package prompt

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is a connection and its other end.
func pair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	b, err := l.Accept()
	must(t, err)
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	must(t, b.SetDeadline(time.Now().Add(patience)))
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

func randomBytes(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(p) // it never fails
	return p
}

// carried checks that all of sent gets through, whoever has to wait.
func carried(t *testing.T, from io.Writer, to io.Reader, sent []byte) {
	t.Helper()
	written := make(chan error, 1)
	go func() {
		n, err := from.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		written <- err
	}()
	got := make([]byte, len(sent))
	_, err := io.ReadFull(to, got)
	must(t, errors.Join(err, <-written))
	if !bytes.Equal(got, sent) {
		t.Error("other bytes came than were sent")
	}
}

func TestEveryByteComesBothWays(t *testing.T) {
	sent := randomBytes(16 << 20) // more than kernels hold
	near, far := pair(t)
	conn := Conn(near)
	carried(t, conn, far, sent)
	carried(t, far, conn, sent)

	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	carried(t, File(w), File(r), sent[:1<<20])
}

// A plain connection is what a prompt one is held against, at whatever befalls it.
func TestItTellsWhatAPlainConnectionTells(t *testing.T) {
	read := func(conn net.Conn) (int, error) { return conn.Read(make([]byte, 10)) }
	// The kernel may take a few bytes before it tells.
	write := func(conn net.Conn) (n int, err error) {
		for ends := time.Now().Add(patience); err == nil && time.Now().Before(ends); {
			_, err = conn.Write(make([]byte, 1<<16))
		}
		return 0, err
	}
	reset := func(_ net.Conn, far *net.TCPConn) {
		_ = far.SetLinger(0) // the worst is that it is closed in peace, and the test fails
		far.Close()
		time.Sleep(10 * time.Millisecond)
	}
	tired := func(conn net.Conn, _ *net.TCPConn) { _ = conn.SetDeadline(time.Now().Add(-time.Second)) }
	for _, test := range []struct {
		name  string
		befal func(conn net.Conn, far *net.TCPConn)
		do    func(conn net.Conn) (int, error)
		is    error
	}{
		{"the other end closes", func(_ net.Conn, far *net.TCPConn) { far.Close() }, read, io.EOF},
		{"a reset before a read", reset, read, syscall.ECONNRESET},
		{"a reset before a write", reset, write, syscall.ECONNRESET},
		{"closed before a read", func(conn net.Conn, _ *net.TCPConn) { conn.Close() }, read, net.ErrClosed},
		{"closed before a write", func(conn net.Conn, _ *net.TCPConn) { conn.Close() }, write, net.ErrClosed},
		{"closed in a read", func(conn net.Conn, _ *net.TCPConn) { time.AfterFunc(10*time.Millisecond, func() { conn.Close() }) }, read, net.ErrClosed},
		{"closed in a write", func(conn net.Conn, _ *net.TCPConn) { time.AfterFunc(10*time.Millisecond, func() { conn.Close() }) }, write, net.ErrClosed},
		{"no time to read", tired, read, os.ErrDeadlineExceeded},
		{"no time to write", tired, write, os.ErrDeadlineExceeded},
		{"nothing asked for", func(net.Conn, *net.TCPConn) {}, func(conn net.Conn) (int, error) { return conn.Read(nil) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said [2]string
			for i, of := range []func(net.Conn) net.Conn{func(c net.Conn) net.Conn { return c }, Conn} {
				near, far := pair(t)
				conn := of(near)
				test.befal(conn, far)
				n, err := test.do(conn)
				if n != 0 || !errors.Is(err, test.is) {
					t.Errorf("%T: %d, %v; want %v", conn, n, err, test.is)
				}
				if err != nil {
					said[i] = strings.ReplaceAll(strings.ReplaceAll(err.Error(), near.LocalAddr().String(), "here"), far.LocalAddr().String(), "there")
				}
			}
			if said[0] != said[1] {
				t.Errorf("plain it says %q, prompt %q", said[0], said[1])
			}
		})
	}
}

// What came before the end is read before the end is told.
func TestNothingIsLostBeforeTheEnd(t *testing.T) {
	near, far := pair(t)
	_, err := far.Write([]byte("last words"))
	must(t, err)
	far.Close()
	got, err := io.ReadAll(Conn(near))
	if string(got) != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A deadline that has passed and was set anew is no end.
func TestAReadGoesOnAfterItsDeadline(t *testing.T) {
	near, far := pair(t)
	conn := Conn(near)
	must(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err := far.Write([]byte{7})
	must(t, err)
	p := make([]byte, 1)
	if n, err := conn.Read(p); n != 1 || err != nil || p[0] != 7 {
		t.Errorf("%d %v %v", n, p, err)
	}
}
