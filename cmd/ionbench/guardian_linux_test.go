package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A program, and one that it has started in a session of its own, hold the end of a pipe. When both have
// ended nothing more can come of it.
func TestAJudgeThatIsKilledLeavesNeitherProgramsNorFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, temporary := filepath.Join(dir, "pipe"), filepath.Join(dir, "tmp")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	judge := exec.Command(built(t, "ionbench"), "judge", "--shell", "--only", "undisturbed",
		"--upgrader", "exec 9>"+pipe+"; setsid sleep 600 & sleep 600 & echo busy >&9; wait # {tcp} {image}")
	judge.Env = append(os.Environ(), "TMPDIR="+temporary)
	if err := judge.Start(); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(pipe) // once the program has opened it
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	busy := make([]byte, len("busy\n"))
	if _, err := io.ReadFull(held, busy); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(temporary, "*")); len(left) == 0 {
		t.Error("there is no folder that could be left")
	}
	if err := judge.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = judge.Wait() // it was killed
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, held)
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("its programs go on")
	}
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		left, err := filepath.Glob(filepath.Join(temporary, "*"))
		if err != nil || len(left) == 0 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("%q is left", left)
		}
	}
}
