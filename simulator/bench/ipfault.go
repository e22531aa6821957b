package bench

import (
	"time"

	"ionbench/simulator/story"

	"ionbench/simulator/line"
)

// maxKept bounds what a stalled network keeps, in bytes per direction. More is lost, as in a
// gateway whose buffer is full.
const maxKept = 1 << 20

// forgetConnection makes the network between host and line forget the connection: it drops what
// arrives at either end. The line to the meter is cut for that, so that what the host sends
// still counts as sent.
// Assumption: if the gateway was passing on a frame at that moment, the rest of it is lost.
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

// closeDown makes the gateway reset the connection, and every other one as soon as a frame is
// sent over it. The frame counts as sent, as with a network that has forgotten the connection.
func closeDown(s *Station, now time.Duration, k *strike) {
	forgetConnection(s, now, k)
	s.down++
	s.resetHost()
}

func openUp(s *Station, now time.Duration, k *strike) {
	s.down--
	rememberConnection(s, now, k)
}

// resetHost resets the connection of the host, unless that is under way.
func (s *Station) resetHost() {
	if !s.watch.reset {
		s.queue(Order{Command: ResetConnection})
	}
}

// takePort takes the port away over which the host is connected. Nothing gets through until it is
// back.
func takePort(s *Station, now time.Duration, k *strike) {
	forgetConnection(s, now, k)
	if s.portless++; s.portless == 1 {
		s.queue(Order{Command: LosePort})
	}
}

func givePortBack(s *Station, now time.Duration, k *strike) {
	rememberConnection(s, now, k)
	if s.portless--; s.portless == 0 {
		s.queue(Order{Command: RegainPort})
	}
}

// PortGone reports whether the port is gone over which the host is connected.
func (s *Station) PortGone() bool { return s.portless > 0 }

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

// stalls reports whether the network keeps what it is given. A network that has forgotten the
// connection keeps nothing.
func (s *Station) stalls() bool { return s.stalled > 0 && s.halfOpen == 0 }

func (s *Station) keep(d line.Direction, p []byte) {
	s.kept[d] = append(s.kept[d], p[:min(len(p), maxKept-len(s.kept[d]))]...)
}

// burst passes on all that a stalled network has kept.
func (s *Station) burst(now time.Duration) {
	kept := s.kept
	s.kept = [2][]byte{}
	s.arrive(now, line.FromMeter, kept[line.FromMeter])
	s.send(now, line.ToMeter, kept[line.ToMeter])
}

// send puts p on the line. Bytes from the host must pass the network first.
func (s *Station) send(now time.Duration, d line.Direction, p []byte) {
	if d == line.ToMeter && s.stalls() {
		s.keep(d, p)
		return
	}
	s.line.Send(now, d, p)
}

// arrive takes p at the far end of the line. Bytes for the host must pass the network after it.
func (s *Station) arrive(now time.Duration, d line.Direction, p []byte) {
	switch {
	case d == line.ToMeter && s.silent == 0:
		s.noteArrival(now, d, p)
		s.reachMeter(now, p)
	case d == line.ToMeter:
		s.noteArrival(now, d, p)
	case s.halfOpen > 0:
	case s.stalls():
		s.keep(d, p)
	case s.modem != nil:
		s.noteArrival(now, d, p)
		s.modem.FromLine(now, p)
		s.afterModem(now)
	default:
		s.noteArrival(now, d, p)
		s.arrived = append(s.arrived, p...)
	}
}

// noteArrival adds to the trace what has come through.
func (s *Station) noteArrival(now time.Duration, d line.Direction, p []byte) {
	if s.traceWire {
		s.note(now, story.Line, story.BytesArrived{Direction: d, Bytes: string(p)})
	}
}
