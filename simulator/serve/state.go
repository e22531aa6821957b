package serve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"

	"ionbench/simulator/disk"
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

// Errors of the state file that a caller may decide on. Each is wrapped with the path and what
// to do.
var (
	// ErrStateInUse: another process has the file open.
	ErrStateInUse = errors.New("the state file is in use")
	// ErrNotState: the file is something else, or is for another version or geometry.
	ErrNotState = errors.New("not a state file for this meter")
	// ErrStateDamaged: the content of the file is not what was saved.
	ErrStateDamaged = errors.New("the state file is damaged")
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

func (g Geometry) recordBytes() int64   { return pageRecordHeader + int64(g.PageBytes) }
func (g Geometry) journalOffset() int64 { return stateAlign }
func (g Geometry) pagesOffset() int64   { return g.slotOffset(2) }
func (g Geometry) pageOffset(page int) int64 {
	return g.pagesOffset() + int64(page)*g.recordBytes()
}
func (g Geometry) fileBytes() int64 { return g.pageOffset(g.Pages) }

func (g Geometry) slotOffset(slot int) int64 {
	return align(g.journalOffset()+g.recordBytes()) + int64(slot)*align(nonVolatileHeader+MaxNonVolatile)
}

func align(n int64) int64 { return (n + stateAlign - 1) / stateAlign * stateAlign }

// State keeps a meter's flash and non-volatile memory in a file. They outlive the process, so
// that killing it is a power loss.
//
// If the process dies (SIGKILL, panic), at any moment between or inside calls, every Save that
// returned is in the file, and the one under way is there completely or not at all. This holds
// for each page: its record is written to the journal first and then to its place, and
// OpenState repeats the second step. Non-volatile memory alternates between two slots. A page
// and non-volatile memory are saved separately: a death between the two leaves only the first.
//
// If the operating system crashes or the machine loses power, this holds for what was saved
// before the last Sync, if nothing was saved after it. Later saves may be missing, in any order.
// A torn page is found by its CRC and reported as ErrStateDamaged, never returned. Torn
// non-volatile memory falls back to an older version, which Damage tells, or is reported if there
// is none.
//
// One goroutine uses a State at a time. After a failed write the State accepts no more, because
// going on could destroy what the journal still holds.
type State struct {
	path     string
	file     disk.File
	geometry Geometry

	damage      error  // what was passed over when the file was opened
	nonVolatile []byte // last saved payload
	saved       bool   // there is one
	kept        bool   // the file says that there is, or was, one
	newest      int    // slot that holds it
	sequence    uint64

	buffer []byte // one page record, or one non-volatile slot
	failed error
}

// OpenState opens the state file at path, or creates it (mode 0600). An existing file must be a
// regular one, not reached through a symbolic link, made for the same geometry and not in use.
// If not, the error says what is wrong, and the file is not changed. An empty file, or one
// whose creation was interrupted, is completed.
func OpenState(d disk.System, path string, g Geometry) (*State, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	file, size, err := openAlone(d, path)
	if err != nil {
		return nil, explainOpen(path, err)
	}
	s, err := openStateFile(path, file, size, g)
	if err == nil && size == 0 {
		err = d.SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

// openAlone opens or creates the file and keeps other processes out of it.
func openAlone(d disk.System, path string) (file disk.File, size int64, err error) {
	before, err := d.Lstat(path)
	switch {
	case err == nil && before.Mode()&fs.ModeSymlink != 0:
		return nil, 0, errors.New("it is a symbolic link; name the file itself")
	case err == nil && before.IsDir():
		return nil, 0, errors.New("it is a directory; name a file")
	case err == nil && !before.Mode().IsRegular():
		return nil, 0, errors.New("it is no regular file; name a file")
	case err == nil:
		file, err = d.Open(path, disk.Write|disk.NoFollow|disk.Alone, 0)
	case errors.Is(err, fs.ErrNotExist):
		file, err = d.Open(path, disk.Write|disk.Create|disk.New|disk.NoFollow|disk.Alone, 0o600)
	}
	if err != nil {
		return nil, 0, err
	}
	after, err := file.Stat()
	if err == nil && before != nil && !d.SameFile(before, after) {
		err = errors.New("it was replaced while it was opened")
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, after.Size(), nil
}

// explainOpen says what to do about a state file that cannot be opened.
func explainOpen(path string, err error) error {
	switch {
	case errors.Is(err, disk.ErrInUse):
		return fmt.Errorf("state file %s: %w by another process; end that one or name another file", path, ErrStateInUse)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("state file %s: its folder does not exist; create it first: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("state file %s: no permission to read and write it: %w", path, err)
	}
	return fmt.Errorf("state file %s: %w", path, err)
}

func openStateFile(path string, file disk.File, size int64, g Geometry) (*State, error) {
	s := &State{path: path, file: file, geometry: g, buffer: make([]byte, g.recordBytes())}
	fresh, err := s.checkHeader(size)
	if err != nil {
		return nil, err
	}
	if fresh {
		return s, s.create()
	}
	if err := s.loadNonVolatile(); err != nil {
		return nil, err
	}
	return s, s.replay()
}

// checkHeader tells a new file (or one whose creation was interrupted) from one in use, and
// both from a file that is not ours.
func (s *State) checkHeader(size int64) (fresh bool, err error) {
	if size == 0 {
		return true, nil
	}
	if unfinished, err := s.unfinished(size); unfinished || err != nil {
		return true, err
	}
	header := make([]byte, stateAlign)
	if size < stateAlign {
		return false, s.notState("it is only %d bytes long", size)
	}
	if _, err := s.file.ReadAt(header, 0); err != nil {
		return false, fmt.Errorf("state file %s: %w", s.path, err)
	}
	if !bytes.HasPrefix(header, []byte(stateMagic)) {
		return false, s.notState("it does not begin with %s", stateMagic)
	}
	if version := binary.BigEndian.Uint32(header[8:]); version != stateVersion {
		return false, s.notState("it has version %d, this program knows version %d", version, stateVersion)
	}
	if binary.BigEndian.Uint32(header[24:]) != crc32.ChecksumIEEE(header[:24]) {
		return false, s.damaged("its header has a wrong CRC-32")
	}
	pages, pageBytes := binary.BigEndian.Uint32(header[12:]), binary.BigEndian.Uint32(header[16:])
	if int64(pages) != int64(s.geometry.Pages) || int64(pageBytes) != int64(s.geometry.PageBytes) {
		return false, s.notState("it keeps %d pages of %d bytes, the meter has %d of %d",
			pages, pageBytes, s.geometry.Pages, s.geometry.PageBytes)
	}
	s.kept = string(header[keptOffset:][:len(keptMark)]) == keptMark
	if capacity := binary.BigEndian.Uint32(header[20:]); capacity != MaxNonVolatile {
		return false, s.notState("it keeps %d bytes of non-volatile memory, the meter has %d", capacity, MaxNonVolatile)
	}
	if size != s.geometry.fileBytes() {
		return false, s.damaged("it is %d bytes long, not %d", size, s.geometry.fileBytes())
	}
	return false, nil
}

// unfinished reports whether the file has nothing in it but, at most, the beginning of its
// header: its creation was interrupted.
func (s *State) unfinished(size int64) (bool, error) {
	if size > s.geometry.fileBytes() {
		return false, nil
	}
	rest := s.geometry.header()
	part := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(part)) {
		n, err := s.file.ReadAt(part, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("state file %s: %w", s.path, err)
		}
		there := part[:n]
		for len(rest) > 0 && len(there) > 0 && there[0] == rest[0] {
			there, rest = there[1:], rest[1:]
		}
		if !allBytes(there, 0) {
			return false, nil
		}
		if at == 0 && len(rest) == 0 {
			return false, nil // the header is complete
		}
	}
	return true, nil
}

// create makes the file. The header is written last: without it, opening starts again.
func (s *State) create() error {
	if err := s.file.Truncate(s.geometry.fileBytes()); err != nil {
		return fmt.Errorf("state file %s: creating it: %w", s.path, err)
	}
	if err := s.write(s.geometry.header(), 0); err != nil {
		return err
	}
	return s.sync()
}

func (s *State) notState(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s; name another file, or move this one away to start with a new meter",
		ErrNotState, s.path, fmt.Sprintf(format, args...))
}

func (s *State) damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s; restore a copy, or move it away to start with a new meter",
		ErrStateDamaged, s.path, fmt.Sprintf(format, args...))
}

// loadNonVolatile finds the newest good slot. One bad slot is a save that was cut short. So is an
// empty one, but only beside the very first save: the second has written both.
func (s *State) loadNonVolatile() error {
	var is [2]slotIs
	for slot := range is {
		sequence, payload, err := s.readSlot(slot)
		switch {
		case errors.Is(err, errBadRecord):
			is[slot] = slotBad
			if slot == 1 || sequence > 1 {
				is[slot] = slotBadLater
			}
		case err != nil:
			return err
		case payload == nil:
			is[slot] = slotEmpty
		case !s.saved || sequence > s.sequence:
			s.saved, s.newest, s.sequence, s.nonVolatile = true, slot, sequence, payload
		}
	}
	switch {
	case !s.kept && (is == [2]slotIs{slotEmpty, slotEmpty} || is == [2]slotIs{slotBad, slotEmpty}):
		return nil // nothing was ever saved, as far as the file tells
	case !s.saved:
		return s.damaged("neither of the two copies of the non-volatile memory is whole")
	case is[1] == slotEmpty && s.sequence == 1, is == [2]slotIs{}:
		return nil
	}
	s.damage = fmt.Errorf("%w: %s: one of the two copies of the non-volatile memory is lost or has a wrong CRC-32, and the other, of save %d, is used; if the last run was not killed while it saved, the disk has damaged the file, and what was saved last may be lost",
		ErrStateDamaged, s.path, s.sequence)
	return nil
}

// slotIs says what is in a slot of the non-volatile memory.
type slotIs uint8

const (
	slotGood     slotIs = iota
	slotEmpty           // it was never written, or is lost
	slotBad             // it may be the very first save, cut short
	slotBadLater        // it is a later one
)

// Damage says what was damaged in the file and could be replaced by an older copy; nil if
// nothing was.
func (s *State) Damage() error { return s.damage }

// errBadRecord: the CRC-32 or a length is wrong.
var errBadRecord = errors.New("bad record")

// readSlot returns a nil payload for a slot that was never written. The sequence of a bad record
// is what it says.
func (s *State) readSlot(slot int) (sequence uint64, payload []byte, err error) {
	var header [nonVolatileHeader]byte
	if _, err := s.file.ReadAt(header[:], s.geometry.slotOffset(slot)); err != nil {
		return 0, nil, fmt.Errorf("state file %s: %w", s.path, err)
	}
	if allBytes(header[:], 0) {
		return 0, nil, nil
	}
	length := binary.BigEndian.Uint32(header[4:])
	sequence = binary.BigEndian.Uint64(header[8:])
	if string(header[:4]) != nonVolatileTag || length > MaxNonVolatile {
		return sequence, nil, errBadRecord
	}
	payload = make([]byte, length)
	if _, err := s.file.ReadAt(payload, s.geometry.slotOffset(slot)+nonVolatileHeader); err != nil {
		return 0, nil, fmt.Errorf("state file %s: %w", s.path, err)
	}
	sum := crc32.Update(crc32.ChecksumIEEE(header[:16]), crc32.IEEETable, payload)
	if sum != binary.BigEndian.Uint32(header[16:]) {
		return sequence, nil, errBadRecord
	}
	return sequence, payload, nil
}

// replay repeats the last page write, which may have been cut short. If the journal itself is
// torn, it was never copied, and the page is whole.
func (s *State) replay() error {
	record := s.buffer[:s.geometry.recordBytes()]
	if _, err := s.file.ReadAt(record, s.geometry.journalOffset()); err != nil {
		return fmt.Errorf("state file %s: %w", s.path, err)
	}
	page, data, ok := s.parseRecord(record)
	if !ok || page < 0 {
		return nil
	}
	return s.write(record[:pageRecordHeader+len(data)], s.geometry.pageOffset(page))
}

// parseRecord returns page -1 for a record that was never written. Data aliases record; it is
// empty for an erased page.
func (s *State) parseRecord(record []byte) (page int, data []byte, ok bool) {
	if allBytes(record[:pageRecordHeader], 0) {
		return -1, nil, true
	}
	number, length := binary.BigEndian.Uint32(record[4:]), binary.BigEndian.Uint32(record[8:])
	if string(record[:4]) != pageTag || int64(number) >= int64(s.geometry.Pages) ||
		length != 0 && int64(length) != int64(s.geometry.PageBytes) {
		return 0, nil, false
	}
	data = record[pageRecordHeader : pageRecordHeader+int(length)]
	sum := crc32.Update(crc32.ChecksumIEEE(record[:12]), crc32.IEEETable, data)
	return int(number), data, sum == binary.BigEndian.Uint32(record[12:])
}

// LoadPages calls yield for every page that is not erased, in ascending order. Data is valid
// during the call. The first error of yield ends it and is returned.
func (s *State) LoadPages(yield func(page int, data []byte) error) error {
	record := make([]byte, s.geometry.recordBytes())
	for page := range s.geometry.Pages {
		if _, err := s.file.ReadAt(record, s.geometry.pageOffset(page)); err != nil {
			return fmt.Errorf("state file %s: reading page %d: %w", s.path, page, err)
		}
		number, data, ok := s.parseRecord(record)
		if !ok || number >= 0 && number != page {
			return s.damaged("page %d has a wrong CRC-32", page)
		}
		if len(data) == 0 {
			continue
		}
		if err := yield(page, data); err != nil {
			return err
		}
	}
	return nil
}

// NonVolatile returns a copy of the non-volatile memory that was last saved; false if none was.
func (s *State) NonVolatile() ([]byte, bool) {
	return bytes.Clone(s.nonVolatile), s.saved
}

// SavePage saves one page of the flash. Data is the whole page; nil or only 0xFF means that it
// is erased.
func (s *State) SavePage(page int, data []byte) error {
	if page < 0 || page >= s.geometry.Pages {
		return fmt.Errorf("state file: there is no page %d, the flash has %d", page, s.geometry.Pages)
	}
	if data != nil && len(data) != s.geometry.PageBytes {
		return fmt.Errorf("state file: page %d with %d bytes, want %d", page, len(data), s.geometry.PageBytes)
	}
	if allBytes(data, 0xFF) {
		data = nil
	}
	record := append(s.buffer[:0], pageTag...)
	record = binary.BigEndian.AppendUint32(record, uint32(page))
	record = binary.BigEndian.AppendUint32(record, uint32(len(data)))
	sum := crc32.Update(crc32.ChecksumIEEE(record), crc32.IEEETable, data)
	record = binary.BigEndian.AppendUint32(record, sum)
	record = append(record, data...)
	s.buffer = record
	if err := s.write(record, s.geometry.journalOffset()); err != nil {
		return err
	}
	return s.write(record, s.geometry.pageOffset(page))
}

// SaveNonVolatile saves the non-volatile memory, at most MaxNonVolatile bytes. Saving the same
// again costs no write.
func (s *State) SaveNonVolatile(p []byte) error {
	if len(p) > MaxNonVolatile {
		return fmt.Errorf("state file: %d bytes of non-volatile memory, at most %d can be kept", len(p), MaxNonVolatile)
	}
	if s.failed == nil && s.saved && bytes.Equal(p, s.nonVolatile) {
		return nil
	}
	slot := 1 - s.newest
	if !s.saved {
		slot = 0
	}
	record := append(s.buffer[:0], nonVolatileTag...)
	record = binary.BigEndian.AppendUint32(record, uint32(len(p)))
	record = binary.BigEndian.AppendUint64(record, s.sequence+1)
	sum := crc32.Update(crc32.ChecksumIEEE(record), crc32.IEEETable, p)
	record = binary.BigEndian.AppendUint32(record, sum)
	record = append(record, make([]byte, nonVolatileHeader-len(record))...)
	record = append(record, p...)
	s.buffer = record
	if err := s.write(record, s.geometry.slotOffset(slot)); err != nil {
		return err
	}
	s.saved, s.newest, s.sequence = true, slot, s.sequence+1
	s.nonVolatile = append(s.nonVolatile[:0], p...)
	return s.markKept()
}

// markKept notes that memory was saved, so that a file that has lost both copies is not taken for one whose
// creation was cut short. The memory must be there before the mark is.
func (s *State) markKept() error {
	if s.kept {
		return nil
	}
	if err := s.sync(); err != nil {
		return err
	}
	if err := s.write([]byte(keptMark), keptOffset); err != nil {
		return err
	}
	s.kept = true
	return nil
}

func (s *State) write(p []byte, at int64) error {
	if s.failed != nil {
		return s.failed
	}
	if _, err := s.file.WriteAt(p, at); err != nil {
		s.failed = fmt.Errorf("state file %s: what was saved before is safe, nothing more is kept: %w", s.path, err)
		return s.failed
	}
	return nil
}

// sync makes everything saved so far survive a crash of the operating system, too.
func (s *State) sync() error {
	if s.failed != nil {
		return s.failed
	}
	if err := s.file.Sync(); err != nil {
		s.failed = fmt.Errorf("state file %s: %w", s.path, err)
		return s.failed
	}
	return nil
}

// Close syncs and closes the file. Closing again is an error of the file.
func (s *State) Close() error {
	err := s.sync()
	if closing := s.file.Close(); err == nil && closing != nil {
		err = fmt.Errorf("state file %s: %w", s.path, closing)
	}
	return err
}

// allBytes reports whether all bytes of p are b.
func allBytes(p []byte, b byte) bool {
	for _, c := range p {
		if c != b {
			return false
		}
	}
	return true
}
