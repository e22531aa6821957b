package meter

import (
	"fmt"
	"math"
	"slices"
	"time"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/tree"
)

// history is what the meter remembers of the circuit: not what it measured, which can be computed
// at any time, but when it measured. The records of the Revenue Log, and the minima and maxima,
// follow from that.
//
// It outlives a loss of power and a stay in download state. A factory initialise clears it, as the
// article's settings are lost: the log's layout belongs to the application, and the vendor's advice
// is to back up all data of a meter before an upgrade.
//
// Assumption: that a factory initialise does, and that the numbers of the records begin again.
type history struct {
	stretches []stretch // that are over, oldest first. Copies of a meter share them: nobody appends in place
	recorded  uint32    // records that were before the first stretch
	since     int64     // Unix time of the last reset of minima and maxima
}

// stretch is a time without a break in which the application ran and nobody set the clock or a
// reading. Times are true ones, in Unix seconds.
type stretch struct {
	from, to int64                // to is the first second that is not part of it
	shift    int64                // what the meter's clock was ahead
	energy   [energyCount]float64 // readings at from
	period   int64                // seconds between two records
	room     uint32               // how many records the log had room for; endless where it rolls over
}

// endless is the room of a log that rolls over.
const endless = math.MaxUint32

// first is the first period by the meter's clock, counted from 1970, whose record is of the stretch,
// or would be.
func (s *stretch) first() int64 { return s.index(s.from+s.shift-1) + 1 }

// periods is how many periods end in the stretch, and records how many of them have a record.
func (s *stretch) periods() uint32 {
	if s.to <= s.from {
		return 0
	}
	return uint32(s.index(s.to+s.shift-1) + 1 - s.first())
}

func (s *stretch) records() uint32 { return min(s.periods(), s.room) }

// index is the period of a time by the meter's clock.
func (s *stretch) index(seconds int64) int64 {
	q := seconds / s.period
	if seconds%s.period < 0 {
		q--
	}
	return q
}

// recorderDepth is how many records the memory of a model with a data log holds.
//
// A record takes 8 bytes and 6 for each input, as documented; 300 kB are 30 days, as documented
// too. That the Revenue Log has all of it is an assumption.
func recorderDepth(f Features) uint32 {
	const recordBytes = tree.RecorderInputs*6 + 8
	return uint32(f.LogMemoryKB) * 1024 / recordBytes
}

// Bounds of the stretches: those with the records of the longest log are kept, but no more than the
// memory that is saved has room for, 76 bytes each, beside all labels, events and settings. A meter whose
// clock is set, or whose power fails, more than a thousand times in thirty days loses its oldest records.
const (
	maxRecorded  = 3000 // records
	maxStretches = 1000
	// savedStretches is how many there can be in a memory that was saved before they were bounded so.
	savedStretches = 3000
)

// keep adds a stretch that is over. The oldest ones whose records have all been overwritten are forgotten,
// and where there are too many, those without a record first.
func (h *history) keep(s stretch) {
	if s.to <= s.from {
		return
	}
	kept := h.stretches
	total := s.records()
	for _, k := range kept {
		total += k.records()
	}
	for len(kept) > 0 && total-kept[0].records() >= maxRecorded {
		total -= kept[0].records()
		h.recorded += kept[0].records()
		kept = kept[1:]
	}
	for own := false; len(kept) >= maxStretches; {
		i := max(0, slices.IndexFunc(kept, func(k stretch) bool { return k.records() == 0 }))
		h.recorded += kept[i].records()
		if !own {
			kept, own = slices.Clone(kept), true
		}
		kept = slices.Delete(kept, i, i+1)
	}
	h.stretches = append(kept[:len(kept):len(kept)], s)
}

// present is the stretch that is under way, the present second included.
func (m *Meter) present(now time.Duration) stretch {
	started := m.calendar(m.started)
	s := stretch{from: started.Unix() + 1, to: m.calendar(now).Unix() + 1, shift: m.shift()}
	s.energy = counted(m.memory.energy, m.circuit.Between(started, time.Unix(s.from, 0)))
	s.period, s.room = m.memory.recorderPeriod(), endless
	if m.memory.stopsWhenFull() {
		depth := recorderDepth(m.cfg.Model.features())
		s.room = depth - min(depth, m.memory.history.position())
	}
	return s
}

// shift is how many seconds the meter's clock is ahead of the true time, by the seconds that it shows.
func (m *Meter) shift() int64 {
	ahead := m.memory.offset / time.Second
	if m.memory.offset%time.Second < 0 {
		ahead--
	}
	return int64(ahead)
}

// measured are all stretches up to now.
func (m *Meter) measured(now time.Duration) []stretch {
	list := m.memory.history.stretches
	if m.state != Application {
		return list
	}
	return append(list[:len(list):len(list)], m.present(now))
}

// recordPosition is where the next record of the Revenue Log goes.
func (m *Meter) recordPosition(now time.Duration) uint32 {
	position := m.memory.history.position()
	if m.state == Application {
		s := m.present(now)
		position += s.records()
	}
	return position
}

// position is where the next record goes behind the stretches that are over.
func (h *history) position() uint32 {
	position := h.recorded
	for i := range h.stretches {
		position += h.stretches[i].records()
	}
	return position
}

// maxRecords is how many entries of a log one reply holds; the reader asks for the rest. A record
// of 16 values takes 95 bytes of the 7552 that there are.
const maxRecords = 60

