package world

import (
	"fmt"
	"strings"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// kib is what the times of a chip are about.
const kib = 1 << 10

// oldSeed draws the images that run at first. Images that are sent have another seed.
const oldSeed = 1

// oldDated is the build time of the image that runs at first.
func oldDated() time.Time { return time.Date(2007, time.January, 15, 9, 0, 0, 0, time.UTC) }

// Config returns the meter as the simulator takes it, with its defaults and at its own pace.
func (m Meter) Config() meter.Config {
	m = m.Filled()
	timing := meter.DefaultTiming()
	timing.RTSDelay = m.RTSDelay
	timing.Boot, timing.LoaderStart, timing.FactoryInitialize = m.BootTime, m.LoaderTime, m.FirstBootTime
	timing.VerifyByte = m.VerifyTime / kib
	chip := flash.Am29F032B()
	chip.EraseTime, chip.ByteProgramTime = m.EraseTime, m.ProgramTime/kib
	return meter.Config{
		Steady:       true,                      // equal states have equal futures at any time of the day
		EventCutoff:  meter.PrioritySetupChange, // nobody here reads the 30 entries of settings that are written back
		Model:        m.Model,
		SerialNumber: m.SerialNumber,
		UnitID:       m.UnitID,
		Password:     m.Password,
		Epoch:        m.Clock,
		Firmware: meter.Firmware{
			Revision: m.Revision,
			Dated:    oldDated(),
			Image:    firmware.Image(oldSeed, m.ImageBytes),
		},
		Settings: m.settings(),
		Timing:   timing,
		Geometry: chip,
		Seed:     1,
	}
}

// Settings returns what a person has set up in the meter.
func (m Meter) Settings() *ion.Settings { return m.Filled().settings() }

func (m Meter) settings() *ion.Settings {
	s := m.SetUp.settings(m.Model, m.Revision)
	for _, set := range m.Set {
		s.Values[set.Setting] = set.Value
	}
	if m.TemplateName != "" {
		s.Template = m.TemplateName
	}
	return s
}

func (u SetUp) settings(model meter.Model, revision string) *ion.Settings {
	switch u {
	case Custom:
		return CustomSettings(model, revision)
	case Lowest:
		return BoundSettings(ion.Setting.Lowest, "")
	case Highest:
		return BoundSettings(ion.Setting.Highest, strings.Repeat("~", maxTemplateName))
	}
	s := meter.FactoryTemplate(model, revision)
	return &s
}

// BoundSettings are settings that are all at a bound of theirs.
func BoundSettings(bound func(ion.Setting) ion.Value, template string) *ion.Settings {
	s := ion.Settings{Template: template}
	for i, setting := range ion.SettingTable() {
		s.Values[i] = bound(setting)
	}
	return &s
}

// CustomSettings are those of a meter in which no setting is at its default.
func CustomSettings(model meter.Model, revision string) *ion.Settings {
	s := meter.FactoryTemplate(model, revision)
	s.Template = model.String() + "_PLANT_A"
	for i, setting := range ion.SettingTable() {
		v, err := setting.Parse(customValue(i, setting))
		if err != nil {
			panic(fmt.Sprintf("custom settings: %v", err))
		}
		s.Values[i] = v
	}
	return &s
}

func customValue(i int, s ion.Setting) string {
	switch {
	case s.Type == ion.Words:
		return "PLANT A " + s.Key
	case s.Key == "nominal-frequency":
		return "50"
	case s.Key == "timesync-type":
		return "1"
	case s.Key == "volts-mode":
		return "2"
	case s.Group == ion.ITC && s.Min == 0.5:
		return fmt.Sprintf("1.0%d", i)
	case s.Type == ion.Number:
		return fmt.Sprintf("%d.5", 100+i)
	default:
		return fmt.Sprint(3600 + i)
	}
}
