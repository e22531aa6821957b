package meter

import (
	"time"

	"ionbench/simulator/ion"
)

// rules are the decisions of loader and memory in whose place a planted bug can stand.
type rules struct {
	image      func(m *Meter) (imageRecord, bool)                        // what a start finds in the flash
	noImage    func(m *Meter, now time.Duration)                         // a start that found none
	initialize func(m *Meter, now time.Duration)                         // the settings, at the first boot of an image
	clearedFor func(m *Meter, id uint16) bool                            // the clear with this message id is no new order
	erased     func(m *Meter, at time.Duration, j job)                   // the last sector is
	cleared    func(m *Meter, sequence uint32) bool                      // the flash may take this block
	programmed func(m *Meter, sequence uint32) bool                      // the block is in the flash already
	sum        func(m *Meter, bytes, wanted uint32) uint32               // CRC-32 of what the flash holds
	marks      func(sum, wanted uint32) bool                             // the record of a valid image is written
	keep       func(m *Meter, now time.Duration, index int, v ion.Value) // a setting that was written
}

func healthyRules() *rules {
	return &rules{
		image:      func(m *Meter) (imageRecord, bool) { return m.findImage(m.chip) },
		noImage:    func(m *Meter, now time.Duration) { m.setState(now, Download) },
		initialize: (*Meter).initializeSettings,
		clearedFor: (*Meter).clearedFor,
		erased:     (*Meter).finishErase,
		cleared:    (*Meter).cleared,
		programmed: (*Meter).programmed,
		sum:        func(m *Meter, bytes, _ uint32) uint32 { return m.chip.CRC32(m.cfg.imageBase(), bytes) },
		marks:      func(sum, wanted uint32) bool { return sum == wanted },
		keep:       (*Meter).keepSetting,
	}
}
