package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"ionbench/simulator/rfc2217"
	"ionbench/simulator/serve"
)

// Ports says where a meter is served. At least one of PTY, TCP and RFC2217 must be set.
type Ports struct {
	TCP  string // address to listen on, "host:port"; without a host the loopback interface, port 0 for a free one
	PTY  bool   // on a new pseudo-terminal; on Linux only
	Link string // a symbolic link to the PTY for as long as it is served; empty for none
	// RFC2217 is an address like TCP. There the meter is behind a serial port: a client sets its rate, and
	// sees its modem lines, of which a cable that is pulled carries none.
	RFC2217 string
}

// Served says where a meter can be reached.
type Served struct {
	TCP     string // "127.0.0.1:7801"; empty without one
	PTY     string // "/dev/pts/7"; empty without one
	RFC2217 string // "127.0.0.1:2217"; empty without one
}

// served is the open ports of a meter, and the goroutine that serves them.
type served struct {
	commands chan func(time.Duration)
	cancel   context.CancelFunc
	done     chan struct{} // closed when the ports are closed and the goroutine has ended
	err      error         // why the server ended; valid once done is closed
}

// Serve puts the meter on ports, in real time, until Close. It can be called only once.
func (m *Meter) Serve(p Ports) (Served, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return Served{}, fmt.Errorf("serve the meter: %w", net.ErrClosed)
	case m.served != nil:
		return Served{}, errors.New("serve the meter: it is served already; make another meter")
	case m.host != nil:
		return Served{}, errors.New("serve the meter: a connection is open; close it first")
	}
	s := &served{commands: make(chan func(time.Duration), 1), done: make(chan struct{})}
	server, err := serve.Listen(serve.Config{
		TCP: p.TCP, PTY: p.PTY, Link: p.Link, RFC2217: p.RFC2217, Baud: m.station.Line().Baud(0),
		Clock: m.clock, Commands: s.commands, Reset: m.takeReset, Gone: m.portGone,
		Modem: m.modemLines, Lines: m.hostLines(),
	})
	if err != nil {
		return Served{}, err
	}
	m.begin(m.catchUp())
	m.served = s
	s.run(server, m)
	where := Served{PTY: server.PTY()}
	if a := server.Addr(); a != nil {
		where.TCP = a.String()
	}
	if a := server.RFC2217(); a != nil {
		where.RFC2217 = a.String()
	}
	return where, nil
}

// run serves the device in a goroutine. Method end stops it and waits for it.
func (s *served) run(server *serve.Server, m *Meter) {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		if err := server.Run(ctx, device{m}); !errors.Is(err, context.Canceled) {
			s.err = err
		}
	}()
}

func (s *served) end() error {
	s.cancel()
	<-s.done
	return s.err
}

// poke makes the server check again when the meter next has something to do.
func (s *served) poke() {
	select {
	case s.commands <- func(time.Duration) {}:
	default: // a check is already on its way
	}
}

// takeReset reports whether the connection is to be reset.
func (m *Meter) takeReset() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.station.TakeReset()
}

// portGone reports whether a fault has taken the ports away.
func (m *Meter) portGone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.station.PortGone()
}

// modemLines is how the modem lines are at the meter's end.
func (m *Meter) modemLines() rfc2217.ModemState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return rfc2217.StateOf(m.station.Signals())
}

// hostLines takes the lines that a host sets; nil where there is no modem that looks at them.
func (m *Meter) hostLines() func(now time.Duration, l rfc2217.Lines) {
	if m.station.Modem() == nil {
		return nil
	}
	return func(now time.Duration, l rfc2217.Lines) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.station.SetDTR(m.tick(now), l.DTR)
	}
}

// device is a meter as package serve sees it. The lock puts the server's turns and the
// callers' changes in one order.
type device struct{ *Meter }

func (d device) Receive(now time.Duration, p []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.station.Receive(d.tick(now), p)
}

func (d device) Advance(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.station.Advance(d.tick(now))
}

func (d device) Next() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.station.Next()
}

func (d device) Transmit(dst []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.station.Transmit(dst)
}

func (d device) HostBaud(now time.Duration, baud int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.station.HostBaud(d.tick(now), baud)
}

func (d device) HostGone(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.station.HostGone(d.tick(now))
}
