package flash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strings"
	"sync/atomic"
	"time"

	"ionbench/simulator/machine"
)

// MaxProgram is the most bytes that one program operation takes.
const MaxProgram = 256

// maxPageBytes is the unit of copying and of digests.
const maxPageBytes = 8 << 10

// maxChipBytes bounds what New takes memory for.
const maxChipBytes = 64 << 20

// erased is the value of an erased byte.
const erased = 0xFF

// Errors that callers decide on. All but ErrPowerCut come wrapped with the place.
var (
	// ErrPowerCut: power was lost at this operation, or has not come back since.
	ErrPowerCut = errors.New("flash: the chip has no power")
	// ErrRange: the address or length is not one that the chip can operate on.
	ErrRange = errors.New("outside of what the chip can do")
	// ErrProtected: the sector is one of the loader's own.
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
// Assumption: the loader has the first two sectors for itself; the meter's flash map is not public.
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

// page is the unit that chips share. It may be written only by the chip whose token it
// holds; all others read it.
type page struct {
	owner  *token
	digest atomic.Pointer[digest] // of data; nil when not known. Sharers may fill it in at the same time.
	data   []byte
}

// token stands for the right to write pages. A chip drops its token when it is cloned,
// so that neither side owns what both can see. It has a size so that two tokens never
// have the same address.
type token struct{ _ byte }

// Chip is one flash chip. Use [New] and [Chip.Clone]; copying the struct shares its cells.
type Chip struct {
	geometry  Geometry
	pageBytes int
	pages     []*page  // nil: erased
	dirty     []uint64 // bit per page: changed since Dirty gave it out
	blank     []byte   // one page of 0xFF, shared and never written
	spare     []*page  // memory for pages to come
	summed    summed   // the zero value is right: no bytes sum to 0
	owner     *token

	ops   uint64
	dark  bool // no power
	trap  trap
	harms *harms // nil: a healthy chip; shared between clones, replaced on change

	marginal []marginalByte // by address; a chip's own, since reading changes them
}

// New makes an erased chip.
func New(g Geometry) (*Chip, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	pageBytes := min(maxPageBytes, g.SectorBytes)
	pages := g.Bytes() / pageBytes
	blank := make([]byte, pageBytes)
	for i := range blank {
		blank[i] = erased
	}
	return &Chip{
		geometry:  g,
		pageBytes: pageBytes,
		pages:     make([]*page, pages),
		dirty:     make([]uint64, (pages+63)/64),
		blank:     blank,
	}, nil
}

// Clone makes an independent chip in the same state, power, trap, faults, operation
// count and pages not yet given out by Dirty included. A chip that nobody changes may be
// cloned by several goroutines at once, after a first Clone.
func (c *Chip) Clone() *Chip {
	clone := new(Chip)
	c.CopyTo(clone)
	return clone
}

// CopyTo makes clone, which is a chip that nobody uses any more, a Clone of c in the memory
// that it has.
func (c *Chip) CopyTo(clone *Chip) {
	if c.owner != nil {
		c.owner = nil // from now on the pages belong to nobody
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

// spareOwned keeps the memory of pages that nobody else can see and that are not used any
// more.
func (c *Chip) spareOwned(first, end int) {
	if c.owner == nil {
		return
	}
	for _, pg := range c.pages[first:end] {
		if pg != nil && pg.owner == c.owner {
			c.spare = append(c.spare, pg)
		}
	}
}

// Geometry returns what the chip was made with.
func (c *Chip) Geometry() Geometry { return c.geometry }

// Ops counts the operations that were carried out or attempted so far, the one that the
// power was cut at included.
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
		_ = c.erase(sector) // nobody is left to hear of a failure
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
		_ = c.program(address, p) // nobody is left to hear of a failure
	}
	return c.losePower()
}

// Read copies len(dst) bytes from address on. Reading beyond the chip is a mistake of
// the program and panics: check wire input first. Marginal cells among them are read: the
// next time they may read differently.
func (c *Chip) Read(address uint32, dst []byte) {
	c.Cells().Read(address, dst)
	c.disturb(address, dst)
}

// CRC32 is the IEEE CRC-32 of n bytes from address on, which are read. Beyond the chip it
// panics as Read does.
func (c *Chip) CRC32(address, n uint32) uint32 {
	if !c.readsDifferently(address, n) {
		return c.Cells().CRC32(address, n)
	}
	c.mustHold("CRC-32", address, uint64(n))
	p := make([]byte, n)
	c.Read(address, p)
	return crc32.ChecksumIEEE(p)
}

// summed is the range whose CRC-32 was asked for last: an image is looked at again and again
// while nobody changes it.
type summed struct{ address, bytes, crc uint32 }

// Cells is what the cells of a chip hold, to look at from outside: nothing is read by it,
// and marginal cells are seen as they were programmed.
type Cells struct{ chip *Chip }

// Cells is what the chip's cells hold.
func (c *Chip) Cells() Cells { return Cells{c} }

// Read copies what len(dst) bytes from address on hold. Beyond the chip it panics.
func (c Cells) Read(address uint32, dst []byte) {
	c.chip.mustHold("read", address, uint64(len(dst)))
	for len(dst) > 0 {
		n := copy(dst, c.chip.rest(address))
		dst = dst[n:]
		address += uint32(n)
	}
}

// CRC32 is the IEEE CRC-32 of what n bytes from address on hold. Beyond the chip it panics.
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

// rest is the stored bytes from address to the end of its page.
func (c *Chip) rest(address uint32) []byte {
	page, offset := int(address)/c.pageBytes, int(address)%c.pageBytes
	return c.view(page)[offset:]
}

// view is the content of a page, not to be written.
func (c *Chip) view(page int) []byte {
	if p := c.pages[page]; p != nil {
		return p.data
	}
	return c.blank
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

// erase carries out the operation that begin has counted.
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
	for i := first; i < end; i++ {
		if c.pages[i] != nil {
			c.pages[i] = nil
			c.soil(i)
		}
	}
}

func (c *Chip) pagesOf(sector int) (first, end int) {
	n := c.geometry.SectorBytes / c.pageBytes
	return sector * n, (sector + 1) * n
}

// program carries out the operation that begin has counted.
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

// checkBits finds the first byte of p that would need a bit set.
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

// firstSet is the index of the first byte of want with a 1 where held, of the same
// length, has a 0; -1 if there is none.
func firstSet(held, want []byte) int {
	if len(held) <= len(erasedCells) && string(held) == erasedCells[:len(held)] {
		return -1 // erased cells take anything, and that is what most of them are
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

// put stores p, which crosses at most one page border. It stores what the cells hold
// afterwards, so it may also set bits; that only 0s are programmed is for the caller to
// see to.
func (c *Chip) put(address uint32, p []byte) {
	for len(p) > 0 {
		page, offset := int(address)/c.pageBytes, int(address)%c.pageBytes
		n := min(c.pageBytes-offset, len(p))
		c.putPage(page, offset, p[:n])
		p = p[n:]
		address += uint32(n)
	}
}

func (c *Chip) putPage(index, offset int, p []byte) {
	pg := c.pages[index]
	if pg == nil || pg.owner != c.owner || c.owner == nil {
		// Comparing is cheaper than a copy, and keeps equal pages shared and erased
		// pages nil.
		if string(c.view(index)[offset:offset+len(p)]) == string(p) {
			return
		}
		pg = c.own(index)
	}
	copy(pg.data[offset:], p)
	if pg.digest.Load() != nil {
		pg.digest.Store(nil)
	}
	c.soil(index)
}

// own makes a page writable by this chip.
func (c *Chip) own(index int) *page {
	if c.owner == nil {
		c.owner = new(token)
	}
	pg := c.newPage()
	pg.owner = c.owner
	pg.digest.Store(nil)
	pg.data = append(pg.data[:0], c.view(index)...)
	c.pages[index] = pg
	return pg
}

func (c *Chip) newPage() *page {
	n := len(c.spare)
	if n == 0 {
		return &page{data: make([]byte, 0, c.pageBytes)}
	}
	pg := c.spare[n-1]
	c.spare = c.spare[:n-1]
	return pg
}

// soil notes that a page has changed.
func (c *Chip) soil(page int) {
	c.dirty[page/64] |= 1 << (page % 64)
	if end := c.summed.address + c.summed.bytes; page >= int(c.summed.address)/c.pageBytes && page*c.pageBytes < int(end) {
		c.summed = summed{}
	}
}
