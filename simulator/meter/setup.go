package meter

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/tree"
)

// setup is a register of the setup that somebody has written and that is none of the settings of the
// five groups: those an upgrade saves and restores, these it loses.
//
// Assumption: that a factory initialise takes them back to what the factory sets up, as the article
// says of the settings, and that a loss of power does not.
type setup struct {
	handle  ion.Handle
	value   float64
	changes uint32 // how often it got another value
}

// maxSetups is more than a tree has such registers.
const maxSetups = 256

func (m *memory) findSetup(h ion.Handle) (int, bool) {
	return slices.BinarySearchFunc(m.setups, h, func(s setup, h ion.Handle) int { return int(s.handle) - int(h) })
}

// setupNumber is what a register of the setup holds.
func (m *memory) setupNumber(h ion.Handle, factory float64) float64 {
	if len(m.setups) == 0 {
		return factory
	}
	if i, ok := m.findSetup(h); ok {
		return m.setups[i].value
	}
	return factory
}

// setup is the value of a register that the factory sets up.
func (m *memory) setup(r *tree.Register) ion.Value {
	if i, ok := m.findSetup(r.Handle); ok {
		if v, err := r.TakeNumber(m.setups[i].value); err == nil {
			return v
		}
	}
	return r.Reading.Value
}

// recorderPeriod is the seconds between two records of the Revenue Log.
func (m *memory) recorderPeriod() int64 {
	return int64(m.setupNumber(ion.HandlePeriod, tree.RecorderPeriod))
}

// stopsWhenFull reports that the Revenue Log does not roll over.
func (m *memory) stopsWhenFull() bool {
	return m.setupNumber(ion.HandleRecordMode, tree.RecordCircular) == tree.RecordStopWhenFull
}

// setupChanges is how often a register got another value.
func (m *memory) setupChanges(h ion.Handle) uint32 {
	if i, ok := m.findSetup(h); ok {
		return m.setups[i].changes
	}
	return 0
}

func (m *memory) allSetupChanges() (n uint32) {
	for _, s := range m.setups {
		n += s.changes
	}
	return n
}

// writeSetup changes a register of the setup that is no setting.
func (m *Meter) writeSetup(now time.Duration, c *ion.Command) ion.Value {
	r, ok := m.tree().Register(c.Handle)
	switch {
	case !ok && !m.has(now, c.Handle):
		return m.noRegister(c.Handle)
	case !ok || !r.Writable || m.overridden(c.Handle):
		return ion.ExceptionValue(exceptionReadOnly, 0, "Read Only")
	}
	v, err := r.Take(c.Args[0])
	if err != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	n, _ := v.Number()
	m.keepSetup(now, r, n)
	return ion.BoolValue(true)
}

// keepSetup stores what a register takes, and does what follows from it: another period or mode of the
// Revenue Log begins at once, and an event log that gets shorter loses its oldest entries.
func (m *Meter) keepSetup(now time.Duration, r *tree.Register, n float64) {
	m.logSetup(now, r.Handle)
	switch r.Handle {
	case ion.HandleEventCutoff:
		m.memory.cutoff = uint8(n)
		return
	case ion.HandlePeriod, ion.HandleRecordMode:
		m.stopApplication(now)
	}
	m.memory.keepSetup(r, n)
	if r.Handle == ion.HandleEventLogDepth {
		m.memory.trimEvents(m.memory.eventDepth())
	}
}

// keepSetup never writes to setups in place: a clone shares them.
func (m *memory) keepSetup(r *tree.Register, n float64) {
	was, _ := m.setup(r).Number()
	setups := slices.Clone(m.setups)
	i, ok := m.findSetup(r.Handle)
	if !ok {
		setups = slices.Insert(setups, i, setup{handle: r.Handle})
	}
	setups[i].value = n
	if was != n {
		setups[i].changes++
	}
	m.setups = setups
}

// declareSetup declares the setup beside the settings, in the layout in which it is saved.
func (m *memory) declareSetup(w *machine.State) {
	machine.SavedEach(w, &m.setups, maxSetups, func(s *setup) { s.declare(w) })
	if !w.Saves() {
		return
	}
	m.history.declareRecording(w)
}

// checkSetup looks at a setup that was loaded.
func (m *memory) checkSetup(t *tree.Tree) error {
	for i, s := range m.setups {
		r, ok := t.Register(s.handle)
		if !ok || !r.Writable || i > 0 && s.handle <= m.setups[i-1].handle {
			return fmt.Errorf("register %04X of the setup", uint16(s.handle))
		}
		if _, err := r.TakeNumber(s.value); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) declare(w *machine.State) {
	handle := uint32(s.handle)
	machine.SavedUint32(w, &handle)
	s.handle = ion.Handle(handle)
	w.SavedFloat(&s.value)
	machine.SavedUint32(w, &s.changes)
}
