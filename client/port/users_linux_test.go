package port

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// holding starts a process of another program that has files open.
func holding(t *testing.T, how *syscall.SysProcAttr, open ...*os.File) *exec.Cmd {
	t.Helper()
	c := exec.Command("sleep", "60")
	c.SysProcAttr = how
	c.Stdin, c.ExtraFiles = open[0], open[1:]
	must(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return c
}

func TestASerialPortHasOneUserAlsoWhereExclusiveAccessIsTakenAway(t *testing.T) {
	_, slave := newPTY(t)
	first := openPort(t, slave.Name(), 0)
	must(t, unix.IoctlSetInt(int(slave.Fd()), unix.TIOCNXCL, 0)) // as ionsim does; root needs no such thing
	second, err := Open(Config{Port: slave.Name()})
	if !errors.Is(err, ErrBusy) {
		t.Fatalf("Open = %v, %v; want ErrBusy", second, err)
	}
	must(t, first.Close())
	openPort(t, slave.Name(), 0)
}

// minicom, a terminal program in Python, cat: they know no lock, or another one.
func TestAPortThatAnotherProgramHasOpenIsRefusedByItsName(t *testing.T) {
	_, slave := newPTY(t)
	other := holding(t, nil, slave)
	_, err := Open(Config{Port: slave.Name()})
	want := fmt.Sprintf("is in use by sleep (process %d of ", other.Process.Pid)
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ", since "+time.Now().Format(time.DateOnly)[:4]) {
		t.Errorf("Open = %v, want ErrBusy saying %q and since when", err, want)
	}
}

func TestTheProgramThatServesAPTYIsNoOtherUserOfIt(t *testing.T) {
	master, slave := newPTY(t)
	holding(t, nil, slave, master)
	openPort(t, slave.Name(), 0)
}

func TestNothingIsWrittenToATerminalOnWhichSomebodyWorks(t *testing.T) {
	master, slave := newPTY(t)
	shell := holding(t, &syscall.SysProcAttr{Setsid: true, Setctty: true}, slave)
	_, err := Open(Config{Port: slave.Name()})
	want := fmt.Sprintf("is the terminal of sleep (process %d of ", shell.Process.Pid)
	if !errors.Is(err, ErrTerminal) || !strings.Contains(err.Error(), want) {
		t.Errorf("Open = %v, want ErrTerminal saying %q", err, want)
	}
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	if settings.Lflag&unix.ECHO == 0 {
		t.Error("the terminal was changed")
	}
	must(t, master.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if n, _ := master.Read(make([]byte, 10)); n > 0 {
		t.Errorf("%d bytes were written to it", n)
	}
}

// It may be somebody's window in which nothing runs just now: the number of a PTY that was a meter's is given out
// again.
func TestNothingIsWrittenToATerminalThatNobodyHasSetUpAsALine(t *testing.T) {
	master, slave := newTerminal(t)
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	_, err = Open(Config{Port: slave.Name()})
	for _, want := range []string{"is a terminal, served by ", fmt.Sprintf("(process %d of ", os.Getpid()), "stty -F " + slave.Name() + " raw -echo"} {
		if !errors.Is(err, ErrTerminal) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open = %v, want ErrTerminal saying %q", err, want)
		}
	}
	after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	if *after != *before {
		t.Error("the terminal was changed")
	}
	must(t, master.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if n, _ := master.Read(make([]byte, 10)); n > 0 {
		t.Errorf("%d bytes were written to it", n)
	}
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	must(t, unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, &raw))
	openPort(t, slave.Name(), 0) // as the error advises
}

func TestATerminalOfPeopleIsNoSerialPortWhateverItsSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is   terminal
		want string
	}{
		"/dev/tty":     {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(5, 0)}, is: unix.Mkdev(136, 3)}, "the terminal on which this runs"},
		"/dev/console": {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(5, 1)}}, "a console of this computer"},
		"/dev/tty1":    {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(4, 1)}, is: unix.Mkdev(4, 1)}, "a console of this computer"},
		"/dev/ttyS0":   {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(4, 64)}, is: unix.Mkdev(4, 64)}, ""},
		"/dev/ttyUSB0": {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(188, 0)}, is: unix.Mkdev(188, 0)}, ""},
		"/dev/pts/3":   {terminal{named: unix.Stat_t{Rdev: unix.Mkdev(136, 3)}, is: unix.Mkdev(136, 3)}, ""},
	} {
		if got := c.is.forPeople(); got != c.want {
			t.Errorf("%s is %q, want %q", name, got, c.want)
		}
	}
	_, err := Open(Config{Port: "/dev/ptmx"})
	if !errors.Is(err, ErrTerminal) || !strings.Contains(err.Error(), "that serves it") {
		t.Errorf("the end that serves a PTY: %v", err)
	}
}

// A process of another user is not seen at its descriptors, but by the lock that it has left.
func TestALockOfUUCPNamesTheUserOfAPort(t *testing.T) {
	_, slave := newPTY(t)
	c := computer{proc: t.TempDir(), locks: t.TempDir()}
	must(t, os.WriteFile(filepath.Join(c.proc, "stat"), []byte("cpu 1\nbtime 1000000000\n"), 0o600))
	must(t, os.Mkdir(filepath.Join(c.proc, "4711"), 0o700))
	must(t, os.WriteFile(filepath.Join(c.proc, "4711", "stat"), []byte("4711 (mini) \x1b com) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 200 0\n"), 0o600))
	lock := filepath.Join(c.locks, "LCK.."+filepath.Base(slave.Name()))
	for text, want := range map[string]int{"      4711\n": 1, "4711 minicom root\n": 1, "4712\n": 0, "": 0, "\x00\x01": 0, "-1\n": 0} {
		must(t, os.WriteFile(lock, []byte(text), 0o600))
		found := c.usersOf(slave.Name())
		if len(found) != want {
			t.Errorf("%q: %v", text, found)
		} else if want > 0 && (found[0].program != "mini) ? com" || !found[0].since.Equal(time.Unix(1000000002, 0))) {
			t.Errorf("%q: %+v", text, found[0])
		}
	}
	must(t, os.Remove(lock))
	must(t, unix.Mkfifo(lock, 0o600))
	looked := make(chan []user, 1)
	go func() { looked <- c.usersOf(slave.Name()) }()
	for {
		select {
		case found := <-looked:
			if len(found) > 0 {
				t.Errorf("a pipe: %v", found)
			}
			return
		default:
		}
		// A reader that waits for a writer has one now, and is given what it takes for a lock.
		if w, err := os.OpenFile(lock, os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			_, _ = w.WriteString("4711\n") // nobody reads it, if it was only looked at
			w.Close()
		}
	}
}

func FuzzParseStat(f *testing.F) {
	for _, seed := range []string{"1 (init) S 0 1 1 0 -1", "2 (a) b) S", ")(", "", "1 (x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		program, fields := parseStat(b)
		if len(program)+len(fields) > len(b) {
			t.Errorf("%q: %q, %q", b, program, fields)
		}
		if pid := parseLock(string(b)); pid < 0 {
			t.Errorf("%q: process %d", b, pid)
		}
	})
}
