package serving

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/statefile"
)

// A full disk is not wrong usage, and another file there has no room either.
func TestAStateFileOnAFullDiskIsAFailureOfTheEnvironment(t *testing.T) {
	full := fmt.Errorf("state file x: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	if err := StateError(full); cli.StatusOf(err) != cli.Environment || len(cli.Hints(err)) == 0 {
		t.Errorf("status %v, hints %q", cli.StatusOf(err), cli.Hints(err))
	}
	if err := StateError(statefile.ErrNotState); cli.StatusOf(err) != cli.Misused {
		t.Errorf("a file of something else: %v", cli.StatusOf(err))
	}
}
