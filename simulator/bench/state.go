package bench

import (
	"slices"
	"time"

	"ionbench/simulator/machine"
)

// Clone is an independent copy with the same future. The trace so far is shared.
func (s *Station) Clone() *Station {
	c := *s
	c.meter = s.meter.Clone()
	c.line = s.line.Clone()
	c.plan = slices.Clone(s.plan)
	c.watch.held = slices.Clone(s.watch.held)
	c.arrived = slices.Clone(s.arrived)
	c.orders = slices.Clone(s.orders)
	c.scratch = nil
	c.trace = slices.Clip(s.trace)
	c.delay = slices.Clone(s.delay) // a held frame is never written to
	return &c
}

// AppendState appends all that decides the station's future, times relative to now. What
// was counted so far counts only where a fault of the plan still waits for it, and from the
// beginning of its run on; so another plan, set in the middle of a run, is not foreseen.
func (s *Station) AppendState(dst []byte, now time.Duration) []byte {
	dst = s.meter.AppendState(dst, now)
	dst = s.line.AppendState(dst, now)
	dst = s.watch.appendState(dst, now)
	dst = machine.AppendUint(dst, uint64(s.silent))
	dst = machine.AppendBytes(dst, s.arrived)
	for _, d := range s.delay {
		dst = machine.AppendDeadline(dst, now, d.at, true)
		dst = machine.AppendBytes(dst, d.frame)
	}
	for i := range s.plan {
		dst = s.appendStrike(dst, now, &s.plan[i])
	}
	return dst
}

func (w *watch) appendState(dst []byte, now time.Duration) []byte {
	dst = machine.AppendBytes(dst, w.held)
	dst = machine.AppendDeadline(dst, now, w.heldAt, len(w.held) > 0)
	dst = machine.AppendUint(dst, uint64(w.lastID))
	dst = machine.AppendBool(dst, w.asked)
	dst = machine.AppendUint(dst, uint64(w.lastBlock))
	return machine.AppendUint(dst, uint64(w.blocks))
}

// spent reports that the fault has no more to do.
func (k *strike) spent() bool {
	return k.count > 0 && k.next == 0 && !k.active && k.armed == 0 && !k.trapped
}

func (s *Station) appendStrike(dst []byte, now time.Duration, k *strike) []byte {
	if k.spent() {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = machine.AppendString(dst, k.fault.String())
	dst = machine.AppendUint(dst, k.next)
	dst = machine.AppendUint(dst, s.count(now, k))
	dst = machine.AppendUint(dst, uint64(k.count))
	dst = machine.AppendUint(dst, uint64(k.armed))
	dst = machine.AppendBool(dst, k.active)
	dst = machine.AppendDeadline(dst, now, k.until, k.active && k.timed)
	dst = machine.AppendUint(dst, uint64(k.noResponses))
	dst = machine.AppendUint(dst, uint64(k.bytes))
	dst = machine.AppendBool(dst, k.trapped)
	if k.trapped {
		dst = machine.AppendUint(dst, k.trap-s.line.Left(k.byteDirection()))
	}
	return dst
}
