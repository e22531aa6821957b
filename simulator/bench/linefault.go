package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

// frameHarm is what befalls a frame that is about to be sent.
type frameHarm uint8

const (
	frameWhole frameHarm = iota
	frameLost
	frameTwice
)

// both are the directions of the line.
var both = [...]line.Direction{line.ToMeter, line.FromMeter}

// directions are those that a fault of the line acts on.
func directions(f fault.Fault) []line.Direction {
	switch f.Direction() {
	case fault.ToMeter:
		return both[:1]
	case fault.FromMeter:
		return both[1:]
	}
	return both[:]
}

// atWork is the fault of k's kind that acts on direction d now; of several the one that
// stands last in the plan. It is nil when there is none.
func (s *Station) atWork(k *strike, d line.Direction) *strike {
	return s.lastAtWork(func(other *strike) bool {
		if other.fault.Kind != k.fault.Kind {
			return false
		}
		side := other.fault.Direction()
		return side == fault.Both || side == sideOf(d)
	})
}

// lastAtWork is the last fault of the plan that is at work and of which holds; nil for none.
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

// setHostRate gives the host's end of the line the rate of its converter, which is the
// host's own unless somebody has set it to another. A line without a rate has none to get
// wrong.
func (s *Station) setHostRate() {
	rate := s.hostBaud
	if k := s.lastAtWork(func(k *strike) bool { return k.effect.rate }); k != nil && rate != 0 {
		rate = k.fault.Parameters.Baud
	}
	if rate != s.line.Baud(line.ToMeter) {
		s.line.SetBaud(line.ToMeter, rate)
	}
}

// plug is a loose plug at work.
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

// setPlug takes the cable of a loose plug out, or puts it in.
func (s *Station) setPlug(now time.Duration, k *strike, out bool) {
	if k.out == out {
		return
	}
	k.out = out
	for _, d := range directions(k.fault) {
		s.pull(now, d, out)
	}
}

// loose tells whether the fault is a loose plug at work.
func (k *strike) loose() bool { return k.active && k.effect.plug }

// turnsNext tells whether the plug turns once more before the fault ends by the clock.
func (k *strike) turnsNext() bool { return k.loose() && (!k.timed || k.toggle < k.until) }

// flap is the next turn of a loose plug.
func (s *Station) flap(now time.Duration, k *strike) {
	s.deliver(now, true)
	k.toggle += k.fault.Parameters.By
	s.setPlug(now, k, !k.out)
}

// breakByte is what a receiver makes of a line that goes to spacing, and of one that comes
// back from it: a byte without a stop bit.
//
// Assumption: a UART without break detection reads one 00 as the break begins and waits for
// the line to go idle; as it does, with bits of whatever was on it, one more.
const breakByte = 0x00

// holdInBreak holds the line in spacing, or lets it go. What is sent meanwhile is lost. A
// receiver whose cable is out notices nothing of it.
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

// takeFrame is what befalls the frame that is about to be sent in direction d.
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
