//go:build linux

package main

import (
	"bytes"
	"debug/elf"
	"os/exec"
	"testing"

	"ionbench/fixtures/logs"
)

// The program must work alone, in an empty folder of a system with nothing else: cases,
// templates, logs and pages are inside of it.
func TestTheStaticProgramNeedsNoRepositoryAroundIt(t *testing.T) {
	t.Parallel()
	program := built(t, "ionbench")
	wantStatic(t, program)

	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"run"}, "upgrade-failed"},
		{[]string{"run", "upgrade-failed", "--print", "log"}, string(logs.UpgradeFailed())},
		{[]string{"list"}, "power-loss-programming"},
		{[]string{"faults"}, "cable-pull"},
		{[]string{"sweep", "--image-size", "1KiB", "--html", "atlas.html"}, "violations=0 skipped=0"},
		{[]string{"format"}, "[expect]"},
		{[]string{"--help"}, "Usage: ionbench"},
	} {
		t.Run(c.args[0], func(t *testing.T) {
			t.Parallel()
			alone := exec.CommandContext(t.Context(), program, c.args...)
			alone.Dir = t.TempDir()
			alone.Env = []string{}
			var out, diagnostics bytes.Buffer
			alone.Stdout, alone.Stderr = &out, &diagnostics
			if err := alone.Run(); err != nil || !bytes.Contains(out.Bytes(), []byte(c.says)) {
				t.Errorf("ionbench %q: %v, should say %q\n%s%s", c.args, err, c.says, out.Bytes(), diagnostics.Bytes())
			}
		})
	}
}

// wantStatic checks that the program needs no loader and no shared library.
func wantStatic(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it is linked dynamically: %v", p.Type)
		}
	}
}
