//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
)

// wholeBlocks says whether b is nothing but whole blocks of pcapng, and how many sections they begin.
func wholeBlocks(b []byte) (sections int, whole bool) {
	for len(b) >= 12 {
		n := binary.LittleEndian.Uint32(b[4:])
		if int(n) > len(b) || n < 12 || binary.LittleEndian.Uint32(b[n-4:]) != n {
			return sections, false
		}
		if binary.LittleEndian.Uint32(b) == 0x0A0D0D0A {
			sections++
		}
		b = b[n:]
	}
	return sections, len(b) == 0
}

func TestACaptureIsWholeHoweverItsWriterEndsAndTheNextRunIsAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcapng")
	args := []string{"--tcp", ":0", "--pace", "off", "--capture", path, "--fault", "reply-lost at block 2"}
	m := startProcessJSON(t, args...)
	wantDone(t, overTCP(m), client.TaskUpgrade, testFirmware(3))
	m.kill()
	<-m.ended
	b, err := os.ReadFile(path)
	must(t, err)
	if sections, whole := wholeBlocks(b); !whole || sections != 1 {
		t.Errorf("killed: %d sections, whole: %v", sections, whole)
	}
	for _, want := range []string{"reply-lost at block 2", "sent again: message", "RS-485"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("%q is not told", want)
		}
	}
	if len(m.all("frame")) > 0 {
		t.Error("frames are among the events, which nobody asked for")
	}
	m = startJSON(t, args...)
	m.end()
	if b, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if sections, whole := wholeBlocks(b); !whole || sections != 2 {
		t.Errorf("the next run: %d sections, whole: %v", sections, whole)
	}
}

func TestACaptureIsAddedToNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter.txt")
	must(t, os.WriteFile(path, []byte("Dear customer"), 0o600))
	link := path + ".link"
	must(t, os.Symlink(path, link))
	for _, file := range []string{path, link} {
		if code, _, errs := outcome(t, "--tcp", ":0", "--capture", file); code == cli.Done || !strings.Contains(errs, filepath.Base(path)) {
			t.Errorf("%s: exit %d, %s", file, code, errs)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "Dear customer" {
		t.Errorf("the letter is %q, %v", b, err)
	}
}
