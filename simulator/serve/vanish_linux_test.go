//go:build linux && !ppc64 && !ppc64le

package serve

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestAPTYThatVanishesIsGoneWithItsLinkAndComesBackUnderIt(t *testing.T) {
	device, a := newBell(), newAway()
	config := ptyOnly()
	config.Link = filepath.Join(t.TempDir(), "meter")
	config.Commands, config.Gone = a.commands, func() bool { return a.gone }
	v := start(t, device, config)
	for range 3 {
		client := openClient(t, config.Link)
		wantEcho(t, client, "hello")
		before := v.PTY()
		a.set(true)
		for e := (Event{}); e.Kind != Vanished; {
			if e = <-v.events; e.Kind == Vanished && e.Host != before {
				t.Errorf("event %q, want %s", e, before)
			}
		}
		if _, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the client reads %v, want the end", err)
		}
		a.set(true) // its turn is over by then
		if _, err := os.Lstat(config.Link); !errors.Is(err, fs.ErrNotExist) || v.PTY() != "" {
			t.Errorf("the link is there (%v), or the PTY %q", err, v.PTY())
		}
		client.Close()
		a.set(false)
		if e := v.wantEvent(t, CameBack); e.Host != v.PTY() {
			t.Errorf("event %q, want %s", e, v.PTY())
		}
	}
	wantEcho(t, openClient(t, config.Link), "here again")
}
