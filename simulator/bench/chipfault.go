package bench

import (
	"fmt"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
)

// checkAddress refuses an address that the meter never programs.
func (s *Station) checkAddress(f fault.Fault) error {
	g := s.meter.Chip().Geometry()
	first, end := uint64(g.Protected*g.SectorBytes), uint64(g.Bytes())
	if at := uint64(f.Parameters.Address); at != 0 && (at < first || at >= end) {
		return fmt.Errorf("fault %v: address 0x%06x is none that the meter programs: say one from 0x%06x to 0x%06x", f.Kind, at, first, end-1)
	}
	return nil
}

// atOperation reports that the fault acts on the flash operation of its trigger, and not on an
// address.
func (k *strike) atOperation() bool {
	return k.fault.Kind.Place() == fault.PlaceChip && k.fault.Parameters.Address == 0
}

// chipCannot says why a fault cannot act on the operation that begins now; empty if it can.
func (s *Station) chipCannot(k *strike) string {
	if !k.atOperation() {
		return ""
	}
	op, ok := s.meter.NextFlashOp()
	number := s.count(s.now, k) + 1
	switch wanted := k.fault.Kind.ChipOp(); {
	case !ok:
		return fmt.Sprintf("operation %d was given up before it began", number)
	case op.Erases && wanted == fault.Program:
		return fmt.Sprintf("operation %d programs nothing: it erases sector %d", number, op.Sector)
	case !op.Erases && wanted == fault.Erase:
		return fmt.Sprintf("operation %d erases nothing: it programs from 0x%06x on", number, op.Address)
	}
	return ""
}

// harm notes that the chip is harmed. next is the operation that now begins, for a fault that
// acts on one.
func (s *Station) harm(k *strike) (chip *flash.Chip, next uint64) {
	s.harmed = true
	chip = s.meter.Chip()
	next = chip.Ops() + 1
	if k.atOperation() {
		k.harms = next
	}
	return chip, next
}

func lie(s *Station, _ time.Duration, k *strike) {
	chip, next := s.harm(k)
	chip.LieAt(next)
}

func makeMarginal(s *Station, _ time.Duration, k *strike) {
	chip, _ := s.harm(k)
	chip.MakeMarginal(k.fault.Parameters.Address, k.fault.Parameters.Seed)
}

func clearMarginal(s *Station, _ time.Duration, k *strike) {
	s.meter.Chip().ClearMarginal(k.fault.Parameters.Address)
}

func failProgram(s *Station, _ time.Duration, k *strike) {
	chip, next := s.harm(k)
	if at := k.fault.Parameters.Address; at != 0 {
		chip.FailProgram(at)
		return
	}
	chip.FailAt(next)
}

func failErase(s *Station, _ time.Duration, k *strike) {
	chip, next := s.harm(k)
	if at := k.fault.Parameters.Address; at != 0 {
		chip.FailErase(int(at) / chip.Geometry().SectorBytes)
		return
	}
	chip.FailAt(next)
}

// stickBits makes bits of a byte 0 for good: of the byte at the fault's address, or else of the
// first byte that is programmed next.
func stickBits(s *Station, _ time.Duration, k *strike) {
	chip, _ := s.harm(k)
	address := k.fault.Parameters.Address
	if address == 0 {
		op, _ := s.meter.NextFlashOp()
		address = op.Address
	}
	mask := max(1, k.fault.Parameters.Mask)
	for bit := range uint8(8) {
		if mask>>bit&1 == 1 {
			chip.StickBit(address, bit, false)
		}
	}
}

// healChip replaces a chip that a plan has harmed by a good one with the same contents. The
// meter is switched off for that. A chip that was harmed only by hand stays as it is.
func (s *Station) healChip(now time.Duration) {
	if s.harmed && s.meter.Chip().Faulty() {
		s.cutPower(now)
		s.meter.Chip().ClearFaults()
	}
	s.harmed = false
}
