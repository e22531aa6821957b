package client

import (
	"errors"
	"math"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

func defectsOfChecks() []Defect {
	return []Defect{
		{Name: "clears-before-checking", Text: "clears the flash before it has asked the meter what it is", plant: func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepIdentifyMeter, StepEnterDownloadState, StepAwaitLoader, StepClearFlash, StepAwaitFlash)
			for _, clearing := range []Step{StepClearFlash, StepAwaitFlash} {
				u.editStep(upgradeProcedure, clearing, func(s *step) { s.reply = onDownload(ion.OpClear, clearedTooEarly) })
			}
		}},
		{Name: "wrong-product-accepted", Text: "sends a file for another product as if it were for this one", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepIdentifyMeter, func(s *step) { s.reply = onDownload(ion.OpIdentify, takeForAnyProduct) })
		}},
		{Name: "wrong-unit-accepted", Text: "talks to unit 105, whatever unit it was told", plant: func(u *Upgrader) {
			u.cfg.UnitID = 105
		}},
		{Name: "wrong-serial-accepted", Text: "does not compare the serial number with the one that it was told", plant: func(u *Upgrader) {
			u.cfg.SerialNumber = ""
		}},
		{Name: "password-failure-ignored", Text: "goes on after the meter has refused the password", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepCheckPassword, func(s *step) { s.reply = unlessPassword(takeRegisters) })
			u.editStep(upgradeProcedure, StepSaveSettings, func(s *step) { s.reply = unlessPassword(takeBackup) })
			u.editStep(upgradeProcedure, StepEnterDownloadState, func(s *step) { s.reply = onDownload(ion.OpEnter, enteredAnyhow) })
		}},
	}
}

// clearedTooEarly goes on with what should have come first.
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

func defectsOfSettings() []Defect {
	return []Defect{
		{Name: "journal-after-erase", Text: "writes the journal when the flash is cleared already", plant: func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepDownload, StepWriteJournal)
		}},
		{Name: "journal-not-atomic", Text: "writes the journal in place, so that a kill leaves half of it", JournalInPlace: true},
		{Name: "journal-deleted-early", Text: "deletes the journal when the image is verified, before the settings are back", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedAndTidied) })
		}},
		{Name: "restores-before-restart", Text: "writes the settings back before the new image runs", plant: func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepRestart, StepChooseRestore, StepRestoreSettings, StepCheckSettings)
		}},
		{Name: "paste-options-ignored", Text: "restores nothing of what was ticked", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) { s.answered = pasteNothing })
		}},
		{Name: "settings-not-read-back", Text: "does not look whether the meter kept the settings", plant: func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepCheckSettings)
		}},
		{Name: "paste-options-in-recovery", Text: "honours the paste options after a recovery, where they have no effect", plant: func(u *Upgrader) {
			u.editStep(templateProcedure, StepPasteOptions, func(s *step) { s.answered = pasteAlways })
		}},
	}
}

func verifiedAndTidied(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusOK && u.journal != nil {
		u.emit(Event{Kind: EventRemoveJournal, Device: u.device, Journal: u.journal})
		u.journal = nil
	}
	return verified(u, now, r)
}

func pasteNothing(u *Upgrader, now time.Duration, a Answer) next {
	a.Groups = 0
	return choosePaste(u, now, a)
}

func pasteAlways(u *Upgrader, _ time.Duration, a Answer) next {
	u.paste = a.Groups
	return toNext()
}

