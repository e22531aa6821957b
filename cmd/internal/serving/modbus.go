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

// rtuPort is a PTY that speaks Modbus RTU.
type rtuPort struct {
	*serve.Server
	at RTUAt
}

// openRTU opens the PTYs that speak Modbus.
func (s *server) openRTU() error {
	wanted, err := s.rtuWanted()
	if err != nil {
		return err
	}
	for _, at := range wanted {
		port, err := serve.Listen(serve.Config{
			PTY: true, Link: at.Link, Baud: at.Baud, Clock: s.clock, Turns: &s.turns, Event: s.onPort,
			Step: func(now time.Duration) bool {
				s.now = max(s.now, now)
				return false
			},
			Persist: s.persist,
		})
		if err != nil {
			return cli.Environmental(err)
		}
		s.rtu = append(s.rtu, &rtuPort{port, at})
	}
	return nil
}

// rtuWanted are the PTYs of Modbus RTU that are wanted.
func (s *server) rtuWanted() ([]RTUAt, error) {
	switch unit := s.meter.Identity.UnitID; {
	case s.line != nil:
		return s.line.RTU, nil
	case !s.options.rtu():
		return nil, nil
	case unit > modbus.MaxUnit:
		return nil, cli.Usage("--protocol modbus: unit id %d is none of Modbus", unit).Hint("give the meter a unit id of 1 to 247, or use --modbus-tcp, which answers at 0 and 255 too")
	default:
		return []RTUAt{{Link: s.options.Link, Unit: uint8(unit), Baud: s.meter.Baud}}, nil
	}
}

// captured is the name of the port in a capture.
func (a *RTUAt) captured(of *Line) string {
	const name = "Modbus RTU"
	if of == nil {
		return name
	}
	return name + " of " + of.Names[a.Place]
}

// behind is the meter's port behind a PTY of Modbus RTU.
func (s *server) behind(p *rtuPort) serve.Device {
	m := s.meterAt(p.at.Place)
	port := bench.NewModbusPort(bench.ModbusConfig{
		Device: m, Unit: p.at.Unit, Baud: p.at.Baud, Pace: s.options.Pace,
		Delay: m.Config().Timing.RTSDelay, Silence: max(modbus.Silence(p.at.Baud), modbus.PatientSilence),
	})
	if s.capture == nil {
		return port
	}
	return &seenPort{ModbusPort: port, to: s.beside(s.capture.ModbusRTU(p.at.captured(s.line), p.at.Baud))}
}

// pty is the name of the PTY of the line, or of the only meter; "" without one.
func (s *server) pty() string {
	if s.options.rtu() {
		return s.rtu[0].PTY()
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
	for _, p := range s.rtu {
		errs = append(errs, p.Close())
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
	for _, p := range s.rtu {
		port := s.behind(p)
		beside = append(beside, func(ctx context.Context) error { return p.Run(ctx, port) })
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
