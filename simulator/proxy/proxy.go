// Package proxy keeps the connection between a station whose meter is elsewhere (bench.NewFar) and
// the port behind which that meter is: it opens the port, reads and writes, and opens it again when
// it is gone. Whatever can be read and written is a port. The host's side is served by package
// serve; faults, frames and the line are the station's.
//
// The port is read and written by goroutines of its own, so that a meter that takes nothing, or a
// port that cannot be opened, does not stop the station's time.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"ionbench/simulator/bench"
)

const (
	readBytes = 4096
	// maxUnwritten bounds what waits to be written to the port, in bytes. More is lost, as with a
	// UART whose line takes nothing.
	maxUnwritten = 256 << 10
	// maxItems bounds the pieces in which it waits.
	maxItems = 4096
	// defaultRetry is how long it takes until a port that is gone is tried again.
	defaultRetry = 100 * time.Millisecond
)

// Config describes a far port.
type Config struct {
	// Open opens the port. It is called again whenever the port is gone. A Close of what it returns
	// must end a Read and a Write that are under way.
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
	// Retry is how long it takes until a port that cannot be opened is tried again; 0 is 100 ms.
	Retry time.Duration
	// Do takes functions that the station's owner runs between two turns.
	Do chan<- func(now time.Duration)
	// Station is touched only by functions that went to Do, and by the methods that say so.
	Station *bench.Station
	// Event, if not nil, is called by the station's owner.
	Event func(Event)
}

// Kind says what an Event is about.
type Kind uint8

// The kinds of events.
const (
	Opened    Kind = iota + 1 // the far port is open
	Absent                    // it cannot be opened, and is tried again and again; Reason says why
	Lost                      // the connection has ended; Reason says how
	LostBytes                 // Bytes bytes for the meter are lost: the port is not there, or does not take them
	Unset                     // the rate could not be passed on; Reason says why
)

var kindNames = [...]string{Opened: "open", Absent: "absent", Lost: "lost", LostBytes: "lost bytes", Unset: "rate not set"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && k > 0 {
		return kindNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// Event is something that happened at the far port.
type Event struct {
	Kind   Kind
	At     time.Duration
	Reason string // of Absent, Lost and Unset
	Bytes  int    // of LostBytes
}

// Far is a far port. Make it with Start.
type Far struct {
	config Config
	ctx    context.Context
	end    context.CancelFunc
	ended  sync.WaitGroup

	// The station's owner uses what follows.
	wire *wire // nil while there is no connection
	baud int   // of the host; 0: it has none
	out  []byte
	lost int // bytes since the last that went out
}

// Start begins to open the port. Close ends it.
func Start(config Config) *Far {
	if config.Retry == 0 {
		config.Retry = defaultRetry
	}
	ctx, end := context.WithCancel(context.Background())
	f := &Far{config: config, ctx: ctx, end: end}
	f.ended.Go(f.keep)
	return f
}

// Close closes the port and waits until all is over. The station's owner need not run anything more.
func (f *Far) Close() {
	f.end()
	f.ended.Wait()
}

// Flush writes what the station has for the meter. The station's owner calls it after every turn.
func (f *Far) Flush(now time.Duration) {
	f.out = f.config.Station.TakeFar(f.out[:0])
	if len(f.out) == 0 {
		return
	}
	if f.wire != nil && f.wire.put(item{data: append([]byte(nil), f.out...)}) {
		f.lost = 0
		return
	}
	if f.lost == 0 {
		f.tell(Event{Kind: LostBytes, At: now, Bytes: len(f.out)})
	}
	f.lost += len(f.out)
}

// Open reports whether the port is open. The station's owner calls it.
func (f *Far) Open() bool { return f.wire != nil }

// Rated is a port whose rate can be set while it is open.
type Rated interface{ SetBaud(baud int) error }

// SetBaud passes the host's rate on, as far as the port has one. The station's owner calls it.
func (f *Far) SetBaud(baud int) {
	f.baud = baud
	if f.wire != nil && baud != 0 {
		f.wire.put(item{baud: baud})
	}
}

func (f *Far) tell(e Event) {
	if f.config.Event != nil {
		f.config.Event(e)
	}
}

// do lets the station's owner run a function. It returns false at the end.
func (f *Far) do(run func(now time.Duration)) bool {
	select {
	case f.config.Do <- run:
		return true
	case <-f.ctx.Done():
		return false
	}
}

// keep keeps the port open.
func (f *Far) keep() {
	for told := false; f.ctx.Err() == nil; {
		conn, err := f.config.Open(f.ctx)
		if err == nil {
			told = false
			f.serve(conn)
		} else if !told {
			told = f.do(func(now time.Duration) { f.tell(Event{Kind: Absent, At: now, Reason: err.Error()}) })
		}
		select {
		case <-time.After(f.config.Retry):
		case <-f.ctx.Done():
		}
	}
}

// serve carries bytes until the connection ends.
func (f *Far) serve(conn io.ReadWriteCloser) {
	w := &wire{conn: conn, items: make(chan item, maxItems), quit: make(chan struct{})}
	stop := context.AfterFunc(f.ctx, w.close)
	defer stop()
	var writing sync.WaitGroup
	writing.Go(func() { w.write(f) })
	f.do(func(now time.Duration) {
		f.wire, f.lost = w, 0
		f.tell(Event{Kind: Opened, At: now})
		if f.baud != 0 {
			w.put(item{baud: f.baud})
		}
	})
	err := f.read(conn)
	w.close()
	close(w.quit)
	writing.Wait()
	f.do(func(now time.Duration) {
		f.wire = nil
		f.config.Station.FarGone(now)
		f.tell(Event{Kind: Lost, At: now, Reason: err.Error()})
	})
}

// read gives the station what comes, until the connection ends.
func (f *Far) read(conn io.Reader) error {
	buffer := make([]byte, readBytes)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		if n > 0 {
			data := append([]byte(nil), buffer[:n]...)
			if !f.do(func(now time.Duration) { f.config.Station.FromFar(now, data) }) {
				return f.ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			return errors.New("closed by the other end")
		}
		if err != nil {
			return err
		}
	}
}

// item is something to be written: bytes, or a rate to be set.
type item struct {
	data []byte
	baud int
}

// wire is one connection.
type wire struct {
	conn    io.ReadWriteCloser
	items   chan item
	quit    chan struct{}
	closing sync.Once

	mu      sync.Mutex
	waiting int // bytes
}

func (w *wire) close() { w.closing.Do(func() { w.conn.Close() }) }

// put queues an item, if there is room.
func (w *wire) put(i item) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting+len(i.data) > maxUnwritten {
		return false
	}
	select {
	case w.items <- i:
		w.waiting += len(i.data)
		return true
	default:
		return false
	}
}

func (w *wire) taken(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting -= n
}

// write writes what is queued. A write that fails ends the connection, which its reader notices.
func (w *wire) write(f *Far) {
	for {
		var i item
		select {
		case i = <-w.items:
		case <-w.quit:
			return
		}
		if err := w.carry(i); err != nil && i.baud != 0 {
			f.do(func(now time.Duration) { f.tell(Event{Kind: Unset, At: now, Reason: err.Error()}) })
		} else if err != nil {
			w.close()
			return
		}
	}
}

func (w *wire) carry(i item) error {
	if r, ok := w.conn.(Rated); ok && i.baud != 0 {
		return r.SetBaud(i.baud)
	}
	defer w.taken(len(i.data))
	for p := i.data; len(p) > 0; {
		n, err := w.conn.Write(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
