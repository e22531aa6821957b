package meter

import (
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"time"

	"ionbench/simulator/ion"
)

// bugs are the bugs that Config.Planted can name, in the order of an upgrade. Each edits the
// rules of one meter.
func bugs() map[string]func(*rules) {
	return map[string]func(*rules){
		"half-address-heard": func(r *rules) {
			r.others = func(m *Meter, unit uint16) bool { return byte(unit) == byte(m.cfg.UnitID) }
		},
		"duplicate-clear-erases": func(r *rules) {
			r.clearedFor = func(*Meter, uint16) bool { return false }
		},
		"erase-never-ends": func(r *rules) {
			r.erased = func(*Meter, time.Duration, job) {}
		},
		"torn-erase-taken": func(r *rules) {
			r.noImage = takeBlankRecordForCleared
		},
		"blocks-without-clear": func(r *rules) {
			r.cleared = clearedBySaying
		},
		"resend-programs-twice": func(r *rules) {
			r.programmed = func(*Meter, uint32) bool { return false }
		},
		"verify-without-looking": func(r *rules) {
			r.sum = func(_ *Meter, _, wanted uint32) uint32 { return wanted }
		},
		"mark-before-verify": func(r *rules) {
			r.marks = func(uint32, uint32) bool { return true }
		},
		"image-not-checked": func(r *rules) {
			r.image = func(m *Meter) (imageRecord, bool) { return m.findRecord(m.chip) }
		},
		"runs-without-image": func(r *rules) {
			r.noImage = (*Meter).startOldApplication
		},
		"torn-record-kills-loader": func(r *rules) {
			r.noImage = bootLoopOnTornRecord
		},
		"settings-kept": func(r *rules) {
			r.initialize = (*Meter).logInitialize
		},
		"upgrade-not-logged": func(r *rules) {
			r.initialize = initializeUnlogged
		},
		"writes-not-kept": func(r *rules) {
			r.keep = func(*Meter, time.Duration, int, ion.Value) {}
		},
	}
}

// plant puts a bug into the rules of one meter.
func (r *rules) plant(name string) error {
	all := bugs()
	if all[name] == nil {
		return fmt.Errorf("no bug %q can be planted: there are %s", name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	all[name](r)
	return nil
}

// takeBlankRecordForCleared takes a blank record as proof that the whole flash was cleared. That
// is wrong: a clear erases the record's sector first.
func takeBlankRecordForCleared(m *Meter, now time.Duration) {
	m.setState(now, Download)
	if m.recordBlank() {
		m.loader.cleared, m.loader.next = true, 1
	}
}

func clearedBySaying(m *Meter, sequence uint32) bool {
	if !m.loader.cleared {
		m.loader.cleared, m.loader.next = true, sequence
	}
	return true
}

func (m *Meter) startOldApplication(now time.Duration) {
	m.revision, m.imageCRC = m.cfg.Firmware.Revision, crc32.ChecksumIEEE(m.cfg.Firmware.Image)
	m.startApplication(now)
}

func bootLoopOnTornRecord(m *Meter, now time.Duration) {
	if _, whole := m.findRecord(m.chip); !whole && !m.recordBlank() {
		m.startBoot(now)
		return
	}
	m.setState(now, Download)
}

func (m *Meter) recordBlank() bool {
	var b [recordBytes]byte
	m.chip.Read(m.cfg.recordBase(), b[:])
	for _, cell := range b {
		if cell != 0xFF {
			return false
		}
	}
	return true
}

// logInitialize logs the loss of the settings but keeps them.
func (m *Meter) logInitialize(now time.Duration) {
	kept := m.memory
	m.initializeSettings(now)
	kept.events, kept.dropped = m.memory.events, m.memory.dropped
	m.memory = kept
}

func initializeUnlogged(m *Meter, now time.Duration) {
	events := m.memory.events
	m.initializeSettings(now)
	m.memory.events = events
}
