package xmodem

import (
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// CloneEncoding is a copy, in the memory of one that is not used any more.
func (l *Loader) CloneEncoding(spent meter.Encoding) meter.Encoding {
	c, ok := spent.(*Loader)
	if !ok {
		c = new(Loader)
	}
	l.CopyTo(c)
	return c
}

// AppendState appends what decides the loader's future.
func (l *Loader) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	l.Declare(&w, l)
	return w.Result()
}

// CopyTo makes c a copy of l, in c's memory.
func (l *Loader) CopyTo(c *Loader) {
	old := *c
	*c = *l
	w := machine.Copying()
	c.Declare(&w, &old)
}

// Declare declares what decides the loader's future.
func (l *Loader) Declare(w *machine.State, spent *Loader) {
	w.Text(l.config.Name)
	w.Int(int(l.config.Linger))
	w.Uint(uint64(l.phase))
	_, timed := l.Next()
	w.Deadline(l.at, timed)
	w.Int(l.polls)
	w.Bool(l.sums)
	w.Bool(l.known)
	w.Bool(l.batch)
	w.Bool(l.opened)
	w.Bool(l.ended)
	w.Uint(uint64(l.expect))
	w.Int(l.errors)
	w.Bool(l.broken)
	w.Deadline(l.restart, l.phase == lingering)
	w.Int(l.cans)
	w.Bytes(&l.block, spent.block)
	l.file.declare(w, &spent.file)
	w.Uint(uint64(l.step))
	w.Bool(l.ready)
	w.Bytes(&l.out, spent.out)
	l.knock.declare(w, &spent.knock)
}

func (f *file) declare(w *machine.State, spent *file) {
	f.header.declare(w)
	w.Bool(f.begun)
	w.Uint(uint64(f.taken))
	w.Bytes(&f.pending, spent.pending)
	w.Uint(uint64(f.sequence))
}
