package meter

import (
	"errors"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// job is work on the chip that takes time: perhaps a wait, then one flash operation after
// another. An operation is carried out when its time is over. Operations that ended between two
// wake-ups are carried out before anything else happens, so that a power loss finds exactly
// those done that had the time.
type job struct {
	kind  jobKind
	ops   int           // flash operations still to do
	start time.Duration // when the next operation begins, or the job ends
	took  time.Duration // how long the next operation takes

	data    []byte // program: the block
	address uint32
	sector  int // erase

	answer answer      // the reply to send at the end
	crc    uint32      // verify: CRC-32 of what the flash holds
	record imageRecord // verify: written if the image is good
	failed ion.Status  // OK as long as nothing has failed

	abandoned bool // the firmware hangs or restarts: the chip completes its operation, and nothing follows
}

type jobKind uint8

const (
	noJob jobKind = iota
	eraseJob
	programJob
	verifyJob
	initializeJob
)

// answer is what a reply must know of its request.
type answer struct {
	id       uint16
	to       ion.Address
	sequence uint32
}

func (j *job) busy() bool { return j.kind != noJob }

// OpsBegun counts the flash operations that have begun. Those of a block are carried out
// together, so it also counts the ones whose time has begun.
func (m *Meter) OpsBegun() uint64 {
	switch {
	case !m.job.busy():
		return m.chip.Ops()
	case m.job.kind == eraseJob:
		return m.chip.Ops() + uint64(min(1, m.job.ops))
	}
	return m.chip.Ops() + uint64(m.job.ops)
}

// flashCut is a power loss that waits for a flash operation.
type flashCut struct {
	op    uint64
	phase flash.Phase
	dip   bool // a brown-out
}

// CutFlash makes the power fail at flash operation op, counted over the chip's life: before it,
// inside it (after tornBytes bytes of a program; half of them if negative) or right after it.
// There is one such trap; op 0 removes it.
func (m *Meter) CutFlash(op uint64, phase flash.Phase, seed uint64, tornBytes int) {
	m.cut = flashCut{op: op, phase: phase}
	m.chip.CutAt(op, phase, seed, tornBytes)
}

// DipFlash is CutFlash with a brown-out instead of a power loss. It sets the same trap.
func (m *Meter) DipFlash(op uint64, phase flash.Phase, seed uint64, tornBytes int) {
	m.CutFlash(op, phase, seed, tornBytes)
	m.cut.dip = true
}

// flashWatch is a flash operation that somebody waits for.
type flashWatch struct {
	op     uint64 // 0: none
	before bool   // when it begins, not when it is over
}

// WatchFlash asks for an EventFlashOp when operation op begins (before) or is over; op 0
// removes the watch. After the event the meter does nothing more until the next Advance, which
// it asks for at once, so that another operation of the same instant can be watched.
func (m *Meter) WatchFlash(op uint64, before bool) {
	m.watch = flashWatch{op: op, before: before}
}

// startJob begins j after a wait.
func (m *Meter) startJob(now time.Duration, j job, wait time.Duration) {
	m.job = j
	m.job.start = now + wait
	m.job.took = m.opTime()
	m.runJob(now)
}

// opTime is how long the next operation of the job takes.
func (m *Meter) opTime() time.Duration {
	if m.job.ops == 0 {
		return 0
	}
	switch m.job.kind {
	case eraseJob:
		return m.cfg.Geometry.EraseTime
	case programJob:
		return m.programTime(m.chunk())
	case verifyJob:
		return m.programTime(recordBytes)
	default:
		return m.programTime(len(initializedMark))
	}
}

func (m *Meter) programTime(bytes int) time.Duration {
	return time.Duration(bytes) * m.cfg.Geometry.ByteProgramTime
}

// chunk is how many bytes the next operation programs: up to the next boundary of
// flash.MaxProgram.
func (m *Meter) chunk() int {
	return min(flash.MaxProgram-int(m.job.address)%flash.MaxProgram, len(m.job.data))
}

// due is when the next operation is over, when the trap strikes it, or when the job ends.
func (m *Meter) due() time.Duration {
	j := &m.job
	if j.ops == 0 {
		return j.start
	}
	if m.watch.before && m.watch.op == m.chip.Ops()+1 {
		return j.start
	}
	if op, ok := m.chip.NextCut(); ok && op == m.chip.Ops()+1 {
		switch m.cut.phase {
		case flash.Before:
			return j.start
		case flash.Torn:
			return j.start + j.took/2
		}
	}
	return j.start + j.took
}

// jobWake is when the job needs attention: after each sector, so that progress is visible; at
// the end of a block; at a trap or watch inside the job.
func (m *Meter) jobWake() time.Duration {
	j := &m.job
	if j.kind == programJob && !j.abandoned && !m.cutInside() {
		return j.start + m.programTime(len(j.data))
	}
	return m.due()
}

// cutInside reports that a trap or watch waits for an operation of this job.
func (m *Meter) cutInside() bool {
	done, end := m.chip.Ops(), m.chip.Ops()+uint64(m.job.ops)
	op, ok := m.chip.NextCut()
	return ok && op <= end || m.watch.op > done && m.watch.op <= end
}

// runJob carries out what is due by now, up to the watched operation. It reports whether the
// job has ended.
func (m *Meter) runJob(now time.Duration) (done bool) {
	watch := m.watch
	for m.job.busy() && m.watch == watch {
		at := m.due()
		switch {
		case at > now:
			return true
		case m.job.ops == 0:
			m.finishJob(at) // may begin another job, which may reach the watch
		case watch.before && watch.op == m.chip.Ops()+1:
			m.tellWatcher(at)
		default:
			m.operate(at)
			m.tellWatcherAfter(at)
		}
	}
	return m.watch == watch
}

// tellWatcherAfter reports that the watched operation is over.
func (m *Meter) tellWatcherAfter(at time.Duration) {
	if m.watch.op > 0 && m.watch.op == m.chip.Ops() {
		m.tellWatcher(at)
	}
}

func (m *Meter) tellWatcher(at time.Duration) {
	when := flash.After
	if m.watch.before {
		when = flash.Before
	}
	m.emit(Event{At: at, Kind: EventFlashOp, Operation: m.watch.op, Phase: when})
	m.watch = flashWatch{}
}

// operate carries out the next operation, which is over at the given time.
func (m *Meter) operate(at time.Duration) {
	err := m.perform(at)
	if errors.Is(err, flash.ErrPowerCut) {
		m.emit(Event{At: at, Kind: EventFlashCut, Operation: m.chip.Ops(), Phase: m.cut.phase})
		m.losePower(at, m.cut.dip)
		return
	}
	j := &m.job
	j.start = at
	if err != nil {
		j.ops = 0
		return
	}
	j.ops--
	j.took = m.opTime()
}

func (m *Meter) perform(at time.Duration) error {
	switch m.job.kind {
	case eraseJob:
		return m.eraseNext(at)
	case programJob:
		return m.programNext()
	case verifyJob:
		return m.programRecord()
	default:
		return m.factoryInitialize(at)
	}
}

func (m *Meter) eraseNext(at time.Duration) error {
	j := &m.job
	if err := m.chip.Erase(j.sector); err != nil {
		j.failed = ion.StatusEraseFailed
		return err
	}
	m.emit(Event{At: at, Kind: EventSectorErased, Sector: j.sector, Left: j.ops - 1})
	j.sector++
	return nil
}

func (m *Meter) programNext() error {
	j := &m.job
	n := m.chunk()
	if err := m.chip.Program(j.address, j.data[:n]); err != nil {
		j.failed = ion.StatusProgramFailed
		return err
	}
	j.address += uint32(n)
	j.data = j.data[n:]
	return nil
}

func (m *Meter) programRecord() error {
	err := m.chip.Program(m.cfg.recordBase(), appendRecord(nil, m.job.record))
	if err != nil {
		m.job.failed = ion.StatusProgramFailed
	}
	return err
}

// tearJob leaves the operation that is under way at now half done.
func (m *Meter) tearJob(now time.Duration) {
	j := &m.job
	if !j.busy() || j.ops == 0 || now <= j.start {
		return
	}
	seed := m.cfg.Seed ^ uint64(j.address) ^ uint64(j.sector)
	part := float64(now-j.start) / float64(j.took)
	if j.kind == initializeJob {
		m.rules.initialize(m, now) // the mark in the flash comes after the settings, so it is not written
	}
	// The power is going, so nobody hears the chip's error.
	if address, p := m.nextProgram(); p != nil {
		_ = m.chip.TearProgram(address, p, int(part*float64(len(p))), seed)
	} else {
		_ = m.chip.TearErase(j.sector, seed)
	}
	m.tellWatcherAfter(now)
}

// nextProgram returns what the next operation of the job programs, and where; nil if it is an
// erase.
func (m *Meter) nextProgram() (address uint32, p []byte) {
	j := &m.job
	switch j.kind {
	case programJob:
		return j.address, j.data[:m.chunk()]
	case verifyJob:
		return m.cfg.recordBase(), appendRecord(nil, j.record)
	case initializeJob:
		return m.cfg.recordBase() + initializedOffset, initializedMark[:]
	}
	return 0, nil
}

// FlashOp is an operation of the flash chip.
type FlashOp struct {
	Erases  bool
	Sector  int    // the sector that is erased
	Address uint32 // address of the first byte that is programmed
}

// NextFlashOp returns the operation that the chip is doing or does next. ok is false when there
// is none.
func (m *Meter) NextFlashOp() (op FlashOp, ok bool) {
	if !m.job.busy() || m.job.ops == 0 {
		return FlashOp{}, false
	}
	if address, p := m.nextProgram(); p != nil {
		return FlashOp{Address: address}, true
	}
	return FlashOp{Erases: true, Sector: m.job.sector}, true
}

// finishJob does what follows the last operation.
func (m *Meter) finishJob(at time.Duration) {
	j := m.job
	m.job = job{}
	if j.abandoned {
		return
	}
	switch j.kind {
	case eraseJob:
		m.rules.erased(m, at, j)
	case programJob:
		m.finishBlock(at, &j)
	case verifyJob:
		m.finishVerify(at, &j)
	case initializeJob:
		m.startApplication(at)
	}
	m.takeWaiting(at)
	if m.encoding != nil {
		m.serveEncoding(at)
	}
}

// takeWaiting handles a message that came while the chip was busy. By sending it, the host gave
// up on the answer before, which is dropped.
func (m *Meter) takeWaiting(at time.Duration) {
	if len(m.waiting) == 0 {
		return
	}
	message := m.waiting
	m.waiting = m.waiting[:0]
	m.dropReply()
	m.takeMessage(at, message)
}
