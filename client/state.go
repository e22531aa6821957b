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
