package atlas_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain has the garbage of trials, which live shortly, collected less often: a fifth of the time went there.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
