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
	// command), before the bytes of that turn are written. So what it saves to disk is there
	// when the other end hears of it. If it returns done, the run ends once those bytes are
	// out.
	Step func(now time.Duration) (done bool)
	// Commands are run on the loop's goroutine, each in a turn of its own. A closed channel
	// counts as none.
	Commands <-chan func(now time.Duration)
}

// Drive runs m in real time over conn. It returns nil when Step says that it is done, the error
// of ctx when that ends, or an error that wraps [ErrLineLost] and its cause when the connection
// ends.
//
// The calling goroutine owns the machine. Drive starts one more goroutine, which reads, and
// waits for it before it returns. Drive owns conn and always closes it, which ends a Read or
// Write that blocks. A Read that times out (os.ErrDeadlineExceeded, or no bytes and no error)
// is no error.
//
// Bytes that arrived before the time of a wake-up are received before it, even if the loop is
// late for both. The machine is given the time of the call, which may be later than the time
// that it asked for.
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

// reader is the goroutine that reads. Only it blocks in calls; the loop never does.
type reader struct {
	arrivals chan arrival
	free     chan []byte
	quit     chan struct{} // closed by the loop when it no longer listens
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
	slot     arrival  // the memory that held points to
	out      []byte
	// advanced is the last wake-up that was served. A machine that asks for none later must not
	// keep arrived bytes out.
	advanced time.Duration
}

func (d *driver) run(ctx context.Context) error {
	timer := d.options.Clock.Timer()
	defer timer.Stop()

	// What the machine wants to send first, before anything has arrived.
	done, err := d.settle(d.options.Clock.Now())
	for !done && err == nil {
		if err = ctx.Err(); err != nil {
			return err
		}
		done, err = d.turn(ctx, timer)
	}
	if err != nil && ctx.Err() != nil {
		// The connection failed because it was closed when ctx ended.
		return ctx.Err()
	}
	return err
}

// turn does the next thing that is to be done, and waits for it if necessary.
func (d *driver) turn(ctx context.Context, timer Timer) (done bool, err error) {
	d.poll()
	at, wake := d.m.Next()
	now := d.options.Clock.Now()
	switch {
	case d.held != nil && (!wake || d.held.at <= at || at <= d.advanced):
		return d.receive(now)
	case wake && at <= now:
		// A machine that is always due must not keep a command out.
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

// settle ends a turn: first Step, then the bytes.
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
	if errors.Is(err, io.EOF) {
		doing = "the other end closed it" // EOF says that to programmers alone
	}
	return fmt.Errorf("%w: %s: %w", ErrLineLost, doing, err)
}
