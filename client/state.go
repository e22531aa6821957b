package client

import (
	"slices"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Clone is an independent copy with the same future. Files, and the settings and journals
// that were read, are shared: nobody changes them.
func (u *Upgrader) Clone() *Upgrader {
	c := new(Upgrader)
	u.CopyTo(c)
	return c
}

// CopyTo makes c, which is an upgrader that nobody uses any more, a Clone of u in the
// memory that c has.
func (u *Upgrader) CopyTo(c *Upgrader) {
	if u.firmware != nil {
		u.imageCRC() // once, and not again in every copy
	}
	old := *c
	*c = *u
	u.exchange.out.CopyTo(&old.exchange.out)
	c.exchange.out = old.exchange.out
	u.exchange.assembler.CopyTo(&old.exchange.assembler)
	c.exchange.assembler = old.exchange.assembler
	c.exchange.ack = append(old.exchange.ack[:0], u.exchange.ack...)
	c.tx = append(old.tx[:0], u.tx...)
	c.events, c.told = append(old.events[:0], u.events[u.told:]...), 0
	c.write = slices.Clip(u.write) // made anew when it changes
}

// AppendState appends all that decides the upgrader's future, times relative to now; the
// calendar date and what was told before are left out.
func (u *Upgrader) AppendState(dst []byte, now time.Duration) []byte {
	dst = append(dst, byte(u.task), byte(u.procedure), byte(u.at), byte(u.phase), byte(u.paste), byte(u.restored))
	dst = machine.AppendBool(dst, u.recovery)
	dst = u.exchange.appendState(dst)
	at, ok := u.Next()
	dst = machine.AppendDeadline(dst, now, at, ok)
	dst = machine.AppendBytes(dst, u.tx)
	dst = u.device.appendState(dst)
	dst = u.transfer.appendState(dst)
	dst = machine.AppendBool(dst, u.firmware != nil)
	if u.firmware != nil {
		dst = machine.AppendString(dst, u.firmware.Revision)
		dst = machine.AppendUint(dst, uint64(u.imageCRC()))
	}
	dst = machine.AppendBool(dst, u.backup != nil)
	if u.backup != nil {
		dst = u.backup.AppendState(machine.AppendString(dst, u.backedUp))
	}
	dst = machine.AppendBool(dst, u.journal != nil)
	if u.journal != nil {
		dst = u.journal.Settings.AppendState(machine.AppendString(dst, u.journal.SerialNumber))
	}
	for _, w := range u.write {
		dst = ion.AppendValue(machine.AppendUint(dst, uint64(w.handle)), w.value)
	}
	if u.err != nil {
		dst = machine.AppendString(dst, u.err.Error())
	}
	return machine.AppendUint(dst, uint64(u.wrote))
}

// Clone is an independent copy with the same future.
func (s *Session) Clone() *Session {
	c := new(Session)
	s.CopyTo(c)
	return c
}

// CopyTo makes c, which is a session that nobody uses any more, a Clone of s in the memory that
// c has.
func (s *Session) CopyTo(c *Session) {
	spent := c.upgrader
	if spent == nil {
		spent = new(Upgrader)
	}
	*c = *s // errors and the end are shared: nobody changes them
	s.upgrader.CopyTo(spent)
	c.upgrader = spent
}

// AppendState appends all that decides the session's future, in the manner of the upgrader's.
func (s *Session) AppendState(dst []byte, now time.Duration) []byte {
	dst = s.upgrader.AppendState(dst, now)
	dst = append(dst, byte(s.paste), byte(s.line))
	for _, b := range []bool{s.started, s.leaving, s.unanswered, s.sent, s.changed, s.recover, s.kept, s.logErr != nil, s.end != nil} {
		dst = machine.AppendBool(dst, b)
	}
	if s.logErr != nil {
		dst = appendError(machine.AppendBool(dst, s.logErr.WentOn), s.logErr.Cause)
	}
	if s.end != nil {
		dst = machine.AppendBool(append(dst, byte(s.end.Status), byte(s.end.Advice)), s.end.Kept)
		dst = appendError(dst, s.end.Err)
	}
	return appendError(dst, s.warning)
}

func appendError(dst []byte, err error) []byte {
	if err == nil {
		return machine.AppendBool(dst, false)
	}
	return machine.AppendString(machine.AppendBool(dst, true), err.Error())
}

func (x *exchange) appendState(dst []byte) []byte {
	dst = machine.AppendUint(dst, uint64(x.id))
	dst = x.out.AppendState(dst)
	dst = x.decoder.AppendState(dst)
	dst = x.assembler.AppendState(dst)
	dst = machine.AppendBytes(dst, x.ack)
	dst = machine.AppendBool(dst, x.sending)
	return machine.AppendUint(dst, uint64(x.missing))
}

func (d *Device) appendState(dst []byte) []byte {
	dst = machine.AppendUint(dst, uint64(d.Product))
	dst = machine.AppendString(dst, d.SerialNumber)
	dst = machine.AppendString(dst, d.Revision)
	dst = machine.AppendString(dst, d.Template)
	return machine.AppendBool(dst, d.Download)
}

func (t *transfer) appendState(dst []byte) []byte {
	for _, n := range []int{t.blocks, t.answered, t.transmitted, t.confirmed, t.tenths, t.passes, t.resent, t.enters, t.polls, t.busy} {
		dst = machine.AppendUint(dst, uint64(n))
	}
	dst = machine.AppendBool(dst, t.begun)
	dst = machine.AppendBool(dst, t.found)
	return machine.AppendBool(dst, t.clearing)
}
