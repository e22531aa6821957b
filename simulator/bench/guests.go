package bench

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// guest is a further host on the line: a second master with a tool of its own. It hears what a
// neighbour hears, and what it sends meets what others send. No fault of the station's plan strikes
// it, and none counts what it does, but those of the line meet its bytes, too. It can have faults of
// its own (SetPlanOf).
type guest struct {
	host          Host
	seat          uint8
	frames, bytes uint64 // that it has sent
	asking
	own
}

// Admit brings a further host to the line, at the rate of the line. It returns the host's seat,
// by which CountsOf knows it; that of the bench's own host is 0. What the host has to say at once
// is taken by Serve.
func (s *Station) Admit(now time.Duration, h Host) (seat int, err error) {
	s.Advance(now)
	if s.others == nil {
		s.others = new(others)
	}
	o := s.others
	if n := 1 + len(o.neighbours) + len(o.talkers) + len(o.guests); n >= ion.MaxStations {
		return 0, fmt.Errorf("%d stations on a line, and another one: at most %d beside the host", n, ion.MaxStations)
	}
	s.others.guests = append(s.others.guests, guest{host: h, seat: uint8(len(s.others.guests) + 1)})
	return len(s.others.guests), nil
}

// Serve takes what the host in a seat has to send and to tell. Call it after the host was used
// from outside the station.
func (s *Station) Serve(now time.Duration, seat int) { s.afterGuest(now, seat-1) }

// Dismiss takes all further hosts off the line.
func (s *Station) Dismiss() {
	if s.others == nil {
		return
	}
	s.others.guests = nil
	if len(s.others.neighbours)+len(s.others.talkers) == 0 {
		s.others = nil
	}
}

// placeOfGuest is behind the places of the talkers of the world, of which there are fewer the more
// guests there are.
func placeOfGuest(i int) int { return struckTalker - 1 - i }

// runGuests does what is due at the further hosts.
func (s *Station) runGuests(now time.Duration) {
	for i := range s.others.guests {
		s.runOwn(now, i)
		h := s.others.guests[i].host
		if t, ok := h.Next(); ok && t <= now {
			h.Advance(now)
			s.afterGuest(now, i)
		}
	}
}

// afterGuest takes what a further host has to send and to tell.
func (s *Station) afterGuest(now time.Duration, i int) {
	g := &s.others.guests[i]
	for _, e := range g.host.Drain(nil, s) {
		e.Station = uint8(i + 1)
		s.Note(e)
	}
	sent := g.host.Transmit(nil)
	for len(sent) > 0 {
		n, whole := ion.CutFrame(sent)
		if n == 0 {
			n, whole = len(sent), false
		}
		lost := false
		if whole {
			lost = s.guestFrame(now, g, sent[:n])
		}
		g.bytes += uint64(n)
		if !lost && g.pulled[line.ToMeter] == 0 {
			s.join(now, placeOfGuest(i), sent[:n])
		}
		sent = sent[n:]
	}
}

// guestFrame takes a whole frame that a further host begins to send now, and reports whether a fault
// of its own takes it.
func (s *Station) guestFrame(now time.Duration, g *guest, frame ion.Wire) (lost bool) {
	g.frames++
	if r, first := frame.Head(); first {
		s.guestRequest(now, g, &r)
	}
	s.observeOwn(now, g, fault.AtFrame, line.ToMeter)
	return g.takesFrame(line.ToMeter)
}

func (s *Station) guestRequest(now time.Duration, g *guest, r *ion.Head) {
	if g.request(r, s.clearing()) {
		s.resentOwn(now, g)
	}
	g.waitFor(r)
	if r.Length > 0 {
		g.blocks = ion.Blocks(r.Length)
	}
	if g.newBlock(r) {
		s.observeOwn(now, g, fault.AtBlock, line.ToMeter)
		s.observeOwn(now, g, fault.AtPercent, line.ToMeter)
	}
}

// tellGuests gives what was on the line to the further hosts but those of sent.
func (s *Station) tellGuests(now time.Duration, sent line.Senders, p []byte) {
	for i := range s.others.guests {
		g := &s.others.guests[i]
		if sent&senderOf(placeOfGuest(i)) != 0 {
			continue
		}
		if p := g.reaches(p, sent&line.TheMeter != 0); len(p) > 0 && !g.host.Deaf() {
			g.hear(p)
			g.host.Receive(now, p)
			s.afterGuest(now, i)
		}
	}
}

// Hosts is the number of hosts on the line.
func (s *Station) Hosts() int {
	if s.others == nil {
		return 1
	}
	return 1 + len(s.others.guests)
}

// askingOf is what the host in a seat asks for.
func (s *Station) askingOf(seat int) *asking {
	if seat == 0 {
		return &s.watch.asking
	}
	return &s.others.guests[seat-1].asking
}

// CountsOf is Counts as the host in a seat has part in it.
func (s *Station) CountsOf(seat int) Counts {
	c := s.Counts()
	if seat == 0 {
		return c
	}
	g := &s.others.guests[seat-1]
	c.BytesToMeter, c.FramesToMeter = g.bytes, g.frames
	c.BlocksSent, c.Block, c.Resends = g.blocksSent, uint64(g.lastBlock), g.noResponses
	c.ImageBlocks, c.Resets = uint64(g.blocks), 0
	return c
}

// InsistedBy is the most often that the host in a seat has sent one request in this run without an
// answer to it.
func (s *Station) InsistedBy(seat int) int { return s.askingOf(seat).insisted }

// SentLastBy is SentLast for the host in a seat.
func (s *Station) SentLastBy(seat int) int { return s.askingOf(seat).sent }

// clearing reports whether the meter clears its flash.
func (s *Station) clearing() bool { return s.meter.State() == meter.Erasing }

// OrdersBy is how many messages of the host in a seat, resends included, would change the meter's
// state or its flash.
func (s *Station) OrdersBy(seat int) uint64 { return s.askingOf(seat).orders }

func (g *guest) declare(w *machine.State, s *Station) {
	w.Text(string(g.host.AppendState(nil, w.Now())))
	g.asking.declare(w)
	g.own.declare(w, s, g)
}

func copyGuests(list, spent []guest) []guest {
	own := make([]guest, len(list))
	for i := range list {
		own[i] = list[i]
		var old Host
		if i < len(spent) {
			old = spent[i].host
		}
		own[i].host = list[i].host.CloneHost(old)
		own[i].plan, own[i].due = slices.Clone(list[i].plan), slices.Clone(list[i].due)
	}
	return own
}
