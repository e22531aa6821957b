package meter

import (
	"errors"
	"fmt"
	"math"
	"time"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/tree"
)

// memory is what survives a power loss, apart from the flash.
type memory struct {
	settings *installed // without the energy readings, which are in energy
	own      bool       // no other meter has these settings
	energy   [energyCount]float64
	offset   time.Duration // difference between the meter's clock and the calendar of the bench
	events   []LogEntry
	dropped  uint32 // how many entries were dropped to make room
	marks    ion.Marks
	cutoff   uint8   // events of a priority above it are logged
	labels   []label // that somebody has written, by handle
	setups   []setup // likewise
	history  history
}

// installed is the settings as they are in memory. Copies of a meter share them; only a meter that
// has them alone writes to them.
type installed struct {
	ion.Settings
	digest machine.Digest
}

// set changes the settings.
func (m *memory) set(change func(s *ion.Settings)) {
	if !m.own {
		m.settings, m.own = &installed{Settings: m.settings.Settings}, true
	}
	m.settings.digest.Forget()
	change(&m.settings.Settings)
}

// replace gives the meter other settings, with their readings.
func (m *memory) replace(s ion.Settings) {
	m.settings, m.own = &installed{Settings: s}, true
	for n, i := range energyIndexes() {
		m.energy[n], _ = s.Values[i].Number()
	}
}

// sum stands for the settings in a fingerprint.
func (s *installed) sum() *machine.Sum {
	return s.digest.Of(func() []byte { return ion.AppendSettings(nil, &s.Settings) })
}

const energyCount = ion.EnergyCount

// energyIndexes are the places of the energy readings among the settings.
func energyIndexes() [energyCount]int {
	var at [energyCount]int
	n := 0
	for i, s := range ion.SettingTable() {
		if s.Group == ion.Energy {
			at[n] = i
			n++
		}
	}
	return at
}

// mark notes that a setting is written: with what it has already, or with another value.
func (m *memory) mark(index int, same bool) {
	if same && !m.marks.Reset.Has(index) {
		return
	}
	m.marks.Reset &^= 1 << index
	m.marks.Changes[ion.KindOf(index)]++
}

// Marks are what the meter knows of its settings besides their values.
func (m *Meter) Marks() ion.Marks { return m.memory.marks }

// EventLog is the event log, oldest entry first.
func (m *Meter) EventLog() []LogEntry { return m.memory.events }

// Clock is the meter's own time. A battery keeps it running without power.
func (m *Meter) Clock(now time.Duration) time.Time {
	return m.cfg.Epoch.Add(now + m.memory.offset)
}

// energyAt returns the readings, with what the running application has counted since it
// started.
//
// Assumption: a reading stands still at the highest that can be written. A reading beyond it
// could be read, and never be written back.
func (m *Meter) energyAt(now time.Duration) [energyCount]float64 {
	energy := m.memory.energy
	if m.state != Application {
		return energy
	}
	return counted(energy, m.circuit.Between(m.calendar(m.started), m.calendar(now)))
}

// counted adds what has flowed to readings.
func counted(energy [energyCount]float64, flow circuit.Energy) [energyCount]float64 {
	for i := range energy {
		energy[i] = min(energy[i]+flow[i], ion.MaxEnergy)
	}
	return energy
}

// calendar is the true time, which the meter's clock need not show.
func (m *Meter) calendar(now time.Duration) time.Time { return m.cfg.Epoch.Add(now) }

// Settings returns what a person has set up, with the present energy readings.
func (m *Meter) Settings(now time.Duration) ion.Settings {
	s, energy := m.memory.settings.Settings, m.energyAt(now)
	for n, i := range energyIndexes() {
		s.Values[i] = ion.FloatValue(float32(energy[n]))
	}
	return s
}

func (m *Meter) startApplication(now time.Duration) {
	m.started = now
	m.setState(now, Application)
}

// stopApplication stores what the application has counted and recorded.
func (m *Meter) stopApplication(now time.Duration) {
	if m.state == Application {
		m.memory.history.keep(m.present(now))
		m.seen = nil
	}
	m.memory.energy = m.energyAt(now)
	m.started = now
}

// factoryTemplate returns the settings of a meter that nobody has set up.
//
// Assumption: all values but the documented DST defaults (start 0, end 86,400).
func factoryTemplate(model Model, revision string) ion.Settings {
	s := ion.Settings{Template: FactoryTemplateName(model, revision)}
	for i, setting := range ion.SettingTable() {
		v, err := setting.Parse(factoryDefault(setting.Key))
		if err != nil {
			panic(fmt.Sprintf("factory template: %v", err))
		}
		s.Values[i] = v
	}
	return s
}

// FactoryTemplate returns the settings of a meter of this model and revision that nobody has
// set up. The factory supplied template holds the same.
func FactoryTemplate(model Model, revision string) ion.Settings {
	return factoryTemplate(model, revision)
}

