package client

import (
	"time"

	"ionbench/simulator/ion"
)

// An enter, a clear or a write whose answer a connection took with it may have been carried out, and the
// next connection may lead to another meter. So the meter there is asked who it is, and what it has, and
// is written to only if that is not what was written: an energy reading would lose what it has counted
// meanwhile. It is cleared only if it is not being cleared already, and told to leave its application only
// once its settings are read.

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

// identifiesFirst is the step that asks who is at the other end before a request that enters, erases or
// writes is sent again, over another connection than before; NoStep for none.
func (u *Upgrader) identifiesFirst(s Step) Step {
	switch {
	case !u.unmet || u.exchange.meeting == asksWho:
		return NoStep
	case s == StepEnterDownloadState:
		return StepIdentifyBeforeEntering
	case s == StepClearFlash:
		return StepIdentifyBeforeClearingAgain
	case checked(s) != NoStep:
		return StepIdentifyBeforeWriting
	}
	return NoStep
}

// identify asks who is at the other end before a request of which so many answers are missing. A port that
// breaks behind each answer is not asked for ever.
func (u *Upgrader) identify(now time.Duration, missing int) {
	s := u.step()
	if missing > u.rules.resends(u, s.retry) {
		u.giveUp(now, s)
		return
	}
	first := u.identifiesFirst(s.is)
	u.anew, u.anewAt, u.unsure = missing, s.is, s.is
	u.follow(now, toStep(first))
}

// identifiesBeforeWriting reports whether the meter is asked who it is before settings are written.
func (u *Upgrader) identifiesBeforeWriting() bool { return u.writesListening() || u.unsure != NoStep }

func (u *Upgrader) clearsUnsure() bool { return u.unsure == StepClearFlash }

// foundUnsure goes on with the clear as the meter says how far it is with it.
func foundUnsure(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	u.unsure = NoStep
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	switch r.State {
	case ion.StateApplication:
		return u.beginAnew(&RefusalError{Op: ion.OpClear, Status: ion.StatusRefused})
	case ion.StateDownload:
		u.transfer.passes-- // it was not heard
		return toNext()
	}
	return toStep(StepAwaitFlash)
}

// checkUnsure goes on behind an identify before a write: with the write, or with what came of it.
func (u *Upgrader) checkUnsure(now time.Duration) next {
	if u.unsure == NoStep {
		return toNext()
	}
	u.wrote, u.wroteAt = len(u.write), now
	return toStep(checked(u.unsure))
}

func (u *Upgrader) beSure() { u.unsure, u.anew = NoStep, 0 }
