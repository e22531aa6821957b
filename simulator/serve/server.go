package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/rfc2217"
)

// Device is the device's side of a line, the line included.
type Device interface {
	machine.Machine
	// HostBaud says at which rate the host of the next bytes talks, in bit/s. It is called
	// before the first bytes from a PTY, and when the rate of the heard host has changed. 0 is
	// a host without a rate (TCP), which always fits.
	HostBaud(now time.Duration, baud int)
	// HostGone says that the TCP client is gone: an unfinished frame of it stays a fragment.
	HostGone(now time.Duration)
}

// Carrying is a port that can show its other end whether a cable leads to the meter: by DTR, which is DCD
// behind a null-modem cable.
type Carrying interface{ SetDTR(on bool) error }

// Telling is a port that tells how its modem lines are, at first and whenever that changes.
type Telling interface {
	OnModem(told func(rfc2217.ModemState))
}

// Config says where and how a device is served. At least one of PTY, TCP, RFC2217, Port and NoPort
// is wanted.
type Config struct {
	// PTY serves on a new pseudo-terminal (Linux).
	PTY bool
	// Cooked leaves the PTY in the modes that the system gives a serial port: whoever opens it has to put
	// it into raw mode. Without, it is raw.
	Cooked bool
	// Link is a path that is a symbolic link to the PTY until the server closes; "" is none. A file
	// beside it, with ".lock" behind its name, is held meanwhile. A link that a killed server has left
	// is replaced, by that file or because its PTY is gone. Anything else at the path is an error.
	Link string
	// Baud is the rate of the PTY until a client sets its own, in bits a second.
	Baud int
	// Unasked: the device may talk to the PTY, or the port, before a host has said anything there.
	Unasked bool
	// TCP is the address to listen on, "host:port"; "" is none. Without a host it is the
	// loopback interface. Port 0 is a free one.
	TCP string

	// RFC2217 is an address like TCP, at which clients find a serial port by RFC 2217: they set its
	// rate, and see its modem lines. A port has one client, over either of the two addresses.
	RFC2217 string
	// Port is a port that is there already, such as a serial adapter: "" is none. OpenPort opens it, at
	// the start and again whenever it is gone. What it returns may be a Carrying.
	Port     string
	OpenPort func(ctx context.Context) (io.ReadWriteCloser, error)

	// NoPort is a device without any port, which is reached by others alone that use its turns.
	NoPort bool

	// Takeover lets a new TCP client in and ends the connection of the one before, as serial
	// servers can. Otherwise the new one is refused.
	Takeover bool

	// Clock gives the time; nil is the wall clock, zero at the call of Run.
	Clock machine.Clock
	// Turns, if not nil, is held during every turn of the device, so that others, such as a Sockets,
	// can use what it uses.
	Turns *sync.Mutex
	// Persist, if not nil, saves the device's memory (SavePage, SaveNonVolatile). It runs after
	// every turn of the device, before the bytes of that turn are written, so what the device
	// has confirmed is saved. It should be cheap when nothing has changed. An error of it ends
	// Run.
	Persist func() error
	// PersistEvery, if not 0, is after how long without a turn Step and Persist run nevertheless: a
	// device that nobody talks to may measure, and what it has measured may be lost.
	PersistEvery time.Duration
	// Event, if not nil, is called with what happens on the ports.
	Event func(Event)
	// Step, if not nil, runs after every turn of the device, before Persist. If it returns
	// done, Run returns nil once the bytes of that turn are written.
	Step func(now time.Duration) (done bool)
	// Reset, if not nil, runs after every turn of the device, after Persist. If it returns
	// true, the connection of the heard TCP client is reset (RST), as a gateway or a NAT does,
	// and what the turn would send is lost. The client may connect again. Without such a
	// connection, as on a PTY, the event is [NotReset].
	Reset func() bool
	// Full, if not nil, is asked before a host is read again, by any goroutine. While it returns a
	// channel the host is not read, as where what it sends goes further and is not taken there; it is
	// asked again when the channel is closed. A host that is held back for 20 s in which none is
	// closed is read nevertheless.
	Full func() <-chan struct{}
	// Keeps is for a device whose bytes come from elsewhere, where HostFull holds them back: what a host does not
	// take at once is kept for it. Without, a host that takes nothing for 200 ms loses it, as behind a UART.
	Keeps bool
	// Gone, if not nil, is asked after every turn of the device whether the ports are gone, as those
	// of a serial adapter that was pulled out, or of a gateway that restarts. While they are, the
	// link and the PTY do not exist, nobody listens at the TCP address, and a client's connection
	// has been reset. Then all of them are there again: a new PTY under the same link, the same TCP
	// address.
	Gone func() bool
	// Modem, if not nil, is asked after every turn of the device how the modem lines are at its end.
	// Hosts that can see them are shown: by RFC 2217, or on a port that is Carrying. Without it a
	// cable is in that carries them all.
	Modem func() rfc2217.ModemState
	// Lines, if not nil, is told the lines that a host sets at its end, where they can be seen: by RFC
	// 2217, or on a port that is Telling.
	Lines func(now time.Duration, l rfc2217.Lines)
	// Commands run between the turns of the device, each followed by a Step. A closed channel
	// counts as none.
	//
	// The functions here and the device are called by one goroutine at a time, not always the
	// same one, and never after Run has returned. They need no lock of their own.
	Commands <-chan func(now time.Duration)
}

