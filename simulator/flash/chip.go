package flash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strings"
	"time"

	"ionbench/simulator/machine"
)

// MaxProgram is the most bytes that one program operation takes.
const MaxProgram = 256

// maxPageBytes is the unit of copying and of digests.
const maxPageBytes = 8 << 10

// maxChipBytes bounds the chips that New makes.
const maxChipBytes = 64 << 20

// erased is the value of an erased byte.
const erased = 0xFF

// Errors that callers decide on. All but ErrPowerCut are wrapped with the place.
var (
	// ErrPowerCut: power was lost at this operation, or has not come back since an earlier one.
	ErrPowerCut = errors.New("flash: the chip has no power")
	// ErrRange: the chip cannot operate on this address or length.
	ErrRange = errors.New("outside of what the chip can do")
	// ErrProtected: the sector belongs to the loader.
	ErrProtected = errors.New("protected sector")
	// ErrProgramFailed: the chip's own verification after programming failed.
	ErrProgramFailed = errors.New("program failed")
	// ErrEraseFailed: the chip's own verification after erasing failed.
	ErrEraseFailed = errors.New("erase failed")
)

// BitError reports an attempt to program a bit from 0 to 1. Nothing was programmed.
type BitError struct {
	Address uint32 // of the first such byte
	Held    byte   // what that byte holds
	Wanted  byte   // what was to be programmed there
}

func (e *BitError) Error() string {
	return fmt.Sprintf("flash: program 0x%02X at 0x%06X: the byte holds 0x%02X and programming cannot set bits: erase the sector first",
		e.Wanted, e.Address, e.Held)
}

// Geometry is the shape of a chip and the times of its operations.
type Geometry struct {
	Sectors     int // number of sectors, at least 1
	SectorBytes int // bytes a sector; a power of two, at least MaxProgram
	Protected   int // the first sectors belong to the loader and cannot be changed; less than Sectors

	EraseTime       time.Duration // typical time to erase one sector
	ByteProgramTime time.Duration // typical time to program one byte
}

// Am29F032B is the geometry of the default chip: 4 MiB in 64 uniform sectors of 64 KiB.
// The times are the typical ones of that class of parts: sector erase 1 s, byte program 7 µs.
//
// Assumption: the loader has the first two sectors. The meter's flash map is not public.
func Am29F032B() Geometry {
	return Geometry{
		Sectors: 64, SectorBytes: 64 << 10, Protected: 2,
		EraseTime: time.Second, ByteProgramTime: 7 * time.Microsecond,
	}
}

// Bytes is the capacity of the chip.
func (g Geometry) Bytes() int { return g.Sectors * g.SectorBytes }

func (g Geometry) validate() error {
	switch {
	case g.Sectors < 1 || g.Sectors > maxChipBytes:
		return fmt.Errorf("flash: %d sectors: a chip has 1 to %d", g.Sectors, maxChipBytes/MaxProgram)
	case g.SectorBytes < MaxProgram || bits.OnesCount(uint(g.SectorBytes)) != 1:
		return fmt.Errorf("flash: sectors of %d bytes: the size must be a power of two, at least %d", g.SectorBytes, MaxProgram)
	case g.SectorBytes > maxChipBytes/g.Sectors:
		return fmt.Errorf("flash: %d sectors of %d bytes: a chip has at most %d bytes", g.Sectors, g.SectorBytes, maxChipBytes)
	case g.Protected < 0 || g.Protected >= g.Sectors:
		return fmt.Errorf("flash: %d protected sectors of %d: at least one must be left to program", g.Protected, g.Sectors)
	case g.EraseTime < 0 || g.ByteProgramTime < 0:
		return fmt.Errorf("flash: erase time %v, byte program time %v: times cannot be negative", g.EraseTime, g.ByteProgramTime)
	}
	return nil
}

