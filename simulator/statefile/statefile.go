// Package statefile keeps a meter's flash and non-volatile memory in a file that outlives the
// process: killing it is a power loss, and no worse. On Unix systems.
package statefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"ionbench/simulator/disk"
)

// Errors of the state file that a caller may decide on. Each is wrapped with the path and what
// to do.
var (
	// ErrInUse: another process has the file open.
	ErrInUse = errors.New("the state file is in use")
	// ErrNotState: the file is something else, or is for another version or geometry.
	ErrNotState = errors.New("not a state file for this meter")
	// ErrDamaged: the content of the file is not what was saved.
	ErrDamaged = errors.New("the state file is damaged")
)

// File keeps a meter's flash and non-volatile memory in a file. They outlive the process, so
// that killing it is a power loss.
//
// If the process dies (SIGKILL, panic), at any moment between or inside calls, every Save that
// returned is in the file, and the one under way is there completely or not at all. This holds
// for each page: its record is written to the journal first and then to its place, and
// Open repeats the second step. Non-volatile memory alternates between two slots. A page
// and non-volatile memory are saved separately: a death between the two leaves only the first.
//
// If the operating system crashes or the machine loses power, this holds for a file that was closed.
// Of one that was open, saves may be missing, in any order.
// A torn page is found by its CRC and reported as ErrDamaged, never returned. Torn
// non-volatile memory falls back to an older version, which Damage tells, or is reported if there
// is none.
//
// One goroutine uses a File at a time. After a failed write it accepts no more, because
// going on could destroy what the journal still holds.
type File struct {
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

// loadNonVolatile finds the newest good slot. One bad slot is a save that was cut short. So is an
// empty one, but only beside the very first save: the second has written both.
func (s *File) loadNonVolatile() error {
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
		ErrDamaged, s.path, s.sequence)
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
func (s *File) Damage() error { return s.damage }

// errBadRecord: the CRC-32 or a length is wrong.
var errBadRecord = errors.New("bad record")

// readSlot returns a nil payload for a slot that was never written. The sequence of a bad record
// is what it says.
func (s *File) readSlot(slot int) (sequence uint64, payload []byte, err error) {
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
func (s *File) replay() error {
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
func (s *File) parseRecord(record []byte) (page int, data []byte, ok bool) {
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
func (s *File) LoadPages(yield func(page int, data []byte) error) error {
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
func (s *File) NonVolatile() ([]byte, bool) {
	return bytes.Clone(s.nonVolatile), s.saved
}

// SavePage saves one page of the flash. Data is the whole page; nil or only 0xFF means that it
// is erased.
func (s *File) SavePage(page int, data []byte) error {
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
func (s *File) SaveNonVolatile(p []byte) error {
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
func (s *File) markKept() error {
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

func (s *File) write(p []byte, at int64) error {
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
func (s *File) sync() error {
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
func (s *File) Close() error {
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
