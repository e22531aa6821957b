//go:build unix

package serving

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const keyAddress = "127.0.0.1:8080"

// keep leaves a key in a folder of its own.
func keep(t *testing.T) (folder, path string) {
	t.Helper()
	folder = t.TempDir()
	path, err := writeKey(folder, Key{HTTP: keyAddress, Token: "t", Process: 1})
	if err != nil {
		t.Fatal(err)
	}
	return folder, path
}

func TestAKeyThatIsNotOnesOwnAloneIsRefused(t *testing.T) {
	mode := func(mode os.FileMode) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		expose func(t *testing.T, path string)
		reason string // "" if it is not
	}{
		"as it is":               {func(*testing.T, string) {}, ""},
		"0400":                   {mode(0o400), ""},
		"0644":                   {mode(0o644), "can be read or written by others"},
		"0620":                   {mode(0o620), "can be read or written by others"},
		"of another user":        {giveAway, "belongs to another user"},
		"a link":                 {replaceByLink, "is a link"},
		"a link to nothing":      {func(t *testing.T, path string) { replaceByLink(t, path); removeFile(t, path+".of") }, "is a link"},
		"a link, and to be read": {func(t *testing.T, path string) { replaceByLink(t, path); mode(0o644)(t, path+".of") }, "is a link"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range []Wanted{{}, {Address: keyAddress}, {Address: "localhost:8080"}} {
				folder, path := keep(t)
				c.expose(t, path)
				k, err := FindKey(folder, w, func(string) bool { return true })
				switch {
				case c.reason == "" && (err != nil || k.Token != "t"):
					t.Errorf("%+v: %v", w, err)
				case c.reason != "" && (!errors.Is(err, ErrExposed) || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), path)):
					t.Errorf("%+v: the key %+v, and %v", w, k, err)
				}
			}
		})
	}
}

// A key that somebody has left beside one's own is no reason not to use that, and none to name another meter.
func TestAnExposedKeyKeepsNobodyFromAnother(t *testing.T) {
	folder, path := keep(t)
	replaceByLink(t, path)
	if _, err := writeKey(folder, Key{HTTP: "127.0.0.1:9090", Token: "own", Process: 1}); err != nil {
		t.Fatal(err)
	}
	alive := func(string) bool { return true }
	if k, err := FindKey(folder, Wanted{}, alive); err != nil || k.Token != "own" {
		t.Errorf("%+v, %v", k, err)
	}
	if _, err := FindKey(folder, Wanted{Address: "127.0.0.1:7070"}, alive); err == nil || errors.Is(err, ErrExposed) {
		t.Errorf("of an address without a key: %v", err)
	}
}

func giveAway(t *testing.T, path string) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	if err := os.Chown(path, 4711, 4711); err != nil {
		t.Fatal(err)
	}
}

func replaceByLink(t *testing.T, path string) {
	if err := os.Rename(path, path+".of"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Base(path+".of"), path); err != nil {
		t.Fatal(err)
	}
}

func removeFile(t *testing.T, path string) {
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
