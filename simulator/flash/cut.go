package flash

import (
	"strconv"

	"ionbench/simulator/machine"
)

// Phase says where in an operation the power is lost.
type Phase uint8

// The phases of an operation.
const (
	Before Phase = iota // nothing of it is done
	Torn                // it is interrupted
	After               // it is complete, and nothing after it
)

// String gives before, torn or after.
func (p Phase) String() string {
	switch p {
	case Before:
		return "before"
	case Torn:
		return "torn"
	case After:
		return "after"
	}
	return "phase " + strconv.Itoa(int(p))
}

// trap is a power loss that waits for its operation.
type trap struct {
	op        uint64 // 0: none
	phase     Phase
	seed      uint64
	tornBytes int
}

// CutAt sets the trap: power is lost at operation op, counted over the chip's life, so op must
// be above Ops. There is one trap: a new call replaces it, op 0 removes it, and it is gone once
// it has struck.
//
// Seed draws what a torn operation leaves. TornBytes is how many bytes of a torn program are
// complete before the one that is partly programmed: negative means half of them; it is at most
// all but one.
func (c *Chip) CutAt(op uint64, phase Phase, seed uint64, tornBytes int) {
	c.trap = trap{op: op, phase: phase, seed: seed, tornBytes: max(tornBytes, -1)}
}

// NextCut is the operation that the trap waits for. ok is false when no trap can strike any
// more.
func (c *Chip) NextCut() (op uint64, ok bool) {
	return c.trap.op, c.trap.op > c.ops
}

// Powered reports whether the chip has power.
func (c *Chip) Powered() bool { return !c.dark }

// PowerOn gives the chip its power back. If it has power, nothing happens.
func (c *Chip) PowerOn() { c.dark = false }

// TearProgram is a power loss while Program(address, p) runs. done bytes are complete
// (negative: half, at most all but one), and the next one is partly programmed as seed draws.
// It counts as an operation and springs no trap. It returns [ErrPowerCut], or the error with
// which Program would have refused to start. The chip then has no power.
func (c *Chip) TearProgram(address uint32, p []byte, done int, seed uint64) error {
	if err := c.checkProgram(address, p); err != nil {
		return err
	}
	c.begin()
	c.tearProgram(address, p, done, seed)
	return c.losePower()
}

// TearErase is a power loss while Erase(sector) runs. Seed draws what is left. It counts and
// fails as TearProgram does.
func (c *Chip) TearErase(sector int, seed uint64) error {
	if err := c.checkErase(sector); err != nil {
		return err
	}
	c.begin()
	c.tearErase(sector, seed)
	return c.losePower()
}

// begin counts an operation and says whether the power is to be lost at it.
func (c *Chip) begin() (phase Phase, cut bool) {
	c.ops++
	return c.trap.phase, c.trap.op == c.ops
}

// losePower leaves the chip without power, and removes the trap if it was for this operation.
func (c *Chip) losePower() error {
	c.dark = true
	if c.trap.op <= c.ops {
		c.trap = trap{}
	}
	return ErrPowerCut
}

func (c *Chip) tearProgram(address uint32, p []byte, done int, seed uint64) {
	if c.checkBits(address, p) != nil || c.harms.lies(c.ops) {
		return // the chip would not have begun
	}
	if done < 0 {
		done = len(p) / 2
	}
	done = min(done, len(p)-1)
	if failing, ok := c.harms.failingProgram(c.ops, address, p); ok && failing <= done {
		c.putHarmed(address, p[:failing]) // the chip failed before the power did
		return
	}
	torn := address + uint32(done)
	held := c.rest(torn)[0]
	draw := machine.Draws(seed)
	c.putHarmed(address, p[:done])
	c.putHarmed(torn, []byte{held &^ partOf(held&^p[done], draw.Next())})
}

// partOf draws some of the bits: neither none nor all if there are two or more.
func partOf(bits byte, draw uint64) byte {
	lowest := bits & -bits
	if bits == lowest {
		return bits & byte(draw)
	}
	part := bits & byte(draw)
	if part == 0 || part == bits {
		return lowest
	}
	return part
}

func (c *Chip) tearErase(sector int, seed uint64) {
	if c.harms.lies(c.ops) || c.harms.failsErase(c.ops, sector) {
		return // the cells would not have changed
	}
	draw := machine.Draws(seed)
	reached := draw.Next() % 256 // how far the erase came, of 256
	first, end := c.pagesOf(sector)
	for i := first; i < end; i++ {
		if pg := c.held(i); pg != nil {
			c.replace(i, c.tornPage(pg.data, reached, &draw))
		} else {
			draw.Skip(c.pageBytes / 8) // so that the content of one page does not change how another one tears
		}
	}
	c.restick(first, end)
}

// tornPage is a page that is half erased: of every 8 bytes some are untouched, some erased, and
// some have a mix of both in their bits.
func (c *Chip) tornPage(held []byte, reached uint64, draw *machine.Draws) []byte {
	torn := make([]byte, len(held))
	for i := 0; i < len(held); i += 8 {
		r := draw.Next()
		for j := range 8 {
			torn[i+j] = held[i+j] | tornByte(reached, r>>(8*j), r>>40)
		}
	}
	return torn
}

// tornByte draws which bits of a byte are erased.
func tornByte(reached, draw, mixed uint64) byte {
	switch {
	case mixed%16 == 0: // the border of the erased cells runs through this byte
		return byte(draw)
	case draw%256 < reached:
		return erased
	}
	return 0
}
