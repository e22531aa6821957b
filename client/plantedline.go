package client

import (
	"math"
	"time"

	"ionbench/simulator/ion"
)

// bugsOnLine are the bugs in what is taken for an answer, and in how often and how long the tool
// asks.
func bugsOnLine() map[string]bug {
	return map[string]bug{
		"late-reply-taken": func(u *Upgrader) {
			u.rules.mine = func(*Upgrader, uint16) bool { return true }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		},
		"duplicate-reply-advances": func(u *Upgrader) {
			u.rules.listens = func(u *Upgrader) bool { return u.phase == exchanging || u.phase == listening || u.phase == pausing }
			u.editStep(upgradeProcedure, StepDownload, func(s *step) { s.reply = onDownload(ion.OpBlock, anyBlockAnswered) })
		},
		"time-for-every-frame": func(u *Upgrader) {
			u.rules.grants = func(*Upgrader) bool { return true }
		},
		"time-for-strangers": func(u *Upgrader) {
			u.rules.stranger = grantStranger
		},
		"patient-with-talkers": func(u *Upgrader) {
			u.rules.listens = waitingForWhoeverTalks
		},
		"deaf-to-twins": func(u *Upgrader) {
			u.cfg.Listens = false
		},
		"listens-only-once": func(u *Upgrader) {
			for _, s := range []Step{StepIdentifyBeforeClearing, StepListenBeforeClearing, StepIdentifyBeforeWriting, StepListenBeforeWriting} {
				u.dropStep(upgradeProcedure, s)
			}
		},
		"resend-is-new": func(u *Upgrader) {
			u.rules.again = askAnew
		},
		"one-message-id": func(u *Upgrader) {
			u.rules.nextID = func(id uint16) uint16 { return max(1, id) }
		},

		"no-resend": func(u *Upgrader) {
			u.rules.resends = resendsOf(func(r retry, n int) int {
				if r == perBlock {
					return 0
				}
				return n
			})
		},
		"nine-resends": func(u *Upgrader) {
			u.rules.resends = resendsOf(func(_ retry, n int) int { return min(n, 9) })
		},
		"eleven-resends": func(u *Upgrader) {
			u.rules.resends = resendsOf(func(r retry, n int) int {
				if r == polling || r == probing {
					return n
				}
				return n + 1
			})
		},
		"retry-without-bound": func(u *Upgrader) {
			u.rules.resends = func(*Upgrader, retry) int { return math.MaxInt }
		},
		"restart-awaited-for-ever": func(u *Upgrader) {
			u.rules.resends = resendsOf(func(r retry, n int) int {
				if r == polling {
					return math.MaxInt
				}
				return n
			})
		},
		"retry-counter-not-reset": func(u *Upgrader) {
			u.rules.missing = func(u *Upgrader) int {
				if u.step().retry == perBlock {
					return u.transfer.transmitted - u.transfer.confirmed
				}
				return u.exchange.missing + 1
			}
		},
		"reconnects-for-ever": func(u *Upgrader) {
			u.rules.missing = func(u *Upgrader) int {
				if u.broke != nil {
					return u.exchange.missing
				}
				return u.exchange.missing + 1
			}
		},
		"ends-without-a-port": func(u *Upgrader) {
			u.rules.resends = func(u *Upgrader, r retry) int {
				if u.broke != nil && u.exchange.missing > 1 {
					return 0
				}
				return u.resends(r)
			}
		},
		"next-block-after-reopening": func(u *Upgrader) {
			u.rules.again = askForTheNextBlock
		},
		"trusts-a-new-connection": func(u *Upgrader) {
			u.rules.meetsFirst = func(*Upgrader) bool { return false }
		},
		"first-block-after-reopening": func(u *Upgrader) {
			u.rules.again = askForTheFirstBlock
		},
		"waits-half-as-long": func(u *Upgrader) {
			u.rules.response = func(u *Upgrader) time.Duration { return u.responseTime() / 2 }
		},
		"waits-twice-as-long": func(u *Upgrader) {
			u.rules.response = func(u *Upgrader) time.Duration { return u.responseTime() * 2 }
		},
	}
}

// resendsOf changes the number of resends.
func resendsOf(change func(r retry, n int) int) func(*Upgrader, retry) int {
	return func(u *Upgrader, r retry) int { return change(r, u.resends(r)) }
}

// anyBlockAnswered takes an answer to any block as the answer to the present block.
func anyBlockAnswered(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	own := *r
	own.Sequence = u.rules.sequence(u)
	return blockAnswered(u, now, &own)
}

// waitingForWhoeverTalks gives an answer more time with every frame, whoever sent it.
func waitingForWhoeverTalks(u *Upgrader) bool {
	x := &u.exchange
	if u.phase == exchanging && !x.sending {
		x.due += u.cfg.Timing.Response
		x.wake = x.due
	}
	return u.phase == exchanging || u.phase == listening
}

// grantStranger waits anew after a frame of another unit, as if an answer was coming.
func grantStranger(u *Upgrader, now time.Duration, f ion.Frame) {
	u.takeStranger(now, f)
	if x := &u.exchange; u.phase == exchanging && !x.sending && len(x.ack) == 0 {
		x.due = now + u.responseTime()
		x.wake = x.due
	}
}

// askForTheNextBlock takes a block as sent over whose answer the connection broke.
func askForTheNextBlock(u *Upgrader) {
	t := &u.transfer
	if u.broke == nil || u.step().retry != perBlock || t.answered+1 >= t.blocks {
		healthyRules().again(u)
		return
	}
	t.answered++
	t.confirmed++
	askAnew(u)
}

// askForTheFirstBlock begins the download again when the connection broke.
func askForTheFirstBlock(u *Upgrader) {
	if u.broke == nil || u.step().retry != perBlock {
		healthyRules().again(u)
		return
	}
	u.transfer.answered, u.transfer.confirmed = 0, 0
	askAnew(u)
}

// askAnew sends the request as another message.
func askAnew(u *Upgrader) {
	x := &u.exchange
	x.id = nextID(x.id)
	x.out.Message = x.out.Message[:0]
	u.step().request(u)
	x.out.Begin(ion.HostAddress, u.cfg.UnitID, false)
}
