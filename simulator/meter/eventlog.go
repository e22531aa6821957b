package meter

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/tree"
)

// Texts of the event log. Those of power, factory initialise and upgrade are documented: the list
// of external events of the 73xx has them. The others are ours.
const (
	EventFactoryInitialize = "Factory initialize performed"
	EventFirmwareUpgrade   = "Firmware upgrade performed"
	EventPowerUp           = "Device power-up"
	EventPowerDown         = "Device power-down"
	EventBeforeTimeChange  = "Time about to be changed"
	EventTimeChange        = "Time changed"
	EventSetupChange       = "Setup changed"
	EventReset             = "Energy readings reset"
	EventExtremesReset     = "Minima and maxima reset"
)

// Priorities of the groups of events, as documented. Those of input registers (15), of inputs and
// outputs (20) and of failures (255) belong to events that this meter does not have.
const (
	PriorityReset       = 5
	PrioritySetupChange = 10
	PriorityInformation = 25
	PriorityWarning     = 30
)

// eventKind is what is the same for all events of a kind.
type eventKind struct {
	text     string
	driver   string // in the words by which the public client of ION meters tells events apart; empty: text
	priority uint8
	register bool // the event is about a register
}

// eventKinds gives each kind its code in the saved memory, which is its place. Codes are never
// reused.
var eventKinds = [...]eventKind{
	{EventFactoryInitialize, "", PriorityWarning, false},
	{EventFirmwareUpgrade, "", PriorityWarning, false},
	{EventPowerUp, "Power Up", PriorityWarning, false},
	{EventPowerDown, "Power Down", PriorityWarning, false},
	{EventBeforeTimeChange, "Time About To Be Changed", PriorityInformation, false},
	{EventTimeChange, "Time Changed", PriorityInformation, false},
	{EventSetupChange, "", PrioritySetupChange, true},
	{EventReset, "", PriorityReset, false},
	{EventExtremesReset, "", PriorityReset, false},
}

func kindOfEvent(text string) (code int, k eventKind) {
	for i, k := range eventKinds {
		if k.text == text {
			return i, k
		}
	}
	panic("event text without a code: " + text)
}

// Dialect is the words in which the event log is told over ION.
//
// Assumption: both. The words of a 73xx are not in the public record.
type Dialect uint8

// The dialects.
const (
	// DriverWords are those by which the public client, which its makers tried on meters of the
	// family, tells events apart: "Power Up", "Time Changed".
	DriverWords Dialect = iota
	// TwinWords are those of the manual of the Siemens 9300, the twin of the family: "Device
	// power-up".
	TwinWords
)

// Dialects are all of them.
func Dialects() []Dialect { return []Dialect{DriverWords, TwinWords} }

// String is the dialect's word in flags.
func (d Dialect) String() string { return [...]string{"driver", "manual"}[d] }

// LogEntry is an entry of the event log.
type LogEntry struct {
	At       time.Time  // by the meter's clock, whole seconds
	Text     string     // in the words of the manual, see EventPowerUp
	Register ion.Handle // of EventSetupChange: what was set
}

// log adds an entry, unless its priority is not above the cutoff.
func (m *Meter) log(now time.Duration, text string) {
	m.memory.record(LogEntry{At: m.Clock(now), Text: text})
}

// logRestart tells of a restart that a tool has asked for, as of the power that comes back: it is as
// power on. Its power was never away, so no power-down goes before it.
//
// Assumption: that an upgrade leaves a power-up is inferred, from its restart.
func (m *Meter) logRestart(now time.Duration) { m.log(now, EventPowerUp) }

func (m *memory) record(e LogEntry) {
	if _, k := kindOfEvent(e.Text); k.priority <= m.cutoff {
		return
	}
	m.trimEvents(m.eventDepth() - 1)
	e.At = e.At.Truncate(time.Second)
	// A clone shares the entries so far: never append in place.
	m.events = append(m.events[:len(m.events):len(m.events)], e)
}

// eventDepth is how many entries the event log keeps.
func (m *memory) eventDepth() int {
	return int(m.setupNumber(ion.HandleEventLogDepth, tree.EventLogDepth))
}

