package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/simulator/bench"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// identity is which meter it is.
type identity struct {
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
}

func (id identity) String() string {
	return fmt.Sprintf("%v %s, unit %d", id.Model, id.SerialNumber, id.UnitID)
}

func (o *options) identity() (identity, error) {
	model, err := meter.ParseModel(o.model)
	if err != nil {
		return identity{}, wrongUsage(hintHelp, "--model: %v", err)
	}
	if o.unit < 1 || o.unit > 9999 {
		return identity{}, wrongUsage("use 1 to 9999", "--unit-id %d: no meter has that", o.unit)
	}
	return identity{Model: model, SerialNumber: o.serial, UnitID: uint16(o.unit)}, nil
}

// The meter's firmware where none is given: generated, none of it runs anywhere. The
// revision and its date are those of the article's log; the size is arbitrary.
const (
	factoryVersion    = "V283"
	factorySeed       = 283
	factoryImageBytes = 256 << 10
)

func factoryDated() time.Time { return time.Date(2007, time.August, 22, 13, 24, 58, 0, time.UTC) }

// loadFirmware is what the meter comes with.
func (o *options) loadFirmware(model meter.Model) (meter.Firmware, error) {
	if o.firmware == "" {
		revision := o.revision
		if revision == "" {
			revision = model.String() + factoryVersion
		}
		return meter.Firmware{Revision: revision, Dated: factoryDated(), Image: firmware.Image(factorySeed, factoryImageBytes)}, nil
	}
	file, err := readUPG(o.firmware)
	if err != nil {
		return meter.Firmware{}, err
	}
	if file.Product != uint16(model) {
		return meter.Firmware{}, wrongUsage(fmt.Sprintf("add --model %d, or choose another file", file.Product),
			"--firmware %s: it is for a %d, the meter is a %v", o.firmware, file.Product, model)
	}
	if o.revision != "" && o.revision != file.Revision {
		return meter.Firmware{}, wrongUsage("leave --revision out: the file tells it",
			"--revision %s: the firmware in %s is %s", o.revision, o.firmware, file.Revision)
	}
	return meter.Firmware{Revision: file.Revision, Dated: file.Dated, Image: file.Image}, nil
}

func readUPG(path string) (*upg.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--firmware: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("--firmware %s: it is a folder; name a .UPG file", path)
	}
	content, err := io.ReadAll(io.LimitReader(f, upg.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("--firmware: %w", err)
	}
	file, err := upg.Parse(content)
	if err != nil {
		return nil, fmt.Errorf("--firmware %s: %w", path, err)
	}
	return file, nil
}

// nameplate is the factory template with the texts of the command line.
func (o *options) nameplate(model meter.Model, revision string) (*ion.Settings, error) {
	s := meter.FactoryTemplate(model, revision)
	for _, text := range []struct{ key, value string }{{"owner", o.owner}, {"tag1", o.tag1}, {"tag2", o.tag2}} {
		i, ok := ion.SettingNamed(ion.Nameplate, text.key)
		if !ok {
			panic("no setting " + text.key)
		}
		v, err := ion.SettingTable()[i].Parse(text.value)
		if err != nil {
			return nil, wrongUsage("the meter keeps up to 80 characters of printable ASCII", "--%v", err)
		}
		s.Values[i] = v
	}
	return &s, nil
}

// newStation makes the device's side of the line, switched off. The calendar date of its
// time 0 is epoch.
func newStation(o *options, id identity, fw meter.Firmware, epoch time.Time) (*bench.Station, error) {
	settings, err := o.nameplate(id.Model, fw.Revision)
	if err != nil {
		return nil, err
	}
	s, err := bench.NewStation(bench.Config{
		Meter: meter.Config{
			Model:        id.Model,
			SerialNumber: id.SerialNumber,
			UnitID:       id.UnitID,
			Password:     o.password,
			Epoch:        epoch,
			Firmware:     fw,
			Settings:     settings,
			Timing:       meter.DefaultTiming().Scale(o.pace.scale),
			Geometry:     meter.ScaleGeometry(flash.Am29F032B(), o.pace.scale),
			Seed:         1,
		},
		Baud:        o.baud,
		Pace:        o.pace.line,
		Trace:       true,
		TraceFrames: o.frames,
	})
	if errors.Is(err, meter.ErrConfig) {
		return nil, wrongUsage(hintHelp, "%v", err)
	}
	return s, err
}
