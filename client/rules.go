package client

import (
	"time"

	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// rules are the decisions of an upgrader that are not in its lists of steps. They are data, as
// the steps are, so that a planted bug can replace each of them.
type rules struct {
	listens    func(u *Upgrader) bool                            // whether frames are taken now
	grants     func(u *Upgrader) bool                            // whether a further frame of an answer gives it time
	stranger   func(u *Upgrader, now time.Duration, f ion.Frame) // takes a frame of another unit
	mine       func(u *Upgrader, id uint16) bool                 // whether a message with this id answers the present request
	nextID     func(id uint16) uint16                            // of the next request
	again      func(u *Upgrader)                                 // prepares the request to be sent again
	meetsFirst func(u *Upgrader) bool                            // whether the meter is asked who it is before the request
	response   func(u *Upgrader) time.Duration                   // how long an answer is waited for
	aborts     func(u *Upgrader) bool                            // whether the task ends when the person aborts it
	givesBack  func(u *Upgrader) bool                            // whether the meter is put back into its application before that
	limits     limits
	resends    func(u *Upgrader, r retry) int                  // how often a request is sent again
	missing    func(u *Upgrader) int                           // answers missing in a row, with the one that is overdue now
	sequence   func(u *Upgrader) uint32                        // number of the next block
	block      func(u *Upgrader) (address uint32, data []byte) // the next block
	logMissing func(u *Upgrader, r retry)                      // logs a missing answer after which the request is sent again
	tenths     func(t *transfer) int                           // how many tenths of the image the log may report
	efficiency func(t *transfer) int                           // in tenths of a percent
	clock      func(u *Upgrader, now time.Duration) time.Time  // that the log shows

	runs     func(u *Upgrader) bool // whether the meter runs exactly the image already
	keep     func(found *journal.Journal, r *journal.Reading, head journal.Header) *journal.Journal
	due      func(j *journal.Journal, m ion.Marks) (certain, older ion.SettingSet)
	declined func(u *Upgrader) ion.SettingSet // what is not written back although it is due
	rest     func(j *journal.Journal, back ion.SettingSet, before, after ion.Marks) *journal.Journal
	write    func(u *Upgrader, i int) write // how a setting is written back
	restored func(u *Upgrader) ion.Groups   // that the log names

	end func(s *Session, err error) *End // of a session whose task has ended with err
}

// limits bound what an upgrade puts up with.
type limits struct {
	passes     int // how often one run clears the flash; a meter that lost its power needs another pass
	clearPolls int // questions whether the flash is cleared, one a second: ten minutes
	refusals   int // how often in a row the loader may refuse the same block
}

func healthyRules() *rules {
	return &rules{
		listens:    func(u *Upgrader) bool { return u.phase == exchanging || u.phase == listening },
		grants:     func(u *Upgrader) bool { return u.exchange.pieces > u.exchange.most },
		stranger:   (*Upgrader).takeStranger,
		mine:       func(u *Upgrader, id uint16) bool { return id == u.exchange.id },
		nextID:     nextID,
		again:      func(u *Upgrader) { u.exchange.out.Restart() },
		meetsFirst: (*Upgrader).meetsFirst,
		response:   (*Upgrader).responseTime,
		aborts:     func(*Upgrader) bool { return true },
		givesBack:  (*Upgrader).holds,
		limits:     limits{passes: 3, clearPolls: 600, refusals: 120},
		resends:    (*Upgrader).resends,
		missing:    func(u *Upgrader) int { return u.exchange.missing + 1 },
		sequence:   func(u *Upgrader) uint32 { return uint32(u.transfer.answered) + 1 },
		block:      (*Upgrader).block,
		logMissing: (*Upgrader).logMissing,
		tenths:     func(t *transfer) int { return upgradelog.Reported(t.answered, t.blocks) / 10 },
		efficiency: func(t *transfer) int { return upgradelog.EfficiencyOf(t.confirmed, t.transmitted) },
		clock:      (*Upgrader).clock,

		runs:     (*Upgrader).runsImage,
		keep:     journal.Keep,
		due:      (*journal.Journal).Due,
		declined: func(u *Upgrader) ion.SettingSet { return u.declined },
		rest:     (*journal.Journal).Rest,
		write:    (*Upgrader).writeBack,
		restored: func(u *Upgrader) ion.Groups { return u.back().Groups() },

		end: (*Session).ending,
	}
}
