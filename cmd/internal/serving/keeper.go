package serving

import (
	"encoding/binary"
	"fmt"
	"time"

	"ionbench/simulator/disk"
	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
	"ionbench/simulator/statefile"
)

// Keeper saves the meter's flash and memory in a state file. Before the memory that the meter
// saves itself, the file says which meter it is:
//
//	offset  bytes  what
//	0       7      "IONSIM" and version 1
//	7       2      model, big-endian as the rest
//	9       2      unit id
//	11      1      n, the length of the serial number
//	12      n      serial number
//	12+n    rest   meter.AppendLeft
type Keeper struct {
	path   string
	file   *statefile.File
	memory []byte // reused by the next save
}

const keeperMagic = "IONSIM\x01"

// OpenKeeper opens or creates the state file.
func OpenKeeper(d disk.System, path string) (*Keeper, error) {
	chip, err := flash.New(flash.Am29F032B())
	if err != nil {
		return nil, err
	}
	page := chip.PageBytes()
	file, err := statefile.Open(d, path, statefile.Geometry{Pages: flash.Am29F032B().Bytes() / page, PageBytes: page})
	if err != nil {
		return nil, err
	}
	return &Keeper{path: path, file: file}, nil
}

// Saved returns which meter is in the file. Not ok: the file is new, or its first save was cut
// short.
func (k *Keeper) Saved() (id Identity, ok bool, err error) {
	id, _, ok, err = k.saved()
	return id, ok, err
}

// Damage is what was damaged in the file and made good from its second copy; nil for nothing.
func (k *Keeper) Damage() error { return k.file.Damage() }

func (k *Keeper) saved() (id Identity, memory []byte, ok bool, err error) {
	b, ok := k.file.NonVolatile()
	if !ok {
		return Identity{}, nil, false, nil
	}
	const fixed = len(keeperMagic) + 5
	if len(b) < fixed || string(b[:len(keeperMagic)]) != keeperMagic || len(b) < fixed+int(b[fixed-1]) {
		return Identity{}, nil, false, fmt.Errorf("%w: %s: its memory was not written by a version that is known here; name another file", statefile.ErrNotState, k.path)
	}
	end := fixed + int(b[fixed-1])
	id = Identity{
		Model:        meter.Model(binary.BigEndian.Uint16(b[len(keeperMagic):])),
		UnitID:       binary.BigEndian.Uint16(b[len(keeperMagic)+2:]),
		SerialNumber: string(b[fixed:end]),
	}
	return id, b[end:], true, nil
}

// Restore loads the saved state into a meter that is off.
func (k *Keeper) Restore(m *meter.Meter) error {
	_, memory, _, err := k.saved()
	if err != nil {
		return err
	}
	if err := m.RestoreMemory(memory); err != nil {
		return fmt.Errorf("%w: %s: %w", statefile.ErrDamaged, k.path, err)
	}
	chip := m.Chip()
	for page := range m.Config().Geometry.Bytes() / chip.PageBytes() {
		if err := chip.LoadPage(page, nil); err != nil {
			return err
		}
	}
	return k.file.LoadPages(chip.LoadPage)
}

// Create saves a meter that is not in the file yet. Its identity is written last: if that is
// missing, the next opening starts again with a new file.
func (k *Keeper) Create(m *meter.Meter, now time.Duration) error {
	chip := m.Chip()
	data := make([]byte, chip.PageBytes())
	for page := range m.Config().Geometry.Bytes() / len(data) {
		chip.Cells().Read(uint32(page*len(data)), data)
		if err := k.file.SavePage(page, data); err != nil {
			return err
		}
	}
	return k.save(m, now)
}

// save writes what has changed. The memory goes first, as in the meter: the mark in the flash
// that a factory initialise is complete must not be saved before the memory that the
// initialise wrote.
func (k *Keeper) save(m *meter.Meter, now time.Duration) (err error) {
	if err := k.file.SaveNonVolatile(k.payload(m, now)); err != nil {
		return err
	}
	for page, data := range m.Chip().Dirty {
		if err = k.file.SavePage(page, data); err != nil {
			break
		}
	}
	return err
}

func (k *Keeper) payload(m *meter.Meter, now time.Duration) []byte {
	c := m.Config()
	b := append(k.memory[:0], keeperMagic...)
	b = binary.BigEndian.AppendUint16(b, uint16(c.Model))
	b = binary.BigEndian.AppendUint16(b, c.UnitID)
	b = append(b, byte(len(c.SerialNumber)))
	b = append(b, c.SerialNumber...)
	k.memory = m.AppendLeft(b, now)
	return k.memory
}

// Close closes the file.
func (k *Keeper) Close() error { return k.file.Close() }
