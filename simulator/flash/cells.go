package flash

import (
	"hash/crc32"
)

// summed is the last range whose CRC-32 was computed, because an unchanged image is checked
// again and again.
type summed struct{ address, bytes, crc uint32 }

// Cells is a view of what the cells hold, from outside: it does not read, and shows marginal
// cells as they were programmed.
type Cells struct{ chip *Chip }

// Cells returns the view of the chip's cells.
func (c *Chip) Cells() Cells { return Cells{c} }

// Read copies what len(dst) bytes from address on hold. It panics beyond the chip.
func (c Cells) Read(address uint32, dst []byte) {
	c.chip.mustHold("read", address, uint64(len(dst)))
	for len(dst) > 0 {
		n := copy(dst, c.chip.rest(address))
		dst = dst[n:]
		address += uint32(n)
	}
}

// Used is the share of a sector's pages that are not erased, in percent. It panics if there is no
// such sector.
func (c Cells) Used(sector int) int {
	first, end := c.chip.pagesOf(sector)
	used := 0
	for i := first; i < end; i++ {
		if c.chip.held(i) != nil {
			used++
		}
	}
	return used * 100 / (end - first)
}

// CRC32 is the IEEE CRC-32 of what n bytes from address on hold. It panics beyond the chip.
func (c Cells) CRC32(address, n uint32) uint32 {
	c.chip.mustHold("CRC-32", address, uint64(n))
	last := &c.chip.summed
	if last.address == address && last.bytes == n {
		return last.crc
	}
	*last = summed{address: address, bytes: n}
	var crc uint32
	for n > 0 {
		p := c.chip.rest(address)
		p = p[:min(uint32(len(p)), n)]
		crc = crc32.Update(crc, crc32.IEEETable, p)
		n -= uint32(len(p))
		address += uint32(len(p))
	}
	last.crc = crc
	return crc
}
