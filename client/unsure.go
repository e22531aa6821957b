package client

import (
	"fmt"
	"time"

	"ionbench/simulator/ion"
)

// An enter, a clear or a write without an answer may have been carried out, and who hears it the next time
// may be another meter: a new connection may lead elsewhere, and on the old one a second meter of the unit id
// may have come on meanwhile. So a write is never simply sent again: the meter is asked who it is, and what it
// has, and is written to only if that is not what was written, as an energy reading would lose what it has
// counted meanwhile. Then it is asked once more who it is, and listened to, right before the write, as before
// the first one. Over a new connection, it is cleared only if it is not being cleared already, and told to
// leave its application only once its settings are read; on the old one an enter is listened behind, and
// nobody hears a clear who has heard no enter.

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

// writes reports whether the step's request writes settings.
func (s *step) writes() bool { return checked(s.is) != NoStep }

// identifiesFirst is the step that asks who is at the other end before a request is sent again: before a
// write, and before an enter or a clear that goes over another connection than before; NoStep for none.
func (u *Upgrader) identifiesFirst(s Step) Step {
	switch {
	case checked(s) != NoStep:
		return StepIdentifyBeforeWriting
	case !u.unmet || u.exchange.meeting == asksWho:
		return NoStep
	case s == StepEnterDownloadState:
		return StepIdentifyBeforeEntering
	case s == StepClearFlash:
		return StepIdentifyBeforeClearingAgain
	}
	return NoStep
}

// hasWritten reports whether settings were written, or are told to be.
func (u *Upgrader) hasWritten() bool {
	writes := u.at < len(u.lists[u.procedure]) && u.step().writes()
	return writes || u.wrote > 0 || u.unsure != NoStep
}

// wroteUnheard reports whether the write that is to come was sent before, and nobody has said what came of it.
func (u *Upgrader) wroteUnheard() bool {
	return checked(u.unsure) != NoStep || u.anew > 0 && checked(u.anewAt) != NoStep
}

// identify asks who is at the other end before a request of which so many answers are missing. A port that
// breaks behind each answer is not asked for ever.
func (u *Upgrader) identify(now time.Duration, missing int) {
	s := u.step()
	if !s.writes() && missing > u.rules.resends(u, s.retry) {
		u.giveUp(now, s)
		return
	}
	first := u.identifiesFirst(s.is)
	u.anew, u.anewAt, u.unsure = missing, s.is, s.is
	u.follow(now, toStep(first))
}

// notWritten goes on with a write of which the meter has nothing, as with the first one: somebody else may be
// there by now. Even the last try is followed by a look at what came of it.
func (u *Upgrader) notWritten(w write) next {
	u.wrote, u.unsure = 0, NoStep
	if u.anew <= u.rules.resends(u, perStep) {
		return toStep(StepIdentifyBeforeWriting)
	}
	return failed(&SettingError{Key: w.name(), Reason: fmt.Sprintf("sent %d times without an answer, and the meter does not have it", u.anew)})
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
func (u *Upgrader) checkUnsure() next {
	if u.unsure == NoStep {
		return toNext()
	}
	u.wrote = len(u.write)
	return toStep(checked(u.unsure))
}

func (u *Upgrader) beSure() { u.unsure, u.anew = NoStep, 0 }
