package client

import (
	"errors"
	"time"

	"ionbench/simulator/ion"
)

// bugsInChecks are the bugs in what has to be known before anything is changed, and of what runs
// afterwards.
func bugsInChecks() map[string]bug {
	return map[string]bug{
		"clears-before-checking": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepIdentifyMeter, StepEnterDownloadState, StepAwaitLoader, StepClearFlash, StepAwaitFlash)
			for _, clearing := range []Step{StepClearFlash, StepAwaitFlash} {
				u.editStep(upgradeProcedure, clearing, func(s *step) { s.reply = onDownload(ion.OpClear, clearedTooEarly) })
			}
		},
		"wrong-product-accepted": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepIdentifyMeter, func(s *step) { s.reply = onDownload(ion.OpIdentify, takeForAnyProduct) })
		},
		"wrong-unit-accepted": func(u *Upgrader) {
			u.cfg.UnitID = 105
		},
		"unit-id-in-a-byte": func(u *Upgrader) {
			u.cfg.UnitID &= 0xFF
		},
		"wrong-serial-accepted": func(u *Upgrader) {
			u.cfg.SerialNumber = ""
		},
		"password-failure-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepCheckPassword, func(s *step) { s.reply = unlessPassword(takeRegisters) })
			u.editStep(upgradeProcedure, StepSaveSettings, func(s *step) { s.reply = unlessPassword(takeSettings) })
			u.editStep(upgradeProcedure, StepEnterDownloadState, func(s *step) { s.reply = onDownload(ion.OpEnter, enteredAnyhow) })
		},
		"image-known-by-name": func(u *Upgrader) {
			u.rules.runs = func(u *Upgrader) bool { return u.device.Revision == u.firmware.Revision }
		},
		"decision-left-to-journal": func(u *Upgrader) {
			u.rules.runs = func(u *Upgrader) bool { return !u.onDisk }
		},
		"left-unread": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepEnterDownloadState, func(s *step) { s.reply = onDownload(ion.OpEnter, enteredUnread) })
		},
		"image-not-compared": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepCheckImage, func(s *step) { s.reply = anyImage })
		},
	}
}

// clearedTooEarly goes on with the identification, which should have come before the clear.
func clearedTooEarly(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	n := cleared(u, now, r)
	if n.kind == jump && n.step == StepBeginDownload {
		return toStep(StepIdentifyMeter)
	}
	return n
}

func takeForAnyProduct(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	relabelled := *u.firmware
	relabelled.Product = r.Product
	u.firmware = &relabelled
	return takeLoader(u, now, r)
}

func unlessPassword(judge func(*Upgrader, time.Duration, *ion.Packet) next) func(*Upgrader, time.Duration, *ion.Packet) next {
	return func(u *Upgrader, now time.Duration, p *ion.Packet) next {
		n := judge(u, now, p)
		if errors.Is(n.err, ErrPassword) {
			return toNext()
		}
		return n
	}
}

func enteredAnyhow(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusRefused {
		u.transfer.enters++
		return toNext()
	}
	return entered(u, now, r)
}

func anyImage(u *Upgrader, now time.Duration, p *ion.Packet) next {
	n := checkImage(u, now, p)
	if errors.Is(n.err, ErrNotRunning) {
		return toNext()
	}
	return n
}

func enteredUnread(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	n := entered(u, now, r)
	u.transfer.unread = false
	return n
}
