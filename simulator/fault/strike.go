package fault

import "math"

// Windowed reports whether f lasts as long as its window: from Trigger.First until Trigger.Last
// is over.
func (f Fault) Windowed() bool {
	return f.Kind.Lasts() && f.Trigger.Last != 0 && f.Trigger.Every == 0
}

// NextStrike returns the first moment, from or later, at which f strikes, in the unit of its
// trigger. ok is false when it does not strike any more, and for AtStart and AtState, which
// count nothing.
func (f Fault) NextStrike(from uint64) (at uint64, ok bool) {
	t := f.Trigger
	if t.First == 0 {
		return 0, false
	}
	if from <= t.First {
		return t.First, true
	}
	step, last := t.steps(f.Windowed())
	behind := from - t.First
	if step == 0 || from > last {
		return 0, false
	}
	if over := behind % step; over != 0 {
		behind += step - over
	}
	at = t.First + behind
	return at, at >= t.First && at <= last
}

// steps returns the distance between two strikes (0 if there is only one) and the last strike.
func (t Trigger) steps(windowed bool) (step, last uint64) {
	switch {
	case windowed:
		return 0, t.First
	case t.Every != 0 && t.Last == 0:
		return t.Every, math.MaxUint64
	case t.Every != 0:
		return t.Every, t.Last
	case t.Last != 0:
		return 1, t.Last
	}
	return 0, t.First
}

// StrikesBlock reports whether f strikes when the host starts to send block n (from 1) of so
// many for the first time: because f is at that block, or because this is the first start at
// which its percentage of the blocks is answered. For other triggers it returns false.
func (f Fault) StrikesBlock(n, blocks int) bool {
	if n < 1 || blocks < 1 {
		return false
	}
	switch f.Trigger.Unit {
	case AtBlock:
		at, ok := f.NextStrike(uint64(n))
		return ok && at == uint64(n)
	case AtPercent:
		if n == 1 {
			return false // nothing is answered yet
		}
		before := uint64(n-2) * whole / uint64(blocks)
		reached := uint64(n-1) * whole / uint64(blocks)
		at, ok := f.NextStrike(before + 1)
		return ok && at <= reached
	}
	return false
}
