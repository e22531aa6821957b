// Package steady keeps a port open: it opens it, reads and writes, and opens it again when it is gone,
// such as a serial adapter that is pulled out and put back, or a gateway that restarts. Whatever can be
// read and written is a port.
//
// The port is read and written by goroutines of its own, so that one that takes nothing, or that
// cannot be opened, does not stop the time of what is behind it. What a port takes at once is written
// without them, and its reader runs the owner's part itself: handing bytes to another goroutine costs
// more than all else that is done to them here.
package steady

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readBytes = 4096     // at once, as much as a PTY hands over
	mostBytes = 64 << 10 // of a connection that brings more
	// maxUnwritten bounds what waits to be written, in bytes. More is lost, as with a UART whose line
	// takes nothing.
	maxUnwritten = 256 << 10
	// maxItems bounds the pieces in which it waits.
	maxItems = 4096
	// aheadBytes is how much may wait before those who write are to hold back.
	aheadBytes = 64 << 10
	// pieceBytes are written at once of what has waited, so that it shows that a slow port takes something.
	pieceBytes = 512
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
	// Do lets the port's owner run a function, and returns when it has; false: the owner runs nothing
	// any more, or ctx has ended before it could. Several goroutines may call it, and one function runs
	// at a time. The functions below, and the methods of Port but Close and Wait, are called by the
	// owner.
	Do func(ctx context.Context, run func(now time.Duration)) bool
	// Receive takes what has come. It must not keep p.
	Receive func(now time.Duration, p []byte)
	// Event takes what happens to the port.
	Event func(Event)
	// Full, if not nil, holds the port back, as HoldBack has it, where what comes from it is not taken.
	Full func() <-chan struct{}
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

	wire atomic.Pointer[wire] // nil while there is no connection; the owner sets it
	lost int                  // bytes since the last that went out; the owner uses it
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

// Close closes the port and waits until all is over. It must not be called within a function that the
// owner runs: for that are End, and Wait later.
func (p *Port) Close() {
	p.End()
	p.Wait()
}

// End closes the port. The owner may still be told something of it.
func (p *Port) End() { p.end() }

// Wait waits, after End, until all is over.
func (p *Port) Wait() { p.ended.Wait() }

// Write writes data, or loses it: it never waits for the port.
func (p *Port) Write(now time.Duration, data []byte) {
	lost := len(data)
	if w := p.wire.Load(); w != nil {
		lost = w.send(data)
	}
	if lost == 0 {
		p.lost = 0
		return
	}
	if p.lost == 0 {
		p.config.Event(Event{Kind: LostBytes, At: now, Bytes: lost})
	}
	p.lost += lost
}

// Tell lets set act on the open port, behind the data so far. Without an open port nothing happens.
func (p *Port) Tell(set func(conn io.ReadWriteCloser) error) {
	if w := p.wire.Load(); w != nil {
		w.put(item{set: set})
	}
}

// Full is nil, or, while more waits than the port takes at once, a channel that is closed when it has
// taken some, or is gone: who can hold back what it writes asks again then. Any goroutine may call it.
func (p *Port) Full() <-chan struct{} {
	if w := p.wire.Load(); w != nil {
		return w.full()
	}
	return nil
}

// Do lets the owner run a function, from any goroutine. It returns false at the end.
func (p *Port) Do(run func(now time.Duration)) bool {
	return p.ctx.Err() == nil && p.config.Do(p.ctx, run)
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
	w := newWire(conn)
	stop := context.AfterFunc(p.ctx, w.close)
	defer stop()
	var writing sync.WaitGroup
	writing.Go(func() {
		w.write(func(err error) {
			p.Do(func(now time.Duration) { p.config.Event(Event{Kind: Unset, At: now, Reason: err.Error()}) })
		})
	})
	p.Do(func(now time.Duration) {
		p.lost = 0
		p.wire.Store(w)
		p.config.Event(Event{Kind: Opened, At: now})
	})
	err := p.read(conn)
	w.close()
	close(w.quit)
	writing.Wait()
	w.gone()
	p.Do(func(now time.Duration) {
		p.wire.Store(nil)
		p.config.Event(Event{Kind: Lost, At: now, Reason: err.Error()})
	})
}

