package serve

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// accepted is both ends of a connection to a port of ours.
func accepted(t *testing.T) (client, conn net.Conn) {
	t.Helper()
	l, err := listenTCP(":0")
	must(t, err)
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	must(t, err)
	t.Cleanup(func() { client.Close() })
	conn, err = l.wait(nil)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return client, conn
}

func TestBytesForWhichTheComputerWasLateAreNotLost(t *testing.T) {
	client, conn := accepted(t)
	r := newRun(Config{Event: func(e Event) { t.Errorf("%v", e) }}, newBell(), new(ports))
	h := newClient(conn, nil)
	must(t, conn.SetWriteDeadline(time.Now().Add(-time.Second)))
	h.limit = time.Now().Add(time.Hour) // as if it had passed between the look at it and the write
	r.send(0, h, []byte("bytes"))
	must(t, client.SetReadDeadline(time.Now().Add(patience)))
	got := make([]byte, 5)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "bytes" || h.jammed {
		t.Errorf("%q, %v, jammed %v", got, err, h.jammed)
	}
}

// The kernel's keepalive says nothing of a client that vanished with bytes on their way to it.
func TestAClientThatVanishesWithBytesOnTheirWayIsDroppedToo(t *testing.T) {
	_, conn := accepted(t)
	limitSilence(conn)
	raw, err := conn.(*net.TCPConn).SyscallConn()
	must(t, err)
	must(t, raw.Control(func(fd uintptr) {
		for _, option := range []struct {
			level, name, want int
		}{
			{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 30000},
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
		} {
			if got, err := unix.GetsockoptInt(int(fd), option.level, option.name); err != nil || got != option.want {
				t.Errorf("option %d is %d (%v), want %d", option.name, got, err, option.want)
			}
		}
	}))
}
