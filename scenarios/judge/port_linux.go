package judge

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// holdPort takes a TCP port of the loopback interface for as long as a scenario is played. Between two attempts
// nobody listens there, and without this it would be the port of some connection by the next one. It is empty
// where none can be held.
func holdPort() (at string, release func()) {
	none := func() {}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", none
	}
	release = func() { unix.Close(s) }
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	// Who listens says the same, and so may share the port with this socket, which never does.
	err = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(s, &unix.SockaddrInet4{Addr: loopback.As4()})
	}
	if err == nil {
		var bound unix.Sockaddr
		if bound, err = unix.Getsockname(s); err == nil {
			if in4, ok := bound.(*unix.SockaddrInet4); ok {
				return net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, uint16(in4.Port))).String(), release
			}
		}
	}
	release()
	return "", none
}
