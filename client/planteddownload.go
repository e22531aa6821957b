package client

import (
	"bytes"
	"math"
	"time"

	"ionbench/simulator/ion"
)

// bugsInDownload are the bugs in how the flash is cleared, filled, verified and started.
func bugsInDownload() map[string]bug {
	return map[string]bug{
		"clears-twice": func(u *Upgrader) {
			for _, clearing := range []Step{StepClearFlash, StepAwaitFlash} {
				u.editStep(upgradeProcedure, clearing, func(s *step) { s.reply = onDownload(ion.OpClear, clearedOnce) })
			}
		},
		"busy-clear-taken": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepClearFlash, func(s *step) { s.reply = onDownload(ion.OpClear, clearedIf(ion.StatusBusy)) })
		},
		"erase-failure-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepAwaitFlash, func(s *step) { s.reply = onDownload(ion.OpClear, clearedIf(ion.StatusEraseFailed)) })
		},
		"clear-awaited-for-ever": func(u *Upgrader) {
			u.rules.limits.clearPolls = math.MaxInt
		},
		"clears-for-ever": func(u *Upgrader) {
			u.rules.limits.passes = math.MaxInt
		},

		"sequence-wraps": func(u *Upgrader) {
			u.rules.sequence = func(u *Upgrader) uint32 { return uint32(uint8(u.transfer.answered + 1)) }
		},
		"address-wraps": func(u *Upgrader) {
			u.rules.block = blockInFirst64KiB
		},
		"resumes-at-wrong-offset": func(u *Upgrader) {
			u.rules.block = blockBehindWhatWasSent
		},
		"last-block-short": func(u *Upgrader) {
			u.rules.block = blockWithoutLastByte
		},
		"image-padded": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseFirmware, func(s *step) { s.answered = takePadded })
		},
		"refused-block-taken": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyhow(blockAnswered)) })
		},
		"goes-on-after-power-loss": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, blockAgain) })
		},
		"gives-up-when-busy": func(u *Upgrader) {
			u.rules.limits.refusals = 0
		},
		"refused-for-ever": func(u *Upgrader) {
			u.rules.limits.refusals = math.MaxInt
		},

		"verify-left-out": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepVerify)
		},
		"verify-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, anyhow(verified)) })
		},
		"verifies-for-ever": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedSometime) })
		},
		"restart-left-out": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepRestart)
		},
		"success-before-verify": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepVerify, StepEndLog)
		},
		"success-without-restart": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepIdentifyAgain, func(s *step) { s.silent = askTheMeter })
			u.dropStep(upgradeProcedure, StepCheckImage)
		},
	}
}

// clearedOnce clears once more.
func clearedOnce(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusOK && u.transfer.passes == 1 {
		return toStep(StepClearFlash)
	}
	return cleared(u, now, r)
}

// clearedIf takes a status for a flash that is cleared.
func clearedIf(taken ion.Status) func(*Upgrader, time.Duration, *ion.DownloadReply) next {
	return func(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
		own := *r
		if own.Status == taken {
			own.Status = ion.StatusOK
		}
		return cleared(u, now, &own)
	}
}

// blockInFirst64KiB counts the address of a block in 16 bits.
func blockInFirst64KiB(u *Upgrader) (address uint32, data []byte) {
	address, data = u.block()
	return u.firmware.LoadAddress + uint32(uint16(address-u.firmware.LoadAddress)), data
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

// takePadded fills the last block of the image up.
func takePadded(u *Upgrader, now time.Duration, a Answer) next {
	if a.Firmware != nil {
		padded := *a.Firmware
		missing := ion.Blocks(len(padded.Image))*ion.BlockBytes - len(padded.Image)
		padded.Image = append(bytes.Clone(padded.Image), bytes.Repeat([]byte{0xFF}, missing)...)
		a.Firmware = &padded
	}
	return takeFirmware(u, now, a)
}

// anyhow takes every answer for a good one.
func anyhow(judge func(*Upgrader, time.Duration, *ion.DownloadReply) next) func(*Upgrader, time.Duration, *ion.DownloadReply) next {
	return func(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
		good := *r
		good.Status, good.CRC = ion.StatusOK, u.imageCRC()
		return judge(u, now, &good)
	}
}

// blockAgain sends a block again that no flash is cleared for.
func blockAgain(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusNotCleared || r.Status == ion.StatusRefused {
		return onceMore(u.cfg.Timing.Poll)
	}
	return blockAnswered(u, now, r)
}

// verifiedSometime has the image verified until it is good.
func verifiedSometime(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusVerifyFailed {
		return onceMore(u.cfg.Timing.Poll)
	}
	return verified(u, now, r)
}
