package world

import (
	"reflect"
	"slices"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/simulator/meter"
)

// Filled returns the world with its defaults: a meter, a PC, an attempt and its files, and
// every field of them.
func (w World) Filled() World {
	w.Meters = filledList(w.Meters, Meter.Filled)
	w.Stations = slices.Clone(w.Stations)
	for i := range w.Stations {
		w.Stations[i] = w.Stations[i].filled(&w.Meters[0])
	}
	w.PCs = filledList(w.PCs, func(pc PC) PC { return pc })
	if w.Attempts = slices.Clone(w.Attempts); len(w.Attempts) == 0 {
		w.Attempts = []Attempt{{Tool: Tool{Task: client.TaskUpgrade}}}
	}
	model := w.Meters[0].Model
	w.Firmware = filledList(w.Firmware, func(f Firmware) Firmware { return f.filled(model) })
	w.Templates = filledList(w.Templates, func(t Template) Template { return t.filled(model) })
	for i := range w.Attempts {
		a := &w.Attempts[i]
		m := w.MeterOf(a)
		fields.Fill(attemptFields(), a)
		a.Tool = FilledTool(a.Tool, &m)
	}
	return w
}

// filledList returns a new list with at least one element.
func filledList[V any](list []V, filled func(V) V) []V {
	own := make([]V, max(1, len(list)))
	copy(own, list)
	for i := range own {
		own[i] = filled(own[i])
	}
	return own
}

// Trimmed returns the world without what is at its default, for people to read. It reverses
// Filled.
func (w World) Trimmed() World {
	full := w.Filled()
	meter := full.Meters[0].Model
	w.Meters = trimmedList(w.Meters, Meter.trimmed)
	w.Stations = slices.Clone(w.Stations)
	for i := range w.Stations {
		w.Stations[i] = w.Stations[i].trimmed(&full.Meters[0])
	}
	w.PCs = trimmedList(w.PCs, func(pc PC) PC { return pc })
	w.Firmware = trimmedList(w.Firmware, func(f Firmware) Firmware { return f.trimmed(meter) })
	w.Templates = trimmedList(w.Templates, func(t Template) Template { return t.trimmed(meter) })
	w.Attempts = slices.Clone(w.Attempts)
	for i := range w.Attempts {
		a := &w.Attempts[i]
		m := full.MeterOf(a)
		fields.Trim(attemptFields(), a)
		trimTool(&a.Tool, &m)
	}
	return w
}

// trimmedList returns a new list; it is empty if its only element says nothing.
func trimmedList[V any](list []V, trimmed func(V) V) []V {
	var own []V
	for _, v := range list {
		own = append(own, trimmed(v))
	}
	if len(own) == 1 && reflect.ValueOf(own[0]).IsZero() {
		return nil
	}
	return own
}

func (m Meter) trimmed() Meter {
	if m.Revision == m.Filled().Model.String()+meter.OldVersion {
		m.Revision = ""
	}
	fields.Trim(meterFields(), &m)
	return m
}

func (s Station) trimmed(m *Meter) Station {
	if s.UnitID == m.UnitID {
		s.UnitID = 0
	}
	fields.Trim(stationFields(), &s)
	return s
}

func (f Firmware) trimmed(model meter.Model) Firmware {
	if f.Revision == f.filled(model).Model.String()+newVersion {
		f.Revision = ""
	}
	if f.Bytes != 0 {
		f.Blocks = 0
	}
	if f.Model == model {
		f.Model = 0
	}
	fields.Trim(firmwareFields(), &f)
	return f
}

func (t Template) trimmed(model meter.Model) Template {
	if t.Model == model {
		t.Model = 0
	}
	fields.Trim(templateFields(), &t)
	return t
}

// trimTool clears what equals the meter's value, which is the default.
func trimTool(t *Tool, m *Meter) {
	if t.Password == m.Password {
		t.Password = ""
	}
	if t.UnitID == m.UnitID {
		t.UnitID = 0
	}
	if t.Baud == m.Baud {
		t.Baud = 0
	}
}

// FilledTool returns the tool with its defaults, some of which are the meter's values.
func FilledTool(t Tool, m *Meter) Tool {
	fields.Fill(toolFields(), &t)
	if t.Password == "" {
		t.Password = m.Password
	}
	if t.UnitID == 0 {
		t.UnitID = m.UnitID
	}
	if t.Baud == 0 {
		t.Baud = m.Baud
	}
	return t
}

// Filled returns the meter with its defaults.
func (m Meter) Filled() Meter {
	fields.Fill(meterFields(), &m)
	if m.Revision == "" {
		m.Revision = m.Model.String() + meter.OldVersion
	}
	return m
}

// filled returns the station with its defaults, some of which are those of the first meter.
func (s Station) filled(m *Meter) Station {
	fields.Fill(stationFields(), &s)
	if s.UnitID == 0 {
		s.UnitID = m.UnitID
	}
	return s
}

// filled returns the firmware with its defaults, for a meter of that model.
func (f Firmware) filled(model meter.Model) Firmware {
	if f.isOwn() {
		return f
	}
	if f.Model == 0 {
		f.Model = model
	}
	if f.Revision == "" {
		f.Revision = f.Model.String() + newVersion
	}
	fields.Fill(firmwareFields(), &f)
	if f.Bytes != 0 {
		f.Blocks = 0
	}
	return f
}

func (t Template) filled(model meter.Model) Template {
	if t.Model == 0 {
		t.Model = model
	}
	fields.Fill(templateFields(), &t)
	return t
}
