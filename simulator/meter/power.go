package meter

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"ionbench/simulator/ion"
)

// PowerOn switches the meter on, or ends a brown-out. It does nothing if the meter is on.
func (m *Meter) PowerOn(now time.Duration) {
	if m.state != Off {
		return
	}
	m.chip.PowerOn()
	if !m.dipped {
		m.log(now, EventPowerUp)
	}
	m.startBoot(now)
}

// PowerOff takes the power away at this instant. A flash operation under way is torn.
func (m *Meter) PowerOff(now time.Duration) { m.goDark(now, false) }

// BrownOut is a dip of the supply: the supervisor holds the meter in reset until PowerOn. The
// meter is Off and a flash operation under way is torn. But the power supply has reported no
// loss, so the event log gets neither a power-down nor a power-up.
func (m *Meter) BrownOut(now time.Duration) { m.goDark(now, true) }

func (m *Meter) goDark(now time.Duration, dip bool) {
	if m.state == Off {
		return
	}
	for !m.runJob(now) {
		continue // the watcher gets its event, but the power does not wait
	}
	if m.state == Off {
		return // another power cut struck the chip on the way
	}
	m.tearJob(now)
	m.losePower(now, dip)
}

// losePower clears everything volatile.
func (m *Meter) losePower(now time.Duration, dip bool) {
	m.stopApplication(now)
	if !dip {
		m.log(now, EventPowerDown)
	}
	m.forget()
	m.dipped = dip
	m.setState(now, Off)
}

// forget clears the working memory, as every restart does.
func (m *Meter) forget() {
	m.revision, m.imageCRC = "", 0
	m.decoder.Reset()
	m.assembler.Reset()
	m.waiting = m.waiting[:0]
	m.dropReply()
	m.transmit = m.transmit[:0]
	m.restart = stay
	m.bootLoader = false
	m.hung, m.dipped = false, false
	m.loader = loader{}
	m.job = job{data: m.job.data[:0]}
	if m.encoding != nil {
		m.encoding.End()
	}
}

func (m *Meter) startBoot(now time.Duration) {
	m.restartProcessor()
	m.bootAt = now + m.cfg.Timing.Boot
	m.setState(now, Booting)
}

// restartProcessor clears the processor's state. Bytes that it has sent are out already, and
// the chip completes the operation that it has begun.
func (m *Meter) restartProcessor() {
	sent, underWay := m.transmit, m.job
	m.transmit = nil
	m.forget()
	m.transmit = sent
	if underWay.abandoned {
		m.job = underWay
	}
}

func (m *Meter) startLoader(now time.Duration, after time.Duration) {
	m.startBoot(now)
	m.bootLoader = true
	m.bootAt = now + after
}

// boot ends a start.
func (m *Meter) boot(now time.Duration) {
	m.decide(now)
	if m.encoding != nil && m.Encoded() {
		m.encoding.Begin(now)
		m.serveEncoding(now)
	}
}

// decide is the loader's decision at power-on: the flash says what runs.
func (m *Meter) decide(now time.Duration) {
	record, ok := m.rules.image(m)
	switch {
	case m.bootLoader:
		m.setState(now, Download)
		return
	case !ok:
		m.rules.noImage(m, now)
		return
	}
	m.revision, m.imageCRC = record.revision, record.crc
	if !record.initialized {
		m.startJob(now, job{kind: initializeJob, ops: 1}, m.cfg.Timing.FactoryInitialize)
		return
	}
	m.startApplication(now)
}

// factoryInitialize is what the first boot of a new image does. The mark in the flash is
// written last, so that a power loss on the way makes it begin again.
func (m *Meter) factoryInitialize(now time.Duration) error {
	m.rules.initialize(m, now)
	return m.chip.Program(m.cfg.recordBase()+initializedOffset, initializedMark[:])
}

// Initialize gives an application that runs the factory's settings, as somebody at the meter can.
func (m *Meter) Initialize(now time.Duration) {
	if m.state == Application {
		m.initializeSettings(now)
	}
}

func (m *Meter) initializeSettings(now time.Duration) {
	m.stopApplication(now)
	m.memory.replace(factoryTemplate(m.cfg.Model, m.revision))
	m.memory.marks.Reset = ion.AllSettings
	m.memory.cutoff, m.memory.labels, m.memory.setups = m.cfg.EventCutoff, nil, nil
	m.memory.history = history{since: m.calendar(now).Unix()}
	m.log(now, EventFactoryInitialize)
	m.log(now, EventFirmwareUpgrade)
	m.emit(Event{At: now, Kind: EventLogged, Text: EventFactoryInitialize})
	m.emit(Event{At: now, Kind: EventLogged, Text: EventFirmwareUpgrade})
}

// imageRecord says which image the flash holds. It is written by one flash operation, the last
// of a download. If that is torn, the record's own CRC is wrong and there is no image.
type imageRecord struct {
	product     uint16
	dated       uint32
	length      uint32
	crc         uint32
	revision    string
	initialized bool
}

