package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// Clone returns an independent copy with the same future. It shares the trace so far.
func (s *Station) Clone() *Station {
	c := new(Station)
	s.CopyTo(c)
	return c
}

// CopyTo makes c a clone of s. c is a station that is no longer used; its memory is reused.
func (s *Station) CopyTo(c *Station) {
	old := *c
	*c = *s
	w := machine.Copying()
	c.declare(&w, &old)
}

// AppendState appends everything that decides the station's future. Times are relative to now.
// A count matters only where a fault of the plan waits for it, and only as counted from the
// beginning of its run. So equal states have equal futures only as long as nobody sets another
// plan in the middle of a run.
func (s *Station) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	s.declare(&w, s)
	return w.Result()
}

func (s *Station) declare(w *machine.State, spent *Station) {
	s.declareMeter(w, spent)
	s.declareOthers(w, spent.others)
	s.declareFar(w, spent.far)
	s.declareModem(w, spent.modem)
	s.line.Declare(w, &spent.line)
	s.watch.declare(w, &spent.watch)
	w.Int(s.silent)
	w.Int(s.pulled[0])
	w.Int(s.pulled[1])
	w.Int(s.halfOpen)
	w.Int(s.down)
	w.Int(s.portless)
	w.Int(s.stalled)
	w.Bytes(&s.arrived, spent.arrived)
	w.Scratch(&s.scratch, spent.scratch)
	w.Int(s.hostBaud)
	for d := range s.kept {
		w.Bytes(&s.kept[d], spent.kept[d])
	}
	declareDelayed(w, &s.delay, spent.delay)
	declareDelayed(w, &s.slow, spent.slow)
	w.Bool(s.harmed && s.meter.Chip().Faulty())
	s.declarePlan(w, spent)
	machine.Slice(w, &s.orders, nil) // no state: the host's side takes them at once
	machine.Clip(w, &s.trace)        // the trace decides nothing
}

// declareMeter gives a copy a meter of its own, in the memory of the spent one.
func (s *Station) declareMeter(w *machine.State, spent *Station) {
	if !w.Copies() {
		s.meter.Declare(w, s.meter)
		return
	}
	own := spent.meter
	if own == nil {
		own = new(meter.Meter)
	}
	s.meter.CopyTo(own)
	s.meter = own
}

// declareDelayed declares frames that are held back. Copies share their bytes, which are never
// written to.
func declareDelayed(w *machine.State, frames *[]delayed, spent []delayed) {
	machine.Slice(w, frames, spent)
	machine.Each(w, *frames, func(d *delayed) {
		w.Deadline(d.at, true)
		w.Bool(d.swapped)
		w.Bytes(&d.frame, nil)
	})
}

func (w *watch) declare(s *machine.State, spent *watch) {
	s.Bytes(&w.held, spent.held)
	s.Deadline(w.heldAt, len(w.held) > 0)
	s.Bool(w.reset)
	s.Bool(w.begun)
	s.Uint(uint64(w.transaction))
	w.asking.declare(s)
}

func (a *asking) declare(w *machine.State) {
	w.Uint(uint64(a.lastID))
	w.Uint(uint64(a.unit))
	w.Bool(a.asked)
	w.Bool(a.open)
	w.Bool(a.counted)
	w.Int(a.sent)
	a.heard.Declare(w)
	w.Bool(a.hearing)
	w.Int(a.left)
	w.Uint(uint64(a.lastBlock))
	w.Uint(uint64(a.blocks))
}

func (s *Station) declarePlan(w *machine.State, spent *Station) {
	machine.Slice(w, &s.plan, spent.plan)
	machine.Some(w, s.plan, (*strike).remains, func(k *strike) { s.declareStrike(w, k) })
}

// remains reports that the fault has more to do.
func (k *strike) remains() bool {
	return k.count == 0 || k.next != 0 || k.active || k.armed != 0 || k.trapped
}

// declareStrike declares a fault. If it is at work and only has to end, it does not matter when
// it struck.
func (s *Station) declareStrike(w *machine.State, k *strike) {
	f, ends := k.fault, k.active && !k.waiting() && !k.trapped
	if ends {
		f.Trigger = fault.Trigger{}
	}
	w.Text(f.String())
	k.spell.declare(w)
	k.plug.declare(w, k.loose())
	if w.Has(k.talks()) {
		k.voice.Declare(w)
	}
	if w.Has(!ends) {
		w.Uint(s.count(w.Now(), k))
		k.moment.declare(w)
		k.declareAim(w, s)
	}
}

func (m *moment) declare(w *machine.State) {
	w.Uint(m.next)
	w.Int(m.count)
	w.Text(m.missed)
}

func (s *spell) declare(w *machine.State) {
	w.Bool(s.active)
	w.Deadline(s.until, s.active && s.timed)
	w.Uint(s.noResponses)
}

func (k *strike) declareAim(w *machine.State, s *Station) {
	w.Int(k.armed)
	w.Int(k.bytes)
	if w.Has(k.trapped) {
		w.Uint(k.trap - s.line.Left(k.byteDirection()))
	}
}

func (p *plug) declare(w *machine.State, loose bool) {
	w.Bool(p.out)
	w.Deadline(p.toggle, loose)
}
