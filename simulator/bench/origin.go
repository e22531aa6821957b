package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
)

// origin is where the counts of a host's run begin. What it holds was counted before, over
// the whole life of the station. Blocks and percentages need none: they are counted by the
// sequence numbers that a host gives.
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

// count is how far the count that k waits for has come by now, from its origin on. It is 0
// for triggers that are not counted.
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

// since is how much later than from a count is; what was in flight then still counts for
// the run before.
func since(from, to uint64) uint64 { return to - min(from, to) }

// framesOf are those of one direction, or of both.
func framesOf(side fault.Side, frames [2]uint64) uint64 {
	switch side {
	case fault.ToMeter:
		return frames[line.ToMeter]
	case fault.FromMeter:
		return frames[line.FromMeter]
	}
	return frames[line.ToMeter] + frames[line.FromMeter]
}

// countFrom makes k wait for its moments as a run counts them that began at o and whose
// count stands at done. Those until then are none of k's.
func (k *strike) countFrom(o origin, done uint64) {
	k.origin = o
	k.next, _ = k.fault.NextStrike(done + 1)
	k.waitForNextByte()
}

// trapAt is the position on the line of the n-th byte of the run.
func (k *strike) trapAt(n uint64) uint64 { return k.origin.bytes[k.byteDirection()] + n - 1 }
