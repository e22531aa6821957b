package serving

import (
	"context"
	"errors"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/bench"
	"ionbench/simulator/modbus"
	"ionbench/simulator/serve"
)

// modbusClients is how many Modbus TCP clients a meter serves at the same time.
// Assumption: eight; nothing is known of the Ethernet board of the 73xx.
const modbusClients = 8

// slave is a Modbus TCP connection to a meter.
type slave struct {
	modbus.TCP
	station *bench.Station
}

// Receive takes what the client has sent.
func (s *slave) Receive(now time.Duration, p []byte) { s.TCP.Receive(now, s.station.Meter(), p) }

// openModbus opens the port of Modbus TCP, if that is wanted.
func (s *server) openModbus() error {
	if s.options.Modbus == "" {
		return nil
	}
	address, err := portAddress("--modbus-tcp", s.options.Modbus)
	if err != nil {
		return err
	}
	s.modbus, err = serve.ListenSockets(serve.SocketsConfig{
		TCP: address, Port: "modbus-tcp", Most: modbusClients, Turns: &s.turns, Clock: s.clock, Event: s.onPort,
		New: func() serve.Session {
			return &slave{modbus.NewTCP(s.meter.Identity.UnitID), s.station()}
		},
		Persist: func(now time.Duration) error {
			s.now = max(s.now, now)
			return s.persist()
		},
	})
	if err != nil {
		return cli.Environmental(err)
	}
	return nil
}

func (s *server) modbusAddress() string {
	if s.modbus == nil {
		return ""
	}
	return s.modbus.Addr().String()
}

// runPorts serves the meter on all its ports until ctx ends or one of them fails.
func (s *server) runPorts(ctx context.Context) error {
	device := s.device()
	if s.modbus == nil {
		return s.server.Run(ctx, device)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- s.modbus.Run(inner)
	}()
	err := s.server.Run(inner, device)
	cancel()
	beside := <-ended
	if ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return beside
	}
	return err
}
