package judge

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThePortOfAScenarioIsNobodyElsesBetweenItsAttempts(t *testing.T) {
	at, release := holdPort()
	if at == "" {
		t.Fatal("no port could be held")
	}
	defer release()
	for range 2 {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	other, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	address := netip.MustParseAddrPort(at)
	if err := unix.Bind(other, &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("another socket has the port: %v", err)
	}
}
