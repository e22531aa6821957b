//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package disk_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"ionbench/simulator/disk"
)

// A process that is just being started has, until it is itself, what the one that starts it has open.
func TestAFileThatWasHeldAloneIsFreeOnceItIsClosedAlsoWhileAnotherProcessIsStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f, err := disk.Real{}.Open(path, disk.Write|disk.Create|disk.Alone, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := f.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inherited int
	if err := conn.Control(func(fd uintptr) { inherited, err = syscall.Dup(int(fd)) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(inherited)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := disk.Real{}.Open(path, disk.Write|disk.Alone, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}
