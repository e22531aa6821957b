package client

import (
	"errors"
	"time"

	"ionbench/simulator/ion"
)

// Between two enters, and while an enter waits for its answer, another tool on the line may bring
// the meter's application back, with settings that nobody but the meter has. So an upgrade that
// was refused, as applications do, identifies before it enters anew, and reads an application before
// it is told to leave; one that was told to leave unread gets back into it.

// refused reports whether the answer is one that an application gives. No loader refuses a block
// or a clear, and an enter changes nothing in a loader.
func refused(why error) bool {
	var r *RefusalError
	return errors.As(why, &r) && r.Status == ion.StatusRefused
}

// entersAnew reports whether the meter may have been told to enter before, and has not been read since.
func (u *Upgrader) entersAnew() bool {
	return u.flashes() && (u.unsure == StepEnterDownloadState || u.transfer.enters > 0 && !u.transfer.reread)
}

// enteringPause gives a meter that may have been told to enter the time to leave its application.
func (u *Upgrader) enteringPause() time.Duration {
	if u.unsure == StepEnterDownloadState {
		return u.cfg.Timing.Restart
	}
	return 0
}

// foundBeforeEntering stops if the line leads to another meter by now, and reads the settings of
// an application before it is told to leave.
func foundBeforeEntering(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	u.unsure = NoStep
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	if r.State == ion.StateApplication {
		return u.readAgain(r)
	}
	return toNext()
}

// enteredTooOften bounds what others on the line, who do nothing wrong, can have an upgrade begin again.
func (u *Upgrader) enteredTooOften() bool { return u.transfer.enters > u.rules.limits.passes }

func neverEntered() next { return failed(&RefusalError{Op: ion.OpEnter, Status: ion.StatusOK}) }

// readAgain keeps what an application has now. What this upgrade keeps already it goes on with, and
// asks nobody about. Where that is endless it ends, with an application that is as it was.
func (u *Upgrader) readAgain(r *ion.DownloadReply) next {
	if u.enteredTooOften() {
		return neverEntered()
	}
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	t := &u.transfer
	t.found, t.unread, t.reread = false, false, true
	u.emit(Event{Kind: EventDevice, Device: u.device})
	return toStep(StepSaveSettings)
}

// mayBeOutdated reports, of a meter that has left its application just now, whether it may have
// other settings than were read: it had no application then, or it has served somebody else while
// the enter was sent again and again.
func (u *Upgrader) mayBeOutdated() bool {
	return u.transfer.found || u.exchange.missing > 0 && u.exchange.overheard
}

func (u *Upgrader) tookUnread() bool { return u.transfer.unread }

// foundUnread restarts a loader that has cleared nothing: its application is whole.
func foundUnread(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	switch r.State {
	case ion.StateApplication:
		return u.readAgain(r)
	case ion.StateDownload:
		u.transfer.polls = 0
		return toNext()
	}
	return u.nothingToRead()
}

// backToRead reads an application that is back. A loader that stays has none.
func backToRead(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	if r.State == ion.StateApplication {
		return u.readAgain(r)
	}
	return u.nothingToRead()
}

// nothingToRead goes on with a loader that somebody has cleared.
func (u *Upgrader) nothingToRead() next {
	if u.enteredTooOften() {
		return neverEntered()
	}
	u.transfer.found, u.transfer.unread = true, false
	u.device.Download = true
	return toStep(StepEnterDownloadState)
}
