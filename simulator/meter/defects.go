package meter

import (
	"time"

	"ionbench/simulator/ion"
)

// Defect is a bug that is planted into a meter on purpose, so that a suite can prove that
// it would notice it. Config.Defect takes one; package scenarios/mutants alone gives one.
type Defect struct {
	Name string // in kebab-case
	Text string // what such a meter does, in a sentence

	plant func(*rules)
}

// Defects are all bugs that can be planted, in the order of an upgrade.
func Defects() []Defect {
	return []Defect{
		{"duplicate-clear-erases", "erases again when the same clear comes again", func(r *rules) {
			r.clearedFor = func(*Meter, uint16) bool { return false }
		}},
		{"erase-never-ends", "answers busy for ever once it has begun to erase", func(r *rules) {
			r.erased = func(*Meter, time.Duration, job) {}
		}},
		{"torn-erase-taken", "takes an erase that a power loss broke off for one that is done", func(r *rules) {
			r.noImage = takeBlankRecordForCleared
		}},
		{"blocks-without-clear", "takes blocks although the flash was not cleared", func(r *rules) {
			r.cleared = clearedBySaying
		}},
		{"resend-programs-twice", "programs a block again when it comes again", func(r *rules) {
			r.programmed = func(*Meter, uint32) bool { return false }
		}},
		{"verify-without-looking", "answers that the image is good without looking at it", func(r *rules) {
			r.sum = func(_ *Meter, _, wanted uint32) uint32 { return wanted }
		}},
		{"mark-before-verify", "marks what the flash holds as valid before it is compared with what was sent", func(r *rules) {
			r.marks = func(uint32, uint32) bool { return true }
		}},
		{"image-not-checked", "runs an image whose record is whole without taking its CRC", func(r *rules) {
			r.image = func(m *Meter) (imageRecord, bool) { return m.findRecord(m.chip) }
		}},
		{"runs-without-image", "starts the application although the flash holds no valid image", func(r *rules) {
			r.noImage = (*Meter).startOldApplication
		}},
		{"torn-record-kills-loader", "restarts over and over when its record of the image was torn", func(r *rules) {
			r.noImage = bootLoopOnTornRecord
		}},
		{"settings-kept", "keeps the settings at the first boot of an image, which loses them", func(r *rules) {
			r.initialize = (*Meter).logInitialize
		}},
		{"upgrade-not-logged", "makes no entry of the upgrade in its event log", func(r *rules) {
			r.initialize = initializeUnlogged
		}},
		{"writes-not-kept", "agrees to a setting that is written and forgets it", func(r *rules) {
			r.keep = func(*Meter, time.Duration, int, ion.Value) {}
		}},
	}
}

// takeBlankRecordForCleared: the sector of the record is erased first.
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
	m.revision = m.cfg.Firmware.Revision
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

// logInitialize says that the settings are the factory's and leaves them.
func (m *Meter) logInitialize(now time.Duration) {
	settings, energy := m.memory.settings, m.memory.energy
	m.initializeSettings(now)
	m.memory.settings, m.memory.energy = settings, energy
}

func initializeUnlogged(m *Meter, now time.Duration) {
	events := m.memory.events
	m.initializeSettings(now)
	m.memory.events = events
}