// read gives the owner what comes, until the connection ends.
func (p *Port) read(conn io.Reader) error {
	buffer, n := make([]byte, readBytes), 0
	receive := func(now time.Duration) { p.config.Receive(now, buffer[:n]) }
	for {
		var err error
		n, err = conn.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		if n > 0 && !p.Do(receive) {
			return errEnded
		}
		HoldBack(p.config.Full, p.ctx.Done())
		if n == len(buffer) && n < mostBytes {
			buffer = make([]byte, 2*n)
		}
		if errors.Is(err, io.EOF) {
			return errors.New("closed by the other end")
		}
		if err != nil {
			return err
		}
	}
}

// errEnded is why a port is gone whose owner runs nothing any more.
var errEnded = errors.New("ended")

// item is something to be written, or to be done to the port.
type item struct {
	data []byte
	set  func(conn io.ReadWriteCloser) error
}

// wire is one connection.
type wire struct {
	conn    io.ReadWriteCloser
	prompt  func(p []byte) (n int) // writes what conn takes at once; nil where that cannot be known
	items   chan item
	quit    chan struct{}
	closing sync.Once

	mu      sync.Mutex
	pending int // items that are not done
	waiting int // bytes of them
	ended   bool
	taken   chan struct{} // closed when some of them are written; nil: nobody waits for that
}

func newWire(conn io.ReadWriteCloser) *wire {
	return &wire{conn: conn, prompt: promptWriter(conn), items: make(chan item, maxItems), quit: make(chan struct{})}
}

func (w *wire) close() { w.closing.Do(func() { w.conn.Close() }) }

// send writes data at once, as far as that is possible and nothing is before it, and queues the rest. It
// returns how many bytes are lost.
func (w *wire) send(data []byte) (lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending == 0 && w.prompt != nil {
		data = data[w.prompt(data):]
	}
	if len(data) == 0 || w.queue(item{data: append([]byte(nil), data...)}) {
		return 0
	}
	return len(data)
}

// put queues an item, if there is room.
func (w *wire) put(i item) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queue(i)
}

// queue needs mu.
func (w *wire) queue(i item) bool {
	if w.waiting+len(i.data) > maxUnwritten {
		return false
	}
	select {
	case w.items <- i:
		w.pending++
		w.waiting += len(i.data)
		return true
	default:
		return false
	}
}

// done is called when an item is.
func (w *wire) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending--
}

// took is called when n bytes of an item are written.
func (w *wire) took(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting -= n
	w.wake()
}

// gone is called when the connection has ended: nothing waits for it any more.
func (w *wire) gone() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.wake()
}

// wake needs mu.
func (w *wire) wake() {
	if w.taken != nil {
		close(w.taken)
		w.taken = nil
	}
}

func (w *wire) full() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting <= aheadBytes && w.pending <= maxItems/2 || w.ended {
		return nil
	}
	if w.taken == nil {
		w.taken = make(chan struct{})
	}
	return w.taken
}

// write writes what is queued. A write that fails ends the connection, which its reader notices. What cannot be
// done to the port is told to unset.
func (w *wire) write(unset func(error)) {
	for {
		var i item
		select {
		case i = <-w.items:
		case <-w.quit:
			return
		}
		if i.set == nil {
			err := w.carry(i.data)
			w.done()
			if err != nil {
				w.close()
				return
			}
			continue
		}
		err := i.set(w.conn)
		w.done()
		if err != nil {
			unset(err)
		}
	}
}

func (w *wire) carry(data []byte) error {
	for len(data) > 0 {
		n, err := w.conn.Write(data[:min(len(data), pieceBytes)])
		if err != nil {
			return err
		}
		w.took(n)
		data = data[n:]
	}
	return nil
}
