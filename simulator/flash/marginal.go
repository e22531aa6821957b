package flash

import (
	"cmp"
	"slices"
)

// marginalByte is a byte with one cell whose charge lies at the threshold: it reads now
// so, now otherwise.
type marginalByte struct {
	address uint32
	bit     byte
	draw    draws // goes on with every read
}

// MakeMarginal gives the byte at address a marginal cell: one bit, which seed draws, is
// inverted in about half of the reads. Seed draws in which; the same reads of the same chip
// always give the same. A read is a call of Read or CRC32 that takes the byte in. What the
// cells hold does not change, and erasing and programming, the chip's own verification
// included, work as ever. Where there is no such byte it panics.
func (c *Chip) MakeMarginal(address uint32, seed uint64) {
	c.mustHold("marginal byte", address, 1)
	draw := draws(seed)
	m := marginalByte{address: address, bit: 1 << (draw.next() % 8), draw: draw}
	i, found := c.findMarginal(address)
	if found {
		c.marginal[i] = m
		return
	}
	c.marginal = slices.Insert(c.marginal, i, m)
}

// ClearMarginal lets the byte at address read the same every time.
func (c *Chip) ClearMarginal(address uint32) {
	if i, found := c.findMarginal(address); found {
		c.marginal = slices.Delete(c.marginal, i, i+1)
	}
}

// findMarginal is where the byte at address stands among the marginal ones, or would.
func (c *Chip) findMarginal(address uint32) (i int, found bool) {
	return slices.BinarySearchFunc(c.marginal, address, func(m marginalByte, a uint32) int { return cmp.Compare(m.address, a) })
}

// readsDifferently reports that a marginal byte is among n from address on.
func (c *Chip) readsDifferently(address, n uint32) bool {
	i, _ := c.findMarginal(address)
	return i < len(c.marginal) && c.marginal[i].address-address < n
}

// disturb makes of p, which the cells from address on hold, what a read of them gives.
func (c *Chip) disturb(address uint32, p []byte) {
	for i := range c.marginal {
		m := &c.marginal[i]
		if m.address < address || m.address-address >= uint32(len(p)) {
			continue
		}
		if m.draw.next()%2 == 0 {
			p[m.address-address] ^= m.bit
		}
	}
}
