package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

// frameHarm is what happens to a frame that is about to be sent.
type frameHarm uint8

const (
	frameWhole frameHarm = iota
	frameLost
	frameTwice
)

// both are the directions of the line.
var both = [...]line.Direction{line.ToMeter, line.FromMeter}

// directions are those in which a fault of the line acts.
func directions(f fault.Fault) []line.Direction {
	switch f.Direction() {
	case fault.ToMeter:
		return both[:1]
	case fault.FromMeter:
		return both[1:]
	}
	return both[:]
}

// atWork returns the fault of k's kind that acts on direction d now: if there are several, the
// last one in the plan; nil if there is none.
func (s *Station) atWork(k *strike, d line.Direction) *strike {
	return s.lastAtWork(func(other *strike) bool {
		if other.fault.Kind != k.fault.Kind {
			return false
		}
		side := other.fault.Direction()
		return side == fault.Both || side == sideOf(d)
	})
}

// lastAtWork returns the last fault of the plan that is at work and for which holds is true;
// nil if there is none.
func (s *Station) lastAtWork(holds func(*strike) bool) *strike {
	for i := len(s.plan) - 1; i >= 0; i-- {
		if k := &s.plan[i]; k.active && holds(k) {
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
	s.passTraps(now)
}

func pull(s *Station, now time.Duration, d line.Direction, _ *strike, out bool) { s.pull(now, d, out) }

func setNoise(s *Station, _ time.Duration, d line.Direction, k *strike, on bool) {
	rate := k.fault.Parameters.Rate
	if !on {
		rate = 0
	}
	s.line.SetNoise(d, rate, fault.NewStream(k.fault.Parameters.Seed, "noise "+d.String()))
}

func setPause(s *Station, _ time.Duration, d line.Direction, k *strike, on bool) {
	pause := k.fault.Parameters.By
	if !on {
		pause = 0
	}
	s.line.SetPause(d, pause)
}

func setSlices(s *Station, _ time.Duration, d line.Direction, k *strike, _ bool) {
	var p fault.Parameters
	if k := s.atWork(k, d); k != nil {
		p = k.fault.Parameters
	}
	s.line.SetSlices(d, max(1, p.Length), p.By)
}

func setEcho(s *Station, now time.Duration, k *strike) {
	s.deliver(now, true)
	s.line.SetEcho(s.atWork(k, line.ToMeter) != nil)
}

func setConverter(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.setHostRate()
}

// setHostRate sets the rate at the host's end of the line: that of its converter, if a fault
// has set one, or else the host's own. A line without a rate stays without one.
func (s *Station) setHostRate() {
	rate := s.hostBaud
	if k := s.lastAtWork(func(k *strike) bool { return k.effect.rate }); k != nil && rate != 0 {
		rate = k.fault.Parameters.Baud
	}
	if rate != s.line.Baud(line.ToMeter) {
		s.line.SetBaud(line.ToMeter, rate)
	}
}

// plug is the state of a loose plug.
type plug struct {
	out    bool          // the cable is out just now
	toggle time.Duration // when that changes
}

func plugOut(s *Station, now time.Duration, k *strike) { turnPlug(s, now, k, true) }
func plugIn(s *Station, now time.Duration, k *strike)  { turnPlug(s, now, k, false) }

func turnPlug(s *Station, now time.Duration, k *strike, out bool) {
	s.deliver(now, true)
	k.toggle = now + k.fault.Parameters.By
	s.setPlug(now, k, out)
}

// setPlug pulls the cable of a loose plug, or puts it in.
func (s *Station) setPlug(now time.Duration, k *strike, out bool) {
	if k.out == out {
		return
	}
	k.out = out
	for _, d := range directions(k.fault) {
		s.pull(now, d, out)
	}
}

// loose reports whether the fault is a loose plug at work.
func (k *strike) loose() bool { return k.active && k.effect.plug }

// turnsNext reports whether the plug moves once more before the fault's time is over.
func (k *strike) turnsNext() bool { return k.loose() && (!k.timed || k.toggle < k.until) }

// flap moves a loose plug: out if it was in, in if it was out.
func (s *Station) flap(now time.Duration, k *strike) {
	s.deliver(now, true)
	k.toggle += k.fault.Parameters.By
	s.setPlug(now, k, !k.out)
}

// breakByte is what a receiver reads when the line goes to spacing, and again when it comes
// back: a byte without a stop bit.
//
// Assumption: a UART without break detection reads one 00 when the break begins, then waits for
// an idle line, and reads one more byte when the break ends.
const breakByte = 0x00

// holdInBreak holds the line in spacing, or releases it. What is sent meanwhile is lost. A
// receiver whose cable is pulled notices nothing.
func holdInBreak(s *Station, now time.Duration, d line.Direction, _ *strike, on bool) {
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

// takeFrame is what happens to the frame that is about to be sent in direction d.
func (s *Station) takeFrame(d line.Direction) (lost, twice bool) {
	for i := range s.plan {
		k := &s.plan[i]
		if k.armed == 0 || k.effect.frame == frameWhole {
			continue
		}
		if side := k.fault.Direction(); side != fault.Both && side != sideOf(d) {
			continue
		}
		k.armed--
		lost = lost || k.effect.frame == frameLost
		twice = twice || k.effect.frame == frameTwice
	}
	return lost, twice
}
