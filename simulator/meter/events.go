package meter

import (
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// EventKind says what happened in the meter.
type EventKind uint8

// What can happen.
const (
	EventState           EventKind = iota // the state is now State
	EventLCD                              // the display shows Text
	EventLogged                           // Text went into the event log
	EventSectorErased                     // Sector is erased, Left more to go
	EventBlockProgrammed                  // Block is in the flash
	EventVerified                         // the image was checked, with Status
	EventFlashCut                         // the power failed at flash operation Operation, in Phase
	EventFlashOp                          // the watched flash operation Operation begins (flash.Before) or is over (flash.After)
)

// Event is something that happened in the meter.
//
// It is one flat value instead of a type for each kind, so that no event needs an allocation.
type Event struct {
	At           time.Duration
	Kind         EventKind
	State        State
	Text         string
	Sector, Left int
	Block        uint32 // block number, from 1
	Status       ion.Status
	Operation    uint64 // number of the operation, counted over the chip's life from 1
	Phase        flash.Phase
}

// Quiet reports that NextEvent has no more events.
func (m *Meter) Quiet() bool { return m.told == len(m.events) }

// NextEvent returns what has happened, one event at a time, oldest first.
func (m *Meter) NextEvent() (e Event, ok bool) {
	if m.Quiet() {
		return Event{}, false
	}
	m.told++
	return m.events[m.told-1], true
}

func (m *Meter) emit(e Event) {
	if m.Quiet() {
		m.events, m.told = m.events[:0], 0
	}
	m.events = append(m.events, e)
}

func (m *Meter) setState(now time.Duration, s State) {
	if s == m.state {
		return
	}
	before := m.display()
	m.state = s
	m.emit(Event{At: now, Kind: EventState, State: s})
	if after := m.display(); after != before {
		m.emit(Event{At: now, Kind: EventLCD, Text: after})
	}
}

// Panel is what somebody in front of the meter sees.
type Panel struct {
	LCD   string
	L2    bool   // the communication LED is lit
	Edges uint64 // how often L2 has changed since the meter was made
}

// Panel returns the front panel as it is now. "During normal operation the meter will display
// the text Upgrading… on the LCD screen. Also the communication LED (L2) will be toggling"
// (FA212301): L2 changes with each frame received or sent.
func (m *Meter) Panel() Panel {
	return Panel{LCD: m.display(), L2: m.edges%2 == 1 && m.state != Off, Edges: m.edges}
}

// display returns the text on the LCD.
//
// Assumption: a meter that comes up in download state shows Upgrading… as well. At other times
// the display shows the meter's name.
func (m *Meter) display() string {
	switch {
	case m.state == Off:
		return ""
	case m.state.Loader():
		return "Upgrading…"
	default:
		return "ION" + m.cfg.Model.String()
	}
}
