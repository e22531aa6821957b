package judge

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
)

// What a run has left may be named by the port, such as a lock: the next run comes to the same one.
func TestAMeterIsAtOnePortInAllAttemptsOfAScenario(t *testing.T) {
	t.Parallel()
	for _, over := range []rig.Transport{rig.TCP, rig.PTY} {
		ports := filepath.Join(t.TempDir(), "ports")
		of := map[rig.Transport]string{rig.TCP: "{tcp}", rig.PTY: "{port}"}[over]
		command, err := ParseCommand("echo "+of+" >> "+shell.Quote(ports)+"; exit 1", true)
		if err != nil {
			t.Fatal(err)
		}
		suite, err := NewSuite("full", DefaultResponse)
		if err == nil {
			suite, err = suite.Only([]string{"killed"})
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = Run(t.Context(), suite, Target{Upgrade: command, Transport: over}, Options{late: &lateness{}})
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		}
		b, missing := os.ReadFile(ports)
		if err := errors.Join(err, missing); err != nil {
			t.Fatal(err)
		}
		if all := strings.Fields(string(b)); len(all) < 2 || len(slices.Compact(all)) > 1 {
			t.Errorf("over %v: %v", over, all)
		}
	}
}