// Server holds the open ports of one device.
type Server struct {
	config  Config
	ports   ports
	started bool
	running chan struct{} // closed when run is there
	run     *run
}

// Listen opens the ports that config asks for. Clients may connect at once; Run serves them.
func Listen(config Config) (*Server, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Server{config: config, ports: ports{config: config}, running: make(chan struct{})}
	if err := s.ports.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (c *Config) validate() error {
	switch {
	case !c.PTY && c.TCP == "" && c.RFC2217 == "" && c.Port == "" && !c.NoPort:
		return errors.New("serve: neither a PTY nor a TCP address nor another port is asked for; ask for one of them")
	case c.Link != "" && !c.PTY:
		return errors.New("serve: a link is asked for without a PTY that it could point to; ask for the PTY too")
	case (c.PTY || c.RFC2217 != "") && c.Baud <= 0:
		return fmt.Errorf("serve: %d baud is no rate for a port; take that of the meter", c.Baud)
	}
	return nil
}

func listenTCP(address string) (*patient, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("TCP address %q: want host:port or :port: %w", address, err)
	}
	if host == "" {
		// All who reach the port can rewrite the meter, so it is never open to the network by
		// default.
		host = "127.0.0.1"
	}
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		// The port is free again half a minute after a client's machine has vanished.
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort(host, port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("TCP address %q: another program has this port; name another, or 0 for any free one: %w", address, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("TCP address %q: this computer has no such address; name one of its own, or leave the host out: %w", address, err)
	case err != nil:
		return nil, fmt.Errorf("TCP address %q: %w", address, err)
	}
	return newPatient(l), nil
}

// PTY is the name of the pseudo-terminal, /dev/pts/N; "" without one, and while it is gone.
func (s *Server) PTY() string { return s.ports.pty() }

// Addr is the TCP address of the server; nil without one.
func (s *Server) Addr() net.Addr { return s.ports.addr() }

// RFC2217 is the address of the server for clients of RFC 2217; nil without one.
func (s *Server) RFC2217() net.Addr { return s.ports.remote.addr(&s.ports) }

// Close closes the ports, and removes the link if it is still ours. Run does that by itself;
// Close is for a server that never ran. A second call returns the same.
func (s *Server) Close() error { return s.ports.release() }

// Run serves the device until ctx ends (it returns its error), Step says that it is done (nil),
// or a port or Persist fails. When it returns, the ports are closed and all its goroutines have
// ended. A server runs once.
func (s *Server) Run(ctx context.Context, device Device) error {
	if s.started {
		return errors.New("serve: Run was called twice; make a new server")
	}
	s.started = true
	r := newRun(s.config, device, &s.ports)
	s.run = r
	close(s.running)
	err := r.serve(ctx)
	closing := s.Close()
	r.stop()
	if err == nil {
		err = closing
	}
	return err
}

// HostFull is nil, or, while much waits for the host to which the device talks, a channel that is closed when
// it has taken some, or is gone: who can hold back what comes for it asks again then (steady.HoldBack). Any
// goroutine may call it.
func (s *Server) HostFull() <-chan struct{} {
	select {
	case <-s.running:
	default:
		return nil
	}
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return s.run.full()
}

// Do runs a function between two turns of the device, followed by a Step, and returns when that is done.
// Any goroutine may call it, but not the functions of Config. It waits until Run has begun, or ctx ends; false:
// it was not run, because ctx has ended first or Run is over.
func (s *Server) Do(ctx context.Context, do func(now time.Duration)) bool {
	select {
	case <-s.running:
		return s.run.do(ctx, do)
	case <-ctx.Done():
		return false
	}
}
