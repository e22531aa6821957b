//go:build linux

package port

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// newPTY is the other end of a line and the name of ours. The slave is held open, as a
// simulator holds it.
// newPTY is a PTY that ignores modem lines, as one for a meter does, and is as the kernel makes it otherwise.
func newPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave = newTerminal(t)
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	settings.Cflag |= unix.CLOCAL
	must(t, unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, settings))
	return master, slave
}

// newTerminal is a PTY as the kernel makes it.
func newTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	must(t, err)
	t.Cleanup(func() {
		master.Close()
		slave.Close()
	})
	must(t, syscall.SetNonblock(int(master.Fd()), true))
	must(t, master.SetDeadline(time.Now().Add(patience)))
	return master, slave
}

func openPort(t *testing.T, name string, baud int) io.ReadWriteCloser {
	t.Helper()
	conn, err := Open(Config{Port: name, Baud: baud})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestSerialCarriesEveryByteBothWays(t *testing.T) {
	master, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got := make([]byte, len(all))
	_, err := conn.Write(all)
	must(t, err)
	_, err = io.ReadFull(master, got)
	must(t, err)
	if !bytes.Equal(got, all) {
		t.Errorf("the line carried % X", got)
	}
	_, err = master.Write(all)
	must(t, err)
	clear(got)
	_, err = io.ReadFull(conn, got)
	must(t, err)
	if !bytes.Equal(got, all) {
		t.Errorf("the port read % X", got)
	}
}

func TestSerialSetsTheBaudThatWasAskedFor(t *testing.T) {
	for _, test := range []struct{ asked, want int }{{0, 9600}, {19200, 19200}, {12345, 12345}} {
		_, slave := newPTY(t)
		openPort(t, slave.Name(), test.asked)
		settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS2)
		must(t, err)
		if int(settings.Ospeed) != test.want {
			t.Errorf("asked for %d: the line is at %d baud, want %d", test.asked, settings.Ospeed, test.want)
		}
	}
}

func TestSerialDropsWhatWasInThePortBefore(t *testing.T) {
	master, slave := newPTY(t)
	first := openPort(t, slave.Name(), 0) // makes the line raw
	_, err := master.WriteString("stale")
	must(t, err)
	must(t, first.Close())
	second := openPort(t, slave.Name(), 0)
	_, err = master.WriteString("fresh")
	must(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(second, got)
	must(t, err)
	if string(got) != "fresh" {
		t.Errorf("read %q, want what came after Open", got)
	}
}

func TestSerialCloseEndsAReadAndAWriteThatBlock(t *testing.T) {
	_, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0)
	ended := make(chan error, 2)
	go func() {
		_, err := conn.Read(make([]byte, 10))
		ended <- err
	}()
	written := make(chan struct{}, 1)
	go func() {
		for {
			if _, err := conn.Write(make([]byte, 256)); err != nil {
				ended <- err
				return
			}
			written <- struct{}{}
		}
	}()
	// The line is full when no more writes end. To be wrong about it makes the test
	// weaker, not fail.
	for full := false; !full; {
		select {
		case <-written:
		case <-time.After(200 * time.Millisecond):
			full = true
		}
	}
	must(t, conn.Close())
	for range 2 {
		select {
		case err := <-ended:
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("it ended with %v, want os.ErrClosed", err)
			}
		case <-time.After(patience):
			t.Fatal("Close did not end it")
		}
	}
	if err := conn.Close(); err != nil {
		t.Errorf("the second Close = %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read after Close = %v", err)
	}
	if _, err := conn.Write([]byte{1}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close = %v", err)
	}
}

func TestSerialReadWaitsLongerThanItsSlices(t *testing.T) {
	master, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0)
	late := time.AfterFunc(3*readSlice, func() { _, _ = master.WriteString("late") })
	defer late.Stop()
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "late" {
		t.Errorf("read %q (%v)", got, err)
	}
}

func TestSerialPortThatIsUnpluggedIsGone(t *testing.T) {
	master, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0)
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 10))
		ended <- err
	}()
	must(t, master.Close())
	if err := <-ended; !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "unplugged") {
		t.Errorf("Read = %v, want ErrGone", err)
	}
	if _, err := conn.Write([]byte{1}); !errors.Is(err, ErrGone) {
		t.Errorf("Write = %v, want ErrGone", err)
	}
}

func TestSerialPortThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.txt")
	must(t, os.WriteFile(file, []byte("keep"), 0o600))
	stale := filepath.Join(dir, "meter")
	must(t, os.Symlink("/dev/pts/4000000", stale))
	for _, test := range []struct {
		name, port string
		is         error
		says       string
	}{
		{"missing", filepath.Join(dir, "ttyUSB9"), fs.ErrNotExist, "check the name"},
		{"stale link", stale, fs.ErrNotExist, "start ionsim again"},
		{"file", file, nil, "not a terminal"},
		{"folder", dir, nil, "not a terminal"},
		{"other device", "/dev/null", nil, "not a terminal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := Open(Config{Port: test.port})
			if err == nil {
				conn.Close()
				t.Fatal("it was opened")
			}
			if test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q, want %v saying %q", err, test.is, test.says)
			}
		})
	}
	if kept, _ := os.ReadFile(file); string(kept) != "keep" {
		t.Errorf("the file holds %q now", kept)
	}
}

// A program that is started while a port is open would keep it in use.
func TestNoProgramInheritsAPort(t *testing.T) {
	_, slave := newPTY(t)
	openPort(t, slave.Name(), 0)
	out, err := exec.Command("sh", "-c", "ls -l /proc/self/fd").Output()
	must(t, err)
	if strings.Contains(string(out), slave.Name()+"\n") {
		t.Errorf("a program that was started has\n%s", out)
	}
}

// A thread that waits in the kernel keeps others waiting, until the scheduler has seen to them.
func TestSerialReadsThatWaitHoldNoThread(t *testing.T) {
	const many = 40
	before := threads(t)
	for range many {
		_, slave := newPTY(t)
		conn := openPort(t, slave.Name(), 0)
		go conn.Read(make([]byte, 1)) // Close ends it
	}
	time.Sleep(2 * readSlice)
	if more := threads(t) - before; more >= many/2 {
		t.Errorf("%d reads that wait took %d threads", many, more)
	}
}

// threads is how many threads this process has.
func threads(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/task")
	must(t, err)
	return len(all)
}

// Others that look at the port set it so that a read of nothing ends at once, as pyserial does.
func TestSerialPortIsThereThoughItsReadsDoNotWait(t *testing.T) {
	master, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0)
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS2)
	must(t, err)
	settings.Cc[unix.VMIN], settings.Cc[unix.VTIME] = 0, 0
	must(t, unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS2, settings))
	late := time.AfterFunc(3*readSlice, func() { _, _ = master.WriteString("late") })
	defer late.Stop()
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "late" {
		t.Errorf("read %q (%v)", got, err)
	}
}

// A process that is just being started has, until it is itself, what the one that starts it has open.
func TestAPortIsFreeOnceItIsClosedAlsoWhileAnotherProcessIsStarted(t *testing.T) {
	_, slave := newPTY(t)
	conn := openPort(t, slave.Name(), 0).(*serialConn)
	raw, err := conn.SyscallConn()
	must(t, err)
	var inherited int
	must(t, raw.Control(func(fd uintptr) { inherited, err = syscall.Dup(int(fd)) }))
	must(t, err)
	defer syscall.Close(inherited)
	must(t, conn.Close())
	openPort(t, slave.Name(), 0)
}
