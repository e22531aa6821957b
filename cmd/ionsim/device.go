package main

import (
	"errors"
	"fmt"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
)

// loadFirmware returns the firmware that the meter has at first.
func (o *options) loadFirmware(model meter.Model) (meter.Firmware, error) {
	if o.firmware == "" {
		file, _, err := world.Firmware{Revision: o.meter.Revision, Bytes: o.meter.ImageBytes}.UPG(model)
		if err != nil {
			return meter.Firmware{}, cli.Usage("--revision: %w", err)
		}
		return meter.Firmware{Revision: file.Revision, Dated: file.Dated, Image: file.Image}, nil
	}
	file, err := files.ReadFirmware(o.firmware)
	switch {
	case err != nil:
		return meter.Firmware{}, fmt.Errorf("--firmware: %w", err)
	case file.Product != uint16(model):
		return meter.Firmware{}, cli.Usage("--firmware %s: it is for a %d, the meter is a %v", o.firmware, file.Product, model).
			Hint(fmt.Sprintf("add --model %d, or choose another file", file.Product))
	case o.meter.Revision != "" && o.meter.Revision != file.Revision:
		return meter.Firmware{}, cli.Usage("--revision %s: the firmware in %s is %s", o.meter.Revision, o.firmware, file.Revision).
			Hint("leave --revision out: the file tells it")
	}
	return meter.Firmware{Revision: file.Revision, Dated: file.Dated, Image: file.Image}, nil
}

// settings returns the meter's settings, with the texts of the command line.
func (o *options) settings(m world.Meter) (*ion.Settings, error) {
	s := m.Settings()
	for _, text := range []struct{ key, value string }{{"owner", o.owner}, {"tag1", o.tag1}, {"tag2", o.tag2}} {
		if !o.given(text.key) {
			continue
		}
		i, ok := ion.SettingNamed(ion.Nameplate, text.key)
		if !ok {
			panic("no setting " + text.key)
		}
		v, err := ion.SettingTable()[i].Parse(text.value)
		if err != nil {
			return nil, cli.Usage("--%w", err).Hint("the meter keeps up to 80 characters of printable ASCII")
		}
		s.Values[i] = v
	}
	return s, nil
}

// newStation makes the meter's side of the line, switched off. Epoch is the calendar date of
// its time 0.
func newStation(o *options, id serving.Identity, fw meter.Firmware, epoch time.Time) (*bench.Station, error) {
	m := o.meter
	m.Model, m.SerialNumber, m.UnitID, m.Revision, m.Clock = id.Model, id.SerialNumber, id.UnitID, fw.Revision, epoch
	config := bench.Config{Meter: m.Config().InService(), Baud: m.Baud, Modem: o.telephone()}
	config.Meter.Firmware = fw
	config.Meter.EventWords = o.words
	config.Meter.Encoding = o.encoding(m.Model)
	var err error
	if config.Meter.Settings, err = o.settings(m); err != nil {
		return nil, err
	}
	s, err := bench.NewStation(config.AtPace(o.Pace))
	if errors.Is(err, modem.ErrConfig) {
		return nil, cli.Usage("--phone: %w", err)
	}
	if errors.Is(err, meter.ErrConfig) {
		return nil, cli.Unusable(err)
	}
	return s, err
}
