package client

import "ionbench/client/upgradelog"

// rules are the decisions that an upgrader takes outside of its lists of steps. They are
// data, as the steps are, so that a planted bug can stand in the place of each.
type rules struct {
	listens    func(u *Upgrader) bool                          // frames are taken now
	mine       func(u *Upgrader, id uint16) bool               // a message with this id answers the request that is under way
	resends    func(u *Upgrader, r retry) int                  // how often a request is sent again
	missing    func(u *Upgrader) int                           // answers that are missing in a row, the one that is overdue included
	sequence   func(u *Upgrader) uint32                        // of the block that is sent next
	block      func(u *Upgrader) (address uint32, data []byte) // that is sent next
	tenths     func(t *transfer) int                           // of the image that the log may report
	efficiency func(t *transfer) int                           // in tenths of a percent
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
	}
}