// FactoryTemplateName is the name of the template that comes with a revision.
// Assumption: the form of the name.
func FactoryTemplateName(model Model, revision string) string {
	return model.String() + "_FAC-TEMP_" + revision[4:6]
}

func factoryDefault(key string) string {
	switch key {
	case "pt-primary", "pt-secondary", "v-nominal":
		return "120"
	case "ct-primary", "ct-secondary", "i-nominal", "i4-nominal", "i20-nominal":
		return "5"
	case "nominal-frequency":
		return "60"
	case "dst-end":
		return "86400"
	case "ratio-ia", "ratio-ib", "ratio-ic":
		return "1"
	case "owner", "tag1", "tag2":
		return ""
	default:
		return "0"
	}
}

// memoryVersion is the version of the saved memory. Version 1 had no marks, version 2 neither
// cutoff, labels nor history, version 3 no setup beside the settings; others are refused.
const memoryVersion = 4

// AppendMemory appends the non-volatile memory in the form in which it is saved. RestoreMemory
// reads it.
func (m *Meter) AppendMemory(dst []byte, now time.Duration) []byte {
	memory := m.memory
	memory.energy = m.energyAt(now)
	return memory.append(dst)
}

// AppendLeft is AppendMemory of what a loss of power at this instant would leave. The process that
// serves a meter can be killed at any time: then there is nothing else that tells of the loss, or of
// what was recorded since the start.
func (m *Meter) AppendLeft(dst []byte, now time.Duration) []byte {
	memory := m.memory
	memory.energy = m.energyAt(now)
	if m.state == Application {
		memory.history.keep(m.present(now))
	}
	if m.state != Off {
		memory.record(LogEntry{At: m.Clock(now), Text: EventPowerDown})
	}
	return memory.append(dst)
}

func (m *memory) append(dst []byte) []byte {
	w := machine.Saving(append(dst, memoryVersion))
	m.declare(&w)
	m.marks.Declare(&w)
	m.declareModules(&w)
	m.declareSetup(&w)
	return w.Result()
}

// RestoreMemory sets the non-volatile memory of a meter that is off to what AppendMemory or AppendLeft wrote.
func (m *Meter) RestoreMemory(b []byte) error {
	if len(b) == 0 || b[0] < 1 || b[0] > memoryVersion {
		return fmt.Errorf("%w: version 1 to %d expected", errMemory, memoryVersion)
	}
	var memory memory
	w := machine.Loading(b[1:])
	memory.declare(&w)
	if b[0] > 1 {
		memory.marks.Declare(&w)
	}
	if b[0] > 2 {
		memory.declareModules(&w)
	} else {
		memory.cutoff = m.cfg.EventCutoff
	}
	if b[0] > 3 {
		memory.declareSetup(&w)
	} else {
		memory.history.assume()
	}
	err := w.Err()
	if err == nil {
		err = errors.Join(memory.history.check(), memory.checkSetup(m.tree()))
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errMemory, err)
	case len(w.Rest()) > 0:
		return fmt.Errorf("%w: %d bytes too many", errMemory, len(w.Rest()))
	}
	m.memory = memory
	return nil
}

var errMemory = errors.New("non-volatile memory is damaged")

// declareModules declares what is kept for the modules of the tree, in the layout in which it is
// saved.
func (m *memory) declareModules(w *machine.State) {
	cutoff := uint32(m.cutoff)
	machine.SavedUint32(w, &cutoff)
	if w.Loads() && cutoff > tree.HighestPriority {
		w.Fail(fmt.Errorf("event cutoff %d", cutoff))
	}
	m.cutoff = uint8(cutoff)
	machine.SavedEach(w, &m.labels, maxLabels, func(l *label) { l.declare(w) })
	if w.Saves() {
		m.history.declare(w)
	}
}

// declare declares the memory without the marks, in the layout in which it is saved.
func (m *memory) declare(w *machine.State) {
	for i := range m.energy {
		declareReading(w, &m.energy[i])
	}
	machine.SavedUint64(w, &m.offset)
	m.declareSettings(w)
	machine.SavedUint32(w, &m.dropped)
	machine.SavedEach(w, &m.events, tree.EventLogDepth, func(e *LogEntry) { e.declare(w) })
}

func (m *memory) declareSettings(w *machine.State) {
	switch {
	case w.Loads():
		m.settings = new(installed)
		m.settings.Declare(w)
	case w.Saves():
		m.settings.Declare(w)
	default:
		w.Summed(m.settings.sum())
	}
}

// maxEnergy bounds a saved reading: no circuit of the family comes near it.
const maxEnergy = 1e12

func declareReading(w *machine.State, reading *float64) {
	w.SavedFloat(reading)
	if w.Loads() && !(math.Abs(*reading) <= maxEnergy) {
		w.Fail(fmt.Errorf("energy reading %v", *reading))
	}
}
