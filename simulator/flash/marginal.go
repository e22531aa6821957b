package flash

import (
	"cmp"
	"slices"

	"ionbench/simulator/machine"
)

// marginalByte is a byte with one cell whose charge is at the threshold, so that its reads
// vary.
type marginalByte struct {
	address uint32
	bit     byte
	draw    machine.Draws // moves on with every read
}

// MakeMarginal gives the byte at address a marginal cell: one bit, which seed draws, is
// inverted in about half of the reads. Seed also draws in which ones, so the same reads of the
// same chip always give the same. A read is a call of Read or CRC32 that includes the byte. The
// cell's content does not change, and erasing, programming and the chip's own verification work
// as usual. It panics if there is no such byte.
func (c *Chip) MakeMarginal(address uint32, seed uint64) {
	c.mustHold("marginal byte", address, 1)
	draw := machine.Draws(seed)
	m := marginalByte{address: address, bit: 1 << (draw.Next() % 8), draw: draw}
	i, found := c.findMarginal(address)
	if found {
		c.marginal[i] = m
		return
	}
	c.marginal = slices.Insert(c.marginal, i, m)
}

// ClearMarginal makes the byte at address read the same every time.
func (c *Chip) ClearMarginal(address uint32) {
	if i, found := c.findMarginal(address); found {
		c.marginal = slices.Delete(c.marginal, i, i+1)
	}
}

// findMarginal returns the index of the byte at address among the marginal ones, or where it
// would be inserted.
func (c *Chip) findMarginal(address uint32) (i int, found bool) {
	return slices.BinarySearchFunc(c.marginal, address, func(m marginalByte, a uint32) int { return cmp.Compare(m.address, a) })
}

// readsDifferently reports whether one of n bytes from address on is marginal.
func (c *Chip) readsDifferently(address, n uint32) bool {
	i, _ := c.findMarginal(address)
	return i < len(c.marginal) && c.marginal[i].address-address < n
}

// disturb turns p, the content of the cells from address on, into what a read returns.
func (c *Chip) disturb(address uint32, p []byte) {
	for i := range c.marginal {
		m := &c.marginal[i]
		if m.address < address || m.address-address >= uint32(len(p)) {
			continue
		}
		if m.draw.Next()%2 == 0 {
			p[m.address-address] ^= m.bit
		}
	}
}
