package meter

import (
	"hash/crc32"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// loader is the working state of the loader. A restart clears it.
type loader struct {
	cleared  bool   // the flash was cleared since the last power-on
	clearID  uint16 // message id of the CLEAR that began; the same id again is a repetition
	begun    bool   // clearID means something
	next     uint32 // sequence number of the block that is expected, from 1
	lastAddr uint32 // address of the last accepted block
	failed   int    // sector whose erase failed; 0 for none
}

// serveDownload answers a request of the download service, which package ion specifies.
func (m *Meter) serveDownload(now time.Duration, p *ion.Packet) {
	var r ion.DownloadRequest
	if !p.Request || ion.ParseDownloadRequest(p.Body, &r) != nil {
		return
	}
	to := answer{id: p.MessageID, to: p.Source, sequence: r.Sequence}
	if r.Op == ion.OpIdentify {
		m.answerIdentify(now, to)
		return
	}
	if !p.HasCredential || !p.Credential.Opens(m.password) {
		m.answerStatus(now, to, r.Op, ion.StatusRefused)
		return
	}
	if r.Op == ion.OpEnter {
		m.serveEnter(now, to, &r)
		return
	}
	if !m.state.Loader() {
		m.answerStatus(now, to, r.Op, ion.StatusRefused)
		return
	}
	m.serveLoader(now, to, &r)
}

func (m *Meter) serveLoader(now time.Duration, to answer, r *ion.DownloadRequest) {
	switch r.Op {
	case ion.OpClear:
		m.serveClear(now, to, r)
	case ion.OpBlock:
		m.serveBlock(now, to, r)
	case ion.OpVerify:
		m.serveVerify(now, to, r)
	case ion.OpRestart:
		m.serveRestart(now, to)
	}
}

// answerDownload sends an answer, unless the host has begun another message while the chip
// worked: then it waits for an acknowledgement, and no longer for this answer.
func (m *Meter) answerDownload(now time.Duration, to answer, r *ion.DownloadReply) {
	if m.encoding != nil && m.Encoded() {
		own := *r // so that an answer without an encoding takes no memory
		m.encoding.Answered(now, &own)
		return
	}
	if m.assembler.Partial() {
		return
	}
	m.replyPacket(to.id, ion.TypeDownload, to.to, ion.DownloadReplyBytes(r))
	m.reply.Message = ion.AppendDownloadReply(m.reply.Message, r)
	m.sendReply(now)
}

func (m *Meter) answerStatus(now time.Duration, to answer, op ion.Op, status ion.Status) {
	m.answerDownload(now, to, &ion.DownloadReply{Op: op, Status: status, Sequence: to.sequence, Expected: m.loader.next})
}

func (m *Meter) answerIdentify(now time.Duration, to answer) {
	r := ion.DownloadReply{
		Op:            ion.OpIdentify,
		State:         m.loaderState(),
		LoaderVersion: loaderVersion,
		Product:       uint16(m.cfg.Model),
		Base:          m.cfg.imageBase(),
		Capacity:      m.cfg.capacity(),
		BlockBytes:    ion.BlockBytes,
		NextSequence:  m.loader.next,
	}
	copy(r.Serial[:], m.cfg.SerialNumber)
	copy(r.Revision[:], m.revision)
	m.answerDownload(now, to, &r)
}

func (m *Meter) loaderState() ion.LoaderState {
	switch {
	case m.state == Application:
		return ion.StateApplication
	case m.state == Erasing:
		return ion.StateErasing
	case m.loader.cleared:
		return ion.StateReceiving
	default:
		return ion.StateDownload
	}
}

// serveEnter hands over to the loader once the answer is out. The loader itself answers that it
// is there already.
func (m *Meter) serveEnter(now time.Duration, to answer, r *ion.DownloadRequest) {
	reply := ion.DownloadReply{Op: ion.OpEnter, Already: m.state.Loader()}
	switch {
	case r.Product != uint16(m.cfg.Model):
		reply.Status = ion.StatusWrongProduct
	case r.Length == 0 || r.Length > m.cfg.capacity():
		reply.Status = ion.StatusOutOfRange
	case reply.Already:
		m.loader.begun, m.loader.clearID = false, 0 // a new client begins, so its clear is a new order, whatever its id
	default:
		m.restart = intoLoader
	}
	m.answerDownload(now, to, &reply)
}

// serveClear begins to erase, or reports how far the erase is. The same message again, or an
// order while the erase runs, starts nothing: a duplicate made by the line must never erase
// blocks that came after it.
func (m *Meter) serveClear(now time.Duration, to answer, r *ion.DownloadRequest) {
	if r.Begin && !m.rules.clearedFor(m, to.id) && m.state != Erasing {
		m.startErase(now, to)
	}
	reply := ion.DownloadReply{Op: ion.OpClear}
	switch {
	case m.state == Erasing:
		reply.Status, reply.SectorsLeft = ion.StatusBusy, uint16(m.job.ops)
	case m.loader.failed != 0:
		reply.Status, reply.Sector = ion.StatusEraseFailed, uint16(m.loader.failed)
	case !m.loader.cleared:
		reply.Status = ion.StatusNotCleared
	}
	if m.state != Off {
		m.answerDownload(now, to, &reply)
	}
}

// startErase erases the sector of the record first: from then on there is no image.
func (m *Meter) startErase(now time.Duration, to answer) {
	m.loader = loader{clearID: to.id, begun: true}
	m.setState(now, Erasing)
	first := m.cfg.recordSector()
	m.startJob(now, job{kind: eraseJob, sector: first, ops: m.cfg.Geometry.Sectors - first}, 0)
}

// clearedFor reports whether the clear with this message id is running or done.
func (m *Meter) clearedFor(id uint16) bool { return m.loader.begun && m.loader.clearID == id }

func (m *Meter) finishErase(at time.Duration, j job) {
	if j.failed != ion.StatusOK {
		m.loader.failed = j.sector
		m.setState(at, Download)
		return
	}
	m.loader.cleared = true
	m.loader.next = 1
	m.setState(at, Receiving)
}

func (m *Meter) serveBlock(now time.Duration, to answer, r *ion.DownloadRequest) {
	status := m.checkBlock(r)
	if status != ion.StatusOK || m.rules.programmed(m, r.Sequence) {
		m.answerStatus(now, to, ion.OpBlock, status)
		return
	}
	m.setState(now, Programming)
	buffer := append(m.block[:0], r.Data...)
	m.block = buffer
	ops := (int(r.Address)%flash.MaxProgram + len(buffer) + flash.MaxProgram - 1) / flash.MaxProgram
	m.startJob(now, job{kind: programJob, ops: ops, data: buffer, address: r.Address, answer: to}, 0)
}

// programmed reports whether the block is the one that was accepted last.
func (m *Meter) programmed(sequence uint32) bool { return sequence+1 == m.loader.next }

// cleared reports whether the flash is ready to take the block.
func (m *Meter) cleared(uint32) bool { return m.loader.cleared }

// checkBlock returns what is wrong with a block. The last accepted block may come again,
// because its answer may have been lost.
func (m *Meter) checkBlock(r *ion.DownloadRequest) ion.Status {
	base, end := uint64(m.cfg.imageBase()), uint64(m.cfg.Geometry.Bytes())
	switch {
	case m.state == Erasing:
		return ion.StatusBusy
	case !m.rules.cleared(m, r.Sequence):
		return ion.StatusNotCleared
	case crc32.ChecksumIEEE(r.Data) != r.CRC:
		return ion.StatusVerifyFailed
	case len(r.Data) == 0 || len(r.Data) > ion.BlockBytes,
		uint64(r.Address) < base || uint64(r.Address)+uint64(len(r.Data)) > end:
		return ion.StatusOutOfRange
	case r.Sequence+1 == m.loader.next && r.Address == m.loader.lastAddr && r.Sequence > 0:
		return ion.StatusOK
	case r.Sequence != m.loader.next:
		return ion.StatusBadSequence
	}
	return ion.StatusOK
}

func (m *Meter) finishBlock(at time.Duration, j *job) {
	m.setState(at, Receiving)
	if j.failed == ion.StatusOK {
		m.loader.next = j.answer.sequence + 1
		m.loader.lastAddr = j.address - uint32(len(m.block))
		m.emit(Event{At: at, Kind: EventBlockProgrammed, Block: j.answer.sequence})
	}
	m.answerStatus(at, j.answer, ion.OpBlock, j.failed)
}

func (m *Meter) serveVerify(now time.Duration, to answer, r *ion.DownloadRequest) {
	if status := m.checkVerify(r); status != ion.StatusOK {
		m.answerStatus(now, to, ion.OpVerify, status)
		return
	}
	m.setState(now, Verifying)
	j := job{kind: verifyJob, answer: to, crc: m.rules.sum(m, r.Length, r.CRC)}
	if j.crc != r.CRC {
		j.failed = ion.StatusVerifyFailed
	}
	if m.rules.marks(j.crc, r.CRC) {
		j.ops = 1
		j.record = imageRecord{
			product: r.Product, dated: r.Dated, length: r.Length, crc: j.crc, revision: ion.FixedText(r.Revision[:]),
		}
	}
	m.startJob(now, j, time.Duration(r.Length)*m.cfg.Timing.VerifyByte)
}

func (m *Meter) checkVerify(r *ion.DownloadRequest) ion.Status {
	switch {
	case m.state == Erasing:
		return ion.StatusBusy
	case !m.loader.cleared:
		return ion.StatusNotCleared
	case r.Product != uint16(m.cfg.Model):
		return ion.StatusWrongProduct
	case r.Length == 0 || r.Length > m.cfg.capacity():
		return ion.StatusOutOfRange
	}
	return ion.StatusOK
}

func (m *Meter) finishVerify(at time.Duration, j *job) {
	m.setState(at, Receiving)
	m.emit(Event{At: at, Kind: EventVerified, Status: j.failed})
	m.answerDownload(at, j.answer, &ion.DownloadReply{Op: ion.OpVerify, Status: j.failed, CRC: j.crc})
}

// serveRestart restarts the meter; the flash decides what runs then.
func (m *Meter) serveRestart(now time.Duration, to answer) {
	status := ion.StatusOK
	if m.state == Erasing {
		status = ion.StatusBusy
	} else {
		m.restart = reboot
	}
	m.answerStatus(now, to, ion.OpRestart, status)
}
