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

// place keeps a TCP port that nobody listens at: who connects is refused, and no other program is
// given it.
type place struct{ fd int }

// keepPlace binds the port of an address. It returns nil where that is not possible, and then the
// port is anybody's for a while.
func keepPlace(at net.Addr) *place {
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		return nil
	}
	family, address := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: tcp.Port, Addr: [16]byte(tcp.IP.To16())})
	if ip := tcp.IP.To4(); ip != nil {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(ip)}
	}
	var kept *place
	_ = ofOurs(func() (err error) {
		kept, err = bound(family, address)
		return err
	})
	return kept
}

func bound(family int, address unix.Sockaddr) (*place, error) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if unix.Bind(fd, address) == nil {
		return &place{fd}, nil
	}
	// Connections that have ended are remembered for a minute. Beside them others may have it, too.
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err == nil {
		err = unix.Bind(fd, address)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &place{fd}, nil
}

// leave gives the port back.
func (p *place) leave() {
	if p != nil {
		_ = unix.Close(p.fd)
	}
}
