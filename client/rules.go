package client

import (
	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// rules are the decisions of an upgrader that are not in its lists of steps. They are data, as
// the steps are, so that a planted bug can replace each of them.
type rules struct {
	listens    func(u *Upgrader) bool                          // whether frames are taken now
	mine       func(u *Upgrader, id uint16) bool               // whether a message with this id answers the present request
	resends    func(u *Upgrader, r retry) int                  // how often a request is sent again
	missing    func(u *Upgrader) int                           // answers missing in a row, with the one that is overdue now
	sequence   func(u *Upgrader) uint32                        // number of the next block
	block      func(u *Upgrader) (address uint32, data []byte) // the next block
	tenths     func(t *transfer) int                           // how many tenths of the image the log may report
	efficiency func(t *transfer) int                           // in tenths of a percent

	runs     func(u *Upgrader) bool // whether the meter runs exactly the image already
	keep     func(found *journal.Journal, r *journal.Reading, head journal.Header) *journal.Journal
	due      func(j *journal.Journal, m ion.Marks) (certain, older ion.SettingSet)
	declined func(u *Upgrader) ion.SettingSet // what is not written back although it is due
	rest     func(j *journal.Journal, back ion.SettingSet, before, after ion.Marks) *journal.Journal
}

func healthyRules() *rules {
	return &rules{
		listens:    func(u *Upgrader) bool { return u.phase == exchanging },
		mine:       func(u *Upgrader, id uint16) bool { return id == u.exchange.id },
		resends:    (*Upgrader).resends,
		missing:    func(u *Upgrader) int { return u.exchange.missing + 1 },
		sequence:   func(u *Upgrader) uint32 { return uint32(u.transfer.answered) + 1 },
		block:      (*Upgrader).block,
		tenths:     func(t *transfer) int { return upgradelog.Reported(t.answered, t.blocks) / 10 },
		efficiency: func(t *transfer) int { return upgradelog.EfficiencyOf(t.confirmed, t.transmitted) },

		runs:     (*Upgrader).runsImage,
		keep:     journal.Keep,
		due:      (*journal.Journal).Due,
		declined: func(u *Upgrader) ion.SettingSet { return u.declined },
		rest:     (*journal.Journal).Rest,
	}
}
