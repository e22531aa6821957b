package serving

import (
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/capture"
	"ionbench/simulator/modbus"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/serve"
)

// maxHeldRTU bounds the bytes of a frame of Modbus RTU (documented: 255).
const maxHeldRTU = 512

// beside is traffic of Modbus in the capture of a line, in the order of time.
type beside struct {
	to   *pcapng.Beside
	line *capture.Writer
	from time.Duration // the station's time 0 of what is captured
}

func (b *beside) connect(now time.Duration, client int) {
	b.line.Behind(func() { b.to.Connect(now-b.from, client) })
}

func (b *beside) data(now time.Duration, client int, d pcapng.Direction, p []byte) {
	if text := string(p); text != "" {
		b.line.Behind(func() { b.to.Data(now-b.from, client, d, text) })
	}
}

func (b *beside) loose(now time.Duration, d pcapng.Direction, p []byte) {
	text := string(p)
	b.line.Behind(func() { b.to.Loose(now-b.from, d, text) })
}

func (b *beside) disconnect(now time.Duration, client int, reason string) {
	b.line.Behind(func() { b.to.Disconnect(now-b.from, client, reason) })
}

// seenSession is a Modbus TCP session that is captured. Who uses it holds Turns, as who writes the
// capture does.
type seenSession struct {
	modbus.Session
	to     *beside
	number int // of the client
	now    time.Duration
}

// Receive captures what the client has sent first.
func (s *seenSession) Receive(now time.Duration, p []byte) {
	s.now = now
	s.to.data(now, s.number, pcapng.ToMeter, p)
	s.Session.Receive(now, p)
}

// Transmit captures what goes back.
func (s *seenSession) Transmit(dst []byte) []byte {
	had := len(dst)
	dst = s.Session.Transmit(dst)
	s.to.data(s.now, s.number, pcapng.FromMeter, dst[had:])
	return dst
}

// Left ends the connection in the capture.
func (s *seenSession) Left(now time.Duration, reason string) { s.to.disconnect(now, s.number, reason) }

// seenModbus makes the sessions of a port of Modbus TCP such that are captured.
func seenModbus(to *beside, now func() time.Duration, session func() modbus.Session) func() serve.Session {
	clients := 0
	return func() serve.Session {
		clients++
		to.connect(now(), clients)
		return &seenSession{Session: session(), to: to, number: clients}
	}
}

// seenPort is the port of the PTY with Modbus RTU, captured frame by frame.
type seenPort struct {
	*bench.ModbusPort
	to   *beside
	held [2][]byte // of a frame, by direction
	from [2]time.Duration
	now  time.Duration
}

// Receive captures what the host has sent.
func (p *seenPort) Receive(now time.Duration, b []byte) {
	p.see(now, pcapng.ToMeter, b)
	p.ModbusPort.Receive(now, b)
}

// Advance notes the time of what is sent then.
func (p *seenPort) Advance(now time.Duration) {
	p.now = now
	p.ModbusPort.Advance(now)
}

// Transmit captures what goes back.
func (p *seenPort) Transmit(dst []byte) []byte {
	had := len(dst)
	dst = p.ModbusPort.Transmit(dst)
	p.see(p.now, pcapng.FromMeter, dst[had:])
	return dst
}

// see takes bytes of a direction and writes the frames that are whole. What silence ends is no frame.
func (p *seenPort) see(now time.Duration, d pcapng.Direction, b []byte) {
	if len(b) == 0 {
		return
	}
	held := &p.held[d]
	if len(*held) > 0 && (now-p.from[d] > time.Second || len(*held) > maxHeldRTU) {
		p.to.loose(p.from[d], d, *held)
		*held = (*held)[:0]
	}
	if len(*held) == 0 {
		p.from[d] = now
	}
	*held = append(*held, b...)
	for n := modbus.CutFrame(*held); n > 0; n = modbus.CutFrame(*held) {
		p.to.data(p.from[d], 0, d, (*held)[:n])
		*held = append((*held)[:0], (*held)[n:]...)
		p.from[d] = now
	}
}
