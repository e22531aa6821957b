package client

import (
	"errors"
	"time"

	"ionbench/simulator/ion"
)

// bugsWithPerson are the bugs in what the person is asked and told.
func bugsWithPerson() map[string]bug {
	return map[string]bug{
		"recovery-prompt-skipped": func(u *Upgrader) {
			u.editStep(connectProcedure, StepFindFailedUpgrade, func(s *step) { s.reply = onDownload(ion.OpIdentify, recoverUnasked) })
		},
		"recovers-after-no": func(u *Upgrader) {
			u.editStep(connectProcedure, StepOfferRecovery, func(s *step) { s.answered = always(chooseRecovery) })
		},
		"communication-lost-skipped": func(u *Upgrader) {
			u.dropStep(failedProcedure, StepSayCommunicationLost)
		},
		"goes-on-after-abort": func(u *Upgrader) {
			u.rules.aborts = func(*Upgrader) bool { return false }
		},
		"left-in-loader": func(u *Upgrader) {
			u.rules.givesBack = func(*Upgrader) bool { return false }
		},
		"success-after-abort": func(u *Upgrader) {
			u.rules.end = func(s *Session, err error) *End {
				end := s.ending(err)
				if errors.Is(err, ErrAborted) {
					end.Status = StatusDone
				}
				return end
			}
		},
		"log-failure-hidden": func(u *Upgrader) {
			u.rules.end = func(s *Session, err error) *End {
				end := s.ending(err)
				end.Log = nil
				return end
			}
		},
	}
}

func recoverUnasked(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	n := detect(u, now, r)
	if n.kind == jump {
		return chooseRecovery(u, now, Answer{Choice: OK})
	}
	return n
}

// always takes every answer for OK.
func always(answered func(*Upgrader, time.Duration, Answer) next) func(*Upgrader, time.Duration, Answer) next {
	return func(u *Upgrader, now time.Duration, a Answer) next {
		a.Choice = OK
		return answered(u, now, a)
	}
}
