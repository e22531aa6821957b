//go:build linux && !ppc64 && !ppc64le

package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// made is when the links of these tests are made.
var made = time.Date(2008, 3, 1, 12, 0, 0, 0, time.UTC)

// After a kill -9 the kernel gives the number of the PTY to the next terminal, whoever opens it.
func TestALinkThatAKilledServerLeftIsTakenOverAlsoIfItsNumberIsInUse(t *testing.T) {
	stranger, err := openTerminal(testBaud, false)
	must(t, err)
	defer stranger.Close()
	path := filepath.Join(t.TempDir(), "meter")
	must(t, os.Symlink(stranger.name(), path))
	if _, err := makeLink(path, "/dev/pts/4000000", made); !errors.Is(err, errLinkTaken) {
		t.Fatalf("a link of somebody else: %v", err)
	}
	must(t, os.WriteFile(path+".lock", []byte(stranger.name()+"\n"), 0o600)) // held by nobody
	l, err := makeLink(path, "/dev/pts/4000000", made)
	must(t, err)
	_, err = makeLink(path, "/dev/pts/4000001", made)
	want := fmt.Sprintf("belongs to a server (process %d, since 2008-03-01 12:00:00), which runs; end that one, or ", os.Getpid())
	if !errors.Is(err, errLinkTaken) || !strings.Contains(err.Error(), want) {
		t.Errorf("a link whose owner runs: %v, want one that says %q", err, want)
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
	if _, err := makeLink(filepath.Join(dir, "meter"), "/dev/pts/4000000", made); err == nil {
		t.Error("it follows a link")
	}
	if b, _ := os.ReadFile(victim); string(b) != "keep" {
		t.Errorf("the file holds %q", b)
	}
}