// readRecords returns the records of the Revenue Log in a range, its end included.
func (m *Meter) readRecords(now time.Duration, from, to uint32) ion.Value {
	depth, end := recorderDepth(m.cfg.Model.features()), m.recordPosition(now)
	if end > depth {
		from = max(from, end-depth)
	}
	var records []ion.Value
	position := m.memory.history.recorded
	for _, s := range m.measured(now) {
		next := position + s.records()
		for n := max(from, position); n < next && n <= to && len(records) < maxRecords; n++ {
			records = append(records, m.record(n, &s, s.first()+int64(n-position)))
		}
		position = next
	}
	return ion.LogValue(records...)
}

// record is the record of a period.
func (m *Meter) record(position uint32, s *stretch, index int64) ion.Value {
	clock := index * s.period
	at := time.Unix(clock-s.shift, 0)
	moment := moment{sample: m.circuit.At(at), energy: counted(s.energy, m.circuit.Between(time.Unix(s.from, 0), at))}
	recorder, _ := m.tree().Module(tree.FirstRecorder)
	var values []ion.Value
	for _, h := range recorder.Inputs {
		if r, ok := m.tree().Register(h); ok {
			values = append(values, moment.value(r))
		}
	}
	return ion.LogRecordValue(position, uint32(clock), values...)
}

// extremes are the least and the most of every quantity since the last reset.
func (m *Meter) extremes(now time.Duration) *circuit.Extremes {
	until := m.calendar(now).Unix()
	if x := m.seen; x != nil && x.Seen() && x.until <= until && m.state == Application {
		x.Take(m.circuit, x.until, until, m.shift())
		x.until = until
		return &x.Extremes
	}
	x := &seen{until: until}
	for _, s := range m.measured(now) {
		x.Take(m.circuit, max(s.from, m.memory.history.since), s.to-1, s.shift)
	}
	m.seen = x
	return &x.Extremes
}

// seen are extremes that were asked for, so that the next one who asks need not look at the same
// time again. They follow from the rest of the meter's state, and are forgotten when a stretch ends.
type seen struct {
	circuit.Extremes
	until int64
}

// declare declares the history as it is saved.
func (h *history) declare(w *machine.State) {
	machine.SavedUint32(w, &h.recorded)
	machine.SavedUint64(w, &h.since)
	machine.SavedEach(w, &h.stretches, savedStretches, func(s *stretch) { s.declare(w) })
}

func (s *stretch) declare(w *machine.State) {
	machine.SavedUint64(w, &s.from)
	machine.SavedUint64(w, &s.to)
	machine.SavedUint64(w, &s.shift)
	for i := range s.energy {
		declareReading(w, &s.energy[i])
	}
}

// declareRecording declares how the stretches were recorded, which older versions did not save.
func (h *history) declareRecording(w *machine.State) {
	for i := range h.stretches {
		s := &h.stretches[i]
		machine.SavedUint64(w, &s.period)
		machine.SavedUint32(w, &s.room)
	}
}

// assume says how the stretches of a history were recorded that does not say so.
func (h *history) assume() {
	for i := range h.stretches {
		h.stretches[i].period, h.stretches[i].room = tree.RecorderPeriod, endless
	}
}

// check looks at a history that was loaded.
func (h *history) check() error {
	const furthest = 1 << 36 // seconds: far beyond any calendar, and no sum of a few overflows
	if h.since < -furthest || h.since > furthest {
		return fmt.Errorf("minima and maxima since %d", h.since)
	}
	total := uint32(0)
	for i, s := range h.stretches {
		if s.period < tree.MinRecorderPeriod || s.period > tree.MaxRecorderPeriod {
			return fmt.Errorf("a record every %d s", s.period)
		}
		if i > 0 {
			total += s.records()
		}
		if s.from < -furthest || s.to > furthest || s.from > s.to || s.shift < -furthest || s.shift > furthest {
			return fmt.Errorf("a stretch from %d to %d, shifted by %d", s.from, s.to, s.shift)
		}
		if total > 2*maxRecorded {
			return fmt.Errorf("more than %d records behind the first stretch", 2*maxRecorded)
		}
	}
	return nil
}

// past gives a new meter a past: it was installed, its clock was set, it had one loss of power, and
// it was switched off a minute ago.
func (m *Meter) past(length time.Duration) {
	born := m.cfg.Epoch.Unix()
	begin, end := born-int64(length/time.Second), born-60
	loss := begin + (end-begin)*2/5
	loss -= loss%tree.RecorderPeriod + 300
	back := loss + 600 // a record is missing
	if begin+3600 > loss || back+3600 > end {
		back, loss = begin, begin
	}
	m.memory.history.since = begin
	before := stretch{from: begin, to: loss, period: tree.RecorderPeriod, room: endless}
	after := before
	after.from, after.to = back, end
	flow := func(s stretch) circuit.Energy { return m.circuit.Between(time.Unix(s.from, 0), time.Unix(s.to, 0)) }
	reset := false
	for i, has := range m.memory.energy {
		before.energy[i] = max(0, has-flow(before)[i]-flow(after)[i])
		reset = reset || before.energy[i] == 0
	}
	after.energy = counted(before.energy, flow(before))
	m.memory.history.keep(before)
	m.memory.history.keep(after)
	for _, e := range []struct {
		at   int64
		text string
		ever bool
	}{
		{begin, EventPowerUp, true}, {begin + 90, EventBeforeTimeChange, true}, {begin + 90, EventTimeChange, true},
		{loss, EventPowerDown, loss > begin}, {back, EventPowerUp, loss > begin}, {end, EventReset, reset}, {end, EventPowerDown, true},
	} {
		if e.ever {
			m.memory.record(LogEntry{At: time.Unix(e.at, 0).UTC(), Text: e.text})
		}
	}
}
