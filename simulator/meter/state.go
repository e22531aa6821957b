package meter

import (
	"math"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/machine"
)

// Clone is an independent copy with the same future.
func (m *Meter) Clone() *Meter {
	c := new(Meter)
	m.CopyTo(c)
	return c
}

// CopyTo makes c, which is a meter that nobody uses any more, a clone of m in the memory
// that c has.
func (m *Meter) CopyTo(c *Meter) {
	old := *c
	if old.chip == nil {
		old.chip = new(flash.Chip)
	}
	*c = *m
	m.chip.CopyTo(old.chip)
	c.chip = old.chip
	m.assembler.CopyTo(&old.assembler)
	c.assembler = old.assembler
	m.reply.CopyTo(&old.reply)
	c.reply = old.reply
	c.waiting = append(old.waiting[:0], m.waiting...)
	c.frame = append(old.frame[:0], m.frame...)
	c.transmit = append(old.transmit[:0], m.transmit...)
	c.events, c.told = append(old.events[:0], m.events[m.told:]...), 0
	c.block = old.block[:0]
	if m.job.kind == programJob {
		c.block = append(c.block, m.block...)
		c.job.data = c.block[len(c.block)-len(m.job.data):]
	}
}

// AppendState appends all that decides the meter's future, times relative to now: what
// the calendar says, the stamps of the event log and the count of L2's edges are left out,
// since they change no more than numbers in what follows.
func (m *Meter) AppendState(dst []byte, now time.Duration) []byte {
	dst = append(dst, byte(m.state), byte(m.restart))
	dst = m.chip.AppendState(dst)
	dst = m.memory.appendState(dst, m.energyAt(now))
	dst = machine.AppendString(dst, m.revision)
	dst = m.decoder.AppendState(dst)
	dst = machine.AppendDeadline(dst, now, m.gapAt, m.hears() && m.decoder.Pending())
	dst = m.assembler.AppendState(dst)
	dst = m.reply.AppendState(dst)
	dst = machine.AppendBytes(dst, m.waiting)
	dst = machine.AppendBytes(dst, m.frame)
	dst = machine.AppendDeadline(dst, now, m.frameAt, len(m.frame) > 0)
	dst = machine.AppendBytes(dst, m.transmit)
	dst = machine.AppendUint(dst, uint64(m.host))
	dst = machine.AppendDeadline(dst, now, m.bootAt, m.boots())
	dst = machine.AppendBool(dst, m.bootLoader)
	dst = machine.AppendBool(dst, m.hung)
	dst = machine.AppendBool(dst, m.dipped)
	_, cut := m.chip.NextCut()
	dst = machine.AppendBool(dst, cut && m.cut.dip)
	dst = m.loader.appendState(dst)
	return m.job.appendState(dst, now)
}

func (m *memory) appendState(dst []byte, energy [energyCount]float64) []byte {
	dst = m.settings.AppendState(dst)
	for _, e := range energy {
		dst = machine.AppendUint(dst, math.Float64bits(e))
	}
	dst = machine.AppendUint(dst, uint64(m.offset))
	dst = machine.AppendUint(dst, uint64(m.dropped))
	for _, e := range m.events {
		dst = append(dst, eventCode(e.Text))
	}
	return dst
}

func (l *loader) appendState(dst []byte) []byte {
	dst = machine.AppendBool(dst, l.cleared)
	dst = machine.AppendBool(dst, l.begun)
	dst = machine.AppendUint(dst, uint64(l.clearID))
	dst = machine.AppendUint(dst, uint64(l.next))
	dst = machine.AppendUint(dst, uint64(l.lastAddr))
	return machine.AppendUint(dst, uint64(l.failed))
}

func (j *job) appendState(dst []byte, now time.Duration) []byte {
	if !j.busy() {
		return append(dst, byte(noJob))
	}
	dst = append(dst, byte(j.kind), byte(j.failed))
	dst = machine.AppendBool(dst, j.abandoned)
	dst = machine.AppendUint(dst, uint64(j.ops))
	dst = machine.AppendDeadline(dst, now, j.start, true)
	dst = machine.AppendUint(dst, uint64(j.took))
	dst = machine.AppendBytes(dst, j.data)
	dst = machine.AppendUint(dst, uint64(j.address))
	dst = machine.AppendUint(dst, uint64(j.sector))
	dst = machine.AppendUint(dst, uint64(j.answer.id))
	dst = machine.AppendUint(dst, uint64(j.answer.to.Prefix)<<16|uint64(j.answer.to.Unit))
	dst = machine.AppendUint(dst, uint64(j.answer.sequence))
	dst = machine.AppendUint(dst, uint64(j.crc))
	return appendRecord(dst, j.record)
}