// trimEvents drops the oldest entries but the last n. A clone shares them: they are never moved in place.
func (m *memory) trimEvents(n int) {
	if more := len(m.events) - n; more > 0 {
		m.events = append([]LogEntry(nil), m.events[more:]...)
		m.dropped += uint32(more)
	}
}

// alarms are the registers with events above the alarm priority, each once, the one with the newest
// event last. As the public client reads it, an alarm is the handle of the effect, how often it went
// over, and the priority.
//
// Assumption: that it is counted how many such events the log has of the register, and that the
// priority is the highest of theirs.
func (m *Meter) alarms() ion.Value {
	type alarm struct {
		of          ion.Handle
		transitions uint64
		priority    uint8
	}
	var list []alarm
	above := m.memory.setupNumber(ion.HandleAlarmPriority, tree.AlarmPriority)
	for i := len(m.memory.events) - 1; i >= 0; i-- {
		_, k := kindOfEvent(m.memory.events[i].Text)
		if float64(k.priority) <= above {
			continue
		}
		of := m.memory.events[i].effect(k)
		at := slices.IndexFunc(list, func(a alarm) bool { return a.of == of })
		if at < 0 {
			at = len(list)
			list = append(list, alarm{of: of})
		}
		list[at].transitions++
		list[at].priority = max(list[at].priority, k.priority)
	}
	v := ion.Value{Kind: ion.KindStructureArray, Size: structureAlarm}
	for i := min(len(list), maxRecords) - 1; i >= 0; i-- {
		v.Items = append(v.Items, ion.Value{Kind: ion.KindStructure, Size: structureAlarm, Items: []ion.Value{
			ion.UnsignedValue(uint64(list[i].of), 2), ion.UnsignedValue(list[i].transitions, 4), ion.UnsignedValue(uint64(list[i].priority), 1),
		}})
	}
	return v
}

// structureAlarm is the kind of structure that an alarm is.
const structureAlarm = 1

// effect is the register that an event of a kind is about.
func (e *LogEntry) effect(k eventKind) ion.Handle {
	if k.register {
		return e.Register
	}
	return ion.HandleRevision
}

// position is where the next entry of the event log goes.
func (m *memory) position() uint32 { return m.dropped + uint32(len(m.events)) }

// readEventLog returns the entries of a range, its end included.
func (m *Meter) readEventLog(from, to uint32) ion.Value {
	var records []ion.Value
	for i, e := range m.memory.events {
		position := m.memory.dropped + uint32(i)
		if position < from || position > to || len(records) == maxRecords {
			continue
		}
		records = append(records, ion.LogRecordValue(position, uint32(e.At.Unix()), m.eventValue(e)))
	}
	return ion.LogValue(records...)
}

// eventValue is an entry as it goes over the line: what caused it, and in its effect what happened.
//
// Assumption: cause and effect.
func (m *Meter) eventValue(e LogEntry) ion.Value {
	_, k := kindOfEvent(e.Text)
	text := k.text
	if k.driver != "" && m.cfg.EventWords == DriverWords {
		text = k.driver
	}
	return ion.EventValue(k.priority, 1, ion.HandleFactory, ion.TextValue(m.cfg.Model.String()), e.effect(k), ion.TextValue(text))
}

func (e *LogEntry) declare(w *machine.State) {
	if w.Saves() {
		at := e.At.Unix()
		machine.SavedUint64(w, &at)
		if w.Loads() {
			e.At = time.Unix(at, 0).UTC()
		}
	}
	machine.Saved(w, &e.Text, appendEventCode, parseEventCode)
	if w.Saves() && w.Err() == nil && e.Text == EventSetupChange {
		register := uint32(e.Register)
		machine.SavedUint32(w, &register)
		if register > 0xFFFF {
			w.Fail(fmt.Errorf("setup change of register %X", register))
		}
		e.Register = ion.Handle(register)
	}
}

func appendEventCode(dst []byte, text string) []byte {
	code, _ := kindOfEvent(text)
	return append(dst, byte(code))
}

func parseEventCode(b []byte) (text string, n int, err error) {
	switch {
	case len(b) == 0:
		return "", 0, machine.ErrShort
	case int(b[0]) >= len(eventKinds):
		return "", 0, fmt.Errorf("event code %d", b[0])
	}
	return eventKinds[b[0]].text, 1, nil
}
