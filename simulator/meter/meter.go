// Package meter is the virtual ION 7300, 7330 or 7350: power, loader, application,
// settings, event log and front panel, behind the bytes of one serial port.
//
// It is a machine.Machine: bytes and time go in, bytes and the time of the next wake-up come
// out. The contents of its flash alone decide what runs. At power-on the loader looks for the
// record of an image and checks the image's length and CRC-32. If they are right, the
// application of that revision boots; if not, the meter is in download state. The flash
// survives a power loss. So do the settings, the energy readings, the event log and the clock,
// which live in other memory.
//
// Documented of the real meter are the frames and programs that it answers, the handles of its
// registers, the event texts, `Upgrading…` on its display while it takes an image, and LED L2,
// which toggles with the traffic. The download service, the layout of the flash, the loader and
// all times are assumptions. Each is marked as such.
//
// Its application also has the module tree of package tree, measures the circuit of package circuit,
// and records a load profile. Of what it measured nothing is stored but when it measured, so that a
// copy of a meter costs no more for it. Modbus is beside it, in package modbus.
//
// Not modelled: DNP, waveform logs, set-point and other modules that package tree names, the setup
// menus of the front panel.
package meter

import (
	"fmt"
	"hash/fnv"
	"time"

	"ionbench/simulator/circuit"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// State is what the meter is doing, as seen from outside.
type State uint8

// The states. Erasing to Verifying are the loader's work inside the download state.
const (
	Off State = iota
	Booting
	Application
	Download    // the loader waits; the flash is not cleared
	Erasing     // the loader clears the flash, sector by sector
	Receiving   // cleared; the loader waits for blocks
	Programming // the loader writes a block
	Verifying   // the loader checks the image
	stateCount
)

// String is the state's name in traces and fault plans.
func (s State) String() string {
	return [stateCount]string{"off", "booting", "application", "download", "erasing", "receiving", "programming", "verifying"}[s]
}

// Loader reports whether the loader runs: the meter is in download state.
func (s State) Loader() bool { return s >= Download }

// Meter is one virtual meter. Make it with New; copy it with Clone.
type Meter struct {
	cfg      *Config
	rules    *rules
	password ion.Credential
	chip     *flash.Chip
	circuit  *circuit.Circuit // what it measures
	memory   memory
	state    State
	seen     *seen // nil: nobody has asked yet

	// Everything below is lost with the power.
	revision   string // revision of the application that runs
	imageCRC   uint32 // CRC-32 of the image that runs
	started    time.Duration
	decoder    ion.Decoder
	gapAt      time.Duration // when a held, incomplete frame is searched for a whole one
	assembler  ion.Assembler
	waiting    []byte // a complete message that came while the chip was busy
	host       uint16 // link address of the host that asks
	reply      ion.Outgoing
	frame      []byte        // the frame to send next
	frameAt    time.Duration // when it is sent
	transmit   []byte
	restart    restart // what follows after the reply is sent
	bootAt     time.Duration
	bootLoader bool // the loader was requested, whatever the flash holds
	loader     loader
	job        job
	encoding   Encoding // nil: hosts speak ION to the loader, too
	block      []byte   // buffer of the block that is being programmed
	hung       bool     // the firmware does nothing until the watchdog restarts it

	dipped bool       // it is off by a brown-out, which the event log does not record
	cut    flashCut   // a power loss that waits for its flash operation
	watch  flashWatch // a flash operation that somebody waits for
	edges  uint64     // changes of LED L2
	events []Event
	told   int // how many events NextEvent has returned
}

// restart is what the meter does after it has sent its last frame.
type restart uint8

const (
	stay restart = iota
	intoLoader
	reboot
)

// SetPace makes everything that the meter and its chip do from now on n times faster than they
// are; 0 takes their time away. What the meter has begun ends when it would have.
func (m *Meter) SetPace(n int) {
	own := *m.cfg // copies share it
	own.Timing, own.Geometry = own.Timing.Scale(n), ScaleGeometry(own.Geometry, n)
	m.cfg = &own
}

// New makes a meter that is switched off, with cfg's firmware in its flash.
func New(cfg Config) (*Meter, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	password, err := ion.ParsePassword(cfg.Password, 0)
	if err != nil {
		return nil, err
	}
	chip, err := flash.New(cfg.Geometry)
	if err != nil {
		return nil, fmt.Errorf("flash: %w", err)
	}
	m := &Meter{cfg: &cfg, rules: healthyRules(), password: password, chip: chip, circuit: cfg.circuit()}
	if cfg.Encoding != nil {
		m.encoding = cfg.Encoding.CloneEncoding(nil)
	}
	if cfg.Planted != "" {
		if err := m.rules.plant(cfg.Planted); err != nil {
			return nil, err
		}
	}
	if cfg.Settings != nil {
		m.memory.replace(*cfg.Settings)
	} else {
		m.memory.replace(factoryTemplate(cfg.Model, cfg.Firmware.Revision))
	}
	if err := m.install(cfg.Firmware); err != nil {
		return nil, fmt.Errorf("install firmware: %w", err)
	}
	m.memory.cutoff, m.memory.history.since = cfg.EventCutoff, cfg.Epoch.Unix()
	if cfg.Past > 0 {
		m.past(cfg.Past)
	}
	return m, nil
}

// circuit gives each serial number a circuit of its own, always the same.
func (c *Config) circuit() *circuit.Circuit {
	if c.Steady {
		return circuit.Steady()
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.SerialNumber)) // a hash never fails
	return circuit.New(h.Sum64())
}

