package bench

import (
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/story"
)

// afterModem takes what the modem has for both ends, and what it tells.
func (s *Station) afterModem(now time.Duration) {
	for _, e := range s.modem.Events() {
		s.note(e.At, story.Line, story.CallTold{Step: e.Kind.String(), Text: e.Text})
		if e.Kind == modem.Ended {
			s.watch.cutOff()
		}
	}
	if p := s.modem.ToLine(nil); len(p) > 0 {
		s.fromHost(now, p)
	}
	if p := s.modem.Died(nil); len(p) > 0 {
		s.diedInCall(p)
	}
	s.arrived = s.modem.ToHost(s.arrived)
}

// diedInCall counts the messages that have died in a call before the line saw their beginning.
func (s *Station) diedInCall(p []byte) {
	for len(p) > 0 {
		n, whole := ion.CutFrame(p)
		if n == 0 {
			return
		}
		if whole {
			if _, first := ion.Wire(p[:n]).Head(); first {
				s.watch.died++
			}
		}
		p = p[n:]
	}
}

// cutShort counts a message of whose first frame only a part has come out of a call.
func (s *Station) cutShort() {
	if s.modem != nil && len(s.watch.held) > 0 {
		s.watch.died++
	}
}

// died is how many messages have died in calls, with one that will be cut short because its call has
// ended meanwhile.
func (s *Station) died() uint64 {
	if s.modem != nil && len(s.watch.held) > 0 && !s.modem.Talks() {
		return s.watch.died + 1
	}
	return s.watch.died
}

// hostNotReady lets the host's DTR fall and rise: its port was closed.
func (s *Station) hostNotReady(now time.Duration) {
	s.modem.SetDTR(now, false)
	s.modem.SetDTR(now, true)
	s.afterModem(now)
}

// SetDTR says whether the host's port is open, where the host has such a line. Without a modem
// nobody looks at it.
func (s *Station) SetDTR(now time.Duration, on bool) {
	s.Advance(now)
	if s.modem != nil {
		s.modem.SetDTR(now, on)
		s.afterModem(now)
	}
}

// Signals are those of the host's port: carrier is DCD, ready is DSR and CTS. A modem that is there is
// ready, and has a carrier while it is connected; without one the cable to the meter carries them all.
func (s *Station) Signals() (carrier, ready bool) {
	if s.modem != nil {
		return s.modem.Carrier(), true
	}
	in := s.cableIn()
	return in, in
}

// Modem is the way over the telephone network, to look at; nil for none.
func (s *Station) Modem() *modem.Modem { return s.modem }

// powerModem gives the meter's modem the power that the meter has.
func (s *Station) powerModem(now time.Duration) {
	s.modem.MeterPower(now, s.meter.State() != meter.Off)
}

// declareModem gives a copy a modem of its own, in the memory of the spent one.
func (s *Station) declareModem(w *machine.State, spent *modem.Modem) {
	switch {
	case s.modem == nil:
	case w.Copies():
		if spent == nil {
			spent = new(modem.Modem)
		}
		s.modem.CopyTo(spent)
		s.modem = spent
	default:
		s.modem.Declare(w, s.modem)
	}
}

// loseCarrier cuts the call off. Without one there is nothing to lose.
func loseCarrier(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.modem.Lose(now)
	s.afterModem(now)
}

// trouble is the effect of a lasting fault of the telephone network on those who dial.
func trouble(t modem.Trouble) effect {
	turn := func(on bool) func(*Station, time.Duration, *strike) {
		return func(s *Station, _ time.Duration, _ *strike) { s.modem.SetTrouble(t, on) }
	}
	return effect{begin: turn(true), end: turn(false)}
}

func beginRetrain(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.modem.SetRetraining(now, true)
	s.afterModem(now)
}

func endRetrain(s *Station, now time.Duration, _ *strike) {
	s.modem.SetRetraining(now, false)
	s.afterModem(now)
}
