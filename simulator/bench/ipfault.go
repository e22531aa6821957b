package bench

import (
	"time"

	"ionbench/simulator/line"
)

// maxKept bounds what a stalled network keeps, in bytes a direction: more is lost, as in a
// gateway whose buffer is full.
const maxKept = 1 << 20

// forgetConnection makes the network between the host and the line forget the connection: it
// drops what arrives at either end. The line's direction to the meter is cut for that, so that
// what the host sends counts as sent.
// Assumption: what the gateway had of a frame on the line at that moment is lost with it.
func forgetConnection(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.halfOpen++
	s.pull(now, line.ToMeter, true)
}

func rememberConnection(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.halfOpen--
	s.pull(now, line.ToMeter, false)
}

// stall makes the network stand still.
func stall(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	s.stalled++
}

func goOn(s *Station, now time.Duration, _ *strike) {
	s.deliver(now, true)
	if s.stalled--; s.stalled == 0 {
		s.burst(now)
	}
}

// stalls tells whether the network keeps what it is given. One that forgets it does not.
func (s *Station) stalls() bool { return s.stalled > 0 && s.halfOpen == 0 }

func (s *Station) keep(d line.Direction, p []byte) {
	s.kept[d] = append(s.kept[d], p[:min(len(p), maxKept-len(s.kept[d]))]...)
}

// burst hands on all that a stalled network has kept.
func (s *Station) burst(now time.Duration) {
	kept := s.kept
	s.kept = [2][]byte{}
	s.arrive(now, line.FromMeter, kept[line.FromMeter])
	s.send(now, line.ToMeter, kept[line.ToMeter])
}

// send puts p on the line; what comes from the host has to pass the network before.
func (s *Station) send(now time.Duration, d line.Direction, p []byte) {
	if d == line.ToMeter && s.stalls() {
		s.keep(d, p)
		return
	}
	s.line.Send(now, d, p)
}

// arrive is p at the far end of the line; what is for the host has to pass the network
// behind it.
func (s *Station) arrive(now time.Duration, d line.Direction, p []byte) {
	switch {
	case d == line.ToMeter && s.silent == 0:
		s.meter.Receive(now, p)
		s.afterMeter(now)
	case d == line.ToMeter || s.halfOpen > 0:
	case s.stalls():
		s.keep(d, p)
	default:
		s.arrived = append(s.arrived, p...)
		s.watch.hear(p)
	}
}
