package shrink

import (
	"slices"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// simplifyWorld tries a line with nobody else on it, a smaller image, then an upgrade without
// windows, and then leaves out, field by field, what differs from the article.
func (m *minimizer) simplifyWorld() {
	m.clearLine()
	m.shrinkImage()
	m.change(func(w *world.World) {
		if a := &w.Attempts[0]; a.Task == client.TaskConnect {
			a.Task, a.Single, a.Connections, a.Assistant = client.TaskUpgrade, false, 0, nil
		}
	})
	leaveOut(m, world.MeterFields(), func(w *world.World) []world.Meter { return w.Meters })
	leaveOut(m, world.StationFields(), func(w *world.World) []world.Station { return w.Stations })
	leaveOut(m, world.FirmwareFields(), func(w *world.World) []world.Firmware { return w.Firmware })
	leaveOut(m, world.AttemptFields(), func(w *world.World) []world.Attempt { return w.Attempts })
}

// clearLine takes every station off the line, and every meter but that of the attempt.
func (m *minimizer) clearLine() {
	for i := len(m.best.World.Stations) - 1; i >= 0; i-- {
		m.change(func(w *world.World) { w.Stations = slices.Delete(w.Stations, i, i+1) })
	}
	for i := len(m.best.World.Meters) - 1; i >= 0; i-- {
		if len(m.best.World.Meters) > 1 && i != m.best.World.PlaceOf(&m.best.World.Attempts[0]) {
			m.change(func(w *world.World) { w.Meters = slices.Delete(w.Meters, i, i+1) })
		}
	}
}

// shrinkImage tries sizes in whole blocks. A file given by the caller stays.
func (m *minimizer) shrinkImage() {
	f := m.best.World.FirmwareOf(&m.best.World.Attempts[0])
	if f.Own != nil {
		return
	}
	sized := func(blocks int) bool {
		return m.change(func(w *world.World) {
			at := slices.IndexFunc(w.Firmware, func(known world.Firmware) bool { return known.Name == f.Name })
			if at < 0 {
				at, w.Firmware = len(w.Firmware), append(w.Firmware, world.Firmware{Name: f.Name})
			}
			w.Firmware[at].Blocks, w.Firmware[at].Bytes = 0, blocks*ion.BlockBytes
		})
	}
	blocks := ion.Blocks(f.ImageBytes())
	sized(blocks)
	smallest(1, uint64(blocks), func(n uint64) bool { return sized(int(n)) })
}

// leaveOut tries each element of a list without each of its fields, except sizes, because a
// default size may be larger.
func leaveOut[V any](m *minimizer, table []fields.Field[V], list func(*world.World) []V) {
	sizes := []string{"image-bytes", "blocks", "bytes"}
	for i := range list(&m.best.World) {
		for _, f := range table {
			if !f.Must && !slices.Contains(sizes, f.Name) && f.IsSet(&list(&m.best.World)[i]) {
				m.change(func(w *world.World) { f.Reset(&list(w)[i]) })
			}
		}
	}
}

// change tries best in a changed world, which an id must still be able to express.
func (m *minimizer) change(change func(*world.World)) bool {
	w := m.best.World
	w.Meters, w.Stations, w.PCs = slices.Clone(w.Meters), slices.Clone(w.Stations), slices.Clone(w.PCs)
	w.Firmware, w.Attempts = slices.Clone(w.Firmware), slices.Clone(w.Attempts)
	change(&w)
	if m.turns(&w) {
		return false
	}
	if m.history {
		return w.Check() == nil && m.ask(Subject{World: w, Plans: m.best.Plans}, w.String())
	}
	if trial.Check(w) != nil {
		return false
	}
	if m.named && trial.CheckSaid(w) != nil {
		return false
	}
	return m.ask(Subject{World: w, Plans: m.best.Plans}, w.String())
}
