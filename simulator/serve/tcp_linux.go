//go:build linux

package serve

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// tcpEstablished is TCP_ESTABLISHED of linux/tcp_states.h.
const tcpEstablished = 1

// leaving reports whether the client has closed its end, even if bytes of it are still unread.
// A client that comes right after it is then no second client.
func leaving(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	left := false
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		left = err == nil && info.State != tcpEstablished
	})
	return left || err != nil
}

// vanished is after how long a client is gone that takes nothing: as long as the keepalive of
// listenTCP gives one that says nothing. Keepalive alone does not see it, for it waits while bytes
// are on their way.
const vanished = 30 * time.Second

// limitSilence ends the connection of a client whose machine has vanished. It fails only if the
// client is gone already.
func limitSilence(conn net.Conn) {
	if c, ok := conn.(*net.TCPConn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(vanished/time.Millisecond))
			})
		}
	}
}
