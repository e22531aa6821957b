package bench

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// own is the side of a further host that faults of its own strike: its PC, its connection, and the
// cable between it and the line. What the line carries and what the meter does is for all hosts alike.
type own struct {
	plan     []strike
	due      []Order       // for the host to carry out
	ordered  time.Duration // when the last was given
	pulled   [2]int        // how many faults hold its cable out, by direction
	portless int           // how many faults have taken its port away
	lose     int           // bytes of the meter's frame that do not reach it
}

// ownHarm is what a fault does to a further host when it begins (on) and when it ends.
type ownHarm func(g *guest, k *strike, on bool)

// ownOrder gives the host the orders with which a fault begins and ends.
func ownOrder(begins, ends Command) ownHarm {
	return func(g *guest, k *strike, on bool) {
		switch {
		case on:
			g.due = append(g.due, orderOf(begins, k))
		case ends != none:
			g.due = append(g.due, orderOf(ends, k))
		}
	}
}

func pullOwn(g *guest, k *strike, on bool) {
	for _, d := range directions(k.fault) {
		g.pull(d, on)
	}
}

func (g *guest) pull(d line.Direction, out bool) {
	if out {
		g.pulled[d]++
	} else {
		g.pulled[d]--
	}
}

// forgetOwn makes the network forget the connection of a host: what is sent over it is lost.
func forgetOwn(g *guest, _ *strike, on bool) {
	for _, d := range both {
		g.pull(d, on)
	}
}

func takeOwnPort(g *guest, k *strike, on bool) {
	forgetOwn(g, k, on)
	if on {
		if g.portless++; g.portless == 1 {
			g.due = append(g.due, Order{Command: LosePort})
		}
	} else if g.portless--; g.portless == 0 {
		g.due = append(g.due, Order{Command: RegainPort})
	}
}

// aimOwn makes a fault act on the next frame to or from a host.
func aimOwn(_ *guest, k *strike, _ bool) { k.armed++ }

// SetPlanOf gives the host in a seat, other than the bench's own host, faults of its own, counted
// from now on: its run begins. Those that wait for the start strike, and change its PC, before it has
// done anything; what ends the host or its connection waits until Serve. A plan that it had is
// forgotten. The error is that of fault.Fault.CheckOwn, or of Validate.
func (s *Station) SetPlanOf(now time.Duration, seat int, p fault.Plan) error {
	g := &s.others.guests[seat-1]
	for _, f := range p {
		if err := f.Validate(); err != nil {
			return err
		}
		if err := f.CheckOwn(); err != nil {
			return err
		}
	}
	s.Advance(now)
	g.plan, g.due = nil, nil
	begins := s.hereOf(now, g)
	for _, f := range p {
		k := strike{fault: f, effect: s.effectOf(f.Kind)}
		k.countFrom(begins, 0)
		g.plan = append(g.plan, k)
	}
	for i := range g.plan {
		if g.plan[i].fault.Trigger.Unit == fault.AtStart {
			s.strikeOwn(now, g, &g.plan[i])
		}
	}
	for len(g.due) > 0 && !g.due[0].Command.EndsRun() {
		s.carryOwn(now, g)
	}
	return nil
}

// UnstruckOf is Unstruck for the host in a seat.
func (s *Station) UnstruckOf(seat int) []story.Unstruck {
	if seat == 0 {
		return s.Unstruck()
	}
	g := &s.others.guests[seat-1]
	var list []story.Unstruck
	for i := range g.plan {
		if k := &g.plan[i]; k.count == 0 {
			list = append(list, story.Unstruck{Fault: k.fault, Reason: fmt.Sprintf("the host came as far as %s", s.ownProgress(g, k))})
		}
	}
	return list
}

func (s *Station) ownProgress(g *guest, k *strike) string {
	n := s.countOwn(s.now, g, k)
	switch u := k.fault.Trigger.Unit; u {
	case fault.AtBlock, fault.AtPercent:
		return fmt.Sprintf("block %d of %d", g.lastBlock, g.blocks)
	case fault.AtTime:
		return fault.FormatTime(time.Duration(n))
	case fault.AtState:
		return fmt.Sprintf("its end, and the meter was never %v", k.fault.Trigger.State)
	default:
		return fmt.Sprintf("%v %d", u, n)
	}
}

// hereOf is the origin of a run of a further host that begins now.
func (s *Station) hereOf(now time.Duration, g *guest) origin {
	return origin{at: now, frames: s.framesOf(g), noResponses: g.noResponses, replies: s.watch.replies}
}

// framesOf is how many a host has sent, and how many the meter has.
func (s *Station) framesOf(g *guest) [2]uint64 {
	return [2]uint64{line.ToMeter: g.frames, line.FromMeter: s.watch.framesFromMeter}
}

// countOwn is count for a fault of a further host.
func (s *Station) countOwn(now time.Duration, g *guest, k *strike) uint64 {
	switch o, t := &k.origin, &k.fault.Trigger; t.Unit {
	case fault.AtBlock:
		return uint64(g.lastBlock)
	case fault.AtPercent:
		return g.answered()
	case fault.AtFrame:
		return framesOf(t.Side, s.framesOf(g)) - framesOf(t.Side, o.frames)
	case fault.AtTime:
		return uint64(max(0, now-o.at))
	case fault.AtNoResponse:
		return g.noResponses - o.noResponses
	case fault.AtReply:
		return s.watch.replies - o.replies
	}
	return 0
}

