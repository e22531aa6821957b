package bench

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

// directions are those that a fault of the line acts on.
func directions(f fault.Fault) []line.Direction {
	switch f.Direction() {
	case fault.ToMeter:
		return []line.Direction{line.ToMeter}
	case fault.FromMeter:
		return []line.Direction{line.FromMeter}
	}
	return []line.Direction{line.ToMeter, line.FromMeter}
}

// changeLine sets or lifts a lasting harm of the line. What has arrived so far has.
func (s *Station) changeLine(now time.Duration, k *strike, on bool) {
	s.deliver(now, true)
	switch k.fault.Kind {
	case fault.WrongBaud:
		s.setHostRate()
	case fault.Echo:
		s.line.SetEcho(s.atWork(fault.Echo, line.ToMeter) != nil)
	case fault.CableFlap:
		k.toggle = now + k.fault.Parameters.By
		s.plug(now, k, on)
	default:
		for _, d := range directions(k.fault) {
			s.changeDirection(now, d, k, on)
		}
	}
}

func (s *Station) changeDirection(now time.Duration, d line.Direction, k *strike, on bool) {
	switch k.fault.Kind {
	case fault.CablePull:
		s.pull(now, d, on)
	case fault.LineBreak:
		s.holdInBreak(now, d, on)
	case fault.Noise:
		rate := k.fault.Parameters.Rate
		if !on {
			rate = 0
		}
		s.line.SetNoise(d, rate, fault.NewStream(k.fault.Parameters.Seed, "noise "+d.String()))
	case fault.SlowLine:
		pause := k.fault.Parameters.By
		if !on {
			pause = 0
		}
		s.line.SetPause(d, pause)
	case fault.Sliced:
		s.slice(d)
	}
}

// atWork is the fault of the kind that acts on direction d now; of several the one that
// stands last in the plan. It is nil when there is none.
func (s *Station) atWork(kind fault.Kind, d line.Direction) *strike {
	for i := len(s.plan) - 1; i >= 0; i-- {
		k := &s.plan[i]
		if k.active && k.fault.Kind == kind && slices.Contains(directions(k.fault), d) {
			return k
		}
	}
	return nil
}

// pull counts the faults that hold the cable out.
func (s *Station) pull(now time.Duration, d line.Direction, out bool) {
	if out {
		s.pulled[d]++
	} else {
		s.pulled[d]--
	}
	s.line.Cut(now, d, s.pulled[d] > 0)
}

// plug takes the cable of a loose plug out, or puts it in.
func (s *Station) plug(now time.Duration, k *strike, out bool) {
	if k.out == out {
		return
	}
	k.out = out
	for _, d := range directions(k.fault) {
		s.pull(now, d, out)
	}
}

// loose tells whether the fault is a loose plug at work.
func (k *strike) loose() bool { return k.active && k.fault.Kind == fault.CableFlap }

// turnsNext tells whether the plug turns once more before the fault ends by the clock.
func (k *strike) turnsNext() bool { return k.loose() && (!k.timed || k.toggle < k.until) }

// flap is the next turn of a loose plug.
func (s *Station) flap(now time.Duration, k *strike) {
	s.deliver(now, true)
	k.toggle += k.fault.Parameters.By
	s.plug(now, k, !k.out)
}

// breakByte is what a receiver makes of a line that goes to spacing, and of one that comes
// back from it: a byte without a stop bit.
//
// Assumption: a UART without break detection reads one 00 as the break begins and waits for
// the line to go idle; as it does, with bits of whatever was on it, one more.
const breakByte = 0x00

// holdInBreak holds the line in spacing, or lets it go. What is sent meanwhile is lost. A
// receiver whose cable is out notices nothing of it.
func (s *Station) holdInBreak(now time.Duration, d line.Direction, on bool) {
	if !on {
		s.pull(now, d, false)
	}
	if s.pulled[d] == 0 {
		s.arrive(now, d, []byte{breakByte})
	}
	if on {
		s.pull(now, d, true)
	}
}

func (s *Station) slice(d line.Direction) {
	var p fault.Parameters
	if k := s.atWork(fault.Sliced, d); k != nil {
		p = k.fault.Parameters
	}
	s.line.SetSlices(d, max(1, p.Length), p.By)
}

// setHostRate gives the host's end of the line the rate of its converter, which is the
// host's own unless somebody has set it to another. A line without a rate has none to get
// wrong.
func (s *Station) setHostRate() {
	rate := s.hostBaud
	if k := s.atWork(fault.WrongBaud, line.ToMeter); k != nil && rate != 0 {
		rate = k.fault.Parameters.Baud
	}
	if rate != s.line.Baud(line.ToMeter) {
		s.line.SetBaud(line.ToMeter, rate)
	}
}
