package line

import (
	"ionbench/simulator/machine"
)

// Declare declares what decides the line's future. Positions are relative to the bytes that
// have left.
func (l *Line) Declare(w *machine.State, spent *Line) {
	w.Int(l.pace)
	w.Bool(l.echo)
	w.Bool(l.stream)
	w.Bytes(&l.echoed, spent.echoed)
	w.Scratch(&l.resample, spent.resample)
	for d := range l.channels {
		w.Int(l.baud[d])
		w.Int(int(l.pause[d]))
		w.Bool(l.out[d])
		w.Int(l.slices[d].bytes)
		w.Int(int(l.slices[d].pause))
		l.declareWire(w, Direction(d), &spent.channels[d])
	}
}

// declareWire declares what is on the wire in one direction.
func (l *Line) declareWire(w *machine.State, d Direction, spent *channel) {
	c := &l.channels[d]
	waiting := c.buf[c.head:]
	if w.Bytes(&waiting, spent.buf); w.Copies() {
		c.buf, c.head = waiting, 0
		return
	}
	if len(waiting) > 0 { // no Has is needed: the bytes above tell
		w.Deadline(l.ends(d, 0), true)
		w.Uint(uint64(c.who))
		if bytes := int64(l.slices[d].bytes); bytes > 0 {
			w.Int(int(c.done % bytes))
		}
	}
	if w.Has(c.trapped) {
		w.Uint(c.trap - c.pos)
	}
	if w.Has(c.noise.rate > 0) {
		w.Float(c.noise.rate)
		w.Uint(max(c.noise.next, c.pos) - c.pos)
		c.noise.stream.Declare(w)
	}
}
