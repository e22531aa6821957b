// Package proxy joins a station whose meter is elsewhere (bench.NewFar) with the port behind which that
// meter is, which package steady keeps open. The host's side is served by package serve; faults,
// frames and the line are the station's.
package proxy

import (
	"context"
	"io"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/steady"
)

// Config describes a far port.
type Config struct {
	// Open opens the port, as steady.Config has it.
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
	// Retry is how long it takes until a port that cannot be opened is tried again; 0 as package steady has it.
	Retry time.Duration
	// Do takes functions that the station's owner runs between two turns. The owner calls the methods
	// of Far but Close, and what is below.
	Do      chan<- func(now time.Duration)
	Station *bench.Station
	Event   func(steady.Event)
}

// Far is a far port. Make it with Start.
type Far struct {
	config Config
	port   *steady.Port
	baud   int // of the host; 0: it has none
	out    []byte
}

// Start begins to open the port. Close ends it.
func Start(config Config) *Far {
	f := &Far{config: config}
	f.port = steady.Start(steady.Config{
		Open: config.Open, Retry: config.Retry, Do: config.Do, Receive: config.Station.FromFar, Event: f.hear,
	})
	return f
}

// hear takes what happens to the port.
func (f *Far) hear(e steady.Event) {
	switch e.Kind {
	case steady.Opened:
		f.SetBaud(f.baud)
	case steady.Lost:
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

// Rated is a port whose rate can be set while it is open.
type Rated interface{ SetBaud(baud int) error }

// SetBaud passes the host's rate on, as far as the port has one.
func (f *Far) SetBaud(baud int) {
	if f.baud = baud; baud == 0 {
		return
	}
	f.port.Tell(func(conn io.ReadWriteCloser) error {
		if r, ok := conn.(Rated); ok {
			return r.SetBaud(baud)
		}
		return nil
	})
}
