//go:build linux && !ppc64 && !ppc64le

package serve

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// After a kill -9 the kernel gives the number of the PTY to the next terminal, whoever opens it.
func TestALinkThatAKilledServerLeftIsTakenOverAlsoIfItsNumberIsInUse(t *testing.T) {
	stranger, err := openTerminal(testBaud, false)
	must(t, err)
	defer stranger.Close()
	path := filepath.Join(t.TempDir(), "meter")
	must(t, os.Symlink(stranger.name(), path))
	if _, err := makeLink(path, "/dev/pts/4000000"); !errors.Is(err, errLinkTaken) {
		t.Fatalf("a link of somebody else: %v", err)
	}
	must(t, os.WriteFile(path+".lock", []byte(stranger.name()+"\n"), 0o600)) // held by nobody
	l, err := makeLink(path, "/dev/pts/4000000")
	must(t, err)
	if _, err := makeLink(path, "/dev/pts/4000001"); !errors.Is(err, errLinkTaken) {
		t.Errorf("a link whose owner runs: %v", err)
	}
	must(t, l.remove())
	for _, name := range []string{path, path + ".lock"} {
		if _, err := os.Lstat(name); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

func TestTheOwnersFileOfALinkIsNoLink(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	must(t, os.WriteFile(victim, []byte("keep"), 0o600))
	must(t, os.Symlink(victim, filepath.Join(dir, "meter.lock")))
	if _, err := makeLink(filepath.Join(dir, "meter"), "/dev/pts/4000000"); err == nil {
		t.Error("it follows a link")
	}
	if b, _ := os.ReadFile(victim); string(b) != "keep" {
		t.Errorf("the file holds %q", b)
	}
}
