package bench

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// Clone is an independent copy with the same future. The trace so far is shared.
func (s *Station) Clone() *Station {
	c := new(Station)
	s.CopyTo(c)
	return c
}

// CopyTo makes c, which is a station that nobody uses any more, a Clone of s in the memory
// that c has.
func (s *Station) CopyTo(c *Station) {
	old := *c
	if old.meter == nil {
		old.meter = new(meter.Meter)
	}
	*c = *s
	s.meter.CopyTo(old.meter)
	c.meter = old.meter
	s.line.CopyTo(&old.line)
	c.line = old.line
	c.plan = append(old.plan[:0], s.plan...)
	c.watch.held = append(old.watch.held[:0], s.watch.held...)
	c.arrived = append(old.arrived[:0], s.arrived...)
	c.orders = slices.Clone(s.orders)
	for d := range c.kept {
		c.kept[d] = append(old.kept[d][:0], s.kept[d]...)
	}
	c.scratch = old.scratch[:0]
	c.trace = slices.Clip(s.trace)
	c.delay = append(old.delay[:0], s.delay...) // a held frame is never written to
	c.slow = append(old.slow[:0], s.slow...)
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
	dst = machine.AppendUint(dst, uint64(s.hostBaud))
	for d := range s.kept {
		dst = machine.AppendBytes(dst, s.kept[d])
	}
	dst = appendDelayed(dst, now, s.delay)
	dst = appendDelayed(dst, now, s.slow)
	dst = machine.AppendBool(dst, s.harmed && s.meter.Chip().Faulty())
	for i := range s.plan {
		dst = s.appendStrike(dst, now, &s.plan[i])
	}
	return dst
}

func appendDelayed(dst []byte, now time.Duration, frames []delayed) []byte {
	dst = machine.AppendUint(dst, uint64(len(frames)))
	for _, d := range frames {
		dst = machine.AppendDeadline(dst, now, d.at, true)
		dst = machine.AppendBool(dst, d.swapped)
		dst = machine.AppendBytes(dst, d.frame)
	}
	return dst
}

func (w *watch) appendState(dst []byte, now time.Duration) []byte {
	dst = machine.AppendBytes(dst, w.held)
	dst = machine.AppendDeadline(dst, now, w.heldAt, len(w.held) > 0)
	dst = machine.AppendUint(dst, uint64(w.lastID))
	dst = machine.AppendBool(dst, w.asked)
	dst = machine.AppendBool(dst, w.begun)
	dst = machine.AppendUint(dst, uint64(w.sent))
	dst = w.heard.AppendState(dst)
	dst = machine.AppendBool(dst, w.hearing)
	dst = machine.AppendUint(dst, uint64(w.left))
	dst = append(dst, w.transaction)
	dst = machine.AppendUint(dst, uint64(w.lastBlock))
	return machine.AppendUint(dst, uint64(w.blocks))
}

// spent reports that the fault has no more to do.
func (k *strike) spent() bool {
	return k.count > 0 && k.next == 0 && !k.active && k.armed == 0 && !k.trapped
}

func (s *Station) appendStrike(dst []byte, now time.Duration, k *strike) []byte {
	if k.spent() {
		return dst
	}
	if k.active && !k.waiting() && !k.trapped {
		return k.appendEnd(append(dst, 2), now)
	}
	dst = append(dst, 1)
	dst = machine.AppendString(dst, k.fault.String())
	dst = machine.AppendUint(dst, k.next)
	dst = machine.AppendUint(dst, s.count(now, k))
	dst = machine.AppendUint(dst, uint64(k.count))
	dst = machine.AppendString(dst, k.missed)
	dst = machine.AppendUint(dst, uint64(k.armed))
	dst = machine.AppendBool(dst, k.active)
	dst = machine.AppendDeadline(dst, now, k.until, k.active && k.timed)
	dst = machine.AppendUint(dst, k.noResponses)
	dst = machine.AppendBool(dst, k.out)
	dst = machine.AppendDeadline(dst, now, k.toggle, k.loose())
	dst = machine.AppendUint(dst, uint64(k.bytes))
	dst = machine.AppendBool(dst, k.trapped)
	if k.trapped {
		dst = machine.AppendUint(dst, k.trap-s.line.Left(k.byteDirection()))
	}
	return dst
}

// appendEnd appends what there is to a fault that is at work and has no more to do than to
// end: when it struck plays no part.
func (k *strike) appendEnd(dst []byte, now time.Duration) []byte {
	f := k.fault
	f.Trigger = fault.Trigger{}
	dst = machine.AppendString(dst, f.String())
	dst = machine.AppendDeadline(dst, now, k.until, k.timed)
	dst = machine.AppendBool(dst, k.out)
	dst = machine.AppendDeadline(dst, now, k.toggle, k.loose())
	return machine.AppendUint(dst, k.noResponses)
}
