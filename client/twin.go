package client

import (
	"fmt"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Two meters that somebody gave the same unit id both do what they are told. If their answers
// meet on the line nothing is left of them, and the tool finds nobody. If one is slower, its answer
// follows the other's, and the next request makes it forget the answer, but not what it was told.
// So the tool listens for a while before it tells a meter to change anything. The vendor's tool, as
// far as is known, does not.
//
// A meter can also come on later. So the tool listens again where both would do what neither can undo:
// before the flash is cleared, and before settings are written. What comes on between that and a write of
// several frames acknowledges the first one as well, and nobody takes a message that does not go on. Only a
// write of one frame, and a meter whose acknowledgement is the other one's bit for bit, leave a gap of less
// than a second; who comes on in that is heard when all is read back, and told.

// maxListens bounds how often a meter is asked again who it is, because something else came with its
// answer that could not be read.
const maxListens = 3

// TwinError is a second meter that answers the same request.
type TwinError struct {
	UnitID uint16
	First  string    // serial number of the meter that answered first
	Second string    // of the other one; empty if its answer cannot be read
	When   TwinStage // how far the task was
}

// TwinStage is how far a task was when a second meter was heard.
type TwinStage uint8

// The stages.
const (
	TwinFound    TwinStage = iota // nothing was changed
	TwinEntered                   // both may have left their applications; nothing was erased
	TwinErased                    // the same, and the first one was cleared before
	TwinRuns                      // the same, and the first one runs the image, and had no settings to get back
	TwinUpgraded                  // the image is there, and no setting was written
	TwinUnsure                    // one of them may have the settings: no answer came
	TwinWritten                   // both may have the settings
)

// twinAdvice says by stage what was done and what is to be done.
var twinAdvice = [...]string{
	TwinFound:    "nothing was changed; give one of them another unit id, or take it off the line",
	TwinEntered:  "nothing was erased; give one of them another unit id, or take it off the line",
	TwinErased:   "the first one was cleared before; take the second one off the line, and then recover the first one",
	TwinRuns:     "the first one runs the image; take one of them off the line",
	TwinUpgraded: "no settings were written; take the second one off the line, and then recover the first one",
	TwinUnsure:   "what was written was not answered; take one of them off the line, and compare the settings of both",
	TwinWritten:  "the settings are in the first one, and may be in the second one too: take one of them off the line, and compare the settings of the other",
}

func (e *TwinError) Error() string {
	if e.Second == "" {
		return fmt.Sprintf("%v: %s answers as unit %d, and each time something comes with it that cannot be read: another meter, or somebody else who talks; %s", ErrTwin, e.First, e.UnitID, twinAdvice[e.When])
	}
	return fmt.Sprintf("%v: %s and %s both answer as unit %d; %s", ErrTwin, e.First, e.Second, e.UnitID, twinAdvice[e.When])
}

func (e *TwinError) Unwrap() error { return ErrTwin }

func (u *Upgrader) listensForTwin() bool { return u.cfg.Listens && u.cfg.Timing.Twin > 0 }

func (u *Upgrader) flashesListening() bool { return u.flashes() && u.listensForTwin() }

func (u *Upgrader) writesListening() bool { return u.writes() && u.listensForTwin() }

func (u *Upgrader) wroteListening() bool { return u.wroteAny() && u.listensForTwin() }

// twinPause gives a meter that was told to enter the time to be in its loader as well: it is as much later
// there as it answers later.
func (u *Upgrader) twinPause() time.Duration { return u.cfg.Timing.Twin }

// heedsAcks reports whether an acknowledgement is that of the first frame of a write, behind which the tool
// listens for another one's. A network that says everything twice is not heeded for ever.
func (u *Upgrader) heedsAcks() bool {
	return u.step().writes() && u.listensForTwin() && u.exchange.out.AckedFrames() == 1 && u.exchange.missing < maxListens
}

// stillThere stops before settings are written if another meter answers by now, or one without an
// application.
func stillThere(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	if r.State != ion.StateApplication {
		if u.wroteUnheard() {
			return failedWith(ErrDownloadState, "it has left its application, and what was written was not answered; recover it")
		}
		return failedWith(ErrDownloadState, "it has left its application, and no settings were written; recover it")
	}
	return u.checkUnsure()
}

// beginListening waits for an answer of another meter to the last request.
func (u *Upgrader) beginListening(now time.Duration) {
	x := &u.exchange
	u.phase = listening
	x.hearNothing() // but what has come behind the answer is still in the decoder
	x.wake = now + min(u.cfg.Timing.Twin, u.cfg.Timing.Response)
}

// endListening goes on if nothing came with the answer that is as long as a frame and is none. That
// may be the answer of another meter, which met this one on the line.
func (u *Upgrader) endListening(now time.Duration) {
	x := &u.exchange
	switch {
	case x.stray < ion.FrameOverhead:
		x.listens = 0
		u.follow(now, toNext())
	case x.listens < maxListens:
		x.listens++
		u.follow(now, next{kind: back})
	default:
		u.heardTwin(now, "")
	}
}

// heardTwin ends the task, or tells of the other meter where it is too late for that. Who has told
// two meters to leave their applications brings both back.
func (u *Upgrader) heardTwin(now time.Duration, serial string) {
	u.exchange.listens = 0
	switch {
	case u.step().is == StepListenAfterWriting:
		u.tellTwin(serial)
		u.follow(now, toNext())
	case u.procedure == givingBackProcedure:
		u.follow(now, toNext())
	case u.step().is == StepListenBeforeClearing:
		u.giveBack(now, u.twinError(serial))
	default:
		u.follow(now, failed(u.twinError(serial)))
	}
}

func (u *Upgrader) twinError(serial string) *TwinError {
	e := &TwinError{UnitID: u.cfg.UnitID, First: u.device.SerialNumber, Second: serial}
	switch {
	case u.step().is == StepIdentifyAfterWriting, u.step().is == StepListenAfterWriting:
		e.When = TwinWritten
	case u.wroteUnheard():
		e.When = TwinUnsure
	case u.procedure == upgradeProcedure && u.step().is == StepListenBeforeWriting:
		e.When = TwinUpgraded
	case u.procedure == upgradeProcedure && u.step().is == StepListenBeforeClearing && u.transfer.passes > 0:
		e.When = TwinErased
	case u.procedure == upgradeProcedure && u.step().is == StepListenBeforeClearing:
		e.When = TwinEntered
	}
	return e
}

// tellTwin tells of a meter that may have the settings of the other one.
func (u *Upgrader) tellTwin(serial string) { u.tell(u.twinError(serial)) }

func (u *Upgrader) tell(e *TwinError) {
	u.emit(Event{Kind: EventWarning, Err: e})
	if u.logs() {
		u.log(upgradelog.Line{Kind: upgradelog.Note, Text: e.Error()})
	}
}

// answersAfterwards tells of another meter that answers first.
func answersAfterwards(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if u.checkSame(r) != nil {
		u.tellTwin(shown(ion.FixedText(r.Serial[:])))
	}
	return toNext()
}

// unanswered goes on: what had to be done is done.
func unanswered(*Upgrader) next { return toNext() }

// shown is a serial number as it may be shown; empty if it may not.
func shown(serial string) string {
	if checkIdentity(serial, "") != nil {
		return ""
	}
	return serial
}

// hearTwin takes a message that came while the tool listens. A network may say the same message
// twice, so it must be of another meter.
func (u *Upgrader) hearTwin(now time.Duration, p *ion.Packet) {
	serial, ok := serialIn(p)
	if ok && serial != u.device.SerialNumber {
		u.heardTwin(now, shown(serial))
	}
}

// serialIn is the serial number in an answer to the question who a meter is.
func serialIn(p *ion.Packet) (serial string, ok bool) {
	if r, ok := downloadReply(p, ion.OpIdentify); ok {
		return ion.FixedText(r.Serial[:]), true
	}
	values, n := results(p, identityRegisters)
	if n.kind != goOn || values[2].Kind != ion.KindText {
		return "", false
	}
	return values[2].Text, true
}
