package shrink

import (
	"context"
	"slices"

	"ionbench/client"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

// History looks for a smaller history for which fails is true, as it must be for w: first fewer
// attempts and less between them, then fewer and simpler faults, then a world more like the
// article's. The budget and the context bound it as they bound Minimize.
func History(ctx context.Context, w world.World, fails func(world.World) bool, o Options) (smaller world.World, runs int, done bool) {
	w = w.Trimmed()
	m := search(ctx, apart(w), func(s Subject) bool { return fails(together(s)) }, o)
	m.history = true
	for m.passHistory() && !m.spent {
	}
	return together(m.best), m.runs, !m.spent
}

// apart takes the faults out of the attempts, so that they are shrunk as those of trials are.
func apart(w world.World) Subject {
	s := Subject{World: w, Plans: make(trial.Plans, len(w.Attempts))}
	s.World.Attempts = slices.Clone(w.Attempts)
	for i := range s.World.Attempts {
		s.Plans[i], s.World.Attempts[i].Plan = w.Attempts[i].Plan, nil
	}
	return s
}

// together is the history of a subject.
func together(s Subject) world.World {
	w := s.World
	w.Attempts = slices.Clone(w.Attempts)
	for i := range w.Attempts {
		w.Attempts[i].Plan = s.Plans[i]
	}
	return w
}

func (m *minimizer) passHistory() bool {
	before := key(m.said, m.best.Plans)
	m.dropMeters()
	m.dropAttempts()
	m.dropActions()
	m.dropFaults()
	m.simplifyFaults()
	m.dropThings()
	m.simplifyHistory()
	return key(m.said, m.best.Plans) != before
}

// dropAttempts tries halves, quarters and single attempts less.
func (m *minimizer) dropAttempts() {
	for size := len(m.best.World.Attempts) / 2; size > 0; size /= 2 {
		for from := 0; from < len(m.best.World.Attempts); {
			to := min(from+size, len(m.best.World.Attempts))
			if to-from == len(m.best.World.Attempts) || !m.withoutAttempts(from, to) {
				from += size
			}
		}
	}
}

func (m *minimizer) withoutAttempts(from, to int) bool {
	s := m.best
	s.World.Attempts = slices.Delete(slices.Clone(s.World.Attempts), from, to)
	s.Plans = slices.Delete(slices.Clone(s.Plans), from, to)
	s.World.Attempts[0].Meanwhile = 0
	return s.World.Check() == nil && m.ask(s, s.World.String())
}

// dropMeters tries all attempts with one meter, and none that no attempt is about.
func (m *minimizer) dropMeters() {
	for i := len(m.best.World.Meters) - 1; i >= 0 && len(m.best.World.Meters) > 1; i-- {
		gone := m.best.World.Meters[i].Name
		m.change(func(w *world.World) {
			w.Meters = slices.Delete(w.Meters, i, i+1)
			for k := range w.Attempts {
				if a := &w.Attempts[k]; a.Meter == gone || a.Meter == w.Meters[0].Name {
					a.Meter = ""
				}
			}
		})
	}
}

// alike reports whether nothing tells two meters apart. What comes of such a world is about that.
func alike(w *world.World) bool {
	for i := range w.Meters {
		for k := range w.Meters[:i] {
			a, b := w.Meters[i].Filled(), w.Meters[k].Filled()
			if a.SerialNumber == b.SerialNumber && a.Model == b.Model && a.UnitID == b.UnitID {
				return true
			}
		}
	}
	return false
}

// deaf counts the attempts that talk to a meter which has a twin on its line, without listening for it: such
// a tool does to both what it does to one.
func deaf(w *world.World) int {
	n := 0
	for i := range w.Attempts {
		if a := &w.Attempts[i]; !a.Listens && hasTwin(w, w.PlaceOf(a)) {
			n++
		}
	}
	return n
}

// hasTwin reports whether another meter on the line of this one has its unit id.
func hasTwin(w *world.World, of int) bool {
	m := w.Meters[of].Filled()
	for i := range w.Meters {
		if other := w.Meters[i].Filled(); i != of && other.Line == m.Line && other.UnitID == m.UnitID {
			return true
		}
	}
	return false
}

// turns reports whether a world is about something else than the best one: two meters that nothing tells
// apart any more, or a tool that no longer listens beside a twin, break invariants by themselves.
func (m *minimizer) turns(w *world.World) bool {
	return alike(w) && !alike(&m.best.World) || deaf(w) > deaf(&m.best.World)
}

// dropActions tries to leave out what lies between attempts, and what is done in the windows.
func (m *minimizer) dropActions() {
	for i := range m.best.World.Attempts {
		for k := len(m.best.World.Attempts[i].Before) - 1; k >= 0; k-- {
			m.change(func(w *world.World) {
				w.Attempts[i].Before = slices.Delete(slices.Clone(w.Attempts[i].Before), k, k+1)
			})
		}
		for k := len(m.best.World.Attempts[i].Assistant) - 1; k >= 0; k-- {
			m.change(func(w *world.World) {
				w.Attempts[i].Assistant = slices.Delete(slices.Clone(w.Attempts[i].Assistant), k, k+1)
			})
		}
		for k := len(m.best.World.Attempts[i].Writes) - 1; k >= 0; k-- {
			m.change(func(w *world.World) {
				w.Attempts[i].Writes = slices.Delete(slices.Clone(w.Attempts[i].Writes), k, k+1)
			})
		}
	}
}

// dropThings tries to leave out PCs and files.
func (m *minimizer) dropThings() {
	for i := len(m.best.World.PCs) - 1; i >= 0; i-- {
		m.change(func(w *world.World) { w.PCs = slices.Delete(slices.Clone(w.PCs), i, i+1) })
	}
	for i := len(m.best.World.Firmware) - 1; i >= 0; i-- {
		m.change(func(w *world.World) { w.Firmware = slices.Delete(slices.Clone(w.Firmware), i, i+1) })
	}
	for i := len(m.best.World.Templates) - 1; i >= 0; i-- {
		m.change(func(w *world.World) { w.Templates = slices.Delete(slices.Clone(w.Templates), i, i+1) })
	}
}

// simplifyHistory tries upgrades instead of windows and leaves out, field by field, what differs
// from the article.
func (m *minimizer) simplifyHistory() {
	for i := range m.best.World.Attempts {
		m.change(func(w *world.World) {
			if a := &w.Attempts[i]; a.Task == client.TaskConnect {
				a.Task, a.Single, a.Connections, a.Assistant, a.AtSilence, a.NoRecovery = client.TaskUpgrade, false, 0, nil, 0, false
			}
		})
	}
	leaveOut(m, world.AttemptFields(), func(w *world.World) []world.Attempt { return w.Attempts })
	leaveOut(m, world.PCFields(), func(w *world.World) []world.PC { return w.PCs })
	leaveOut(m, world.FirmwareFields(), func(w *world.World) []world.Firmware { return w.Firmware })
	leaveOut(m, world.MeterFields(), func(w *world.World) []world.Meter { return w.Meters })
}