// Config returns the configuration that the meter was made with.
func (m *Meter) Config() Config { return *m.cfg }

// State is what the meter does.
func (m *Meter) State() State { return m.state }

// Chip is the meter's flash chip. Set faults of the chip on it; for power cuts use CutFlash.
func (m *Meter) Chip() *flash.Chip { return m.chip }

// Receive takes bytes from the line. A meter that is off or booting hears nothing.
func (m *Meter) Receive(now time.Duration, p []byte) {
	var h ion.Heard
	h.Hear(p)
	m.Overhear(now, &h)
}

// Overhear is Receive of bytes that others hear, too.
func (m *Meter) Overhear(now time.Duration, h *ion.Heard) {
	p := h.Bytes
	m.Advance(now)
	if m.encoding != nil {
		if m.Encoded() {
			m.receiveEncoded(now, p)
			return
		}
		if m.hears() {
			m.hearKnock(now, p)
		}
	}
	m.gapAt = now + receiveGap
	if f, ok := m.decoder.WholeOf(h); ok && m.hears() {
		m.takeFrame(now, *f)
		return
	}
	for len(p) > 0 && m.hears() {
		n := m.decoder.Feed(p)
		p = p[n:]
		m.takeFrames(now)
	}
}

// receiveGap is how long the line must be silent before an incomplete frame is searched for a
// whole one behind its beginning.
// Assumption: 500 ms, more than the longest frame takes at 9600 baud.
const receiveGap = 500 * time.Millisecond

func (m *Meter) boots() bool { return m.state == Booting && !m.hung }

func (m *Meter) hears() bool { return m.state >= Application && !m.hung }

// MidMessage reports that the meter holds the first frames of a message.
func (m *Meter) MidMessage() bool { return m.hears() && m.assembler.Partial() }

// MidFrame reports that the meter holds the beginning of a frame.
func (m *Meter) MidFrame() bool { return m.hears() && m.decoder.Pending() }

func (m *Meter) takeFrames(now time.Duration) {
	for m.hears() {
		f, ok := m.decoder.Next()
		if !ok {
			return
		}
		m.takeFrame(now, f)
	}
}

// takeFrame handles a good frame. Anything that is not for this unit is discarded in
// silence, as the vendor documents (FA358838).
func (m *Meter) takeFrame(now time.Duration, f ion.Frame) {
	if f.Destination == ion.Broadcast {
		m.takeBroadcast(now, f)
		return
	}
	if !m.named(f.Destination) || f.Source == ion.Broadcast || f.Source == 0 {
		return // an answer to everybody would be taken for a request, and 0 is reserved: nobody has it
	}
	m.edges++
	if f.Control&ion.AckFrame != 0 {
		m.takeAck(now, f)
		return
	}
	message, got := m.assembler.Add(f)
	switch got {
	case ion.Partial:
		m.dropReply()
		m.acknowledge(now, f)
	case ion.Repeated:
		m.acknowledge(now, f)
	case ion.Complete:
		m.dropReply()
		m.host = f.Source
		m.takeMessage(now, message)
	}
}

// named reports whether a unit id is the meter's.
func (m *Meter) named(unit uint16) bool { return unit == m.cfg.UnitID || m.rules.others(m, unit) }

// acknowledge answers a frame that wants it. The last frame of a message is answered by the
// reply, which goes on if that frame comes again.
func (m *Meter) acknowledge(now time.Duration, f ion.Frame) {
	if f.WantsAck() && f.Left() > 0 {
		m.sendFrame(now, ion.Ack(f))
	}
}

// dropReply forgets a reply that is still being sent, because the host has begun anew. A
// restart that this reply would have confirmed is forgotten, too.
func (m *Meter) dropReply() {
	m.restart = stay
	m.reply.End()
	m.frame = m.frame[:0]
}

