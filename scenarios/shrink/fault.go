package shrink

import (
	"slices"
	"strconv"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// simplifyFaults tries simpler forms of each fault.
func (m *minimizer) simplifyFaults() {
	for _, at := range m.best.places() {
		for _, step := range []func(place){
			m.strikeOnce, m.everyDirection, m.wholeOperation, m.simplerTrigger, m.earlier, m.shorter, m.plainer,
		} {
			step(at)
		}
	}
}

// strikeOnce tries one moment instead of several.
func (m *minimizer) strikeOnce(at place) {
	m.replace(at, func(f *fault.Fault) { f.Trigger.Every, f.Trigger.Last = 0, 0 })
	m.replace(at, func(f *fault.Fault) { f.Trigger.Every = 0 })
	m.replace(at, func(f *fault.Fault) { f.Trigger.Last = 0 })
}

// everyDirection tries to leave out directions.
func (m *minimizer) everyDirection(at place) {
	m.replace(at, func(f *fault.Fault) { f.Side = fault.Both })
	m.replace(at, func(f *fault.Fault) { f.Trigger.Side = fault.Both })
}

// wholeOperation tries to strike before an operation of the flash chip instead of inside it,
// and drops the parameters of a torn operation.
func (m *minimizer) wholeOperation(at place) {
	if m.at(at).Trigger.Phase == fault.Before {
		return
	}
	m.replace(at, func(f *fault.Fault) {
		f.Trigger.Phase = fault.Before
		f.Parameters.Bytes, f.Parameters.HasBytes = 0, false
	})
}

// simplicity orders triggers: those that are easiest for people come first.
func simplicity() []fault.Unit {
	return []fault.Unit{fault.AtStart, fault.AtBlock, fault.AtState, fault.AtNoResponse, fault.AtReply, fault.AtPercent, fault.AtFlashOp, fault.AtTime, fault.AtFrame, fault.AtByte}
}

// simplerTrigger tries the start, blocks and states instead of a less simple trigger.
func (m *minimizer) simplerTrigger(at place) {
	order := simplicity()
	rank := func(u fault.Unit) int { return slices.Index(order, u) }
	for _, t := range m.best.simpleTriggers() {
		if rank(t.Unit) < rank(m.at(at).Trigger.Unit) && m.replace(at, func(f *fault.Fault) { f.Trigger = t }) {
			return
		}
	}
}

func (s Subject) simpleTriggers() []fault.Trigger {
	list := []fault.Trigger{{Unit: fault.AtStart}}
	const few = 4 // blocks from either end
	blocks := ion.Blocks(s.World.FirmwareOf(&s.World.Attempts[0]).ImageBytes())
	for n := 1; n <= blocks; n++ {
		if n <= few || n > blocks-few {
			list = append(list, fault.Block(n))
		}
	}
	for state := fault.Application; state <= fault.Booting; state++ {
		list = append(list, fault.Trigger{Unit: fault.AtState, State: state})
	}
	return list
}

// earlier tries smaller numbers in the trigger.
func (m *minimizer) earlier(at place) {
	t := m.at(at).Trigger
	if t.First == 0 {
		return
	}
	first := func(n uint64) bool {
		return m.replace(at, func(f *fault.Fault) {
			if f.Trigger.Last != 0 {
				f.Trigger.Last -= f.Trigger.First - n
			}
			f.Trigger.First = n
		})
	}
	switch t.Unit {
	case fault.AtTime:
		smallestTime(time.Duration(t.First), func(d time.Duration) bool { return first(uint64(d)) })
	case fault.AtPercent:
		const percent = 1000
		if whole := t.First / percent * percent; whole == t.First || first(whole) {
			smallest(1, whole/percent, func(n uint64) bool { return first(n * percent) })
		}
	default:
		smallest(1, t.First, first)
	}
	if t = m.at(at).Trigger; t.Last != 0 {
		smallest(t.First+1, t.Last, func(n uint64) bool { return m.replace(at, func(f *fault.Fault) { f.Trigger.Last = n }) })
	}
}

// shorter tries a shorter duration.
func (m *minimizer) shorter(at place) {
	switch d := m.at(at).Duration; {
	case d.NoResponses > 0:
		smallest(1, d.NoResponses, func(n uint64) bool {
			return m.replace(at, func(f *fault.Fault) { f.Duration.NoResponses = n })
		})
	case d.Time > 0:
		smallestTime(d.Time, func(d time.Duration) bool {
			return m.replace(at, func(f *fault.Fault) { f.Duration.Time = d })
		})
	}
}

// plainer tries parameters at their defaults, and smaller ones.
func (m *minimizer) plainer(at place) {
	for _, p := range m.at(at).Kind.Describe().Takes {
		set := func(text string) bool {
			other, err := m.at(at).Parameters.With(p.Name, text)
			return err == nil && m.replace(at, func(f *fault.Fault) { f.Parameters = other })
		}
		text := m.at(at).Parameters.Text(p.Name)
		if text == "" || set("") {
			continue
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			smallest(1, n, func(n uint64) bool { return set(strconv.FormatUint(n, 10)) })
		} else if d, err := time.ParseDuration(text); err == nil {
			smallestTime(d, func(d time.Duration) bool { return set(fault.FormatTime(d)) })
		} else if r, err := strconv.ParseFloat(text, 64); err == nil {
			smallestRate(r, func(r float64) bool { return set(strconv.FormatFloat(r, 'g', -1, 64)) })
		}
	}
}

// smallestTime does what smallest does for times: a round time first.
func smallestTime(now time.Duration, try func(time.Duration) bool) {
	for _, scale := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		whole := now.Truncate(scale)
		if whole > 0 && (whole == now || try(whole)) {
			smallest(1, uint64(whole/scale), func(n uint64) bool { return try(time.Duration(n) * scale) })
			return
		}
	}
}

// smallestRate tries powers of ten below now, then now with one digit.
func smallestRate(now float64, try func(float64) bool) {
	for _, r := range []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1} {
		if r < now && try(r) {
			return
		}
	}
	if r, err := strconv.ParseFloat(strconv.FormatFloat(now, 'e', 0, 64), 64); err == nil && r < now {
		try(r)
	}
}