// Chip is one flash chip. Make it with [New] or [Chip.Clone]; a copy of the struct would share
// its cells.
type Chip struct {
	geometry  Geometry
	pageBytes int
	pages     []*page  // nil: erased, as are those beyond the last
	dirty     []uint64 // a bit per page: changed since Dirty last returned it
	blank     []byte   // one page of 0xFF, shared and never written
	spare     []*page  // memory for new pages
	summed    summed   // the zero value is right: no bytes sum to 0
	owner     *token

	ops   uint64
	dark  bool // no power
	trap  trap
	harms *harms // nil: a healthy chip; shared by clones, replaced on change

	marginal []marginalByte // by address; not shared, because reading changes them
}

// New makes an erased chip.
func New(g Geometry) (*Chip, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	pageBytes := min(maxPageBytes, g.SectorBytes)
	pages := g.Bytes() / pageBytes // most stay erased
	blank := make([]byte, pageBytes)
	for i := range blank {
		blank[i] = erased
	}
	return &Chip{
		geometry:  g,
		pageBytes: pageBytes,
		dirty:     make([]uint64, (pages+63)/64),
		blank:     blank,
	}, nil
}

// Clone makes an independent chip in the same state: power, trap, faults, operation count, and
// pages that Dirty has not returned yet. After a first Clone, a chip that nobody changes may be
// cloned by several goroutines at once.
func (c *Chip) Clone() *Chip {
	clone := new(Chip)
	c.CopyTo(clone)
	return clone
}

// CopyTo makes clone a clone of c. clone is a chip that is no longer used; its memory is
// reused.
func (c *Chip) CopyTo(clone *Chip) {
	if c.owner != nil {
		c.owner = nil // from now on no chip may write to the pages
	}
	if clone.pageBytes == c.pageBytes {
		clone.spareOwned(0, len(clone.pages))
	} else {
		clone.spare = nil
	}
	old := *clone
	*clone = *c
	w := machine.Copying()
	clone.Declare(&w, &old)
}

// Geometry returns what the chip was made with.
func (c *Chip) Geometry() Geometry { return c.geometry }

// Ops counts the operations so far, carried out or attempted. It includes the one at which the
// power was cut.
func (c *Chip) Ops() uint64 { return c.ops }

// Erase sets one sector to 0xFF. It is one operation. The error is [ErrRange],
// [ErrProtected], [ErrEraseFailed] (all wrapped) or [ErrPowerCut].
func (c *Chip) Erase(sector int) error {
	if err := c.checkErase(sector); err != nil {
		return err
	}
	switch phase, cut := c.begin(); {
	case !cut:
		return c.erase(sector)
	case phase == Torn:
		c.tearErase(sector, c.trap.seed)
	case phase == After:
		_ = c.erase(sector) // without power, nobody hears of a failure
	}
	return c.losePower()
}

// Program clears bits: p, 1 to [MaxProgram] bytes, is written at address, inside one
// sector. It is one operation. The error is [ErrRange], [ErrProtected],
// [ErrProgramFailed] (all wrapped), a [*BitError], or [ErrPowerCut]. After
// ErrProgramFailed the bytes before the failing one are programmed.
func (c *Chip) Program(address uint32, p []byte) error {
	if err := c.checkProgram(address, p); err != nil {
		return err
	}
	switch phase, cut := c.begin(); {
	case !cut:
		return c.program(address, p)
	case phase == Torn:
		c.tearProgram(address, p, c.trap.tornBytes, c.trap.seed)
	case phase == After:
		_ = c.program(address, p) // without power, nobody hears of a failure
	}
	return c.losePower()
}

// Read copies len(dst) bytes from address on. Reading beyond the chip is a bug of the caller
// and panics, so check input from the wire first. This is a real read: marginal cells may read
// differently the next time.
func (c *Chip) Read(address uint32, dst []byte) {
	c.Cells().Read(address, dst)
	c.disturb(address, dst)
}

// CRC32 reads n bytes from address on and returns their IEEE CRC-32. Like Read it panics beyond
// the chip.
func (c *Chip) CRC32(address, n uint32) uint32 {
	if !c.readsDifferently(address, n) {
		return c.Cells().CRC32(address, n)
	}
	c.mustHold("CRC-32", address, uint64(n))
	p := make([]byte, n)
	c.Read(address, p)
	return crc32.ChecksumIEEE(p)
}

