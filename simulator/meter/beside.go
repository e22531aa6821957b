package meter

import (
	"time"

	"ionbench/simulator/ion"
)

// The functions here are for the protocols that a meter speaks beside ION. They have no password.

// Answers reports that the application runs: in download state, and while it boots, a meter speaks
// nothing but the protocol of its loader.
func (m *Meter) Answers() bool { return m.state == Application && !m.hung }

// Register returns the present value of a register of the application; false if it has none.
func (m *Meter) Register(now time.Duration, h ion.Handle) (ion.Value, bool) {
	if !m.Answers() {
		return ion.Value{}, false
	}
	return m.register(now, h)
}

// Accepts reports whether a register of the setup takes a value.
func (m *Meter) Accepts(_ time.Duration, h ion.Handle, v float64) bool {
	if _, ok := ion.SettingIndex(h); ok {
		_, err := settingValue(h, v)
		return err == nil
	}
	r, ok := m.tree().Register(h)
	if !ok {
		return false
	}
	_, err := r.Take(ion.FloatValue(float32(v)))
	return err == nil
}

// Write changes a register of the setup to a value that it accepts, as somebody who wants that.
func (m *Meter) Write(now time.Duration, h ion.Handle, v float64) {
	if !m.Answers() || !m.Accepts(now, h, v) {
		return
	}
	if i, ok := ion.SettingIndex(h); ok {
		value, _ := settingValue(h, v) // it is accepted
		m.rules.keep(m, now, i, value)
		return
	}
	r, _ := m.tree().Register(h)
	m.keepSetup(now, r, v)
}

// settingValue is v in the type of the setting with a handle.
func settingValue(h ion.Handle, v float64) (ion.Value, error) {
	i, ok := ion.SettingIndex(h)
	if !ok {
		return ion.Value{}, ion.ErrSetting
	}
	setting := ion.SettingTable()[i]
	return setting.CheckNumber(v)
}

// Pulse triggers External Pulse module n, and what is linked to it does what it would by itself: 1
// resets the minima and maxima and 7 the integrators (documented: 42001 minima and maxima, 42003
// and 42004 the demands, 42007 the integrators). Demands have nothing that could be reset.
//
// Assumption: no other module is linked.
func (m *Meter) Pulse(now time.Duration, n int) {
	const extremes, integrators = 1, 7
	switch {
	case !m.Answers():
	case n == extremes:
		m.memory.history.since, m.seen = m.calendar(now).Unix(), nil
		m.log(now, EventExtremesReset)
	case n == integrators:
		for _, i := range energyIndexes() {
			m.keepUnlogged(now, i, ion.FloatValue(0)) // it is the reset that is logged
		}
		m.log(now, EventReset)
	}
}
