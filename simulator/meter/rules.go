package meter

import (
	"time"

	"ionbench/simulator/ion"
)

// rules are the decisions of loader and memory that a planted bug can replace.
type rules struct {
	others     func(m *Meter, unit uint16) bool                          // whether to take a frame for another unit
	image      func(m *Meter) (imageRecord, bool)                        // finds the valid image at a start
	noImage    func(m *Meter, now time.Duration)                         // goes on with a start without a valid image
	initialize func(m *Meter, now time.Duration)                         // resets the settings at the first boot of an image
	clearedFor func(m *Meter, id uint16) bool                            // whether the clear with this message id was obeyed before
	erased     func(m *Meter, at time.Duration, j job)                   // ends an erase after its last sector
	cleared    func(m *Meter, sequence uint32) bool                      // whether the flash may take this block
	programmed func(m *Meter, sequence uint32) bool                      // whether the block is already in the flash
	sum        func(m *Meter, bytes, wanted uint32) uint32               // CRC-32 of the flash's contents
	marks      func(sum, wanted uint32) bool                             // whether to write the record of a valid image
	keep       func(m *Meter, now time.Duration, index int, v ion.Value) // keeps a setting that was written
}

func healthyRules() *rules {
	return &rules{
		others:     func(*Meter, uint16) bool { return false },
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