func defectsOfDownload() []Defect {
	return []Defect{
		{Name: "late-reply-taken", Text: "takes a late answer to a block for the answer to the next one", plant: func(u *Upgrader) {
			u.rules.mine = func(*Upgrader, uint16) bool { return true }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		}},
		{Name: "duplicate-reply-advances", Text: "counts a block twice when its answer comes twice", plant: func(u *Upgrader) {
			u.rules.listens = func(u *Upgrader) bool { return u.phase == exchanging || u.phase == pausing }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		}},
		{Name: "sequence-wraps", Text: "counts blocks in eight bits", plant: func(u *Upgrader) {
			u.rules.sequence = func(u *Upgrader) uint32 { return uint32(uint8(u.transfer.answered + 1)) }
		}},
		{Name: "no-resend", Text: "gives up at the first missing answer to a block", plant: func(u *Upgrader) {
			u.rules.resends = func(u *Upgrader, r retry) int {
				if r == perBlock {
					return 0
				}
				return u.resends(r)
			}
		}},
		{Name: "retry-without-bound", Text: "sends a request again for ever", plant: func(u *Upgrader) {
			u.rules.resends = func(*Upgrader, retry) int { return math.MaxInt }
		}},
		{Name: "retry-counter-not-reset", Text: "counts missing answers over the whole download and not in a row", plant: func(u *Upgrader) {
			u.rules.missing = func(u *Upgrader) int {
				if u.step().retry == perBlock {
					return u.transfer.transmitted - u.transfer.confirmed
				}
				return u.exchange.missing + 1
			}
		}},
		{Name: "resumes-at-wrong-offset", Text: "goes on behind what it sent, and not behind what was answered, after a resend", plant: func(u *Upgrader) {
			u.rules.block = blockBehindWhatWasSent
		}},
		{Name: "last-block-short", Text: "leaves the last byte of the image out", plant: func(u *Upgrader) {
			u.rules.block = blockWithoutLastByte
		}},
	}
}

// anyBlockAnswered takes every answer to a block for one to the block under way.
func anyBlockAnswered(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	own := *r
	own.Sequence = u.rules.sequence(u)
	return blockAnswered(u, now, &own)
}

func blockBehindWhatWasSent(u *Upgrader) (address uint32, data []byte) {
	image := u.firmware.Image
	from := min(u.transfer.transmitted*ion.BlockBytes, len(image)-1)
	return u.firmware.LoadAddress + uint32(from), image[from:min(from+ion.BlockBytes, len(image))]
}

func blockWithoutLastByte(u *Upgrader) (address uint32, data []byte) {
	address, data = u.block()
	if u.transfer.answered+1 == u.transfer.blocks {
		data = data[:max(1, len(data)-1)]
	}
	return address, data
}

func defectsOfEnding() []Defect {
	return []Defect{
		{Name: "success-before-verify", Text: "claims success once the last block is answered", plant: func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepVerify, StepEndLog)
		}},
		{Name: "verify-ignored", Text: "goes on whatever the meter says of the image", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedAnyhow) })
		}},
		{Name: "success-without-restart", Text: "claims success although the meter never came back from its restart", plant: func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepIdentifyAgain, func(s *step) { s.silent = askTheMeter })
		}},
	}
}

func verifiedAnyhow(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	good := *r
	good.Status = ion.StatusOK
	return verified(u, now, &good)
}

func defectsOfWindows() []Defect {
	return []Defect{
		{Name: "recovery-prompt-skipped", Text: "recovers a failed upgrade without asking the person", plant: func(u *Upgrader) {
			u.editStep(connectProcedure, StepFindFailedUpgrade, func(s *step) { s.reply = onDownload(ion.OpIdentify, recoverUnasked) })
		}},
		{Name: "communication-lost-skipped", Text: "does not say that communication is lost", plant: func(u *Upgrader) {
			u.dropStep(failedProcedure, StepSayCommunicationLost)
		}},
	}
}

func recoverUnasked(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	n := detect(u, now, r)
	if n.kind == jump {
		return chooseRecovery(u, now, Answer{Choice: OK})
	}
	return n
}

func defectsOfLog() []Defect {
	return []Defect{
		{Name: "percent-wrong", Text: "reports the part of the image that was sent, resends too, and not the part that was answered", plant: func(u *Upgrader) {
			u.rules.tenths = func(t *transfer) int { return min(10, upgradelog.Reported(t.transmitted, t.blocks)/10) }
		}},
		{Name: "efficiency-wrong", Text: "leaves resends out of the efficiency", plant: func(u *Upgrader) {
			u.rules.efficiency = func(*transfer) int { return 1000 }
		}},
		{Name: "log-lost-on-kill", Text: "keeps the lines of its log in memory until it ends", LogHeldBack: true},
	}
}
