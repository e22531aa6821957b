package client

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// bugs are the bugs that Config.Planted can name, in the order of an upgrade. Each edits the
// steps or the rules of one upgrader.
func bugs() map[string]func(*Upgrader) {
	return map[string]func(*Upgrader){
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

		"journal-after-erase": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepDownload, StepWriteJournal)
		},
		"journal-deleted-early": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedAndTidied) })
		},
		"restores-before-restart": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepRestart, StepChooseRestore, StepRestoreSettings, StepCheckSettings)
			u.rules.due = allHeld
		},
		"paste-options-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) { s.answered = pasteNothing })
		},
		"settings-not-read-back": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepCheckSettings)
		},
		"paste-options-in-recovery": func(u *Upgrader) {
			u.editStep(templateProcedure, StepPasteOptions, func(s *step) { s.answered = pasteAlways })
		},

		"late-reply-taken": func(u *Upgrader) {
			u.rules.mine = func(*Upgrader, uint16) bool { return true }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		},
		"duplicate-reply-advances": func(u *Upgrader) {
			u.rules.listens = func(u *Upgrader) bool { return u.phase == exchanging || u.phase == pausing }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		},
		"sequence-wraps": func(u *Upgrader) {
			u.rules.sequence = func(u *Upgrader) uint32 { return uint32(uint8(u.transfer.answered + 1)) }
		},
		"no-resend": func(u *Upgrader) {
			u.rules.resends = func(u *Upgrader, r retry) int {
				if r == perBlock {
					return 0
				}
				return u.resends(r)
			}
		},
		"retry-without-bound": func(u *Upgrader) {
			u.rules.resends = func(*Upgrader, retry) int { return math.MaxInt }
		},
		"patient-with-talkers": func(u *Upgrader) {
			u.rules.listens = waitingForWhoeverTalks
		},
		"retry-counter-not-reset": func(u *Upgrader) {
			u.rules.missing = func(u *Upgrader) int {
				if u.step().retry == perBlock {
					return u.transfer.transmitted - u.transfer.confirmed
				}
				return u.exchange.missing + 1
			}
		},
		"resumes-at-wrong-offset": func(u *Upgrader) {
			u.rules.block = blockBehindWhatWasSent
		},
		"last-block-short": func(u *Upgrader) {
			u.rules.block = blockWithoutLastByte
		},

		"success-before-verify": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepVerify, StepEndLog)
		},
		"verify-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedAnyhow) })
		},
		"success-without-restart": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepIdentifyAgain, func(s *step) { s.silent = askTheMeter })
			u.dropStep(upgradeProcedure, StepCheckImage)
		},

		"recovery-prompt-skipped": func(u *Upgrader) {
			u.editStep(connectProcedure, StepFindFailedUpgrade, func(s *step) { s.reply = onDownload(ion.OpIdentify, recoverUnasked) })
		},
		"communication-lost-skipped": func(u *Upgrader) {
			u.dropStep(failedProcedure, StepSayCommunicationLost)
		},

		"percent-wrong": func(u *Upgrader) {
			u.rules.tenths = func(t *transfer) int { return min(10, upgradelog.Reported(t.transmitted, t.blocks)/10) }
		},
		"efficiency-wrong": func(u *Upgrader) {
			u.rules.efficiency = func(*transfer) int { return 1000 }
		},
	}
}

// plant puts a bug into this upgrader. It gives the upgrader its own lists of steps first, so
// that no other upgrader gets the bug.
func (u *Upgrader) plant(name string) error {
	all := bugs()
	if all[name] == nil {
		return fmt.Errorf("no bug %q can be planted: there are %s", name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	u.lists = procedures()
	all[name](u)
	return nil
}

func (u *Upgrader) editStep(p procedure, s Step, edit func(*step)) {
	edit(&u.lists[p][placeOf(u.lists[p], s)])
}

func (u *Upgrader) dropStep(p procedure, s Step) {
	at := placeOf(u.lists[p], s)
	u.lists[p] = slices.Delete(u.lists[p], at, at+1)
}

// moveSteps moves steps, in the given order, to the place before another step.
func (u *Upgrader) moveSteps(p procedure, before Step, moved ...Step) {
	for _, m := range moved {
		s := u.lists[p][placeOf(u.lists[p], m)]
		u.dropStep(p, m)
		u.lists[p] = slices.Insert(u.lists[p], placeOf(u.lists[p], before), s)
	}
}

// waitingForWhoeverTalks gives an answer more time with every frame, whoever sent it.
func waitingForWhoeverTalks(u *Upgrader) bool {
	x := &u.exchange
	if u.phase == exchanging && !x.sending {
		x.due += u.cfg.Timing.Response
		x.wake = x.due
	}
	return u.phase == exchanging
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

func verifiedAndTidied(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusOK && u.onDisk {
		u.emit(Event{Kind: EventRemoveJournal, Journal: u.kept, Meter: u.device.meter()})
		u.onDisk = false
	}
	return verified(u, now, r)
}

// allHeld writes back whatever is kept, also over what somebody has written.
func allHeld(j *journal.Journal, _ ion.Marks) (certain, older ion.SettingSet) { return j.Held, 0 }

func pasteNothing(u *Upgrader, now time.Duration, a Answer) next {
	a.Groups = 0
	return choosePaste(u, now, a)
}

func pasteAlways(u *Upgrader, _ time.Duration, a Answer) next {
	u.paste = a.Groups
	return toNext()
}

// anyBlockAnswered takes an answer to any block as the answer to the present block.
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

func verifiedAnyhow(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	good := *r
	good.Status = ion.StatusOK
	return verified(u, now, &good)
}

func recoverUnasked(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	n := detect(u, now, r)
	if n.kind == jump {
		return chooseRecovery(u, now, Answer{Choice: OK})
	}
	return n
}
