package bench

import (
	"ionbench/simulator/line"
)

// Counts is what a line has carried, as [Station.Counts] and [Station.Carried] count it.
type Counts struct {
	BytesToMeter, BytesToHost   uint64
	FramesToMeter, FramesToHost uint64
	BlocksSent                  uint64 // messages of the host with a block, resends included
	Block                       uint64 // highest number of a block that the host began to send since it began with the first
	Resends                     uint64 // requests that the host sent again
	Replies                     uint64 // answers that the meter began to send
	ImageBlocks                 uint64 // blocks of the image; 0 until the host has told its length
	FlashOps                    uint64 // operations that the chip has done
	Resets                      uint64 // connections of the host that were reset
	Died                        uint64 // messages of the host that died in a telephone call, on their way to the line
}

// Since is what was counted since the counts were b. The block and the size of the image, which
// are no counts, stay.
func (c Counts) Since(b Counts) Counts {
	c.BytesToMeter -= b.BytesToMeter
	c.BytesToHost -= b.BytesToHost
	c.FramesToMeter -= b.FramesToMeter
	c.FramesToHost -= b.FramesToHost
	c.BlocksSent -= b.BlocksSent
	c.Resends -= b.Resends
	c.Replies -= b.Replies
	c.FlashOps -= b.FlashOps
	c.Resets -= b.Resets
	c.Died -= b.Died
	return c
}

// InRun is what was counted since the host's run began, as the triggers of a plan count it.
func (s *Station) InRun() Counts {
	c, o := s.Counts(), &s.origin
	c.BytesToMeter -= o.bytes[line.ToMeter]
	c.BytesToHost -= o.bytes[line.FromMeter]
	c.FramesToMeter -= o.frames[line.ToMeter]
	c.FramesToHost -= o.frames[line.FromMeter]
	c.Resends -= o.noResponses
	c.Replies -= o.replies
	c.FlashOps -= o.flashOps
	return c
}

// Carried is what the line has carried so far, of all its stations. Counts has the frames and answers of
// the meter alone, which are those that faults are placed by.
func (s *Station) Carried() Counts {
	c := s.Counts()
	c.FramesToHost += s.watch.joined
	c.Replies += s.watch.joinedReplies
	return c
}

// Counts is what the line has carried so far: bytes and what hosts sent of the whole line, frames and answers
// of the meter.
func (s *Station) Counts() Counts {
	return Counts{
		BytesToMeter:  s.line.Sent(line.ToMeter),
		BytesToHost:   s.line.Sent(line.FromMeter),
		FramesToMeter: s.watch.framesToMeter,
		FramesToHost:  s.watch.framesFromMeter,
		BlocksSent:    s.watch.blocksSent,
		Block:         uint64(s.watch.lastBlock),
		Resends:       s.watch.noResponses,
		Replies:       s.watch.replies,
		ImageBlocks:   uint64(s.watch.blocks),
		FlashOps:      s.meter.Chip().Ops(),
		Resets:        s.watch.resets,
		Died:          s.died(),
	}
}

// Requests is how many messages the host has begun to send so far, resends included.
func (s *Station) Requests() uint64 { return s.watch.requests }

// SentLast is how often the host has sent its last request since an answer to it arrived whole.
// What was answered is not insisted on.
func (s *Station) SentLast() int { return s.watch.sent }

// UnderWay counts the first two frames of every message of the host. If the station is settled,
// these are the moments at which two runs that differ only in what came through of the message
// before have become the same.
func (s *Station) UnderWay() uint64 { return s.watch.underWay }
