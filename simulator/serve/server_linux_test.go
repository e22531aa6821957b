//go:build linux && !ppc64 && !ppc64le

package serve

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openClient opens the server's PTY as a client would, without touching its settings.
func openClient(t testing.TB, name string) *os.File {
	t.Helper()
	file, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if err := file.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return file
}

// ioctl does something to a terminal as a client.
func ioctl(t *testing.T, file *os.File, f func(fd int) error) {
	t.Helper()
	raw, err := file.SyscallConn()
	must(t, err)
	must(t, control(raw, f))
}

func setBaud(t *testing.T, file *os.File, baud int) {
	t.Helper()
	ioctl(t, file, func(fd int) error {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			return err
		}
		settings.Cflag = settings.Cflag&^unix.CBAUD | baudFlag(baud)
		settings.Ispeed, settings.Ospeed = uint32(baud), uint32(baud)
		return unix.IoctlSetTermios(fd, unix.TCSETS2, settings)
	})
}

func ptyOnly() Config { return Config{PTY: true, Baud: testBaud} }

func TestPTYPassesEveryByteBothWaysAndEchoesNothing(t *testing.T) {
	device := newBell()
	v := start(t, device, ptyOnly())
	client := openClient(t, v.PTY())
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	wantEcho(t, client, string(all))
	wantEcho(t, client, "x\r\n\x03\x04\x11\x13")
}

func TestPTYIsNotResetAndSaysSo(t *testing.T) {
	device := &resetting{bell: newBell()}
	config := Config{PTY: true, Baud: testBaud, TCP: ":0", Reset: device.take}
	v := start(t, device, config)
	bystander := v.dial(t)
	v.wantEvent(t, Connected)
	client := openClient(t, v.PTY())
	wantEcho(t, client, "not to be reset!")
	v.wantEvent(t, BaudChanged)
	if e := v.wantEvent(t, NotReset); e.Host != v.PTY() || !strings.Contains(e.Reason, "TCP") {
		t.Errorf("event %q", e)
	}
	wantEcho(t, client, "still here")
	wantEcho(t, bystander, "and so is this")
}

func TestPTYServesClientsOneAfterAnother(t *testing.T) {
	v := start(t, newBell(), ptyOnly())
	for range 10 {
		client := openClient(t, v.PTY())
		wantEcho(t, client, "hello")
		client.Close()
	}
}

func TestPTYTellsTheBaudOfTheClient(t *testing.T) {
	device := newBell()
	v := start(t, device, ptyOnly())
	client := openClient(t, v.PTY())
	wantEcho(t, client, "a")
	device.wantNext(t, "baud 9600")
	device.wantNext(t, "receive a")
	for _, baud := range []int{1200, 19200, 38400, 115200, 12345, 9600} {
		setBaud(t, client, baud)
		wantEcho(t, client, "b")
		device.wantNext(t, "baud "+strconv.Itoa(baud))
		device.wantNext(t, "receive b")
		wantEcho(t, client, "c")
		device.wantNext(t, "receive c")
	}
	v.wantEvent(t, BaudChanged)
	if e := v.wantEvent(t, BaudChanged); e.Baud != 1200 || e.Host != v.PTY() {
		t.Errorf("event %q", e)
	}
}

func TestARateThatIsSetBehindARequestIsNoticedBeforeTheAnswer(t *testing.T) {
	device := newBell()
	device.silent, device.every = true, 20*time.Millisecond
	v := start(t, device, ptyOnly())
	client := openClient(t, v.PTY())
	_, err := client.WriteString("request")
	must(t, err)
	device.skipTo(t, "receive request")
	setBaud(t, client, 1200)
	device.skipTo(t, "baud 1200")
	device.wantNext(t, "advance")
}

// skipTo waits until something is done to the device.
func (b *bell) skipTo(t *testing.T, want string) {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case got := <-b.did:
			if got == want {
				return
			}
		case <-late:
			t.Fatalf("the device did not see %q", want)
		}
	}
}

func TestPTYKeepsItsRateWhenTheClientHangsUp(t *testing.T) {
	device := newBell()
	v := start(t, device, ptyOnly())
	client := openClient(t, v.PTY())
	wantEcho(t, client, "a")
	setBaud(t, client, 19200)
	wantEcho(t, client, "b")
	ioctl(t, client, func(fd int) error {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		settings.Cflag = settings.Cflag&^unix.CBAUD | unix.B0
		return unix.IoctlSetTermios(fd, unix.TCSETS, settings)
	})
	wantEcho(t, client, "c")
	for _, want := range []string{"baud 9600", "receive a", "baud 19200", "receive b", "receive c"} {
		device.wantNext(t, want)
	}
}

func TestPTYIsFreeAgainAfterAClientThatHadItToItself(t *testing.T) {
	v := start(t, newBell(), ptyOnly())
	client := openClient(t, v.PTY())
	ioctl(t, client, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0) })
	client.Close()
	// Root may open an exclusive terminal, so the flag itself is asked for, on the server's
	// own descriptor. The server clears it while the line is silent.
	deadline := time.Now().Add(patience)
	for exclusive := 1; exclusive != 0; {
		if time.Now().After(deadline) {
			t.Fatal("the port stays exclusive")
		}
		must(t, control(v.ports.terminal.slaveRaw, func(fd int) (err error) {
			exclusive, err = unix.IoctlGetInt(fd, unix.TIOCGEXCL)
			return err
		}))
	}
	wantEcho(t, openClient(t, v.PTY()), "second client")
}

