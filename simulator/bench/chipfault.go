package bench

import (
	"fmt"
	"time"

	"ionbench/simulator/fault"
)

// checkAddress: an address is one that the meter programs.
func (s *Station) checkAddress(f fault.Fault) error {
	g := s.meter.Chip().Geometry()
	first, end := uint64(g.Protected*g.SectorBytes), uint64(g.Bytes())
	if at := uint64(f.Parameters.Address); at != 0 && (at < first || at >= end) {
		return fmt.Errorf("fault %v: address 0x%06x is none that the meter programs: say one from 0x%06x to 0x%06x", f.Kind, at, first, end-1)
	}
	return nil
}

// atOperation reports that the fault befalls the flash operation of its trigger, and no
// address.
func (k *strike) atOperation() bool {
	return k.fault.Kind.Place() == fault.PlaceChip && k.fault.Parameters.Address == 0
}

// chipCannot is why a fault cannot befall the operation that begins now; empty if it can.
func (s *Station) chipCannot(k *strike) string {
	if !k.atOperation() {
		return ""
	}
	op, ok := s.meter.NextFlashOp()
	number := s.count(s.now, k) + 1
	switch {
	case !ok:
		return fmt.Sprintf("operation %d was given up before it began", number)
	case op.Erases && (k.fault.Kind == fault.ProgramFails || k.fault.Kind == fault.StuckBit):
		return fmt.Sprintf("operation %d programs nothing: it erases sector %d", number, op.Sector)
	case !op.Erases && k.fault.Kind == fault.EraseFails:
		return fmt.Sprintf("operation %d erases nothing: it programs from 0x%06x on", number, op.Address)
	}
	return ""
}

// harmChip is the effect of a fault of the chip. Where it befalls an operation, that one is
// the next.
func (s *Station) harmChip(k *strike) {
	s.harmed = true
	chip := s.meter.Chip()
	p := k.fault.Parameters
	next := chip.Ops() + 1
	if k.atOperation() {
		k.harms = next
	}
	switch k.fault.Kind {
	case fault.FlashLie:
		chip.LieAt(next)
	case fault.ReadChanges:
		chip.MakeMarginal(p.Address, p.Seed)
	case fault.StuckBit:
		s.stick(p)
	case fault.ProgramFails:
		if p.Address == 0 {
			chip.FailAt(next)
		} else {
			chip.FailProgram(p.Address)
		}
	case fault.EraseFails:
		if p.Address == 0 {
			chip.FailAt(next)
		} else {
			chip.FailErase(int(p.Address) / chip.Geometry().SectorBytes)
		}
	}
}

// stick makes bits of a byte 0 for good: by its address, or the first that is programmed next.
func (s *Station) stick(p fault.Parameters) {
	address := p.Address
	if address == 0 {
		op, _ := s.meter.NextFlashOp()
		address = op.Address
	}
	mask := max(1, p.Mask)
	for bit := range uint8(8) {
		if mask>>bit&1 == 1 {
			s.meter.Chip().StickBit(address, bit, false)
		}
	}
}

// healChip replaces a chip that faults of a plan have harmed by a good one with the same
// contents, for which the meter is switched off. One that somebody has harmed by hand alone
// stays as it is.
func (s *Station) healChip(now time.Duration) {
	if s.harmed && s.meter.Chip().Faulty() {
		s.cutPower(now)
		s.meter.Chip().ClearFaults()
	}
	s.harmed = false
}
