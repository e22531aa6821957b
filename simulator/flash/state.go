package flash

import (
	"bytes"
	"fmt"
	"math/bits"

	"ionbench/simulator/machine"
)

// Declare declares everything that the chip's future depends on: cells, power, trap and faults.
// Two chips in equal states behave the same from here on. Operations are relative to the count
// so far, so the count itself is left out: code that decides by Ops declares it itself. A page
// is declared by its digest, which is kept until the page changes.
func (c *Chip) Declare(w *machine.State, spent *Chip) {
	machine.Slice(w, &c.pages, spent.pages)
	machine.Slice(w, &c.dirty, spent.dirty)
	machine.Slice(w, &c.marginal, spent.marginal)
	if w.Copies() {
		c.spare = spent.spare // memory that no other chip shares
		return
	}
	w.Int(c.geometry.Sectors)
	w.Int(c.geometry.SectorBytes)
	w.Int(c.geometry.Protected)
	w.Bool(c.dark)
	c.declareTrap(w)
	c.declareHarms(w)
	machine.Sums(w, c.pages, (*page).sum)
}

// AppendState appends the chip's state.
func (c *Chip) AppendState(dst []byte) []byte {
	w := machine.Fingerprinting(dst, 0)
	c.Declare(&w, c)
	return w.Result()
}

func (c *Chip) declareTrap(w *machine.State) {
	op, ok := c.NextCut()
	if !w.Has(ok) {
		return
	}
	w.Uint(op - c.ops)
	w.Uint(uint64(c.trap.phase))
	if c.trap.phase == Torn { // otherwise seed and bytes do not matter
		w.Uint(c.trap.seed)
		w.Int(c.trap.tornBytes)
	}
}

func (c *Chip) declareHarms(w *machine.State) {
	h := c.harms
	if h == nil {
		h = new(harms) // so that a chip that is healthy again equals one that was never harmed
	}
	machine.Each(w, h.stuck, func(cell *stuckBit) {
		w.Uint(uint64(cell.address))
		w.Uint(uint64(cell.bit))
		w.Bool(cell.value)
	})
	machine.Each(w, h.erases, func(sector *int) { w.Int(*sector) })
	machine.Each(w, h.programs, func(address *uint32) { w.Uint(uint64(*address)) })
	c.declareComing(w, h.failing)
	c.declareComing(w, h.lying)
	machine.Each(w, c.marginal, func(m *marginalByte) {
		w.Uint(uint64(m.bit))
		w.Uint(uint64(m.address))
		w.Uint(uint64(m.draw))
	})
}

// declareComing declares the operations of a list that are still to come, whatever their index
// in the list.
func (c *Chip) declareComing(w *machine.State, ops []uint64) {
	past := 0
	for past < len(ops) && ops[past] <= c.ops {
		past++
	}
	machine.Each(w, ops[past:], func(op *uint64) { w.Uint(*op - c.ops) })
}

// sum is the sum of a page's content, computed once per content.
func (p *page) sum() *machine.Sum { return p.digest.Of(func() []byte { return p.data }) }

// PageBytes is the size of the pages of Dirty and LoadPage.
func (c *Chip) PageBytes() int { return c.pageBytes }

// Dirty calls yield for every page that has changed since Dirty last returned it, in ascending
// order, with its whole content (also for erased pages), which must be neither kept nor
// changed. If yield returns false, that page and those after it stay dirty. It can be ranged
// over.
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

// LoadPage sets the content of a page, protected or not, as the factory's programmer or a state
// file does. It counts no operation, and the page is not dirty afterwards. Data must be
// PageBytes long; nil stands for an erased page.
func (c *Chip) LoadPage(page int, data []byte) error {
	if page < 0 || page >= c.pageCount() {
		return fmt.Errorf("flash: load page %d: %w: it has pages 0 to %d", page, ErrRange, c.pageCount()-1)
	}
	if data != nil && len(data) != c.pageBytes {
		return fmt.Errorf("flash: load page %d: %w: %d bytes given, a page has %d", page, ErrRange, len(data), c.pageBytes)
	}
	if data == nil {
		data = c.blank
	}
	c.replace(page, bytes.Clone(data))
	c.dirty[page/64] &^= 1 << (page % 64)
	c.restick(page, page+1) // what a stuck cell makes of it is not in the file
	return nil
}

// replace gives a page new content, and takes over data.
func (c *Chip) replace(index int, data []byte) {
	if bytes.Equal(c.view(index), data) {
		return
	}
	if c.owner == nil {
		c.owner = new(token)
	}
	c.hold(index, &page{owner: c.owner, data: data})
	c.settle(index)
	c.soil(index)
}

// settle drops a page that is erased again, so that equal chips look equal.
func (c *Chip) settle(index int) {
	if pg := c.held(index); pg != nil && bytes.Equal(pg.data, c.blank) {
		c.pages[index] = nil
	}
}