func (m *Meter) takeBroadcast(now time.Duration, f ion.Frame) {
	if f.Control&ion.AckFrame != 0 || !f.First() || f.Left() != 0 {
		return
	}
	p, err := ion.ParsePacket(f.Data)
	if err == nil && p.Service == ion.Service && p.Type == ion.TypeTimeSync && (p.Destination.Unit == ion.Broadcast || m.named(p.Destination.Unit)) {
		m.setClock(now, &p)
	}
}

// takeAck sends the next frame of a long reply. A NAK, or the ACK of another frame, changes
// nothing.
func (m *Meter) takeAck(now time.Duration, f ion.Frame) {
	if !m.reply.Active() || m.reply.Last() || !m.reply.Acked(f) {
		return
	}
	m.sendReplyFrame(now)
}

func (m *Meter) takeMessage(now time.Duration, message []byte) {
	if m.job.busy() && m.job.kind != eraseJob {
		m.waiting = append(m.waiting[:0], message...)
		return
	}
	p, err := ion.ParsePacket(message)
	if err != nil || p.Service != ion.Service || !m.named(p.Destination.Unit) {
		return // the frame is for this unit, and what it carries for another, or for nothing that it has
	}
	switch p.Type {
	case ion.TypeTimeSync:
		m.setClock(now, &p)
	case ion.TypeProgram:
		m.runProgram(now, &p)
	case ion.TypeDownload:
		m.serveDownload(now, &p)
	}
}

// sendFrame puts one frame on the line after the RTS delay.
func (m *Meter) sendFrame(now time.Duration, f ion.Frame) {
	m.frame = ion.AppendFrame(m.frame[:0], f)
	m.frameAt = now + m.cfg.Timing.RTSDelay
}

// sendReply begins to send the message in m.reply.
func (m *Meter) sendReply(now time.Duration) {
	m.reply.Begin(m.cfg.UnitID, m.host, true)
	m.sendReplyFrame(now)
}

func (m *Meter) sendReplyFrame(now time.Duration) {
	m.frame = m.reply.AppendFrame(m.frame[:0])
	m.frameAt = now + m.cfg.Timing.RTSDelay
}

// replyPacket begins a reply in m.reply and reserves bodyBytes for its body.
func (m *Meter) replyPacket(id uint16, kind ion.MessageType, to ion.Address, bodyBytes int) {
	m.reply.Message = ion.AppendPacketHeader(m.reply.Message[:0], ion.Packet{
		MessageID:   id,
		Source:      ion.MeterAddress(m.cfg.UnitID),
		Destination: to,
		Type:        kind,
	}, bodyBytes)
}

// Transmit returns what the meter sends now.
func (m *Meter) Transmit(dst []byte) []byte {
	dst = append(dst, m.transmit...)
	m.transmit = m.transmit[:0]
	return dst
}

// Next is the meter's next wake-up.
func (m *Meter) Next() (at time.Duration, ok bool) {
	if len(m.frame) > 0 {
		at, ok = m.frameAt, true
	}
	busy := m.job.busy()
	if m.boots() && !busy && (!ok || m.bootAt < at) {
		at, ok = m.bootAt, true
	}
	if m.hears() && m.decoder.Pending() && (!ok || m.gapAt < at) {
		at, ok = m.gapAt, true
	}
	if busy {
		if t := m.jobWake(); !ok || t < at {
			at, ok = t, true
		}
	}
	if m.encoding != nil && m.Encoded() && !m.hung {
		if t, due := m.encoding.Next(); due && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// Advance does what is due by now.
func (m *Meter) Advance(now time.Duration) {
	if !m.runJob(now) {
		return // what else is due must wait for those who watched the operation
	}
	if m.boots() && !m.job.busy() && now >= m.bootAt {
		m.boot(now)
	}
	if m.hears() && m.decoder.Pending() && now >= m.gapAt {
		m.decoder.Gap()
		m.gapAt = now + receiveGap
		m.takeFrames(now)
	}
	if len(m.frame) > 0 && now >= m.frameAt {
		m.sendDue(now)
	}
	if m.encoding != nil {
		m.advanceEncoding(now)
	}
}

func (m *Meter) sendDue(now time.Duration) {
	m.transmit = append(m.transmit, m.frame...)
	m.frame = m.frame[:0]
	m.edges++
	if m.reply.Active() && m.reply.Last() {
		m.reply.End()
		m.restartAfterReply(now)
	}
}

func (m *Meter) restartAfterReply(now time.Duration) {
	after := m.restart
	m.restart = stay
	switch after {
	case intoLoader:
		m.stopApplication(now)
		m.startLoader(now, m.cfg.Timing.LoaderStart)
	case reboot:
		m.stopApplication(now)
		m.logRestart(now)
		m.startBoot(now)
	}
}
