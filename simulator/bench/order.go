package bench

import (
	"time"

	"ionbench/simulator/fault"
)

// Command is what happens to the host's side: the PC, the tool on it, its connection.
type Command uint8

// The commands.
const (
	none            Command = iota
	PressAbort              // the person presses Abort
	KillTool                // the tool's process ends and cannot tidy up
	ResetConnection         // the TCP connection is broken; the station has let the host go (HostGone) until it connects again
	Sleep                   // the PC neither hears nor does anything
	Wake                    // and is awake again
	FillDisk                // nothing more can be written
	FreeDisk                // there is room again
	SetClock                // the PC's calendar is set by Order.By
	RemoveFile              // the firmware file is gone
	DamageFile              // a damaged copy is in the place of the firmware file
)

// EndsRun reports that the command ends the tool or its connection.
func (c Command) EndsRun() bool { return c == PressAbort || c == KillTool || c == ResetConnection }

// Order is what the host's side has to carry out.
type Order struct {
	Command Command
	By      time.Duration // of SetClock: forwards, or back if negative
}

// order leaves an order to the host's side.
func (s *Station) order(c Command, k *strike) {
	o := Order{Command: c}
	if p := &k.fault.Parameters; c == SetClock {
		if o.By = p.By; p.Back {
			o.By = -p.By
		}
	}
	s.orders = append(s.orders, o)
}

// Orders hands out what the host's side has to carry out, in the order in which it came.
func (s *Station) Orders() []Order {
	orders := s.orders
	s.orders = nil
	return orders
}

// orderAgain tells a host that begins what is at work at its side since the one before it.
// What that one did not hear of any more concerns nobody.
func (s *Station) orderAgain(now time.Duration) {
	s.orders = nil
	for i := range s.plan {
		if k := &s.plan[i]; k.active && k.fault.Kind.Place() == fault.PlaceHost {
			k.effect.begin(s, now, k)
		}
	}
}
