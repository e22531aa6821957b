package modbus

import (
	"encoding/binary"
	"math"
	"time"

	"ionbench/simulator/ion"
)

// Format is how a value stands in registers, with the numbers that the setup registers of a Modbus
// Slave module have for it (documented).
type Format uint8

// The formats that the default map uses.
const (
	U16    Format = 0 // one register
	S32    Format = 3 // two, the high word first
	S32M10 Format = 5 // two: high times 10,000 plus low, both with the sign of the value
	Text   Format = 7 // ours: two characters a register, NUL at the end, the rest 0
)

// String names the format as the family's manuals do.
func (f Format) String() string {
	switch f {
	case U16:
		return "U16"
	case S32:
		return "S32"
	case S32M10:
		return "S32-M10K"
	}
	return "text"
}

// Registers is how many registers a value takes.
func (f Format) Registers() int {
	switch f {
	case U16:
		return 1
	case Text:
		return textRegisters
	}
	return 2
}

// The registers of the revision: 41901 to 41912 (documented).
const (
	firstOfRevision = 41901
	textRegisters   = 12
)

// modulus is that of M10K.
const modulus = 10_000

// Source is how much is known of a block.
type Source string

// The sources.
const (
	Documented Source = "documented" // for the family, or for its OEM twin, the Siemens 9300
	Inferred   Source = "inferred"   // from the pattern of what is documented
)

// Block is a row of consecutive values of one format.
type Block struct {
	First   int // number of the first register, 40001 to 49999
	Format  Format
	Scale   float64 // what a value is multiplied by; 1 for none
	Source  Source
	Handles []ion.Handle // the ION registers behind it; 0 for none
	// Written says that the registers can be written, as settings.
	Written bool
}

// unmapped is what a register reads as behind which nothing is (documented for the 73xx).
const unmapped = 0xFFFF

// The External Pulse registers (documented): not zero triggers, zero does nothing.
const (
	firstPulse = 42001
	pulses     = 32
)

// Map is the register map of the family, in ascending order. What a meter has no ION register for
// reads as an unmapped register, and so does a register that has no value yet. The maxima of THD, which
// by the pattern are at 40107 to 40117, are such ones: the circuit has no harmonics.
//
// Documented: the Modbus Slave modules 1 to 4 of the Siemens 9300 (User's Guide, pages 55 to 58), and
// the revision (PML, Modbus protocol, page 14).
//
// Assumption: what the map calls thermal demand is that of the sliding window. The meter has no other.
func Map() []Block {
	return []Block{
		{First: 40011, Format: U16, Scale: 10, Source: Documented, Handles: []ion.Handle{
			ion.HandleVa, ion.HandleVb, ion.HandleVc, ion.HandleVlnAverage,
			ion.HandleVab, ion.HandleVbc, ion.HandleVca, ion.HandleVllAverage,
			ion.HandleIa, ion.HandleIb, ion.HandleIc, ion.HandleIAverage,
			ion.HandleVUnbalance, ion.HandleIUnbalance, ion.HandleFrequency, // 40026, I4, is that of other models
		}},
		{First: 40027, Format: S32, Scale: 10, Source: Documented, Handles: row(ion.HandleKWa, 16)},                                      // kW, kVAR, kVA and PF of a, b, c and all
		{First: 40059, Format: S32, Scale: 10, Source: Inferred, Handles: append(row(ion.HandleDemand, 3), row(ion.HandleMost+6, 3)...)}, // and their maxima
		{First: 40071, Format: S32, Scale: 10, Source: Documented, Handles: append(row(ion.HandleMost, 6), row(ion.HandleLeast, 3)...)},
		{First: 40089, Format: S32M10, Scale: 1, Source: Documented, Handles: []ion.Handle{
			ion.HandleIntegrated, ion.HandleIntegrated + 1, ion.HandleIntegrated + 5, ion.HandleIntegrated + 6, // kWh imp, exp, tot and net
		}},
		{First: 40097, Format: S32M10, Scale: 1, Source: Inferred, Handles: []ion.Handle{
			ion.HandleIntegrated + 2, ion.HandleIntegrated + 3, ion.HandleIntegrated + 7, ion.HandleIntegrated + 8, // kVARh imp, exp, tot and net
			ion.HandleIntegrated + 4, // kVAh
		}},
		{First: firstOfRevision, Format: Text, Scale: 1, Source: Documented, Handles: []ion.Handle{ion.HandleRevision}},
		enumerated(ion.HandleVoltsMode),
		enumerated(row(ion.HandleRecordMode, 6)...),
		enumerated(row(ion.HandleTimerSync, 4)...),
		enumerated(ion.HandleNominalFrequency),
		enumerated(ion.HandleTimeSyncType),
		bounded(ion.HandlePTPrimary, ion.HandlePTSecondary, ion.HandleCTPrimary, ion.HandleCTSecondary),
		bounded(row(ion.HandlePeriod, 4)...),
		bounded(ion.HandleEventLogDepth, ion.HandleAlarmPriority),
		bounded(ion.HandleVNominal, ion.HandleINominal, ion.HandleI4Nominal, ion.HandleI20Nominal),
		bounded(ion.HandleTZOffset, ion.HandleDSTStart, ion.HandleDSTEnd, ion.HandleDSTOffset),
		bounded(ion.HandleEventCutoff),
	}
}

