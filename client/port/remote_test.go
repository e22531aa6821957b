package port

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/rfc2217"
)

func TestAPortOfAnotherMachineIsNamedByItsAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"rfc2217://10.0.0.1:4000": "10.0.0.1:4000", "rfc2217://host:1/": "host:1", "rfc2217://[::1]:4000": "[::1]:4000",
		"rfc2217://host": "", "rfc2217://:4000": "", "rfc2217://host:4000/path": "", "rfc2217://a@host:1": "", "rfc2217://host:1?logging=debug": "", "rfc2217://%": "",
	} {
		got, err := remoteAddress(name)
		if got != want || (err == nil) != (want != "") || err != nil && !strings.Contains(err.Error(), "rfc2217://HOST:PORT") {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

// A plain TCP port behind that name: the word says what to do.
func TestAPortServerThatIsNoneIsToldInWords(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(conn, conn)
		}
	}()
	_, err = Open(Config{Port: "rfc2217://" + l.Addr().String(), DialTimeout: 200 * time.Millisecond})
	if !errors.Is(err, rfc2217.ErrNoRFC2217) || !strings.Contains(err.Error(), "--tcp "+l.Addr().String()) {
		t.Errorf("%v", err)
	}
	l.Close()
	if _, err = Open(Config{Port: "rfc2217://" + l.Addr().String()}); !errors.Is(err, ErrAbsent) {
		t.Errorf("%v", err)
	}
}
