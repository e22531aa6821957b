package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"ionbench/fixtures/hurry"
)

// programs are the three programs, built once for all tests that run them as processes, in the way
// of `make build`, but without what only a debugger reads.
var programs struct {
	once   sync.Once
	folder string
	err    error
}

func buildPrograms() {
	if programs.folder, programs.err = os.MkdirTemp("", "ionbench-built-"); programs.err != nil {
		return
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-w", "-o", programs.folder+string(filepath.Separator), "../ion...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		programs.err = fmt.Errorf("%w\n%s", err, out)
	}
}

func TestMain(m *testing.M) {
	hurry.AtOnce()
	hurry.LessGarbage()
	status := m.Run()
	if programs.folder != "" {
		_ = os.RemoveAll(programs.folder)
	}
	os.Exit(status)
}

// built returns the path of a program; of the folder of all for "".
func built(t *testing.T, program string) string {
	t.Helper()
	programs.once.Do(buildPrograms)
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.folder, program)
}
