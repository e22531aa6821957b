package statefile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The state file, all numbers big-endian:
//
//	offset     bytes         what
//	0          4096          header: magic "IONSTATE", version u32, pages u32, page bytes u32,
//	                         non-volatile capacity u32, CRC-32 u32 of all before, "KEPT" once
//	                         non-volatile memory was saved; rest zero
//	4096       16+page bytes journal: a copy of the page record being written
//	aligned    32+131072     non-volatile slot A
//	aligned    32+131072     non-volatile slot B
//	aligned    pages times   page records, one for each page of the flash, in order
//	           16+page bytes
//
// (aligned: the next multiple of 4096.) A page record is a tag "PAGE", page u32, length u32 (0
// if erased, else the bytes of a page), CRC-32 u32 of tag, page, length and data, and the data.
// A record of zeros was never written: the page is erased, so a new file is a hole after its
// header. A non-volatile slot is a tag "NVOL" u32, length u32, sequence u64, CRC-32 u32 of tag,
// length, sequence and payload, 12 bytes of zero, and the payload. All CRC-32 are IEEE.
const (
	stateMagic        = "IONSTATE"
	stateVersion      = 1
	stateAlign        = 4096
	keptMark          = "KEPT"
	keptOffset        = 28
	pageTag           = "PAGE"
	pageRecordHeader  = 16
	nonVolatileTag    = "NVOL"
	nonVolatileHeader = 32

	// MaxNonVolatile is the most bytes that SaveNonVolatile takes.
	MaxNonVolatile = 128 << 10

	maxPages     = 1 << 16
	maxPageBytes = 1 << 16
)

// Geometry is the size of the flash that a state file keeps.
type Geometry struct {
	Pages     int // pages of the whole chip, 1 to 65536
	PageBytes int // bytes of one page, a multiple of 16 up to 65536
}

func (g Geometry) validate() error {
	switch {
	case g.Pages < 1 || g.Pages > maxPages:
		return fmt.Errorf("state geometry: %d pages, want 1 to %d", g.Pages, maxPages)
	case g.PageBytes < 16 || g.PageBytes > maxPageBytes || g.PageBytes%16 != 0:
		return fmt.Errorf("state geometry: pages of %d bytes, want a multiple of 16 up to %d", g.PageBytes, maxPageBytes)
	}
	return nil
}

// header is what a file begins with.
func (g Geometry) header() []byte {
	b := []byte(stateMagic)
	for _, n := range []int{stateVersion, g.Pages, g.PageBytes, MaxNonVolatile} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func (g Geometry) recordBytes() int64 { return pageRecordHeader + int64(g.PageBytes) }

func (g Geometry) journalOffset() int64 { return stateAlign }

func (g Geometry) pagesOffset() int64 { return g.slotOffset(2) }

func (g Geometry) pageOffset(page int) int64 {
	return g.pagesOffset() + int64(page)*g.recordBytes()
}

func (g Geometry) fileBytes() int64 { return g.pageOffset(g.Pages) }

func (g Geometry) slotOffset(slot int) int64 {
	return align(g.journalOffset()+g.recordBytes()) + int64(slot)*align(nonVolatileHeader+MaxNonVolatile)
}

func align(n int64) int64 { return (n + stateAlign - 1) / stateAlign * stateAlign }
