// Package steady keeps a port open: it opens it, reads and writes, and opens it again when it is gone,
// such as a serial adapter that is pulled out and put back, or a gateway that restarts. Whatever can be
// read and written is a port.
//
// The port is read and written by goroutines of its own, so that one that takes nothing, or that
// cannot be opened, does not stop the time of what is behind it.
package steady

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	readBytes = 4096
	// maxUnwritten bounds what waits to be written, in bytes. More is lost, as with a UART whose line
	// takes nothing.
	maxUnwritten = 256 << 10
	// maxItems bounds the pieces in which it waits.
	maxItems = 4096
	// defaultRetry is how long it takes until a port that is gone is tried again.
	defaultRetry = 100 * time.Millisecond
)

// Config describes a port.
type Config struct {
	// Open opens the port. It is called again whenever the port is gone. A Close of what it returns
	// must end a Read and a Write that are under way.
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
	// First is the port, if it is open already.
	First io.ReadWriteCloser
	// Retry is how long it takes until a port that cannot be opened is tried again; 0 is 100 ms.
	Retry time.Duration
	// Do takes functions that the port's owner runs, one after the other. The functions below, and the
	// methods of Port but Close, are called by the owner.
	Do chan<- func(now time.Duration)
	// Receive takes what has come.
	Receive func(now time.Duration, p []byte)
	// Event takes what happens to the port.
	Event func(Event)
}

// Kind says what an Event is about.
type Kind uint8

// The kinds of events.
const (
	Opened    Kind = iota + 1 // the port is open
	Absent                    // it cannot be opened, and is tried again and again; Reason says why
	Lost                      // it is gone; Reason says how
	LostBytes                 // Bytes bytes are lost: the port is not there, or does not take them
	Unset                     // it does not do what it was told to; Reason says why
)

var kindNames = [...]string{Opened: "open", Absent: "absent", Lost: "lost", LostBytes: "lost bytes", Unset: "not set"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && k > 0 {
		return kindNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// Event is something that happened to a port.
type Event struct {
	Kind   Kind
	At     time.Duration
	Reason string // of Absent, Lost and Unset
	Bytes  int    // of LostBytes
}

// Port is a port that is kept open. Make it with Start.
type Port struct {
	config Config
	ctx    context.Context
	end    context.CancelFunc
	ended  sync.WaitGroup

	// The owner uses what follows.
	wire *wire // nil while there is no connection
	lost int   // bytes since the last that went out
}

// Start begins to open the port. Close ends it.
func Start(config Config) *Port {
	if config.Retry == 0 {
		config.Retry = defaultRetry
	}
	ctx, end := context.WithCancel(context.Background())
	p := &Port{config: config, ctx: ctx, end: end}
	p.ended.Go(p.keep)
	return p
}

// Close closes the port and waits until all is over. The owner need not run anything more.
func (p *Port) Close() {
	p.end()
	p.ended.Wait()
}

// Write writes data, or loses it: it never waits for the port.
func (p *Port) Write(now time.Duration, data []byte) {
	if p.wire != nil && p.wire.put(item{data: append([]byte(nil), data...)}) {
		p.lost = 0
		return
	}
	if p.lost == 0 {
		p.config.Event(Event{Kind: LostBytes, At: now, Bytes: len(data)})
	}
	p.lost += len(data)
}

// Open reports whether the port is open.
func (p *Port) Open() bool { return p.wire != nil }

// Tell lets set act on the open port, behind the data so far. Without an open port nothing happens.
func (p *Port) Tell(set func(conn io.ReadWriteCloser) error) {
	if p.wire != nil {
		p.wire.put(item{set: set})
	}
}

// Do lets the owner run a function, from any goroutine. It returns false at the end.
func (p *Port) Do(run func(now time.Duration)) bool {
	select {
	case p.config.Do <- run:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// keep keeps the port open.
func (p *Port) keep() {
	conn, told := p.config.First, false
	for p.ctx.Err() == nil {
		var err error
		if conn == nil {
			conn, err = p.config.Open(p.ctx)
		}
		switch {
		case err == nil:
			told = false
			p.serve(conn)
		case !told:
			told = p.Do(func(now time.Duration) { p.config.Event(Event{Kind: Absent, At: now, Reason: err.Error()}) })
		}
		conn = nil
		select {
		case <-time.After(p.config.Retry):
		case <-p.ctx.Done():
		}
	}
	if conn != nil {
		conn.Close() // it was never served
	}
}

// serve carries bytes until the connection ends.
func (p *Port) serve(conn io.ReadWriteCloser) {
	w := &wire{conn: conn, items: make(chan item, maxItems), quit: make(chan struct{})}
	stop := context.AfterFunc(p.ctx, w.close)
	defer stop()
	var writing sync.WaitGroup
	writing.Go(func() { w.write(p) })
	p.Do(func(now time.Duration) {
		p.wire, p.lost = w, 0
		p.config.Event(Event{Kind: Opened, At: now})
	})
	err := p.read(conn)
	w.close()
	close(w.quit)
	writing.Wait()
	p.Do(func(now time.Duration) {
		p.wire = nil
		p.config.Event(Event{Kind: Lost, At: now, Reason: err.Error()})
	})
}

// read gives the owner what comes, until the connection ends.
func (p *Port) read(conn io.Reader) error {
	buffer := make([]byte, readBytes)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		if n > 0 {
			data := append([]byte(nil), buffer[:n]...)
			if !p.Do(func(now time.Duration) { p.config.Receive(now, data) }) {
				return p.ctx.Err()
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

// item is something to be written, or to be done to the port.
type item struct {
	data []byte
	set  func(conn io.ReadWriteCloser) error
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
func (w *wire) write(p *Port) {
	for {
		var i item
		select {
		case i = <-w.items:
		case <-w.quit:
			return
		}
		if i.set == nil {
			if w.carry(i.data) != nil {
				w.close()
				return
			}
			continue
		}
		if err := i.set(w.conn); err != nil {
			p.Do(func(now time.Duration) { p.config.Event(Event{Kind: Unset, At: now, Reason: err.Error()}) })
		}
	}
}

func (w *wire) carry(data []byte) error {
	defer w.taken(len(data))
	for len(data) > 0 {
		n, err := w.conn.Write(data)
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
