package serve

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel's keepalive says nothing of a client that vanished with bytes on their way to it.
func TestAClientThatVanishesWithBytesOnTheirWayIsDroppedToo(t *testing.T) {
	l, err := listenTCP(":0")
	must(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer client.Close()
	conn, err := l.Accept()
	must(t, err)
	defer conn.Close()
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
