package meter

import (
	"math"
	"time"

	"ionbench/simulator/machine"
)

// Clone is an independent copy with the same future.
func (m *Meter) Clone() *Meter {
	c := *m
	c.chip = m.chip.Clone()
	c.assembler = m.assembler.Clone()
	c.reply = m.reply.Clone()
	c.waiting = append([]byte(nil), m.waiting...)
	c.frame = append([]byte(nil), m.frame...)
	c.transmit = append([]byte(nil), m.transmit...)
	c.events, c.told = append([]Event(nil), m.events[m.told:]...), 0
	c.block = append([]byte(nil), m.block...)
	if m.job.kind == programJob {
		c.job.data = c.block[len(c.block)-len(m.job.data):]
	}
	return &c
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
	dst = machine.AppendDeadline(dst, now, m.bootAt, m.state == Booting)
	dst = machine.AppendBool(dst, m.bootLoader)
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
