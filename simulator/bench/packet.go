package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
)

// A loader that speaks otherwise than by ION has packets for frames, and blocks of its own. What it says
// at once is a frame, and an answer.

// sendPacket sends the packet that p begins with, and returns how long it is: 0 if its rest has not come.
func (s *Station) sendPacket(now time.Duration, p []byte) int {
	packet := s.meter.Packet(p)
	switch part := p[:packet.Bytes]; {
	case packet.Bytes == 0:
	case packet.Frame:
		s.hostPacket(now, part, &packet)
	default:
		s.send(now, line.ToMeter, part)
	}
	return packet.Bytes
}

// hostPacket takes a whole packet that the host begins to send now.
func (s *Station) hostPacket(now time.Duration, part []byte, packet *meter.Packet) {
	s.watch.framesToMeter++
	if packet.Block > 0 {
		again, fresh := s.watch.part(packet)
		if again {
			s.strikeNoResponse(now)
		}
		if fresh {
			s.strikeBlock(now, int(s.watch.lastBlock))
		}
	}
	s.observe(now, fault.AtFrame, line.ToMeter)
	s.sendFrame(now, now, line.ToMeter, part)
	if s.down > 0 {
		s.resetHost()
	}
}

// part counts a part of a file, and reports whether it was sent before, or for the first time.
func (a *asking) part(p *meter.Packet) (again, fresh bool) {
	a.requests++
	a.blocksSent++
	a.orders++
	if p.First && a.lastBlock > 1 {
		a.lastBlock = 0 // another attempt
	}
	switch last := a.lastBlock % p.Modulus; {
	case a.lastBlock > 0 && p.Block%p.Modulus == last:
		a.noResponses++
		return true, false
	case p.Block%p.Modulus == (last+1)%p.Modulus:
		a.lastBlock++
		return false, true
	}
	return false, false // the loader gives the file up for it
}
