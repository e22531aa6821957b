package main

import (
	"fmt"
	"ionbench/cmd/internal/cli/clitest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programs are the three programs, built once for all tests that run them as processes.
var programs struct {
	once   sync.Once
	folder string
	err    error
}

func buildPrograms() {
	if programs.folder, programs.err = os.MkdirTemp("", "ionbench-built-"); programs.err != nil {
		return
	}
	if out, err := exec.Command("go", "build", "-o", programs.folder+string(filepath.Separator), "../...").CombinedOutput(); err != nil {
		programs.err = fmt.Errorf("%w\n%s", err, out)
	}
}

func TestMain(m *testing.M) {
	clitest.AtOnce()
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
