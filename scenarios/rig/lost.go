package rig

import (
	"time"

	"ionbench/simulator/ion"
)

// Lost lists the groups that are not in after as they were before, so much time ago.
// Energy readings may have gone on by what the circuit uses.
func Lost(before, after *ion.Settings, passed time.Duration) ion.Groups {
	return lost(before, after, passed)
}
