package flash

import (
	"fmt"
	"slices"
)

// stuckBit is a cell that always reads the same.
type stuckBit struct {
	address uint32
	bit     uint8
	value   bool
}

// harms are the faults of a chip. They are never changed once a chip points to them, because
// clones share them.
type harms struct {
	stuck    []stuckBit // by address, then bit
	erases   []int      // sectors that fail
	programs []uint32   // addresses that fail
	failing  []uint64   // operations that fail
	lying    []uint64   // operations that lie
}

// change replaces the chip's faults by a changed copy.
func (c *Chip) change(edit func(h *harms)) {
	h := new(harms)
	if c.harms != nil {
		h.stuck = slices.Clone(c.harms.stuck)
		h.erases = slices.Clone(c.harms.erases)
		h.programs = slices.Clone(c.harms.programs)
		h.failing = slices.Clone(c.harms.failing)
		h.lying = slices.Clone(c.harms.lying)
	}
	edit(h)
	c.harms = h
}

// StickBit makes one cell always read the same: bit 0 to 7 (0 is the lowest) of the byte at
// address. If it is stuck at 1, a program that must clear it fails. If it is stuck at 0, the
// erase of its sector fails, with all other cells erased, and programming a 1 there is a
// [*BitError]. It panics if there is no such cell.
func (c *Chip) StickBit(address uint32, bit uint8, value bool) {
	c.mustHold("stuck bit", address, 1)
	if bit > 7 {
		panic(fmt.Sprintf("flash: stuck bit %d: a byte has bits 0 to 7", bit))
	}
	cell := stuckBit{address: address, bit: bit, value: value}
	c.change(func(h *harms) {
		i, found := slices.BinarySearchFunc(h.stuck, cell, compareCells)
		if found {
			h.stuck[i] = cell
		} else {
			h.stuck = slices.Insert(h.stuck, i, cell)
		}
	})
	page := int(address) / c.pageBytes
	c.restick(page, page+1)
}

func compareCells(a, b stuckBit) int {
	if a.address != b.address {
		return int(int64(a.address) - int64(b.address))
	}
	return int(a.bit) - int(b.bit)
}

// LieAt makes operation op (as counted by [Chip.Ops]) do nothing and report success.
func (c *Chip) LieAt(op uint64) {
	c.change(func(h *harms) { h.lying = insert(h.lying, op) })
}

// FailAt makes operation op, erase or program, do nothing and fail.
func (c *Chip) FailAt(op uint64) {
	c.change(func(h *harms) { h.failing = insert(h.failing, op) })
}

// FailProgram makes every program of the byte at address fail. The bytes before it in the same
// operation are programmed.
func (c *Chip) FailProgram(address uint32) {
	c.mustHold("failing byte", address, 1)
	c.change(func(h *harms) { h.programs = insert(h.programs, address) })
}

// FailErase makes every erase of a sector do nothing and fail. It panics if there is no such
// sector.
func (c *Chip) FailErase(sector int) {
	if sector < 0 || sector >= c.geometry.Sectors {
		panic(fmt.Sprintf("flash: failing sector %d of %d", sector, c.geometry.Sectors))
	}
	c.change(func(h *harms) { h.erases = insert(h.erases, sector) })
}

// ClearFaults makes the chip healthy. Cells that were stuck keep their value until they are
// erased or programmed.
func (c *Chip) ClearFaults() { c.harms, c.marginal = nil, nil }

// Faulty reports whether a fault of the chip can still show.
func (c *Chip) Faulty() bool {
	h := c.harms
	return len(c.marginal) > 0 || h != nil && (len(h.stuck) > 0 || len(h.erases) > 0 || len(h.programs) > 0 ||
		lastOf(h.failing) > c.ops || lastOf(h.lying) > c.ops)
}

// lastOf is the greatest of an ordered set; 0 for an empty one.
func lastOf(set []uint64) uint64 {
	if len(set) == 0 {
		return 0
	}
	return set[len(set)-1]
}

// insert adds v to an ordered set.
func insert[T int | uint32 | uint64](set []T, v T) []T {
	i, found := slices.BinarySearch(set, v)
	if found {
		return set
	}
	return slices.Insert(set, i, v)
}

func has[T int | uint32 | uint64](set []T, v T) bool {
	_, found := slices.BinarySearch(set, v)
	return found
}

// The methods below are called for healthy chips, too, whose harms are nil.

func (h *harms) lies(op uint64) bool { return h != nil && has(h.lying, op) }

func (h *harms) failsErase(op uint64, sector int) bool {
	return h != nil && (has(h.failing, op) || has(h.erases, sector))
}

// failingProgram returns how many bytes of p are programmed before the operation fails.
func (h *harms) failingProgram(op uint64, address uint32, p []byte) (n int, fails bool) {
	if h == nil {
		return 0, false
	}
	if has(h.failing, op) {
		return 0, true
	}
	n = len(p)
	i, _ := slices.BinarySearch(h.programs, address)
	if i < len(h.programs) && h.programs[i]-address < uint32(n) {
		n = int(h.programs[i] - address)
	}
	for _, cell := range h.stuck {
		if cell.address < address || cell.address-address >= uint32(n) {
			continue
		}
		at := int(cell.address - address)
		if cell.value && p[at]>>cell.bit&1 == 0 {
			n = at
		}
	}
	return n, n < len(p)
}

func (c *Chip) eraseHarmed(sector int) error {
	if c.harms.lies(c.ops) {
		return nil
	}
	if c.harms.failsErase(c.ops, sector) {
		return fmt.Errorf("flash: sector %d: %w", sector, ErrEraseFailed)
	}
	c.blankSector(sector)
	first, end := c.pagesOf(sector)
	c.restick(first, end)
	for i := first; i < end; i++ {
		if c.held(i) != nil { // a blank page is nil, so a cell of this one is stuck at 0
			return fmt.Errorf("flash: sector %d: %w: a bit stays 0", sector, ErrEraseFailed)
		}
	}
	return nil
}

// programHarmed programs legal data on a chip with faults.
func (c *Chip) programHarmed(address uint32, p []byte) error {
	if c.harms.lies(c.ops) {
		return nil
	}
	n, fails := c.harms.failingProgram(c.ops, address, p)
	c.putHarmed(address, p[:n])
	if fails {
		return fmt.Errorf("flash: 0x%06X: %w", address+uint32(n), ErrProgramFailed)
	}
	return nil
}

// putHarmed stores p, and then sets stuck cells as they must read.
func (c *Chip) putHarmed(address uint32, p []byte) {
	if len(p) == 0 {
		return
	}
	c.put(address, p)
	c.restick(int(address)/c.pageBytes, (int(address)+len(p)-1)/c.pageBytes+1)
}

// restick sets the stuck cells of some pages as they must read.
func (c *Chip) restick(first, end int) {
	if c.harms == nil {
		return
	}
	for _, cell := range c.harms.stuck {
		page := int(cell.address) / c.pageBytes
		if page < first || page >= end {
			continue
		}
		held := c.rest(cell.address)[0]
		want := held &^ (1 << cell.bit)
		if cell.value {
			want = held | 1<<cell.bit
		}
		if want != held {
			c.put(cell.address, []byte{want})
			c.settle(page)
		}
	}
}
