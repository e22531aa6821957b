package client

import "time"

// A write whose answer a connection took with it may have been carried out, and the next connection may
// lead to another meter. So the meter there is asked who it is, and what it has, and is written to only if
// that is not what was written: an energy reading would lose what it has counted meanwhile.

// checked is the step that reads back what a step has written; NoStep for steps that write nothing.
func checked(s Step) Step {
	switch s {
	case StepRestoreSettings:
		return StepCheckSettings
	case StepWriteTemplate:
		return StepCheckTemplate
	case StepWriteSettings:
		return StepCheckSettings
	}
	return NoStep
}

// writesElsewhere reports whether what is sent again is a write, over another connection than before.
func (u *Upgrader) writesElsewhere() bool { return u.broke != nil && checked(u.step().is) != NoStep }

// identifiesBeforeWriting reports whether the meter is asked who it is before settings are written.
func (u *Upgrader) identifiesBeforeWriting() bool { return u.writesListening() || u.unsure != NoStep }

// checkUnsure goes on behind an identify before a write: with the write, or with what came of it.
func (u *Upgrader) checkUnsure(now time.Duration) next {
	if u.unsure == NoStep {
		return toNext()
	}
	u.wrote, u.wroteAt = len(u.write), now
	return toStep(checked(u.unsure))
}

func (u *Upgrader) beSure() { u.unsure, u.anew = NoStep, 0 }
