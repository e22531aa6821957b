//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
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

// killRounds is how often a writer is killed.
const killRounds = 4

func TestACaptureIsWholeHoweverItsWriterEndsAndTheNextRunIsAdded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	args := []string{"--tcp", ":0", "--pace", "off", "--capture", path, "--fault", "reply-lost at block 2"}
	m := startProcessJSON(t, args...)
	wantDoneWaiting(t, overTCP(m), client.TaskUpgrade, testFirmware(3), hurried)
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

// The writer is killed while frames go over the line, again and again, and what the runs before have
// left is added to.
func TestACaptureIsWholeAtWhateverMomentItsWriterIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	size := int64(0)
	for round := range killRounds {
		m := startProcessJSON(t, "--tcp", ":0", "--pace", "off", "--capture", path)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = use(t, overTCP(m), client.TaskUpgrade, testFirmware(100)) // it ends as the meter does
		}()
		for at := size; at < size+int64(20_000+7_919*round); time.Sleep(time.Millisecond) { // some frames are there
			info, err := os.Stat(path)
			must(t, err)
			at = info.Size()
		}
		m.kill()
		<-m.ended
		<-gone
		b, err := os.ReadFile(path)
		must(t, err)
		if sections, whole := wholeBlocks(b); !whole || sections != round+1 {
			t.Fatalf("round %d: %d sections, whole: %v", round, sections, whole)
		}
		size = int64(len(b))
	}
}

func TestACaptureOnStandardOutputIsAloneThere(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, diag lockedBuffer
	ended := make(chan cli.Status, 1)
	go func() { ended <- run(ctx, []string{"--tcp", ":0", "--pace", "off", "--capture", "-"}, &out, &diag) }()
	told := func() string { return diag.String() }
	for ; !strings.Contains(told(), "switches it off"); time.Sleep(time.Millisecond) {
		must(t, ctx.Err())
	}
	address, _, _ := strings.Cut(told(), "\n")
	_, err := use(t, port.Config{TCP: address}, client.TaskUpgrade, testFirmware(2))
	must(t, err)
	cancel()
	if code := <-ended; code != cli.Done {
		t.Errorf("exit %d", code)
	}
	if sections, whole := wholeBlocks([]byte(out.String())); !whole || sections != 1 || !strings.Contains(out.String(), "7350V284") {
		t.Errorf("%d sections, whole: %v", sections, whole)
	}
	if code, _, errs := outcome(t, "--tcp", ":0", "--capture", "-", "--json"); code != cli.Misused || !strings.Contains(errs, "both go to standard output") {
		t.Errorf("with --json: exit %d, %s", code, errs)
	}
}

func TestACaptureIsAddedToNothingElse(t *testing.T) {
	t.Parallel()
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
