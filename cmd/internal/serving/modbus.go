package serving

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/bench"
	"ionbench/simulator/meter"
	"ionbench/simulator/modbus"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/serve"
)

// modbusClients is how many Modbus TCP clients a meter serves at the same time.
// Assumption: eight; nothing is known of the Ethernet board of the 73xx.
const modbusClients = 8

// openModbus opens the ports of Modbus that are wanted.
func (s *server) openModbus() error {
	if err := s.openRTU(); err != nil {
		return err
	}
	return s.openModbusTCP()
}

// openModbusTCP opens a port for each meter that has one.
func (s *server) openModbusTCP() error {
	for _, at := range s.modbusPorts() {
		address, err := portAddress("--modbus-tcp", at.Address)
		if err != nil {
			return err
		}
		m := s.meterAt(at.Place)
		opened, err := serve.ListenSockets(serve.SocketsConfig{
			TCP: address, Port: "modbus-tcp", Most: modbusClients, Turns: &s.turns, Clock: s.clock, Event: s.onPort,
			New: s.sessions(at.Place, m),
			Persist: func(now time.Duration) error {
				s.now = max(s.now, now)
				return s.persist()
			},
		})
		if err != nil {
			return cli.Environmental(err)
		}
		s.modbus = append(s.modbus, opened)
	}
	return nil
}

// sessions makes the sessions of a port of Modbus TCP.
func (s *server) sessions(place int, m *meter.Meter) func() serve.Session {
	session := func() modbus.Session { return modbus.Session{TCP: modbus.NewTCP(m.Config().UnitID), Device: m} }
	if s.capture == nil {
		return func() serve.Session { own := session(); return &own }
	}
	to := s.capture.ModbusTCP(place, fmt.Sprintf("Modbus TCP of meter-%d", m.Config().UnitID))
	return seenModbus(s.beside(to), s.clock.Now, session)
}

// beside puts traffic of Modbus into the capture.
func (s *server) beside(to *pcapng.Beside) *beside {
	return &beside{to: to, line: s.observer.capture, from: s.meter.From}
}

// modbusPorts are the ports of Modbus TCP that are wanted.
func (s *server) modbusPorts() []ModbusAt {
	switch {
	case s.line != nil:
		return s.line.Modbus
	case s.options.Modbus != "":
		return []ModbusAt{{Address: s.options.Modbus}}
	}
	return nil
}

// openRTU opens a PTY that speaks Modbus.
func (s *server) openRTU() (err error) {
	if !s.options.rtu() {
		return nil
	}
	if s.meter.Identity.UnitID > modbus.MaxUnit {
		return cli.Usage("--protocol modbus: unit id %d is none of Modbus", s.meter.Identity.UnitID).Hint("use --unit-id 1 to 247")
	}
	s.rtu, err = serve.Listen(serve.Config{
		PTY: true, Link: s.options.Link, Baud: s.meter.Baud, Clock: s.clock, Turns: &s.turns, Event: s.onPort,
		Step: func(now time.Duration) bool {
			s.now = max(s.now, now)
			return false
		},
		Persist: s.persist,
	})
	if err != nil {
		return cli.Environmental(err)
	}
	return nil
}

// rtuPort is the meter's port behind the PTY.
func (s *server) rtuPort() serve.Device {
	m := s.station().Meter()
	port := bench.NewModbusPort(bench.ModbusConfig{
		Device: m, Unit: uint8(s.meter.Identity.UnitID), Baud: s.meter.Baud, Pace: s.options.Pace,
		Delay: m.Config().Timing.RTSDelay, Silence: max(modbus.Silence(s.meter.Baud), modbus.PatientSilence),
	})
	if s.capture == nil {
		return port
	}
	return &seenPort{ModbusPort: port, to: s.beside(s.capture.ModbusRTU("Modbus RTU", s.meter.Baud))}
}

// pty is the name of the PTY; "" without one.
func (s *server) pty() string {
	if s.rtu != nil {
		return s.rtu.PTY()
	}
	return s.server.PTY()
}

func (s *server) modbusAddress() string {
	if len(s.modbus) == 0 || s.line != nil {
		return ""
	}
	return s.modbus[0].Addr().String()
}

// closePorts closes all ports of a meter that was not served.
func (s *server) closePorts() error {
	errs := []error{s.server.Close()}
	for _, m := range s.modbus {
		errs = append(errs, m.Close())
	}
	if s.rtu != nil {
		errs = append(errs, s.rtu.Close())
	}
	return errors.Join(errs...)
}

// runPorts serves the meter on all its ports until ctx ends or one of them fails.
func (s *server) runPorts(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var beside []func(context.Context) error
	for _, m := range s.modbus {
		beside = append(beside, m.Run)
	}
	if s.rtu != nil {
		port := s.rtuPort()
		beside = append(beside, func(ctx context.Context) error { return s.rtu.Run(ctx, port) })
	}
	ended := make(chan error, len(beside))
	for _, run := range beside {
		go func() {
			err := run(inner)
			cancel(err)
			ended <- err
		}()
	}
	err := s.server.Run(inner, s.device())
	cancel(err)
	for range beside {
		<-ended
	}
	if ctx.Err() == nil {
		return context.Cause(inner) // what failed first
	}
	return err
}
