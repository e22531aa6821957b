package client

import (
	"errors"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// givingBackSteps put a meter back into its application that an upgrade has put into download state
// and that is whole: before the flash is cleared a restart does that. Then the upgrade ends as
// it would have without.
func givingBackSteps() []step {
	return []step{
		{is: StepFindMeter, request: identifyRequest, retry: returning, before: (*Upgrader).restartPause, reply: onDownload(ion.OpIdentify, foundToGiveBack)},
		{is: StepListen, when: (*Upgrader).knowsTwin, listens: true},
		{is: StepGiveBack, request: restartRequest, retry: returning, reply: onDownload(ion.OpRestart, toldToGiveBack), silent: unheardToGiveBack},
		{is: StepAwaitApplication, request: identifyRequest, retry: polling, before: (*Upgrader).restartPause, reply: onDownload(ion.OpIdentify, backInApplication)},
		{is: StepCheckImage, when: (*Upgrader).runsAfterAll, request: readSettingsRequest, reply: runsGivenBack},
		{is: StepForgetJournal, when: (*Upgrader).ownsJournal, keep: (*Upgrader).forgetJournal, kept: journalSettled},
		{is: StepSayGivenBack, when: (*Upgrader).clearedNothing, act: sayGivenBack},
		{act: func(u *Upgrader, _ time.Duration) next { return failed(u.err) }},
	}
}

// holds reports whether the meter may be in download state because of this upgrade, and whole: an enter is
// all that an upgrade sends before the clear that changes something.
func (u *Upgrader) holds() bool {
	t := &u.transfer
	entering := u.touch.may || u.step().is == StepEnterDownloadState
	return u.procedure == upgradeProcedure && u.flashes() && entering && !t.found && t.passes == 0
}

// knowsTwin reports whether two meters are to be given back. A restart reaches both, once both have
// said what they have to say.
func (u *Upgrader) knowsTwin() bool { return errors.Is(u.err, ErrTwin) }

// foundToGiveBack restarts a loader that waits for a clear, and no other meter but one that has been
// told the same.
func foundToGiveBack(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	u.unmet = false
	switch other := ion.FixedText(r.Serial[:]) != u.device.SerialNumber; {
	case u.knowsTwin():
		return toNext()
	case other:
		return failed(u.err)
	case r.State == ion.StateApplication:
		return toStep(StepForgetJournal)
	case r.State == ion.StateDownload:
		return toNext()
	}
	return failed(u.err) // somebody else clears it
}

// toldToGiveBack ends the restarts: the meter has heard one.
func toldToGiveBack(u *Upgrader, _ time.Duration, _ *ion.DownloadReply) next {
	u.transfer.polls = patience
	return toNext()
}

// unheardToGiveBack asks the meter, which may have restarted all the same.
func unheardToGiveBack(u *Upgrader) next {
	u.transfer.polls++
	return toNext()
}

func backInApplication(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if u.knowsTwin() && ion.FixedText(r.Serial[:]) != u.device.SerialNumber {
		return next{kind: ignored}
	}
	if r.State == ion.StateDownload && u.clearedNothing() && u.transfer.polls < patience {
		return toStep(StepFindMeter) // it was silent as long as it was told to; who answers now may be another one
	}
	if r.State != ion.StateApplication {
		return failed(u.err)
	}
	if u.clearedNothing() {
		return toNext()
	}
	if err := u.takeIdentity(r); err != nil {
		return failed(u.err)
	}
	return toNext()
}

// runsAfterAll reports whether a meter that was to be cleared once more has come back with what was sent
// before: a loader that did not start it may have misread its flash.
func (u *Upgrader) runsAfterAll() bool {
	return !u.clearedNothing() && u.device.Revision == u.firmware.Revision
}

// runsGivenBack ends an upgrade well that has nothing left to do. Nothing is written while another
// meter would hear it.
func runsGivenBack(u *Upgrader, _ time.Duration, p *ion.Packet) next {
	s, m, n := settingsOf(p)
	if n.kind != goOn {
		return n
	}
	if n := u.checkRunning(m); n.kind != goOn {
		return n
	}
	var twin *TwinError
	if !errors.As(u.err, &twin) {
		return failed(u.err)
	}
	told := *twin
	if certain, older := u.due(); (certain|older)&^u.same(s) != 0 {
		told.When = TwinUpgraded
		u.err = &told
		return failed(u.err)
	}
	told.When = TwinRuns
	u.err = nil
	u.procedure = upgradeProcedure // of which the end is left
	u.device.Template = ""
	u.tell(&told)
	u.log(upgradelog.Line{Kind: upgradelog.Restarted})
	return toStep(StepSettleJournal)
}

// same are the settings that the meter has as they are kept, also where they are nobody's.
func (u *Upgrader) same(s *ion.Settings) ion.SettingSet {
	var set ion.SettingSet
	if u.kept == nil {
		return set
	}
	if s.Template == u.kept.Settings.Template {
		set = set.With(ion.TemplateName)
	}
	for i, v := range s.Values {
		if v.Equal(u.kept.Settings.Values[i]) {
			set = set.With(i)
		}
	}
	return set
}

// ownsJournal reports whether the journal has only what the meter has: what is cleared has nothing.
func (u *Upgrader) ownsJournal() bool { return u.onDisk && u.ownFile && u.clearedNothing() }

// clearedNothing reports whether the application to which the meter is given back has all that it had.
func (u *Upgrader) clearedNothing() bool { return u.transfer.passes == 0 }

func (u *Upgrader) forgetJournal(time.Duration) Event {
	return Event{Kind: EventRemoveJournal, Step: StepForgetJournal, Journal: u.kept, Meter: u.device.Meter()}
}

func sayGivenBack(u *Upgrader, _ time.Duration) next {
	u.device.Download = false
	u.log(upgradelog.Line{Kind: upgradelog.Note, Text: "the meter is back in its application, as it was"})
	return toNext()
}
