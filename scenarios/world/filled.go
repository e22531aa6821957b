package world

import (
	"slices"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/simulator/meter"
)

// Filled is the world with all that it is unless given: a meter, a PC, an attempt and the
// files that it needs, and every field of them.
func (w World) Filled() World {
	w.Meters = filledList(w.Meters, Meter.Filled)
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
		fields.Fill(AttemptFields(), a)
		a.fillFrom(&m)
	}
	return w
}

// filledList is a list of its own with at least one element.
func filledList[V any](list []V, filled func(V) V) []V {
	own := make([]V, max(1, len(list)))
	copy(own, list)
	for i := range own {
		own[i] = filled(own[i])
	}
	return own
}

// fillFrom: what the tool is not told otherwise is as the meter has it.
func (t *Tool) fillFrom(m *Meter) {
	if t.Password == "" {
		t.Password = m.Password
	}
	if t.UnitID == 0 {
		t.UnitID = m.UnitID
	}
	if t.Baud == 0 {
		t.Baud = m.Baud
	}
}

// Filled is the meter with all that it is unless given.
func (m Meter) Filled() Meter {
	fields.Fill(MeterFields(), &m)
	if m.Revision == "" {
		m.Revision = m.Model.String() + oldVersion
	}
	return m
}

// filled is the firmware with all that it is unless given, for a meter of that model.
func (f Firmware) filled(model meter.Model) Firmware {
	if f.Own != nil {
		return f
	}
	if f.Model == 0 {
		f.Model = model
	}
	if f.Revision == "" {
		f.Revision = f.Model.String() + newVersion
	}
	blocks := f.Blocks
	fields.Fill(FirmwareFields(), &f)
	if f.Bytes != 0 {
		f.Blocks = blocks
	}
	return f
}

func (t Template) filled(model meter.Model) Template {
	if t.Model == 0 {
		t.Model = model
	}
	fields.Fill(TemplateFields(), &t)
	return t
}