func (c *Chip) mustHold(act string, address uint32, n uint64) {
	if end := uint64(address) + n; end > uint64(c.geometry.Bytes()) {
		panic(fmt.Sprintf("flash: %s of 0x%06X to 0x%06X on a chip of 0x%06X bytes", act, address, end, c.geometry.Bytes()))
	}
}

func (c *Chip) checkErase(sector int) error {
	switch {
	case c.dark:
		return ErrPowerCut
	case sector < 0 || sector >= c.geometry.Sectors:
		return fmt.Errorf("flash: erase sector %d: %w: it has sectors 0 to %d", sector, ErrRange, c.geometry.Sectors-1)
	case sector < c.geometry.Protected:
		return fmt.Errorf("flash: erase sector %d: %w: the first %d belong to the loader", sector, ErrProtected, c.geometry.Protected)
	}
	return nil
}

func (c *Chip) checkProgram(address uint32, p []byte) error {
	if c.dark {
		return ErrPowerCut
	}
	if len(p) == 0 || len(p) > MaxProgram {
		return fmt.Errorf("flash: program %d bytes at 0x%06X: %w: an operation takes 1 to %d bytes", len(p), address, ErrRange, MaxProgram)
	}
	if uint64(address)+uint64(len(p)) > uint64(c.geometry.Bytes()) {
		return fmt.Errorf("flash: program %d bytes at 0x%06X: %w: it ends at 0x%06X", len(p), address, ErrRange, c.geometry.Bytes())
	}
	first, last := int(address)/c.geometry.SectorBytes, (int(address)+len(p)-1)/c.geometry.SectorBytes
	if first != last {
		return fmt.Errorf("flash: program %d bytes at 0x%06X: %w: an operation stays inside one sector", len(p), address, ErrRange)
	}
	if first < c.geometry.Protected {
		return fmt.Errorf("flash: program 0x%06X: %w: the first %d sectors belong to the loader", address, ErrProtected, c.geometry.Protected)
	}
	return nil
}

// erase carries out an operation that begin has counted.
func (c *Chip) erase(sector int) error {
	if c.harms != nil {
		return c.eraseHarmed(sector)
	}
	c.blankSector(sector)
	return nil
}

func (c *Chip) blankSector(sector int) {
	first, end := c.pagesOf(sector)
	c.spareOwned(first, end)
	for i := first; i < min(end, len(c.pages)); i++ {
		if c.pages[i] != nil {
			c.pages[i] = nil
			c.soil(i)
		}
	}
}

// program carries out an operation that begin has counted.
func (c *Chip) program(address uint32, p []byte) error {
	if err := c.checkBits(address, p); err != nil {
		return err
	}
	if c.harms != nil {
		return c.programHarmed(address, p)
	}
	c.put(address, p)
	return nil
}

// checkBits finds the first byte of p that would need a bit to be set.
func (c *Chip) checkBits(address uint32, p []byte) error {
	for len(p) > 0 {
		held := c.rest(address)
		n := min(len(held), len(p))
		if i := firstSet(held[:n], p[:n]); i >= 0 {
			return &BitError{Address: address + uint32(i), Held: held[i], Wanted: p[i]}
		}
		p = p[n:]
		address += uint32(n)
	}
	return nil
}

// erasedCells is as many erased cells as one operation can program.
var erasedCells = strings.Repeat("\xFF", MaxProgram)

// firstSet returns the index of the first byte of want with a 1 where held has a 0, or -1. Both
// have the same length.
func firstSet(held, want []byte) int {
	if len(held) <= len(erasedCells) && string(held) == erasedCells[:len(held)] {
		return -1 // most cells are erased, and those take anything
	}
	i := 0
	for ; i+8 <= len(want); i += 8 {
		if set := binary.LittleEndian.Uint64(want[i:]) &^ binary.LittleEndian.Uint64(held[i:]); set != 0 {
			return i + bits.TrailingZeros64(set)/8
		}
	}
	for ; i < len(want); i++ {
		if want[i]&^held[i] != 0 {
			return i
		}
	}
	return -1
}
