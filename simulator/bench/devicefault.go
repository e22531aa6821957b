package bench

import (
	"slices"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
)

// flashTrap makes the meter lose its power at a flash operation.
type flashTrap func(m *meter.Meter, op uint64, phase flash.Phase, seed uint64, bytes int)

func (s *Station) cutPower(now time.Duration) { s.stopMeter(now, s.meter.PowerOff) }

func cutPower(s *Station, now time.Duration, _ *strike) { s.cutPower(now) }

func brownOut(s *Station, now time.Duration, _ *strike) { s.stopMeter(now, s.meter.BrownOut) }

func resetMeter(s *Station, now time.Duration, k *strike) {
	s.cutPower(now)
	powerBack(s, now, k)
}

func silence(s *Station, _ time.Duration, _ *strike) { s.silent++ }
func speak(s *Station, _ time.Duration, _ *strike)   { s.silent-- }

// stopMeter stops the meter in the middle of whatever it does. What it was about to send is
// lost.
func (s *Station) stopMeter(now time.Duration, stop func(time.Duration)) {
	s.cuts++
	s.deliver(now, true)
	stop(now)
	s.line.DropMeter()
	s.passTraps(now)
	s.dropHeld()
	s.afterMeter(now)
}

// powerBack switches the meter on, unless another fault still holds it off.
func powerBack(s *Station, now time.Duration, _ *strike) {
	if s.far != nil || s.lastAtWork(func(k *strike) bool { return k.effect.off }) != nil {
		return
	}
	s.meter.PowerOn(now)
	s.afterMeter(now)
}

// hang makes the firmware hang. The watchdog restarts it when the fault's time is over. Bytes
// that have left the meter still arrive.
func hang(s *Station, now time.Duration, k *strike) {
	s.cuts++
	s.deliver(now, true)
	s.meter.Hang(now)
	s.slow = s.slow[:0]
	s.afterMeter(now)
	if k.fault.Parameters.By == 0 {
		bite(s, now, k)
		return
	}
	k.active, k.timed, k.until = true, true, now+k.fault.Parameters.By
}

func bite(s *Station, now time.Duration, _ *strike) {
	s.meter.Bite(now)
	s.afterMeter(now)
}

// MeterDelay is how much later than usual the meter begins to send a frame.
func (s *Station) MeterDelay() (by time.Duration) {
	for i := range s.plan {
		if k := &s.plan[i]; k.active && k.effect.slow {
			by = max(by, k.fault.Parameters.By)
		}
	}
	return by
}

// sendSlowly holds a frame back while the meter is slow, and afterwards until the frames before
// it are gone, so that frames keep their order.
func (s *Station) sendSlowly(now time.Duration, frame []byte) {
	by := s.MeterDelay()
	switch n := len(s.slow); {
	case by == 0 && n == 0:
		s.meterFrame(now, now, frame)
	case n < maxDelayed:
		at := now + by
		if n > 0 {
			at = max(at, s.slow[n-1].at)
		}
		s.slow = append(s.slow, delayed{at: at, since: now, frame: append([]byte(nil), frame...)})
	}
}

// sendHeld sends the held frames whose time has come.
func (s *Station) sendHeld(now time.Duration) {
	for len(s.slow) > 0 && s.slow[0].at <= now {
		first := s.slow[0]
		s.slow = slices.Delete(s.slow, 0, 1)
		if s.silent == 0 {
			s.meterFrame(now, first.since, first.frame)
		}
	}
}

// dropHeld forgets the frames that are held back, because the meter that was to send them is
// off.
func (s *Station) dropHeld() { s.delay, s.slow = s.delay[:0], s.slow[:0] }
