package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrLineLost says that the connection ended while the machine still wanted it.
var ErrLineLost = errors.New("the line is lost")

const (
	// Four buffers let the reader go on while the loop writes; more would only hide
	// that the loop is too slow.
	readBuffers = 4
	// A frame has at most 252 bytes, a PTY hands over at most 4096 at once.
	readBufferBytes = 4096
)

// Options says how Drive runs a machine. The zero value is the wall clock and a run that
// ends with the connection or the context.
type Options struct {
	// Clock gives the time; nil is the wall clock, zero at the call of Drive.
	Clock Clock
	// Step runs on the loop's goroutine after every turn (bytes received, a wake-up, a
	// command) and before the bytes of that turn are written: what it puts on disk is
	// there when the other end hears of it. Done ends the run once those bytes are out.
	Step func(now time.Duration) (done bool)
	// Commands are run on the loop's goroutine, each a turn of its own. A closed channel
	// is the same as none.
	Commands <-chan func(now time.Duration)
}

// Drive runs m in real time over conn until Step says that it is done (nil), ctx ends
// (its error) or the connection does (an error wrapping [ErrLineLost] and its cause).
//
// The calling goroutine owns the machine. Drive starts one more, which reads, and has
// waited for it when it returns. It owns conn, which it always closes: that is what ends
// a Read or Write that blocks. A Read that times out (os.ErrDeadlineExceeded, or no bytes
// and no error) is no fault.
//
// Bytes that arrived before the time of a wake-up are received before it, however late
// the loop comes to either. The times that the machine is given are those at which it is
// called, so they may be later than the one it asked for.
func Drive(ctx context.Context, m Machine, conn io.ReadWriteCloser, o Options) error {
	if o.Clock == nil {
		o.Clock = WallClock()
	}
	released := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(released)
		conn.Close()
	})

	r := startReader(conn, o.Clock)
	d := driver{m: m, conn: conn, options: o, arrivals: r.arrivals, free: r.free, advanced: -1}
	err := d.run(ctx)

	close(r.quit)
	if stop() {
		conn.Close()
	} else {
		<-released
	}
	<-r.done
	return err
}

// arrival is what one Read brought.
type arrival struct {
	at   time.Duration
	data []byte // a slice of buffer
	err  error  // the connection ended after data
	// buffer goes back to the reader.
	buffer []byte
}

// reader is the goroutine that reads: blocking calls end there, not in the loop.
type reader struct {
	arrivals chan arrival
	free     chan []byte
	quit     chan struct{} // closed by the loop: nobody listens any more
	done     chan struct{} // closed by the reader when it has ended
}

func startReader(conn io.Reader, clock Clock) *reader {
	r := &reader{
		arrivals: make(chan arrival, readBuffers),
		free:     make(chan []byte, readBuffers),
		quit:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	for range readBuffers {
		r.free <- make([]byte, readBufferBytes)
	}
	go r.read(conn, clock)
	return r
}

func (r *reader) read(conn io.Reader, clock Clock) {
	defer close(r.done)
	for {
		var buffer []byte
		select {
		case buffer = <-r.free:
		case <-r.quit:
			return
		}
		a := arrival{buffer: buffer}
		for len(a.data) == 0 && a.err == nil {
			select {
			case <-r.quit:
				return
			default:
			}
			n, err := conn.Read(buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = nil
			}
			a.at, a.data, a.err = clock.Now(), buffer[:n], err
		}
		// Never blocks: there are no more buffers than places in the channel.
		r.arrivals <- a
		if a.err != nil {
			return
		}
	}
}

// driver is the loop's side of Drive.
type driver struct {
	m        Machine
	conn     io.Writer
	options  Options
	arrivals <-chan arrival
	free     chan<- []byte
	held     *arrival // arrived, not yet received
	slot     arrival  // what held points to
	out      []byte
	// advanced is the wake-up last served. A machine that asks for none later than that
	// must not shut out what has arrived.
	advanced time.Duration
}

func (d *driver) run(ctx context.Context) error {
	timer := d.options.Clock.Timer()
	defer timer.Stop()

	// What the machine wants to say unasked.
	done, err := d.settle(d.options.Clock.Now())
	for !done && err == nil {
		if err = ctx.Err(); err != nil {
			return err
		}
		done, err = d.turn(ctx, timer)
	}
	if err != nil && ctx.Err() != nil {
		// The connection failed because it was closed for the context's sake.
		return ctx.Err()
	}
	return err
}

// turn does the next thing there is to do, waiting for it if need be.
func (d *driver) turn(ctx context.Context, timer Timer) (done bool, err error) {
	d.poll()
	at, wake := d.m.Next()
	now := d.options.Clock.Now()
	switch {
	case d.held != nil && (!wake || d.held.at <= at || at <= d.advanced):
		return d.receive(now)
	case wake && at <= now:
		// A machine that is always due must not shut out a command.
		select {
		case command, ok := <-d.options.Commands:
			return d.command(command, ok)
		default:
		}
		d.advanced = at
		d.m.Advance(now)
		return d.settle(now)
	}

	var due <-chan time.Time
	if wake {
		timer.Reset(at)
		due = timer.C()
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case command, ok := <-d.options.Commands:
		return d.command(command, ok)
	case a := <-d.arrivals:
		d.hold(a)
	case <-due:
	}
	return false, nil
}

// poll takes what has arrived, without waiting.
func (d *driver) poll() {
	if d.held != nil {
		return
	}
	select {
	case a := <-d.arrivals:
		d.hold(a)
	default:
	}
}

func (d *driver) hold(a arrival) {
	d.slot = a
	d.held = &d.slot
}

func (d *driver) receive(now time.Duration) (done bool, err error) {
	a := d.held
	d.held = nil
	if len(a.data) > 0 {
		d.m.Receive(now, a.data)
		if done, err = d.settle(now); done || err != nil {
			return done, err
		}
	}
	if a.err != nil {
		return false, lineLost("reading", a.err)
	}
	d.free <- a.buffer
	return false, nil
}

func (d *driver) command(command func(now time.Duration), open bool) (done bool, err error) {
	if !open {
		d.options.Commands = nil
		return false, nil
	}
	now := d.options.Clock.Now()
	command(now)
	return d.settle(now)
}

// settle ends a turn: events first, then the bytes.
func (d *driver) settle(now time.Duration) (done bool, err error) {
	done = d.options.Step != nil && d.options.Step(now)
	d.out = d.m.Transmit(d.out[:0])
	if err := writeAll(d.conn, d.out); err != nil && !done {
		return false, lineLost("writing", err)
	}
	return done, nil
}

func writeAll(w io.Writer, p []byte) error {
	for len(p) > 0 {
		n, err := w.Write(p)
		if err != nil {
			return err
		}
		if n <= 0 {
			return io.ErrNoProgress
		}
		p = p[n:]
	}
	return nil
}

func lineLost(doing string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrLineLost, doing, err)
}
