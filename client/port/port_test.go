package port

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/simulator/ion"
)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

func TestOpenRefusesAConfigThatCannotBeMeant(t *testing.T) {
	for _, test := range []struct {
		name   string
		config Config
		says   string
	}{
		{"nothing", Config{}, "name a serial port or a TCP address"},
		{"both", Config{Port: "/dev/ttyUSB0", TCP: "localhost:1"}, "name one of them"},
		{"negative baud", Config{Port: "/dev/ttyUSB0", Baud: -9600}, "no rate"},
		{"negative timeout", Config{TCP: "localhost:1", DialTimeout: -1}, "past"},
		{"no TCP port", Config{TCP: "localhost"}, "write HOST:PORT"},
		{"no TCP host", Config{TCP: ":7801"}, "write HOST:PORT"},
		{"a TCP port that is too high", Config{TCP: "localhost:99999"}, "write HOST:PORT"},
		{"unknown TCP host", Config{TCP: "meter.invalid:7801"}, "no host"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := Open(test.config)
			if err == nil {
				conn.Close()
				t.Fatal("it was opened")
			}
			if conn != nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Open = %v, %q; want nil and an error saying %q", conn, err, test.says)
			}
		})
	}
}

func TestOpenTellsWhatToDoAboutADeadTCPPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	_, err = Open(Config{TCP: address})
	if !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "is ionsim running") {
		t.Errorf("Open = %v, want refused, asking for ionsim", err)
	}
}

func TestDialErrorsNameTheTimeout(t *testing.T) {
	err := explainDial("10.0.0.1:7801", time.Second, os.ErrDeadlineExceeded)
	if !strings.Contains(err.Error(), "within 1s") || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %q", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tcpPair is a connection made by Open and its other end.
func tcpPair(t *testing.T) (io.ReadWriteCloser, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	near, err := Open(Config{TCP: l.Addr().String()})
	must(t, err)
	far, err := l.Accept()
	must(t, err)
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	must(t, far.SetDeadline(time.Now().Add(patience)))
	return near, far.(*net.TCPConn)
}

func TestTCPCarriesBytesBothWaysAndEndsWithEOF(t *testing.T) {
	near, far := tcpPair(t)
	go func() {
		_, _ = io.CopyN(far, far, 5)
		far.Close()
	}()
	_, err := io.WriteString(near, "hello")
	must(t, err)
	got, err := io.ReadAll(near)
	if err != nil || string(got) != "hello" {
		t.Errorf("read %q (%v)", got, err)
	}
}

func TestTCPPortThatClosesAtOnceIsBusy(t *testing.T) {
	for _, test := range []struct {
		name  string
		close func(far *net.TCPConn) error
	}{
		{"orderly", func(far *net.TCPConn) error { return far.Close() }},
		{"by a reset", func(far *net.TCPConn) error { return errors.Join(far.SetLinger(0), far.Close()) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			near, far := tcpPair(t)
			must(t, test.close(far))
			_, err := near.Read(make([]byte, 10))
			if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "one client at a time") {
				t.Errorf("Read = %v, want ErrBusy", err)
			}
		})
	}
}

func TestTCPPortThatBreaksOffLaterIsGone(t *testing.T) {
	near, far := tcpPair(t)
	_, err := io.WriteString(far, "x")
	must(t, err)
	_, err = io.ReadFull(near, make([]byte, 1))
	must(t, err)
	must(t, errors.Join(far.SetLinger(0), far.Close()))
	_, err = near.Read(make([]byte, 10))
	if !errors.Is(err, ErrGone) || errors.Is(err, ErrBusy) {
		t.Errorf("Read = %v, want ErrGone", err)
	}
}

func TestTCPCloseEndsARead(t *testing.T) {
	near, _ := tcpPair(t)
	ended := make(chan error, 1)
	go func() {
		_, err := near.Read(make([]byte, 10))
		ended <- err
	}()
	must(t, near.Close())
	if err := <-ended; !errors.Is(err, net.ErrClosed) || errors.Is(err, ErrBusy) {
		t.Errorf("Read = %v, want net.ErrClosed", err)
	}
}

func TestAnAddressInPlaceOfASerialPortIsSentToTheFlagForIt(t *testing.T) {
	for name, address := range map[string]bool{"127.0.0.1:7801": true, "plant.local:4001": true, "[::1]:7801": true, "COM3:": false, "/dev/serial/by-path/usb-0:1": false, "ttyUSB0": false} {
		err := explainOpen(name, ion.DefaultBaudRate, syscall.ENOENT)
		if got := strings.Contains(err.Error(), "--tcp"); got != address || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenErrorsSayWhatToDoNext(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		is   error
		says string
	}{
		{"busy", syscall.EBUSY, ErrBusy, "end the program that has it open"},
		{"permission", syscall.EACCES, fs.ErrPermission, "dialout"},
		{"missing", syscall.ENOENT, fs.ErrNotExist, "there is no serial port"},
		{"not a terminal", syscall.ENOTTY, syscall.ENOTTY, "not a terminal"},
		{"other", syscall.EMFILE, syscall.EMFILE, "too many open files"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := explainOpen("/dev/none", ion.DefaultBaudRate, test.err)
			if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "/dev/none") {
				t.Errorf("error %q, want %v saying %q", err, test.is, test.says)
			}
		})
	}
}
