package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

func (k *strike) setTrap(position uint64) {
	k.trap, k.trapped = position, true
}

// byteDirection is the direction of the byte that the fault waits for.
func (k *strike) byteDirection() line.Direction {
	side := k.fault.Direction()
	if k.fault.Trigger.Unit == fault.AtByte {
		side = k.fault.Trigger.Side
	}
	if side == fault.FromMeter {
		return line.FromMeter
	}
	return line.ToMeter
}

// armTraps sets the trap of each direction to the nearest byte that a fault waits for.
func (s *Station) armTraps() {
	for _, d := range []line.Direction{line.ToMeter, line.FromMeter} {
		s.line.ClearTrap(d)
		nearest, found := uint64(0), false
		for i := range s.plan {
			k := &s.plan[i]
			if !k.trapped || k.byteDirection() != d || k.trap < s.line.Left(d) {
				continue
			}
			if !found || k.trap < nearest {
				nearest, found = k.trap, true
			}
		}
		if found {
			s.line.SetTrap(d, nearest)
		}
	}
}

// takeTraps lets the faults act that wait for the byte which is next on the line.
func (s *Station) takeTraps(now time.Duration) {
	if !s.line.Trapped() {
		return
	}
	for _, d := range []line.Direction{line.ToMeter, line.FromMeter} {
		for s.line.AtTrap(now, d) {
			s.takeTrap(now, d)
			s.passTraps(now)
			s.deliver(now, false)
		}
	}
}

func (s *Station) takeTrap(now time.Duration, d line.Direction) {
	at := s.line.Left(d)
	for i := range s.plan {
		k := &s.plan[i]
		if !k.trapped || k.byteDirection() != d || k.trap != at {
			continue
		}
		k.trapped = false
		switch {
		case k.bytes > 0:
			s.harmByte(k, d)
		case k.active && k.fault.Windowed():
			s.finish(now, i)
		default:
			s.strike(now, i)
			k.waitForNextByte()
		}
		if s.line.Left(d) != at {
			return // the byte is gone, so other faults at the same place have missed it
		}
	}
}

// passTraps goes on without bytes that were lost before they left, as with a connection or with
// the power. Call it after every such loss. A fault that was to harm them harms what comes next,
// and one that was to end there ends. One that was to strike has missed its moment, if it has not
// a later one.
func (s *Station) passTraps(now time.Duration) {
	for i := range s.plan {
		k := &s.plan[i]
		if !k.trapped {
			continue
		}
		left := s.line.Left(k.byteDirection())
		if k.trap >= left {
			continue
		}
		k.trapped = false
		switch next := s.count(now, k) + 1; {
		case k.bytes > 0:
			k.setTrap(left)
		case k.active && k.fault.Windowed():
			s.finish(now, i)
		case k.fault.Windowed() && next <= k.fault.Trigger.Last:
			k.next = next
			k.waitForNextByte()
		default:
			if !k.active {
				s.miss(now, k, "the byte was lost before it left")
			}
			k.next, _ = k.fault.NextStrike(next)
			k.waitForNextByte()
		}
	}
	s.armTraps()
}

// waitForNextByte sets the trap to the next byte that the trigger names, unless a trap is set
// already.
func (k *strike) waitForNextByte() {
	if !k.trapped && k.next > 0 && k.fault.Trigger.Unit == fault.AtByte {
		k.setTrap(k.trapAt(k.next))
	}
}

// aimAtBytes makes a byte fault harm the next bytes in its direction. If its trigger names a
// byte, that one is the next.
func aimAtBytes(s *Station, _ time.Duration, k *strike) {
	k.bytes = max(1, k.fault.Parameters.Length)
	d := k.byteDirection()
	if k.fault.Trigger.Unit == fault.AtByte {
		s.harmByte(k, d)
		return
	}
	k.setTrap(s.line.Sent(d))
	s.armTraps()
}

// harmByte harms the next byte, and waits for the byte after it if there are more to harm.
func (s *Station) harmByte(k *strike, d line.Direction) {
	next := s.line.Left(d) + 1
	k.bytes--
	next += k.effect.bytes(s, d, k)
	if k.bytes > 0 {
		k.setTrap(next)
		return
	}
	k.waitForNextByte()
}

// byteHarm harms the next byte. It returns how many bytes it has inserted before the byte that
// follows.
type byteHarm func(s *Station, d line.Direction, k *strike) (more uint64)

func dropByte(s *Station, d line.Direction, _ *strike) (more uint64) {
	s.line.DropNext(d)
	return 0
}

func flipByte(s *Station, d line.Direction, k *strike) (more uint64) {
	s.line.FlipNext(d, max(1, k.fault.Parameters.Mask))
	return 0
}

func repeatByte(s *Station, d line.Direction, _ *strike) (more uint64) {
	b, _ := s.line.Head(d)
	s.line.InsertNext(d, b)
	return 1
}

// insertBytes puts all bytes of the fault before the next one.
func insertBytes(s *Station, d line.Direction, k *strike) (more uint64) {
	stream := fault.NewStream(k.fault.Parameters.Seed, "byte-insert")
	for range k.bytes + 1 {
		s.line.InsertNext(d, byte(stream.Uint64()))
	}
	k.bytes = 0
	return 0
}
