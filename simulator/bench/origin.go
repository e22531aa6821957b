package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

// origin is where the counts of a host's run begin. The station counts over its whole life;
// these are its counts when the run began. Blocks and percentages need no origin: they follow
// from the host's sequence numbers.
type origin struct {
	at          time.Duration
	frames      [2]uint64 // by direction
	bytes       [2]uint64 // by direction, those in flight included
	flashOps    uint64
	noResponses uint64
	replies     uint64
}

// here is the origin of a run that begins now.
func (s *Station) here(now time.Duration) origin {
	return origin{
		at:          now,
		frames:      s.watch.frames(),
		bytes:       [2]uint64{line.ToMeter: s.line.Sent(line.ToMeter), line.FromMeter: s.line.Sent(line.FromMeter)},
		flashOps:    s.meter.Chip().Ops(),
		noResponses: s.watch.noResponses,
		replies:     s.watch.replies,
	}
}

// count is how far the count that k waits for has come, from its origin on. It is 0 for
// triggers that count nothing.
func (s *Station) count(now time.Duration, k *strike) uint64 {
	o := &k.origin
	switch t := &k.fault.Trigger; t.Unit {
	case fault.AtBlock:
		return uint64(s.watch.lastBlock)
	case fault.AtPercent:
		return s.watch.answered()
	case fault.AtFrame:
		return framesOf(t.Side, s.watch.frames()) - framesOf(t.Side, o.frames)
	case fault.AtByte:
		d := k.byteDirection()
		return since(o.bytes[d], s.line.Left(d))
	case fault.AtFlashOp:
		return s.meter.Chip().Ops() - o.flashOps
	case fault.AtTime:
		return uint64(max(0, now-o.at))
	case fault.AtNoResponse:
		return s.watch.noResponses - o.noResponses
	case fault.AtReply:
		return s.watch.replies - o.replies
	}
	return 0
}

// since is how much later to is than from. What was in flight when the run began still counts
// for the run before it.
func since(from, to uint64) uint64 { return to - min(from, to) }

// framesOf is the number of frames in one direction, or in both.
func framesOf(side fault.Side, frames [2]uint64) uint64 {
	switch side {
	case fault.ToMeter:
		return frames[line.ToMeter]
	case fault.FromMeter:
		return frames[line.FromMeter]
	}
	return frames[line.ToMeter] + frames[line.FromMeter]
}

// countFrom makes k count from o. The count stands at done: moments up to there are over for k.
func (k *strike) countFrom(o origin, done uint64) {
	k.origin = o
	k.next, _ = k.fault.NextStrike(done + 1)
	k.waitForNextByte()
}

// trapAt is the position on the line of the run's n-th byte.
func (k *strike) trapAt(n uint64) uint64 { return k.origin.bytes[k.byteDirection()] + n - 1 }
