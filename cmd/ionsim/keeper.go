package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"ionbench/simulator/disk"
	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
	"ionbench/simulator/serve"
)

// keeper saves the meter's flash and memory in a state file. Before the memory that the meter
// saves itself, the file says which meter it is:
//
//	offset  bytes  what
//	0       7      "IONSIM" and version 1
//	7       2      model, big-endian as the rest
//	9       2      unit id
//	11      1      n, the length of the serial number
//	12      n      serial number
//	12+n    rest   meter.AppendMemory
type keeper struct {
	path   string
	file   *serve.State
	memory []byte // reused by the next save
}

const keeperMagic = "IONSIM\x01"

// errOtherMeter: the state file holds another meter than the one asked for.
var errOtherMeter = errors.New("the state file is of another meter")

// openKeeper opens or creates the state file.
func openKeeper(d disk.System, path string) (*keeper, error) {
	chip, err := flash.New(flash.Am29F032B())
	if err != nil {
		return nil, err
	}
	page := chip.PageBytes()
	file, err := serve.OpenState(d, path, serve.Geometry{Pages: flash.Am29F032B().Bytes() / page, PageBytes: page})
	if err != nil {
		return nil, err
	}
	return &keeper{path: path, file: file}, nil
}

// saved returns the meter in the file. Not ok: the file is new, or its first save was cut
// short.
func (k *keeper) saved() (id identity, memory []byte, ok bool, err error) {
	b, ok := k.file.NonVolatile()
	if !ok {
		return identity{}, nil, false, nil
	}
	const fixed = len(keeperMagic) + 5
	if len(b) < fixed || string(b[:len(keeperMagic)]) != keeperMagic || len(b) < fixed+int(b[fixed-1]) {
		return identity{}, nil, false, fmt.Errorf("%w: %s: its memory was not written by this ionsim; name another file", serve.ErrNotState, k.path)
	}
	end := fixed + int(b[fixed-1])
	id = identity{
		Model:        meter.Model(binary.BigEndian.Uint16(b[len(keeperMagic):])),
		UnitID:       binary.BigEndian.Uint16(b[len(keeperMagic)+2:]),
		SerialNumber: string(b[fixed:end]),
	}
	return id, b[end:], true, nil
}

// resolve says which meter to make. What the command line does not give comes from the file.
func (k *keeper) resolve(o *options, flags identity) (id identity, err error) {
	id, _, ok, err := k.saved()
	if !ok || err != nil {
		return flags, err
	}
	wanted := id
	if o.given("model") {
		wanted.Model = flags.Model
	}
	if o.given("serial-number") {
		wanted.SerialNumber = flags.SerialNumber
	}
	if o.given("unit-id") {
		wanted.UnitID = flags.UnitID
	}
	if wanted != id {
		return id, fmt.Errorf("%w: %s holds the %v, the flags ask for the %v; name another file, or leave --model, --serial-number and --unit-id out to go on with the meter in it",
			errOtherMeter, k.path, id, wanted)
	}
	return id, nil
}

// restore loads the saved state into a meter that is off.
func (k *keeper) restore(m *meter.Meter) error {
	_, memory, _, err := k.saved()
	if err != nil {
		return err
	}
	if err := m.RestoreMemory(memory); err != nil {
		return fmt.Errorf("%w: %s: %w", serve.ErrStateDamaged, k.path, err)
	}
	chip := m.Chip()
	for page := range m.Config().Geometry.Bytes() / chip.PageBytes() {
		if err := chip.LoadPage(page, nil); err != nil {
			return err
		}
	}
	return k.file.LoadPages(chip.LoadPage)
}

// create saves a meter that is not in the file yet. Its identity is written last: if that is
// missing, the next opening starts again with a new file.
func (k *keeper) create(m *meter.Meter, now time.Duration) error {
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
func (k *keeper) save(m *meter.Meter, now time.Duration) (err error) {
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

func (k *keeper) payload(m *meter.Meter, now time.Duration) []byte {
	c := m.Config()
	b := append(k.memory[:0], keeperMagic...)
	b = binary.BigEndian.AppendUint16(b, uint16(c.Model))
	b = binary.BigEndian.AppendUint16(b, c.UnitID)
	b = append(b, byte(len(c.SerialNumber)))
	b = append(b, c.SerialNumber...)
	k.memory = m.AppendMemory(b, now)
	return k.memory
}

func (k *keeper) close() error { return k.file.Close() }