func TestPTYCountsWhatNobodyReads(t *testing.T) {
	device := newBell()
	device.silent = true
	commands := make(chan func(time.Duration))
	config := ptyOnly()
	config.Commands = commands
	v := start(t, device, config)
	client := openClient(t, v.PTY())
	_, err := client.WriteString("hello")
	must(t, err)
	v.wantEvent(t, BaudChanged)
	device.wantNext(t, "baud 9600")
	device.wantNext(t, "receive hello")

	const sent = 256 << 10
	commands <- func(time.Duration) { device.out = append(device.out, make([]byte, sent)...) }
	lost := v.wantEvent(t, LostBytes).Bytes
	if lost == 0 || lost >= sent {
		t.Fatalf("%d of %d bytes are lost, want some", lost, sent)
	}
	if _, err := io.CopyN(io.Discard, client, int64(sent-lost)); err != nil {
		t.Fatalf("%d bytes are said to be lost, but the rest does not come: %v", lost, err)
	}
	commands <- func(time.Duration) { device.out = append(device.out, "again"...) }
	got := make([]byte, 5)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "again" {
		t.Errorf("after the flood came %q (%v)", got, err)
	}
}

func TestServerRepliesToTheHostThatWasHeardLast(t *testing.T) {
	device := newBell()
	v := start(t, device, Config{PTY: true, Baud: testBaud, TCP: ":0"})
	tty := openClient(t, v.PTY())
	wantEcho(t, tty, "tty")
	device.wantNext(t, "baud 9600")
	device.wantNext(t, "receive tty")
	tcp := v.dial(t)
	wantEcho(t, tcp, "tcp")
	device.wantNext(t, "baud 0") // TCP has no rate
	device.wantNext(t, "receive tcp")
	wantEcho(t, tty, "tty again")
	device.wantNext(t, "baud 9600")
	device.wantNext(t, "receive tty again")
	// The half frame of the host on the PTY is not lost with a client that left.
	tcp.Close()
	v.wantEvent(t, BaudChanged)
	v.wantEvent(t, Connected)
	v.wantEvent(t, BaudChanged)
	v.wantEvent(t, Disconnected)
	wantEcho(t, tty, "end")
	device.wantNext(t, "receive end")
}

func TestPTYRunEndsAtOnceWhenCancelled(t *testing.T) {
	v := start(t, newBell(), ptyOnly())
	name := v.PTY()
	openClient(t, name) // while it is open, nobody else is given the name
	v.cancel()
	if err := <-v.ended; err == nil {
		t.Error("Run = nil after a cancel")
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", name, err)
	}
}

func TestLinkLeadsToThePTYWhileTheServerRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter")
	v := start(t, newBell(), Config{PTY: true, Baud: testBaud, Link: path})
	wantEcho(t, openClient(t, path), "hello")
	v.cancel()
	<-v.ended
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there (%v)", err)
	}
}

func TestLinkReplacesOnlyWhatAKilledServerLeft(t *testing.T) {
	other, err := Listen(ptyOnly())
	must(t, err)
	defer other.Close()
	for _, test := range []struct {
		name string
		make func(path string) error
		says string // "" if it is replaced
	}{
		{"link to a PTY that is gone", func(path string) error { return os.Symlink("/dev/pts/4000000", path) }, ""},
		{"link to a PTY in use", func(path string) error { return os.Symlink(other.PTY(), path) }, "in use"},
		{"link to a file", func(path string) error { return os.Symlink("/etc/hostname", path) }, "no PTY"},
		{"dangling link to elsewhere", func(path string) error { return os.Symlink("/dev/ptsx/1", path) }, "no PTY"},
		{"link into a folder of the PTYs", func(path string) error { return os.Symlink("/dev/pts/../null", path) }, "no PTY"},
		{"file", func(path string) error { return os.WriteFile(path, []byte("notes"), 0o600) }, "not a link"},
		{"folder", func(path string) error { return os.Mkdir(path, 0o700) }, "not a link"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "meter")
			must(t, test.make(path))
			before, err := os.Lstat(path)
			must(t, err)
			s, err := Listen(Config{PTY: true, Baud: testBaud, Link: path})
			if test.says == "" {
				must(t, err)
				defer s.Close()
				if target, _ := os.Readlink(path); target != s.PTY() {
					t.Errorf("the link leads to %q, want %q", target, s.PTY())
				}
			} else {
				if err == nil {
					s.Close()
					t.Fatal("it was replaced")
				}
				if !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %q does not say %q and where", err, test.says)
				}
				if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
					t.Errorf("it was changed (%v)", err)
				}
			}
			_ = os.Remove(path + ".lock") // while it is held
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("%d entries are left in the folder, want one", len(entries))
			}
		})
	}
}

func TestLinkToTheNumberThatWasGivenOutAgainIsAdopted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter")
	must(t, os.Symlink("/dev/pts/77", path))
	l, err := makeLink(path, "/dev/pts/77", made)
	must(t, err)
	must(t, l.remove())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there (%v)", err)
	}
}

func TestLinkOfAnotherIsNotRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter")
	s, err := Listen(Config{PTY: true, Baud: testBaud, Link: path})
	must(t, err)
	must(t, os.Remove(path))
	must(t, os.Symlink("/dev/pts/4000000", path))
	must(t, s.Close())
	if target, _ := os.Readlink(path); target != "/dev/pts/4000000" {
		t.Errorf("the link of another leads to %q now", target)
	}
}

func TestServedTurnsOnAPTYAllocateNothing(t *testing.T) {
	v := start(t, &quiet{}, ptyOnly())
	wantNoAllocations(t, openClient(t, v.PTY()))
}