const (
	recordMagic       = "IONR"
	recordBytes       = 38
	initializedOffset = 64
)

// initializedMark is programmed over erased bytes when the first boot is complete.
var initializedMark = [4]byte{}

func appendRecord(dst []byte, r imageRecord) []byte {
	from := len(dst)
	dst = append(dst, recordMagic...)
	dst = binary.BigEndian.AppendUint16(dst, r.product)
	dst = binary.BigEndian.AppendUint32(dst, r.dated)
	dst = binary.BigEndian.AppendUint32(dst, r.length)
	dst = binary.BigEndian.AppendUint32(dst, r.crc)
	var revision [16]byte
	copy(revision[:], r.revision)
	dst = append(dst, revision[:]...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[from:]))
}

func parseRecord(b []byte) (imageRecord, bool) {
	if string(b[:4]) != recordMagic || crc32.ChecksumIEEE(b[:recordBytes-4]) != binary.BigEndian.Uint32(b[recordBytes-4:]) {
		return imageRecord{}, false
	}
	return imageRecord{
		product:  binary.BigEndian.Uint16(b[4:]),
		dated:    binary.BigEndian.Uint32(b[6:]),
		length:   binary.BigEndian.Uint32(b[10:]),
		crc:      binary.BigEndian.Uint32(b[14:]),
		revision: ion.FixedText(b[18:34]),
	}, true
}

// contents is where the loader's checks read from: the chip itself, or a look at its cells.
type contents interface {
	Read(address uint32, dst []byte)
	CRC32(address, n uint32) uint32
}

// findImage is the loader's check of record, product, length and CRC-32.
func (m *Meter) findImage(in contents) (imageRecord, bool) {
	r, ok := m.findRecord(in)
	if !ok || in.CRC32(m.cfg.imageBase(), r.length) != r.crc {
		return imageRecord{}, false
	}
	return r, true
}

// findRecord is the part of the check that does not read the image.
func (m *Meter) findRecord(in contents) (imageRecord, bool) {
	var b [initializedOffset + len(initializedMark)]byte
	in.Read(m.cfg.recordBase(), b[:])
	r, ok := parseRecord(b[:recordBytes])
	if !ok || r.product != uint16(m.cfg.Model) || r.length == 0 || r.length > m.cfg.capacity() {
		return imageRecord{}, false
	}
	r.initialized = [len(initializedMark)]byte(b[initializedOffset:]) == initializedMark
	return r, true
}

// Initialized reports whether the image in the flash has completed its first boot. Like
// Revision it looks at what the cells hold.
func (m *Meter) Initialized() bool {
	r, ok := m.findImage(m.chip.Cells())
	return ok && r.initialized
}

// Revision returns the revision that would run after a power cycle; false if there is none. It
// looks at what the cells hold; a marginal cell may read differently at the next boot.
func (m *Meter) Revision() (string, bool) {
	r, ok := m.findImage(m.chip.Cells())
	return r.revision, ok
}

// Dated returns the build time in the record of the image that would run after a power cycle;
// false if there is none.
func (m *Meter) Dated() (time.Time, bool) {
	r, ok := m.findImage(m.chip.Cells())
	return time.Unix(int64(r.dated), 0).UTC(), ok
}

// Running is the revision of the running application; empty if none runs.
func (m *Meter) Running() string {
	if m.state != Application {
		return ""
	}
	return m.revision
}

// HoldsImage reports whether the flash holds exactly this image under a valid record.
func (m *Meter) HoldsImage(image []byte) bool {
	r, ok := m.findImage(m.chip.Cells())
	return ok && int(r.length) == len(image) && r.crc == crc32.ChecksumIEEE(image)
}

// install puts firmware into the flash at the factory, without counting operations.
func (m *Meter) install(f Firmware) error {
	r := imageRecord{
		product:  uint16(m.cfg.Model),
		dated:    uint32(f.Dated.Unix()),
		length:   uint32(len(f.Image)),
		crc:      crc32.ChecksumIEEE(f.Image),
		revision: f.Revision,
	}
	record := appendRecord(nil, r)
	for len(record) < initializedOffset {
		record = append(record, 0xFF)
	}
	if err := m.load(m.cfg.recordBase(), append(record, initializedMark[:]...)); err != nil {
		return err
	}
	return m.load(m.cfg.imageBase(), f.Image)
}

// load fills whole pages from address on. The rest of the last one is erased.
func (m *Meter) load(address uint32, data []byte) error {
	size := m.chip.PageBytes()
	for page := int(address) / size; len(data) > 0; page++ {
		content := make([]byte, size)
		n := copy(content, data)
		for i := n; i < size; i++ {
			content[i] = 0xFF
		}
		if err := m.chip.LoadPage(page, content); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