// observeOwn tells the faults of a host that count in unit that the count has moved; of frames, those
// that count direction d.
func (s *Station) observeOwn(now time.Duration, g *guest, unit fault.Unit, d line.Direction) {
	for i := range g.plan {
		k := &g.plan[i]
		t := &k.fault.Trigger
		if t.Unit != unit || unit == fault.AtFrame && t.Side != fault.Both && t.Side != sideOf(d) {
			continue
		}
		n := s.countOwn(now, g, k)
		switch {
		case k.active && k.fault.Windowed() && n > t.Last:
			s.finishOwn(now, g, k)
		case unit == fault.AtPercent && !k.fault.StrikesBlock(int(g.lastBlock), int(g.blocks)):
		case k.next > 0 && (n >= k.next || unit == fault.AtPercent):
			k.next = max(k.next, n)
			s.strikeOwn(now, g, k)
		}
	}
}

// resentOwn tells the faults of a host that it sends a request again.
func (s *Station) resentOwn(now time.Duration, g *guest) {
	for i := range g.plan {
		k := &g.plan[i]
		if !k.active || k.noResponses == 0 {
			continue
		}
		if k.noResponses--; k.noResponses == 0 {
			s.finishOwn(now, g, k)
		}
	}
	s.observeOwn(now, g, fault.AtNoResponse, line.ToMeter)
}

func (s *Station) strikeOwn(now time.Duration, g *guest, k *strike) {
	k.count++
	k.goOn()
	if k.active {
		return
	}
	s.noteOwn(now, g, story.FaultStruck{Fault: k.fault})
	if k.fault.Kind.Lasts() {
		k.lasts(now)
	}
	k.effect.own(g, k, true)
	g.ordered = now
}

func (s *Station) finishOwn(now time.Duration, g *guest, k *strike) {
	k.active = false
	s.noteOwn(now, g, story.FaultEnded{Fault: k.fault})
	k.effect.own(g, k, false)
	g.ordered = now
}

func (s *Station) noteOwn(now time.Duration, g *guest, what story.What) {
	if s.traceOn {
		s.Note(story.Event{At: now, Source: story.Fault, Station: g.seat, What: what})
	}
}

// tellOwn tells the faults of the further hosts of a frame that the meter begins to send.
func (s *Station) tellOwn(now time.Duration, bytes int, answer bool) {
	for i := range s.others.guests {
		g := &s.others.guests[i]
		s.observeOwn(now, g, fault.AtFrame, line.FromMeter)
		if answer {
			s.observeOwn(now, g, fault.AtReply, line.FromMeter)
		}
		if g.lose = 0; g.takesFrame(line.FromMeter) {
			g.lose = bytes
		}
	}
}

// tellOwnState tells the faults of the further hosts what state the meter enters.
func (s *Station) tellOwnState(now time.Duration, state string) {
	for i := range s.others.guests {
		g := &s.others.guests[i]
		for j := range g.plan {
			if k := &g.plan[j]; k.fault.Trigger.Unit == fault.AtState && k.count == 0 && k.fault.Trigger.State.String() == state {
				s.strikeOwn(now, g, k)
			}
		}
	}
}

// takesFrame reports whether a fault of a host takes the frame that is about to be sent, to it or by
// it.
func (g *guest) takesFrame(d line.Direction) (lost bool) {
	for i := range g.plan {
		k := &g.plan[i]
		if side := k.fault.Direction(); k.armed == 0 || side != fault.Both && side != sideOf(d) {
			continue
		}
		k.armed--
		lost = true
	}
	return lost
}

// reaches is what of p, which somebody has sent, reaches a host.
func (g *guest) reaches(p []byte, byMeter bool) []byte {
	if g.pulled[line.FromMeter] > 0 {
		return nil
	}
	if byMeter {
		n := min(g.lose, len(p))
		g.lose, p = g.lose-n, p[n:]
	}
	return p
}

// nextOwn is when a fault of a host strikes or ends, or an order waits.
func (g *guest) nextOwn() (at time.Duration) {
	at = never
	if len(g.due) > 0 {
		at = g.ordered
	}
	for i := range g.plan {
		if t, ok := g.plan[i].timer(); ok {
			at = min(at, t)
		}
	}
	return at
}

// runOwn does what is due of the faults of the host in a seat.
func (s *Station) runOwn(now time.Duration, i int) {
	g := &s.others.guests[i]
	for j := range g.plan {
		k := &g.plan[j]
		switch at, due := k.timer(); {
		case !due || at > now:
		case k.active:
			s.finishOwn(now, g, k)
		default:
			s.strikeOwn(now, g, k)
		}
	}
	for len(g.due) > 0 {
		s.carryOwn(now, g)
		s.afterGuest(now, i)
	}
}

// carryOwn gives a host its next order.
func (s *Station) carryOwn(now time.Duration, g *guest) {
	o := g.due[0]
	g.due = slices.Clone(g.due[1:])
	if o.Command.disconnects() {
		g.leave(true)
	}
	g.host.Order(now, o)
}

func (o *own) declare(w *machine.State, s *Station, g *guest) {
	machine.Each(w, o.due, func(o *Order) {
		w.Int(int(o.Command))
		w.Int(int(o.By))
	})
	w.Deadline(o.ordered, len(o.due) > 0)
	machine.Some(w, o.plan, (*strike).remains, func(k *strike) {
		w.Text(k.fault.String())
		k.spell.declare(w)
		w.Uint(s.countOwn(w.Now(), g, k))
		k.moment.declare(w)
		w.Int(k.armed)
	})
	w.Int(o.pulled[0])
	w.Int(o.pulled[1])
	w.Int(o.portless)
	w.Int(o.lose)
}
