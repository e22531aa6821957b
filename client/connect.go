package client

import (
	"time"

	"ionbench/simulator/ion"
)

// connectSteps are the windows that the tool starts with: a connection, a look at what is at
// its other end, then Setup Assistant or a recovery.
func connectSteps() []step {
	return []step{
		{is: StepConnect, ask: ConnectionType, answered: chooseConnection},
		{is: StepFindFailedUpgrade, when: (*Upgrader).detects, request: identifyRequest, retry: probing,
			reply: onDownload(ion.OpIdentify, detect), silent: nobodyThere},
		{is: StepIdentify, request: readIdentityRequest, retry: probing, reply: takeRegisters, silent: nobodyThere},
		{is: StepListen, when: (*Upgrader).listensForTwin, listens: true},
		{act: func(u *Upgrader, _ time.Duration) next {
			u.err = nil
			return toProcedure(assistantProcedure)
		}},
		{is: StepOfferRecovery, ask: RecoverUpgrade, answered: chooseRecovery},
		{is: StepSayNobodyAnswers, ask: DeviceSilent, answered: chooseWithoutAnswer},
	}
}

func assistantSteps() []step {
	return []step{
		{is: StepSetupAssistant, ask: SetupAssistant, answered: chooseAssistant},
	}
}

// identifySteps tell what is at the other end, in whatever state it is.
func identifySteps() []step {
	return []step{
		{is: StepFindLoader, request: identifyRequest, retry: probing, reply: onDownload(ion.OpIdentify, takeAnyState)},
		{is: StepIdentify, when: (*Upgrader).inApplication, request: readIdentityRequest, retry: probing, reply: takeRegisters},
		{act: func(*Upgrader, time.Duration) next { return toProcedure(finishProcedure) }},
	}
}

// detects reports whether the tool recognises a failed upgrade: only the newer release does,
// and only in single mode.
func (u *Upgrader) detects() bool { return u.cfg.Release.Detects && u.cfg.SingleDevice }

func (u *Upgrader) inApplication() bool { return !u.device.Download }

func chooseConnection(u *Upgrader, _ time.Duration, a Answer) next {
	if a.Choice != OK {
		return toProcedure(finishProcedure)
	}
	u.device = Device{}
	return toNext()
}

func detect(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	if err := u.checkSerialNumber(); err != nil {
		return failed(err)
	}
	if !u.device.Download {
		return toNext()
	}
	u.emit(Event{Kind: EventDevice, Device: u.device})
	return toStep(StepOfferRecovery)
}

func takeAnyState(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	if err := u.checkSerialNumber(); err != nil {
		return failed(err)
	}
	if u.device.Download {
		u.emit(Event{Kind: EventDevice, Device: u.device})
	}
	return toNext()
}

// nobodyThere also follows for a meter in download state if the tool does not look for one:
// then no application answers it.
func nobodyThere(u *Upgrader) next {
	advice := lookFor
	switch {
	case !u.cfg.Release.Detects:
		advice += "; if its firmware upgrade failed, start the upgrade again by hand: release " + u.cfg.Release.Version + " does not recognise such a meter"
	case !u.cfg.SingleDevice:
		advice += "; if its firmware upgrade failed, restart in Single ION device configuration mode to recover it"
	}
	u.err = &NoAnswerError{UnitID: u.cfg.UnitID, Step: u.step().is, Requests: u.exchange.missing, Crowded: u.exchange.crowded, Cause: u.broke, advice: advice}
	return toStep(StepSayNobodyAnswers)
}

func chooseRecovery(u *Upgrader, _ time.Duration, a Answer) next {
	if a.Choice != OK {
		return toProcedure(connectProcedure)
	}
	u.recovery = true
	return toProcedure(upgradeProcedure)
}

func chooseWithoutAnswer(u *Upgrader, _ time.Duration, a Answer) next {
	switch a.Choice {
	case Upgrade:
		return toProcedure(upgradeProcedure)
	case Exit:
		return toProcedure(finishProcedure)
	default:
		return toProcedure(connectProcedure)
	}
}

func chooseAssistant(u *Upgrader, _ time.Duration, a Answer) next {
	switch a.Choice {
	case OK:
		return toProcedure(templateProcedure)
	case Upgrade:
		return toProcedure(upgradeProcedure)
	default:
		return toProcedure(finishProcedure)
	}
}
