package port

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	osuser "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// usersOf returns the other processes that use a port, as far as this user may see them. The one
// that holds the other end of a PTY is none: it is the meter, whatever it has open besides.
func usersOf(name string) []user { return computer{proc: "/proc", locks: "/var/lock"}.usersOf(name) }

// servedBy says who serves a PTY, behind a comma; "" if this user may not see who.
func servedBy(rdev uint64) string { return computer{proc: "/proc"}.servedBy(rdev) }

// computer is where Linux tells of its processes: in /proc, see proc(5), and in the files that
// programs for serial ports have used as locks since UUCP, as /var/lock/LCK..ttyUSB0.
type computer struct{ proc, locks string }

func (c computer) usersOf(name string) []user {
	var port unix.Stat_t
	if err := unix.Stat(name, &port); err != nil || port.Mode&unix.S_IFMT != unix.S_IFCHR {
		return nil
	}
	locker := c.locker(name)
	var list []user
	for _, p := range c.processes() {
		switch lives := p.livesOn(port.Rdev); {
		case lives:
			list = append(list, p.describe(c, true))
		case p.pid != os.Getpid() && (p.pid == locker || p.hasOpen(&port) && !p.servesPTY(port.Rdev)):
			list = append(list, p.describe(c, false))
		}
	}
	slices.SortFunc(list, func(a, b user) int { return cmp.Compare(a.pid, b.pid) })
	return list
}

// processes returns all of them that are seen: without /proc, nobody.
func (c computer) processes() []process {
	var list []process
	entries, _ := os.ReadDir(c.proc)
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			list = append(list, process{dir: filepath.Join(c.proc, e.Name()), pid: pid})
		}
	}
	return list
}

func (c computer) servedBy(rdev uint64) string {
	for _, p := range c.processes() {
		if p.servesPTY(rdev) {
			return ", served by " + p.describe(c, false).String()
		}
	}
	return ""
}

// locker returns the process that a UUCP lock of the port names; 0 without one.
func (c computer) locker(name string) int {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	return parseLock(string(firstOf(filepath.Join(c.locks, "LCK.."+filepath.Base(name)))))
}

// maxLock bounds what is read of a lock, which begins with the number of a process, in bytes.
const maxLock = 64

// firstOf reads the beginning of a regular file; nil if there is none. Everybody may put something there, a
// pipe too.
func firstOf(path string) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(f, maxLock)) // what could be read, if not all
	return b
}

// parseLock reads the number of a process; 0 if there is none.
func parseLock(text string) int {
	words := strings.Fields(text)
	if len(words) == 0 {
		return 0
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil {
		return 0
	}
	return max(pid, 0)
}

// process is a folder of /proc.
type process struct {
	dir string
	pid int
}

// hasOpen reports whether a descriptor of the process leads to the port.
func (p process) hasOpen(port *unix.Stat_t) bool {
	fds, _ := os.ReadDir(filepath.Join(p.dir, "fd")) // of another user: not to be seen
	return slices.ContainsFunc(fds, func(fd os.DirEntry) bool {
		path := filepath.Join(p.dir, "fd", fd.Name())
		if to, err := os.Readlink(path); err != nil || !strings.HasPrefix(to, "/dev/") {
			return false
		}
		var open unix.Stat_t
		if err := unix.Stat(path, &open); err != nil || open.Mode&unix.S_IFMT != unix.S_IFCHR || open.Rdev != port.Rdev {
			return false
		}
		// PTYs of one number may be of several containers.
		return !isPTY(port.Rdev) || open.Dev == port.Dev && open.Ino == port.Ino
	})
}

// servesPTY reports whether the process has the master of a PTY.
func (p process) servesPTY(rdev uint64) bool {
	if !isPTY(rdev) {
		return false
	}
	index := fmt.Sprintf("tty-index:\t%d\n", (unix.Major(rdev)-firstPTYMajor)<<8|unix.Minor(rdev))
	fds, _ := os.ReadDir(filepath.Join(p.dir, "fdinfo"))
	return slices.ContainsFunc(fds, func(fd os.DirEntry) bool {
		info, err := os.ReadFile(filepath.Join(p.dir, "fdinfo", fd.Name()))
		return err == nil && bytes.Contains(info, []byte(index))
	})
}

// The fields of /proc/PID/stat behind the name of the program, which is in brackets.
const (
	statTTY   = 7 - 3
	statStart = 22 - 3
)

func (p process) stat() (program string, fields []string) {
	b, err := os.ReadFile(filepath.Join(p.dir, "stat"))
	if err != nil {
		return "", nil
	}
	return parseStat(b)
}

// parseStat reads /proc/PID/stat: the name of the program, which may have anything in it, and the
// fields behind it.
func parseStat(b []byte) (program string, fields []string) {
	from, to := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if from < 0 || to < from {
		return "", nil
	}
	return string(b[from+1 : to]), strings.Fields(string(b[to+1:]))
}

// livesOn reports whether the process runs on a terminal.
func (p process) livesOn(rdev uint64) bool {
	_, fields := p.stat()
	if len(fields) <= statTTY {
		return false
	}
	n, err := strconv.ParseInt(fields[statTTY], 10, 64)
	return err == nil && n != 0 && kernelDevice(uint32(n)) == rdev
}

func (p process) describe(c computer, lives bool) user {
	program, fields := p.stat()
	u := user{program: printable(program), pid: p.pid, since: p.since(c, fields), lives: lives}
	if info, err := os.Stat(p.dir); err == nil {
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			u.by = nameOf(s.Uid)
		}
	}
	return u
}

// printable replaces what could control a terminal: a process names itself.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			return '?'
		}
		return r
	}, s)
}

func nameOf(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := osuser.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}

// ticks is USER_HZ, in which /proc counts: 100 wherever Go runs on Linux.
const ticks = 100

// since returns when the process was started: so many ticks after the computer.
func (p process) since(c computer, fields []string) time.Time {
	if len(fields) <= statStart {
		return time.Time{}
	}
	after, err := strconv.ParseInt(fields[statStart], 10, 64)
	b, reading := os.ReadFile(filepath.Join(c.proc, "stat"))
	_, behind, found := strings.Cut(string(b), "\nbtime ")
	line, _, _ := strings.Cut(behind, "\n")
	boot, number := strconv.ParseInt(line, 10, 64)
	if err != nil || reading != nil || !found || number != nil {
		return time.Time{}
	}
	return time.Unix(boot+after/ticks, 0)
}
