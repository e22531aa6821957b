package flash

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/bits"

	"ionbench/simulator/machine"
)

// digest stands for the content of a page in an encoded state.
type digest [16]byte

// AppendState appends an encoding of everything that the chip's future depends on: cells,
// power, trap and faults. Two chips with the same encoding behave the same from here on.
// Operations are encoded relative to the count so far, so the count itself is no part of
// it: whoever decides by Ops encodes that himself. Pages are encoded by their digests,
// which are kept until the page changes.
func (c *Chip) AppendState(dst []byte) []byte {
	dst = machine.AppendUint(dst, uint64(c.geometry.Sectors))
	dst = machine.AppendUint(dst, uint64(c.geometry.SectorBytes))
	dst = machine.AppendUint(dst, uint64(c.geometry.Protected))
	dst = machine.AppendBool(dst, c.dark)
	dst = c.appendTrap(dst)
	dst = c.appendHarms(dst)
	for i, pg := range c.pages {
		if pg != nil {
			dst = machine.AppendUint(dst, uint64(i)+1)
			dst = append(dst, pg.sum()[:]...)
		}
	}
	return machine.AppendUint(dst, 0)
}

func (c *Chip) appendTrap(dst []byte) []byte {
	op, ok := c.NextCut()
	dst = machine.AppendBool(dst, ok)
	if !ok {
		return dst
	}
	dst = machine.AppendUint(dst, op-c.ops)
	dst = append(dst, byte(c.trap.phase))
	if c.trap.phase != Torn {
		return dst // the rest plays no part
	}
	dst = machine.AppendUint(dst, c.trap.seed)
	return machine.AppendUint(dst, uint64(int64(c.trap.tornBytes)))
}

func (c *Chip) appendHarms(dst []byte) []byte {
	h := c.harms
	if h == nil {
		h = new(harms) // a chip that was never harmed and one that is harmed no more are the same
	}
	dst = machine.AppendUint(dst, uint64(len(h.stuck)))
	for _, cell := range h.stuck {
		dst = machine.AppendUint(dst, uint64(cell.address))
		dst = machine.AppendBool(append(dst, cell.bit), cell.value)
	}
	dst = machine.AppendUint(dst, uint64(len(h.erases)))
	for _, sector := range h.erases {
		dst = machine.AppendUint(dst, uint64(sector))
	}
	dst = machine.AppendUint(dst, uint64(len(h.programs)))
	for _, address := range h.programs {
		dst = machine.AppendUint(dst, uint64(address))
	}
	dst = appendComing(dst, h.failing, c.ops)
	dst = appendComing(dst, h.lying, c.ops)
	dst = machine.AppendUint(dst, uint64(len(c.marginal)))
	for _, m := range c.marginal {
		dst = machine.AppendUint(append(dst, m.bit), uint64(m.address))
		dst = machine.AppendUint(dst, uint64(m.draw))
	}
	return dst
}

// appendComing appends the operations that are still to come, relative to done; a 0
// ends the list.
func appendComing(dst []byte, ops []uint64, done uint64) []byte {
	for _, op := range ops {
		if op > done {
			dst = machine.AppendUint(dst, op-done)
		}
	}
	return machine.AppendUint(dst, 0)
}

// sum is the digest of a page's content, taken at most once per content.
func (p *page) sum() *digest {
	if d := p.digest.Load(); d != nil {
		return d
	}
	full := sha256.Sum256(p.data)
	d := digest(full[:len(digest{})])
	p.digest.Store(&d)
	return &d
}

// PageBytes is the size of the pages that Dirty gives out and LoadPage takes.
func (c *Chip) PageBytes() int { return c.pageBytes }

// Dirty calls yield with every page that changed since Dirty gave it out last, in
// ascending order, and its whole content (erased pages too), which must be neither kept
// nor changed. When yield returns false, that page and those after it stay dirty. It can be
// ranged over.
func (c *Chip) Dirty(yield func(page int, data []byte) bool) {
	for word := range c.dirty {
		for c.dirty[word] != 0 {
			bit := bits.TrailingZeros64(c.dirty[word])
			page := word*64 + bit
			if !yield(page, c.view(page)) {
				return
			}
			c.dirty[word] &^= 1 << bit
		}
	}
}

// LoadPage sets the content of a page, as the factory's programmer would, or a state file
// from an earlier process: protected sectors too, without an operation, and the page is
// not dirty afterwards. Data must be PageBytes long; nil stands for an erased page.
func (c *Chip) LoadPage(page int, data []byte) error {
	if page < 0 || page >= len(c.pages) {
		return fmt.Errorf("flash: load page %d: %w: it has pages 0 to %d", page, ErrRange, len(c.pages)-1)
	}
	if data != nil && len(data) != c.pageBytes {
		return fmt.Errorf("flash: load page %d: %w: %d bytes given, a page has %d", page, ErrRange, len(data), c.pageBytes)
	}
	if data == nil {
		data = c.blank
	}
	c.replace(page, bytes.Clone(data))
	c.dirty[page/64] &^= 1 << (page % 64)
	c.restick(page, page+1) // and what a stuck cell makes of it is news to the file
	return nil
}

// replace gives a page new content and takes data over.
func (c *Chip) replace(index int, data []byte) {
	if bytes.Equal(c.view(index), data) {
		return
	}
	if c.owner == nil {
		c.owner = new(token)
	}
	c.pages[index] = &page{owner: c.owner, data: data}
	c.settle(index)
	c.soil(index)
}

// settle drops a page that is erased again, so that equal chips look equal.
func (c *Chip) settle(index int) {
	if c.pages[index] != nil && bytes.Equal(c.pages[index].data, c.blank) {
		c.pages[index] = nil
	}
}
