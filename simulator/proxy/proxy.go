// Package proxy joins a station whose meter is elsewhere (bench.NewFar) with the port behind which that
// meter is, which package steady keeps open. The host's side is served by package serve; faults,
// frames and the line are the station's.
package proxy

import (
	"context"
	"errors"
	"io"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/steady"
)

// Config describes a far port.
type Config struct {
	// Open opens the port, as steady.Config has it.
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
	// Retry is how long it takes until a port that cannot be opened is tried again; 0 as package steady has it.
	Retry time.Duration
	// Do lets the station's owner run a function between two turns, as steady.Config has it. The owner
	// calls the methods of Far but Close, and what is below.
	Do      func(ctx context.Context, run func(now time.Duration)) bool
	Station *bench.Station
	Event   func(steady.Event)
	// Full holds the far port back, as steady.Config has it.
	Full func() <-chan struct{}
}

// Far is a far port. Make it with Start.
type Far struct {
	config Config
	port   *steady.Port
	baud   int           // of the host; 0: it has none
	lines  rfc2217.Lines // that the host has set
	lined  bool          // it has set some
	modem  rfc2217.ModemState
	out    []byte
}

// Start begins to open the port. Close ends it.
func Start(config Config) *Far {
	f := &Far{config: config, lines: atOpening()}
	f.port = steady.Start(steady.Config{
		Open: config.Open, Retry: config.Retry, Do: config.Do, Receive: config.Station.FromFar, Event: f.hear, Full: config.Full,
	})
	return f
}

// hear takes what happens to the port.
func (f *Far) hear(e steady.Event) {
	switch e.Kind {
	case steady.Opened:
		f.opened()
	case steady.Lost:
		f.modem = 0
		f.config.Station.FarGone(e.At)
	}
	f.config.Event(e)
}

// Close closes the port and waits until all is over.
func (f *Far) Close() { f.port.Close() }

// Flush writes what the station has for the meter. It is called after every turn of the station.
func (f *Far) Flush(now time.Duration) {
	if f.out = f.config.Station.TakeFar(f.out[:0]); len(f.out) > 0 {
		f.port.Write(now, f.out)
	}
}

// Full is nil, or says when the port has taken some of what waits for it, as steady.Port has it.
func (f *Far) Full() <-chan struct{} { return f.port.Full() }

// What a port can do beside carrying bytes; not every port can.
type (
	// rated is a port with a rate.
	rated interface{ SetBaud(baud int) error }
	// lined is a port with lines of its own.
	lined interface {
		SetDTR(on bool) error
		SetRTS(on bool) error
		SetBreak(on bool) error
	}
	// telling is a port that tells how its modem lines are, at first and whenever that changes.
	telling interface {
		OnModem(told func(rfc2217.ModemState))
	}
)

// SetBaud passes the host's rate on, as far as the port has one.
func (f *Far) SetBaud(baud int) {
	if f.baud = baud; baud == 0 {
		return
	}
	f.port.Tell(func(conn io.ReadWriteCloser) error {
		if r, ok := conn.(rated); ok {
			return r.SetBaud(baud)
		}
		return nil
	})
}

// SetLines passes the lines on that the host has set, as far as the port has them.
func (f *Far) SetLines(is rfc2217.Lines) {
	was := f.lines
	f.lines, f.lined = is, true
	f.pass(is, was)
}

func (f *Far) pass(is, was rfc2217.Lines) {
	f.port.Tell(func(conn io.ReadWriteCloser) error {
		l, ok := conn.(lined)
		if !ok {
			return nil
		}
		var errs []error
		if is.DTR != was.DTR {
			errs = append(errs, l.SetDTR(is.DTR))
		}
		if is.RTS != was.RTS {
			errs = append(errs, l.SetRTS(is.RTS))
		}
		if is.Break != was.Break {
			errs = append(errs, l.SetBreak(is.Break))
		}
		return errors.Join(errs...)
	})
}

// atOpening are the lines of a port that was just opened.
func atOpening() rfc2217.Lines { return rfc2217.Lines{DTR: true, RTS: true} }

// opened passes on what the host has set so far, and begins to follow the lines of the meter's end.
func (f *Far) opened() {
	f.modem = allLines
	f.SetBaud(f.baud)
	if f.lined {
		f.pass(f.lines, atOpening())
	}
	f.port.Tell(func(conn io.ReadWriteCloser) error {
		if t, ok := conn.(telling); ok {
			t.OnModem(func(m rfc2217.ModemState) { f.port.Do(func(time.Duration) { f.modem = m }) })
		}
		return nil
	})
}

// allLines are the modem lines of a port that has none: the meter is there.
const allLines = rfc2217.DCD | rfc2217.DSR | rfc2217.CTS

// Modem is how the modem lines are at the meter's end: all are down while its port is gone.
func (f *Far) Modem() rfc2217.ModemState { return f.modem }
