package meter

import (
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
	if m.memory.own {
		m.memory.own = false // from now on both see the settings
	}
	old := *c
	*c = *m
	w := machine.Copying()
	c.Declare(&w, &old)
}

// AppendState appends the meter's state, times relative to now.
func (m *Meter) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	m.Declare(&w, m)
	return w.Result()
}

// Declare declares all that decides the meter's future: what the calendar says, the stamps of
// the event log, the history of what was measured and the count of L2's edges are left out, since
// they change no more than numbers in what follows.
func (m *Meter) Declare(w *machine.State, spent *Meter) {
	m.declareChip(w, spent)
	m.declareMemory(w)
	w.Uint(uint64(m.state))
	w.Uint(uint64(m.restart))
	w.Text(m.revision)
	w.Uint(uint64(m.imageCRC))
	m.decoder.Declare(w)
	w.Deadline(m.gapAt, m.hears() && m.decoder.Pending())
	m.assembler.Declare(w, &spent.assembler)
	m.reply.Declare(w, &spent.reply)
	w.Bytes(&m.waiting, spent.waiting)
	w.Bytes(&m.frame, spent.frame)
	w.Deadline(m.frameAt, len(m.frame) > 0)
	w.Bytes(&m.transmit, spent.transmit)
	w.Uint(uint64(m.host))
	w.Deadline(m.bootAt, m.boots())
	w.Bool(m.bootLoader)
	w.Bool(m.hung)
	w.Bool(m.dipped)
	m.loader.declare(w)
	m.job.declare(w)
	m.declareEncoding(w, spent)
	m.declareBlock(w, spent)
	m.declareEvents(w, spent)
}

// declareChip: a copy has a chip of its own, in the memory of the one that was spent.
func (m *Meter) declareChip(w *machine.State, spent *Meter) {
	if w.Copies() {
		own := spent.chip
		if own == nil {
			own = new(flash.Chip)
		}
		m.chip.CopyTo(own)
		m.chip = own
		return
	}
	m.chip.Declare(w, m.chip)
	_, waits := m.chip.NextCut()
	w.Bool(waits && m.cut.dip)
}

// declareMemory: the running application has counted energy since it started.
func (m *Meter) declareMemory(w *machine.State) {
	if w.Copies() {
		m.seen = nil // a copy may run at the same time
		return       // the entries so far are shared: nobody appends in place
	}
	memory := m.memory
	memory.energy = m.energyAt(w.Now())
	memory.declare(w)
	memory.marks.Declare(w)
	memory.declareModules(w)
	memory.declareSetup(w)
}

// declareEncoding gives a copy an encoding of its own, in the memory of the spent one.
func (m *Meter) declareEncoding(w *machine.State, spent *Meter) {
	switch {
	case m.encoding == nil:
	case w.Copies():
		m.encoding = m.encoding.CloneEncoding(spent.encoding)
	default:
		w.Text(string(m.encoding.AppendState(nil, w.Now())))
	}
}

// declareBlock: the rest of the block that is programmed is the end of its buffer.
func (m *Meter) declareBlock(w *machine.State, spent *Meter) {
	if !w.Copies() {
		return // the job has declared it
	}
	block := spent.block[:0]
	if m.job.kind == programJob {
		block = append(block, m.block...)
		m.job.data = block[len(block)-len(m.job.data):]
	}
	m.block = block
}

// declareEvents: what was told before is behind.
func (m *Meter) declareEvents(w *machine.State, spent *Meter) {
	if w.Copies() {
		m.events, m.told = append(spent.events[:0], m.events[m.told:]...), 0
	}
}

func (l *loader) declare(w *machine.State) {
	w.Bool(l.cleared)
	w.Bool(l.begun)
	w.Uint(uint64(l.clearID))
	w.Uint(uint64(l.next))
	w.Uint(uint64(l.lastAddr))
	w.Int(l.failed)
}

func (j *job) declare(w *machine.State) {
	w.Uint(uint64(j.kind))
	if w.Copies() || !j.busy() {
		return
	}
	w.Uint(uint64(j.failed))
	w.Bool(j.abandoned)
	w.Int(j.ops)
	w.Deadline(j.start, true)
	w.Int(int(j.took))
	w.Bytes(&j.data, nil)
	w.Uint(uint64(j.address))
	w.Int(j.sector)
	w.Uint(uint64(j.answer.id))
	w.Uint(uint64(j.answer.to.Prefix))
	w.Uint(uint64(j.answer.to.Unit))
	w.Uint(uint64(j.answer.sequence))
	w.Uint(uint64(j.crc))
	record := appendRecord(nil, j.record)
	w.Bytes(&record, nil)
}
