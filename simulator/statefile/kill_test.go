//go:build linux || darwin

package statefile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ionbench/simulator/disk"
)

// writerVariable names the state file for the process that TestStateWriterProcess is in
// its other life.
const writerVariable = "IONBENCH_TEST_STATE_WRITER"

func killGeometry() Geometry { return Geometry{Pages: 4, PageBytes: 16 << 10} }

// numbered is a page or memory that says which save it comes from, in every word.
func numbered(n uint64, size int) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, n), size/8)
}

// numberOf is the save that p comes from; it fails on a mix.
func numberOf(t *testing.T, p []byte) uint64 {
	t.Helper()
	n := binary.BigEndian.Uint64(p)
	if !bytes.Equal(p, numbered(n, len(p))) {
		t.Fatal("a page or memory is a mix of two saves")
	}
	return n
}

// TestStateWriterProcess saves page after page, and memory after each, telling every one
// that is complete, until it is killed. It does so only when started by the test below.
func TestStateWriterProcess(t *testing.T) {
	path := os.Getenv(writerVariable)
	if path == "" {
		t.Skip("only as the other process of TestStateSurvivesKill9")
	}
	g := killGeometry()
	s, err := Open(disk.Real{}, path, g)
	must(t, err)
	n := uint64(1)
	if saved, ok := s.NonVolatile(); ok {
		n = numberOf(t, saved) + 1
	}
	for ; ; n++ {
		must(t, s.SavePage(int(n)%g.Pages, numbered(n, g.PageBytes)))
		fmt.Printf("page %d\n", n)
		must(t, s.SaveNonVolatile(numbered(n, 100<<10)))
		fmt.Printf("memory %d\n", n)
	}
}

func TestStateSurvivesKill9(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.state")
	program, err := os.Executable()
	must(t, err)
	for life := range 15 {
		pages, memory := runWriter(t, program, path, 1+life*7)
		checkSurvivor(t, path, pages, memory)
	}
}

// runWriter kills a writer after it has told of some saves, and returns the last number
// of each kind that it told of.
func runWriter(t *testing.T, program, path string, saves int) (page, memory uint64) {
	t.Helper()
	cmd := exec.Command(program, "-test.run=^TestStateWriterProcess$")
	cmd.Env = append(os.Environ(), writerVariable+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	read := 0
	for lines.Scan() {
		var n uint64
		if _, err := fmt.Sscanf(lines.Text(), "page %d", &n); err == nil {
			page = n
		} else if _, err := fmt.Sscanf(lines.Text(), "memory %d", &n); err == nil {
			memory = n
		}
		if read++; read == saves {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); err == nil || read < saves {
		t.Fatalf("the writer ended by itself after %d lines (%v)", read, err)
	}
	return page, memory
}

// checkSurvivor wants every save that was told of, and at most one more.
func checkSurvivor(t *testing.T, path string, page, memory uint64) {
	t.Helper()
	g := killGeometry()
	s, err := Open(disk.Real{}, path, g)
	must(t, err)
	defer s.Close()
	seen := 0
	must(t, s.LoadPages(func(at int, data []byte) error {
		seen++
		n := numberOf(t, data)
		if int(n)%g.Pages != at || n+uint64(g.Pages) <= page || n > page+1 {
			t.Fatalf("page %d is from save %d, the last told of was %d", at, n, page)
		}
		return nil
	}))
	if want := min(int(page), g.Pages); seen < want {
		t.Fatalf("%d pages are left, %d saves were told of", seen, page)
	}
	saved, ok := s.NonVolatile()
	if memory == 0 && !ok {
		return
	}
	if n := numberOf(t, saved); n < memory || n > memory+1 {
		t.Fatalf("the memory is from save %d, the last told of was %d", n, memory)
	}
}
