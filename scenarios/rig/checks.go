package rig

import (
	"ionbench/scenarios/evidence"
	"ionbench/simulator/meter"
)

// forbidden is why the attempt must not touch the flash; empty if it may. If the meter was
// still busy before the attempt, what its flash does cannot be blamed on the tool.
func (r *Rig) forbidden() string {
	switch r.before.State {
	case meter.Application, meter.Download, meter.Receiving:
		return evidence.Forbidden(&r.attempt.Attempt, r.said(), &r.attempt.files)
	}
	return ""
}
