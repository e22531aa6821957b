package bench

import (
	"time"

	"ionbench/simulator/line"
	"ionbench/simulator/machine"
	"ionbench/simulator/modbus"
)

// ModbusPort is a further port of a meter, whose protocol is Modbus RTU, with a line of its own on
// which the meter is alone. It is a machine.Machine, and a device to be served. No fault of a plan
// befalls it. Only the owner of the meter's station may use it.
type ModbusPort struct {
	device  modbus.Device
	line    line.Line
	slave   modbus.RTU
	arrived []byte // for the host
}

// ModbusConfig describes a Modbus port.
type ModbusConfig struct {
	Device modbus.Device
	Unit   uint8
	Baud   int // of its line
	Pace   int // as Config has it
	// Delay passes between a request and its answer, as the meter's RTS delay.
	Delay time.Duration
	// Silence separates frames.
	Silence time.Duration
}

// NewModbusPort makes the port.
func NewModbusPort(c ModbusConfig) *ModbusPort {
	p := &ModbusPort{
		device: c.Device,
		line:   line.New(c.Baud),
		slave:  modbus.NewRTU(modbus.RTUConfig{Unit: c.Unit, Silence: c.Silence, Delay: c.Delay}),
	}
	p.line.SetPace(scaleOf(c.Pace))
	p.line.SetStream(true)
	return p
}

// Receive puts what the host sends on the line.
func (p *ModbusPort) Receive(now time.Duration, b []byte) {
	p.Advance(now)
	p.line.Send(now, line.ToMeter, b)
	p.Advance(now)
}

// Next is the next wake-up.
func (p *ModbusPort) Next() (at time.Duration, ok bool) {
	at, ok = p.line.Next()
	if t, due := p.slave.Next(); due && (!ok || t < at) {
		at, ok = t, true
	}
	return at, ok
}

// Advance does everything that is due by now, in order of time.
func (p *ModbusPort) Advance(now time.Duration) {
	for {
		at, ok := p.Next()
		if !ok || at > now {
			return
		}
		p.deliver(at)
		p.slave.Advance(at, p.device)
		p.say(at)
	}
}

func (p *ModbusPort) deliver(now time.Duration) {
	for {
		d, b, ok := p.line.Deliver(now, false)
		switch {
		case !ok:
			return
		case d == line.FromMeter:
			p.arrived = append(p.arrived, b...)
		default:
			p.slave.Receive(now, p.device, b)
			p.say(now)
		}
	}
}

func (p *ModbusPort) say(now time.Duration) {
	p.line.Send(now, line.FromMeter, p.slave.Transmit(nil))
}

// Transmit returns what has arrived at the host.
func (p *ModbusPort) Transmit(dst []byte) []byte {
	dst = append(dst, p.arrived...)
	p.arrived = p.arrived[:0]
	return dst
}

// HostBaud says at which rate the host talks; 0 is one without a rate, which always fits.
func (p *ModbusPort) HostBaud(now time.Duration, baud int) {
	p.Advance(now)
	if baud == 0 {
		baud = p.line.Baud(line.FromMeter)
	}
	p.line.SetBaud(line.ToMeter, baud)
}

// HostGone loses what is on the line, because the host has left.
func (p *ModbusPort) HostGone(now time.Duration) {
	p.Advance(now)
	p.line.Drop(line.ToMeter)
	p.line.Drop(line.FromMeter)
	p.slave.Forget()
	p.arrived = p.arrived[:0]
}

// Declare declares the state of the port. The device has one of its own. Spent is what stood in a
// copy's place before.
func (p *ModbusPort) Declare(w *machine.State, spent *ModbusPort) {
	p.line.Declare(w, &spent.line)
	p.slave.Declare(w, &spent.slave)
	w.Bytes(&p.arrived, spent.arrived)
}
