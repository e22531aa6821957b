package rig

import (
	"ionbench/scenarios/evidence"
	"ionbench/simulator/meter"
)

// forbidden is why the attempt must not touch the flash; empty where it may. A meter that was
// still at work before is not the tool's.
func (r *Rig) forbidden() string {
	switch r.before.State {
	case meter.Application, meter.Download, meter.Receiving:
		return evidence.Forbidden(&r.attempt.Attempt, r.said(), &r.attempt.files)
	}
	return ""
}
