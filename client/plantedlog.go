package client

import (
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// bugsInLog are the bugs in what the log says.
func bugsInLog() map[string]bug {
	return map[string]bug{
		"percent-wrong": func(u *Upgrader) {
			u.rules.tenths = func(t *transfer) int { return min(10, upgradelog.Reported(t.transmitted, t.blocks)/10) }
		},
		"percent-from-zero": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepBeginDownload, func(s *step) { s.act = beginAtZero })
		},
		"efficiency-wrong": func(u *Upgrader) {
			u.rules.efficiency = func(*transfer) int { return 1000 }
		},
		"efficiency-of-one-pass": func(u *Upgrader) {
			u.rules.efficiency = func(t *transfer) int { return upgradelog.EfficiencyOf(t.answered, t.transmitted) }
		},
		"resends-not-logged": func(u *Upgrader) {
			u.rules.logMissing = func(*Upgrader, retry) {}
		},
		"clock-of-another-zone": func(u *Upgrader) {
			u.rules.clock = func(u *Upgrader, now time.Duration) time.Time { return u.clock(now).Add(time.Hour) }
		},
		"wish-logged-as-device": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepLogDevice, func(s *step) { s.act = logWish })
		},
		"names-all-as-restored": func(u *Upgrader) {
			u.rules.restored = func(*Upgrader) ion.Groups { return ion.AllGroups }
		},
		"completed-before-settings": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepOfferOlder, StepEndLog)
			u.editStep(upgradeProcedure, StepEndLog, func(s *step) { s.act = completeLog })
			u.lists[upgradeProcedure] = append(u.lists[upgradeProcedure], step{act: func(u *Upgrader, _ time.Duration) next {
				return toProcedure(upgradedProcedure)
			}})
		},
		"failure-not-logged": func(u *Upgrader) {
			u.dropStep(failedProcedure, NoStep)
		},
	}
}

func beginAtZero(u *Upgrader, now time.Duration) next {
	n := beginDownload(u, now)
	u.log(upgradelog.Line{Kind: upgradelog.Completed})
	u.log(upgradelog.Line{Kind: upgradelog.Efficiency, Number: u.rules.efficiency(&u.transfer)})
	return n
}

// logWish logs the serial number that was asked for instead of the one that was found.
func logWish(u *Upgrader, now time.Duration) next {
	found := u.device.SerialNumber
	u.device.SerialNumber = u.cfg.SerialNumber
	n := logDevice(u, now)
	u.device.SerialNumber = found
	return n
}

// completeLog says that the upgrade is complete and goes on.
func completeLog(u *Upgrader, now time.Duration) next {
	u.log(upgradelog.Line{Kind: upgradelog.UpgradeCompleted, Time: u.clock(now)})
	return toNext()
}
