package bench

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
)

// Command is what happens to the host's side: the PC, the tool on it, its connection.
type Command uint8

// The commands.
const (
	none            Command = iota
	PressAbort              // the person presses Abort
	KillTool                // the tool's process is killed and cannot tidy up
	ResetConnection         // the TCP connection is broken; for the station the host is gone (HostGone) until it connects again
	LosePort                // the port is gone, and the connection over it; for the station the host is gone (HostGone)
	RegainPort              // the port is there again: the host may open it
	Sleep                   // the PC neither hears nor does anything
	Wake                    // the PC is awake again
	FillDisk                // nothing more can be written
	FreeDisk                // there is room again
	SetClock                // the PC's calendar is moved by Order.By
	RemoveFile              // the firmware file is gone
	DamageFile              // a damaged copy has replaced the firmware file
)

// EndsRun reports that the command ends the tool or its connection.
func (c Command) EndsRun() bool { return c == PressAbort || c == KillTool || c.disconnects() }

// disconnects reports that the command ends the connection of the host.
func (c Command) disconnects() bool { return c == ResetConnection || c == LosePort }

// Order is something that the host's side has to carry out.
type Order struct {
	Command Command
	By      time.Duration // of SetClock: forwards, or backwards if negative
}

// orderOf is what a fault orders.
func orderOf(c Command, k *strike) Order {
	o := Order{Command: c}
	if p := &k.fault.Parameters; c == SetClock {
		if o.By = p.By; p.Back {
			o.By = -p.By
		}
	}
	return o
}

func (s *Station) queue(o Order) {
	s.watch.reset = s.watch.reset || o.Command.disconnects()
	s.orders = append(s.orders, o)
}

// Orders returns the orders that the host's side has to carry out, oldest first, and empties
// the queue.
func (s *Station) Orders() []Order {
	orders := s.orders
	s.orders = nil
	return orders
}

// TakeReset empties the queue, and reports whether the connection of the host is to be reset. It
// is for a station whose host is no part of the bench: its PC is out of reach, and its port is gone
// while PortGone says so.
func (s *Station) TakeReset() bool {
	return slices.Contains(s.Orders(), Order{Command: ResetConnection})
}

// orderAgain tells a new host which faults of its side are at work already. Orders that the
// host before it did not take are dropped.
func (s *Station) orderAgain(now time.Duration) {
	s.orders = nil
	if s.portless > 0 {
		s.queue(Order{Command: LosePort})
	}
	for i := range s.plan {
		if k := &s.plan[i]; k.active && k.fault.Kind.Place() == fault.PlaceHost {
			k.effect.begin(s, now, k)
		}
	}
}
