package client

import (
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Clone returns an independent copy with the same future. Files, and settings and journals that
// were read, are shared, because nobody changes them.
func (u *Upgrader) Clone() *Upgrader {
	c := new(Upgrader)
	u.CopyTo(c)
	return c
}

// CopyTo makes c a clone of u. c is an upgrader that is no longer used; its memory is reused.
func (u *Upgrader) CopyTo(c *Upgrader) {
	if u.firmware != nil {
		u.imageCRC() // computed here once, instead of in every copy
	}
	old := *c
	*c = *u
	w := machine.Copying()
	c.declare(&w, &old)
}

// AppendState appends everything that decides the upgrader's future. Times are relative to now.
func (u *Upgrader) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	u.declare(&w, u)
	return w.Result()
}

// declare declares the upgrader, without the calendar date and the events that were taken
// already.
func (u *Upgrader) declare(w *machine.State, spent *Upgrader) {
	w.Uint(uint64(u.task))
	w.Uint(uint64(u.procedure))
	w.Int(u.at)
	w.Uint(uint64(u.phase))
	w.Uint(uint64(u.paste))
	u.before.declare(w)
	u.after.declare(w)
	for _, n := range u.counted {
		w.Float(n)
	}
	w.Uint(uint64(u.offered))
	w.Uint(uint64(u.declined))
	w.Bool(u.older)
	w.Bool(u.onDisk)
	w.Bool(u.keptThere)
	w.Bool(u.ownFile)
	w.Bool(u.recovery)
	w.Uint(uint64(u.unsure))
	w.Int(u.anew)
	w.Uint(uint64(u.anewAt))
	w.Bool(u.touch.may)
	w.Bool(u.touch.before)
	u.exchange.declare(w, &spent.exchange)
	at, waits := u.Next()
	w.Deadline(at, waits)
	w.Bytes(&u.tx, spent.tx)
	u.device.declare(w)
	u.transfer.declare(w)
	u.declareEvents(w, spent)
	u.declareKept(w)
	u.declareWrites(w)
	declareError(w, u.err)
	declareError(w, u.result)
	declareError(w, u.broke)
	w.Bool(u.unmet)
}

// declareEvents declares the events that have not been taken yet.
func (u *Upgrader) declareEvents(w *machine.State, spent *Upgrader) {
	if w.Copies() {
		u.events, u.told = append(spent.events[:0], u.events[u.told:]...), 0
	}
}

// declareKept declares what all copies share: files, settings and journals, which nobody
// changes.
func (u *Upgrader) declareKept(w *machine.State) {
	if w.Copies() {
		return
	}
	if w.Has(u.firmware != nil) {
		w.Text(u.firmware.Revision)
		w.Uint(uint64(u.imageCRC()))
	}
	if w.Has(u.kept != nil) {
		w.Summed(u.kept.Sum())
	}
}

func (m *marks) declare(w *machine.State) {
	m.Marks.Declare(w)
	w.Bool(m.known)
	w.Uint(uint64(m.image))
}

// Clone returns an independent copy with the same future.
func (s *Session) Clone() *Session {
	c := new(Session)
	s.CopyTo(c)
	return c
}

// CopyTo makes c a clone of s. c is a session that is no longer used; its memory is reused.
func (s *Session) CopyTo(c *Session) {
	old := *c
	*c = *s // errors and the end are shared, because nobody changes them
	w := machine.Copying()
	c.declare(&w, &old)
}

// AppendState appends everything that decides the session's future, as the upgrader's does.
func (s *Session) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	s.declare(&w, s)
	return w.Result()
}

// Declare declares the session within the state of what drives it.
func (s *Session) Declare(w *machine.State) { s.declare(w, s) }

func (s *Session) declare(w *machine.State, spent *Session) {
	s.declareUpgrader(w, spent)
	w.Uint(uint64(s.paste))
	w.Uint(uint64(s.line))
	w.Uint(uint64(s.connection))
	w.Bool(s.started)
	w.Bool(s.leaving)
	w.Bool(s.unanswered)
	w.Bool(s.sent)
	w.Bool(s.changed)
	w.Bool(s.before)
	w.Bool(s.recover)
	w.Bool(s.kept)
	s.logErr.declare(w)
	s.end.declare(w)
	declareError(w, s.warning)
}

// declareUpgrader gives a copy an upgrader of its own.
func (s *Session) declareUpgrader(w *machine.State, spent *Session) {
	if !w.Copies() {
		s.upgrader.declare(w, s.upgrader)
		return
	}
	own := spent.upgrader
	if own == nil {
		own = new(Upgrader)
	}
	s.upgrader.CopyTo(own)
	s.upgrader = own
}

func (e *LogError) declare(w *machine.State) {
	if w.Has(e != nil) {
		w.Bool(e.WentOn)
		declareError(w, e.Cause)
	}
}

func (e *End) declare(w *machine.State) {
	if w.Has(e != nil) {
		w.Uint(uint64(e.Status))
		w.Uint(uint64(e.Advice))
		w.Bool(e.Kept)
		w.Bool(e.Changed)
		declareError(w, e.Err)
		declareError(w, e.Log)
	}
}

// declareError declares an error by its text.
func declareError(w *machine.State, err error) {
	if w.Has(err != nil) && !w.Copies() {
		w.Text(err.Error())
	}
}

// declareWrites declares the list of writes. Copies share it, because a changed list is a new
// one.
func (u *Upgrader) declareWrites(w *machine.State) {
	machine.Each(w, u.write, func(v *write) {
		w.Uint(uint64(v.handle))
		machine.Saved(w, &v.value, ion.AppendValue, ion.ParseValue)
		w.Int(v.setting)
	})
	w.Int(u.wrote)
	w.Deadline(u.wroteAt, u.hasWritten())
}

func (x *exchange) declare(w *machine.State, spent *exchange) {
	w.Uint(uint64(x.id))
	x.out.Declare(w, &spent.out)
	x.decoder.Declare(w)
	x.assembler.Declare(w, &spent.assembler)
	w.Bytes(&x.ack, spent.ack)
	w.Bool(x.sending)
	w.Int(x.missing)
	w.Deadline(x.due, len(x.ack) > 0 || x.sending)
	w.Int(x.pieces)
	w.Int(x.most)
	w.Int(x.stray)
	w.Int(x.listens)
	w.Bool(x.crowded)
	w.Bool(x.overheard)
	w.Uint(uint64(x.meeting))
	w.Bool(x.known)
}

func (d *Device) declare(w *machine.State) {
	w.Uint(uint64(d.Product))
	w.Text(d.SerialNumber)
	w.Text(d.Revision)
	w.Text(d.Template)
	w.Bool(d.Download)
}

func (t *transfer) declare(w *machine.State) {
	w.Int(t.blocks)
	w.Int(t.answered)
	w.Int(t.transmitted)
	w.Int(t.withheld)
	w.Int(t.confirmed)
	w.Int(t.tenths)
	w.Int(t.passes)
	w.Int(t.resent)
	w.Int(t.enters)
	w.Int(t.polls)
	w.Int(t.busy)
	w.Bool(t.begun)
	w.Bool(t.found)
	w.Bool(t.unread)
	w.Bool(t.reread)
	w.Bool(t.clearing)
	w.Bool(t.flashes)
}
