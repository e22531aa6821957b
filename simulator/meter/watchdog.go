package meter

import "time"

// Hang makes the firmware hang: until the watchdog bites (Bite) it hears nothing, says
// nothing and begins nothing. The chip has power all the while, so the operation that is
// under way on it is completed; those behind it are not begun. A meter without power does
// not hang.
func (m *Meter) Hang(now time.Duration) {
	if m.state == Off {
		return
	}
	// What ends at this instant may also be what is to begin at it, on a chip that takes no time.
	for !m.runJob(now - 1) {
		continue // who watched is told of it, and not waited for
	}
	if m.state == Off {
		return // the chip met a power cut on the way
	}
	m.abandonJob(now)
	m.restartProcessor()
	m.hung = true
}

// abandonJob leaves the operation that is under way at now to the chip, and the rest undone.
func (m *Meter) abandonJob(now time.Duration) {
	j := &m.job
	if j.busy() && j.ops > 0 && now > j.start {
		j.ops, j.abandoned = 1, true
	}
}

// Hung reports that the firmware hangs.
func (m *Meter) Hung() bool { return m.hung }

// Bite is the watchdog's: a firmware that hangs is restarted. The event log does not tell of
// it, since the power was never away.
//
// Assumption: the energy that a hanging firmware should have counted is not lost.
func (m *Meter) Bite(now time.Duration) {
	m.Advance(now)
	if m.hung {
		m.stopApplication(now)
		m.startBoot(now)
	}
}