// row is n handles one after another.
func row(first ion.Handle, n int) []ion.Handle {
	list := make([]ion.Handle, n)
	for i := range list {
		list[i] = first + ion.Handle(i)
	}
	return list
}

// enumerated is where enumerated setup registers are: one register each, in the order of their handles
// from 44001 on.
func enumerated(handles ...ion.Handle) Block {
	const first = 0x7800
	return Block{First: 44001 + int(handles[0]-first), Format: U16, Scale: 1, Source: Inferred, Written: true, Handles: handles}
}

// bounded is where numeric bounded setup registers are: two registers each, from 46001 on.
//
// Assumption: whole numbers, signed. What a setting has behind the point is rounded.
func bounded(handles ...ion.Handle) Block {
	const first = 0x7000
	return Block{First: 46001 + 2*int(handles[0]-first), Format: S32, Scale: 1, Source: Inferred, Written: true, Handles: handles}
}

// last is the number of the last register of a block.
func (b *Block) last() int { return b.First + len(b.Handles)*b.Format.Registers() - 1 }

// place is where a register is in the map.
type place struct {
	block *Block
	value int // index of its value in the block
	part  int // which of the registers of that value it is
}

// find returns where a register is; false for an unmapped one.
func find(blocks []Block, register int) (place, bool) {
	for i := range blocks {
		if b := &blocks[i]; register >= b.First && register <= b.last() {
			n := b.Format.Registers()
			return place{b, (register - b.First) / n, (register - b.First) % n}, true
		}
	}
	return place{}, false
}

// appendRegisters appends what registers hold now.
func appendRegisters(dst []byte, now time.Duration, d Device, register, count int) []byte {
	blocks := Map()
	for end := register + count; register < end; register++ {
		dst = binary.BigEndian.AppendUint16(dst, word(blocks, now, d, register))
	}
	return dst
}

func word(blocks []Block, now time.Duration, d Device, register int) uint16 {
	if register >= firstPulse && register < firstPulse+pulses {
		return 0
	}
	at, ok := find(blocks, register)
	if !ok {
		return unmapped
	}
	v, ok := d.Register(now, at.block.Handles[at.value])
	if !ok {
		return unmapped
	}
	if at.block.Format == Text {
		return textWord(v.Text, at.part)
	}
	n, ok := v.Number()
	if !ok {
		return unmapped
	}
	return numberWord(at.block, n, at.part)
}

// textWord is one register of a text.
func textWord(text string, part int) uint16 {
	var pair [2]byte
	if from := 2 * part; from < len(text) {
		copy(pair[:], text[from:])
	}
	return binary.BigEndian.Uint16(pair[:])
}

// numberWord is one register of a number.
//
// Assumption: a number is rounded to the nearest, and what the format cannot hold reads as its limit.
// The limits of scaled values are those of the modules: 65,530 and 2,147,483,640 (documented).
func numberWord(b *Block, n float64, part int) uint16 {
	n = math.Round(n * b.Scale)
	switch b.Format {
	case U16:
		return uint16(within(n, 0, 65_530))
	case S32:
		w := uint32(int32(within(n, -2_147_483_640, 2_147_483_640)))
		return uint16(w >> (16 * (1 - part)))
	default: // S32M10
		whole := int32(within(n, -limitM10, limitM10))
		if part == 0 {
			return uint16(int16(whole / modulus))
		}
		return uint16(int16(whole % modulus))
	}
}

// limitM10 is the largest number of a signed pair of M10K registers.
const limitM10 = math.MaxInt16*modulus + modulus - 1

func within(n, low, high float64) float64 {
	if math.IsNaN(n) {
		return 0
	}
	return max(low, min(high, n))
}

// write stores what a request has for the registers from the first on: all of it or nothing.
func write(now time.Duration, d Device, first int, p []byte) Exception {
	blocks := Map()
	has := func(h ion.Handle) bool {
		_, ok := d.Register(now, h)
		return ok
	}
	if err := eachWrite(blocks, first, p, has, func(h ion.Handle, v float64) bool { return d.Accepts(now, h, v) }); err != 0 {
		return err
	}
	for i := range len(p) / 2 {
		if n := first + i - firstPulse; n >= 0 && n < pulses && binary.BigEndian.Uint16(p[2*i:]) != 0 {
			d.Pulse(now, n+1)
		}
	}
	return eachWrite(blocks, first, p, has, func(h ion.Handle, v float64) bool {
		d.Write(now, h, v)
		return true
	})
}

// eachWrite calls take with every value that is written to a mapped register, until it refuses one.
// What a model has not is as good as unmapped.
func eachWrite(blocks []Block, first int, p []byte, has func(h ion.Handle) bool, take func(h ion.Handle, v float64) bool) Exception {
	for i := 0; i < len(p)/2; {
		at, ok := find(blocks, first+i)
		if !ok {
			i++
			continue
		}
		n := at.block.Format.Registers()
		if !at.block.Written || at.part != 0 || 2*(i+n) > len(p) {
			return IllegalValue
		}
		if h := at.block.Handles[at.value]; has(h) && !take(h, writtenNumber(at.block, p[2*i:])) {
			return IllegalValue
		}
		i += n
	}
	return 0
}

// writtenNumber is the number that registers of a block's format say.
func writtenNumber(b *Block, p []byte) float64 {
	if b.Format == U16 {
		return float64(binary.BigEndian.Uint16(p)) / b.Scale
	}
	return float64(int32(binary.BigEndian.Uint32(p))) / b.Scale
}
