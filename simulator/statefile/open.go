package statefile

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

// Open opens the state file at path, or creates it (mode 0600). An existing file must be a
// regular one, not reached through a symbolic link, made for the same geometry and not in use.
// If not, the error says what is wrong, and the file is not changed. An empty file, or one
// whose creation was interrupted, is completed.
func Open(d disk.System, path string, g Geometry) (*File, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	file, size, err := openAlone(d, path)
	if err != nil {
		return nil, explainOpen(path, err)
	}
	s, err := openFile(path, file, size, g)
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
		return fmt.Errorf("state file %s: %w by another process; end that one or name another file", path, ErrInUse)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("state file %s: its folder does not exist; create it first: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("state file %s: no permission to read and write it: %w", path, err)
	}
	return fmt.Errorf("state file %s: %w", path, err)
}

func openFile(path string, file disk.File, size int64, g Geometry) (*File, error) {
	s := &File{path: path, file: file, geometry: g, buffer: make([]byte, g.recordBytes())}
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
func (s *File) checkHeader(size int64) (fresh bool, err error) {
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
func (s *File) unfinished(size int64) (bool, error) {
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
func (s *File) create() error {
	if err := s.file.Truncate(s.geometry.fileBytes()); err != nil {
		return fmt.Errorf("state file %s: creating it: %w", s.path, err)
	}
	if err := s.write(s.geometry.header(), 0); err != nil {
		return err
	}
	return s.sync()
}

func (s *File) notState(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s; name another file, or move this one away to start with a new meter",
		ErrNotState, s.path, fmt.Sprintf(format, args...))
}

func (s *File) damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s; restore a copy, or move it away to start with a new meter",
		ErrDamaged, s.path, fmt.Sprintf(format, args...))
}
