package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"ionbench/simulator/machine"
)

const (
	// Four buffers let a reader go on while the loop writes.
	readBuffers = 4
	// A PTY hands over at most 4096 bytes at once.
	readBufferBytes = 4096
	// stallLimit is how long a host may at least leave its bytes lying before they are
	// lost. A kernel holds more than a whole frame: a host that reads never comes near it.
	stallLimit = 200 * time.Millisecond
	// jammedLimit is the patience with a host that has just lost bytes: the device's time
	// must go on.
	jammedLimit = time.Millisecond
)

// port is what a host is reached through.
type port interface {
	io.ReadWriter
	SetWriteDeadline(limit time.Time) error
}

// host is one that may talk to the device: whoever is on the PTY, or a TCP client.
type host struct {
	name   string
	port   port
	conn   net.Conn  // of a TCP client, nil on the PTY
	tty    *terminal // nil for a TCP client
	free   chan []byte
	jammed bool      // its last bytes were lost
	limit  time.Time // the write deadline of port
}

// arrival is what one read brought, in the order of all reads of a host.
type arrival struct {
	from   *host
	at     time.Duration
	baud   int    // rate of the PTY after the read, 0: not known
	data   []byte // a slice of buffer
	err    error  // the host is gone after data
	buffer []byte
}

// run is one call of Server.Run. All its fields belong to the loop's goroutine but for
// the channels and the wait group.
type run struct {
	config Config
	device Device
	clock  machine.Clock

	arrivals chan arrival
	accepted chan net.Conn
	failed   chan error // of the listener
	quit     chan struct{}
	readers  sync.WaitGroup

	client  *host    // the TCP client that is served
	waiting net.Conn // accepted while the client before it was leaving
	heard   *host    // the host that was heard last, to whom the device talks
	baud    int      // last told to the device

	held *arrival // arrived, not yet received
	slot arrival  // what held points to
	out  []byte
	// advanced is the wake-up last served. A device that asks for none later than that
	// must not shut out what has arrived.
	advanced time.Duration
}

func newRun(config Config, device Device) *run {
	r := &run{
		config: config, device: device, clock: config.Clock,
		arrivals: make(chan arrival, 2*readBuffers),
		accepted: make(chan net.Conn), failed: make(chan error, 1), quit: make(chan struct{}),
	}
	r.advanced = -1
	if r.clock == nil {
		r.clock = machine.WallClock()
	}
	return r
}

// serveTerminal starts the reader of the PTY.
func (r *run) serveTerminal(t *terminal) {
	r.read(&host{name: t.name(), port: t, tty: t})
}

// read starts the goroutine that reads from h.
func (r *run) read(h *host) {
	h.free = make(chan []byte, readBuffers)
	for range readBuffers {
		h.free <- make([]byte, readBufferBytes)
	}
	r.readers.Go(func() { r.reader(h) })
}

func (r *run) reader(h *host) {
	for {
		a := arrival{from: h}
		select {
		case a.buffer = <-h.free:
		case <-r.quit:
			return
		}
		for len(a.data) == 0 && a.err == nil {
			select {
			case <-r.quit:
				return
			default:
			}
			n, err := h.port.Read(a.buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = nil
			}
			a.at, a.data, a.err = r.clock.Now(), a.buffer[:n], err
		}
		if h.tty != nil {
			a.baud = h.tty.baud()
		}
		select {
		case r.arrivals <- a:
		case <-r.quit:
			return
		}
		if a.err != nil {
			return
		}
	}
}

// accept starts the goroutine that takes TCP clients and leaves it to the loop what
// becomes of them.
func (r *run) accept(l net.Listener) {
	r.readers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				r.failed <- err
				return
			}
			select {
			case r.accepted <- conn:
			case <-r.quit:
				conn.Close()
				return
			}
		}
	})
}

// stop ends the goroutines; the ports have been closed before.
func (r *run) stop() {
	close(r.quit)
	if r.client != nil {
		r.client.conn.Close()
	}
	if r.waiting != nil {
		r.waiting.Close()
	}
	r.readers.Wait()
}

// loop owns the device.
func (r *run) loop(ctx context.Context) error {
	timer := r.clock.Timer()
	defer timer.Stop()
	done, err := r.settle(r.clock.Now())
	for !done && err == nil {
		if err = ctx.Err(); err != nil {
			return err
		}
		done, err = r.turn(ctx, timer)
	}
	return err
}

// turn does the next thing there is to do, waiting for it if need be. Bytes that arrived
// before a wake-up was due come before it, however late the loop is.
func (r *run) turn(ctx context.Context, timer machine.Timer) (done bool, err error) {
	if r.held == nil {
		select {
		case a := <-r.arrivals:
			r.hold(a)
		default:
		}
	}
	at, wake := r.device.Next()
	now := r.clock.Now()
	switch {
	case r.held != nil && (!wake || r.held.at <= at || at <= r.advanced):
		return r.receive(now)
	case wake && at <= now:
		// A device that is always due must not shut out everything else.
		select {
		case command, ok := <-r.config.Commands:
			return r.command(command, ok)
		case conn := <-r.accepted:
			r.admit(conn)
		case err := <-r.failed:
			return false, fmt.Errorf("waiting for TCP clients: %w", err)
		default:
		}
		r.advanced = at
		r.device.Advance(now)
		return r.settle(now)
	}

	var due <-chan time.Time
	if wake {
		timer.Reset(at)
		due = timer.C()
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case command, ok := <-r.config.Commands:
		return r.command(command, ok)
	case conn := <-r.accepted:
		r.admit(conn)
	case err := <-r.failed:
		return false, fmt.Errorf("waiting for TCP clients: %w", err)
	case a := <-r.arrivals:
		r.hold(a)
	case <-due:
	}
	return false, nil
}

func (r *run) hold(a arrival) {
	r.slot = a
	r.held = &r.slot
}

func (r *run) command(command func(now time.Duration), open bool) (done bool, err error) {
	if !open {
		r.config.Commands = nil
		return false, nil
	}
	now := r.clock.Now()
	command(now)
	return r.settle(now)
}

// receive hands what arrived to the device.
func (r *run) receive(now time.Duration) (done bool, err error) {
	a := *r.held
	r.held = nil
	if len(a.data) > 0 {
		r.listenTo(now, a.from, a.baud)
		r.device.Receive(now, a.data)
		if done, err = r.settle(now); done || err != nil {
			return done, err
		}
	}
	if a.err == nil {
		a.from.free <- a.buffer
		return false, nil
	}
	if a.from.tty != nil {
		return false, fmt.Errorf("reading from %s: %w", a.from.name, a.err)
	}
	return r.disconnect(now, a.err)
}

// listenTo makes h the host to whom the device talks.
func (r *run) listenTo(now time.Duration, h *host, baud int) {
	if h.tty != nil && baud == 0 && r.heard == h {
		// Hung up or not readable: the rate stays what it was.
		baud = r.baud
	}
	r.heard = h
	if baud == r.baud {
		return
	}
	r.baud = baud
	r.device.HostBaud(now, baud)
	if baud != 0 {
		r.tell(Event{Kind: BaudChanged, At: now, Host: h.name, Baud: baud})
	}
}

// settle ends a turn of the device: events, memory, and only then the bytes.
func (r *run) settle(now time.Duration) (done bool, err error) {
	done = r.config.Step != nil && r.config.Step(now)
	r.out = r.device.Transmit(r.out[:0])
	if r.config.Persist != nil {
		if err := r.config.Persist(); err != nil {
			return false, fmt.Errorf("keeping the device's memory: %w", err)
		}
	}
	if len(r.out) > 0 && r.heard != nil {
		r.send(now, r.heard, r.out)
	}
	return done, nil
}

// send writes p to h. What h does not take in time is lost, as a UART drops what the
// line does not take; what comes after it is tried anew.
func (r *run) send(now time.Duration, h *host, p []byte) {
	h.limitWrite(time.Now())
	for len(p) > 0 {
		n, err := h.port.Write(p)
		p = p[n:]
		if err != nil {
			// A broken connection shows up at its reader too, which ends the host.
			break
		}
	}
	h.jammed = len(p) > 0
	if h.jammed {
		r.tell(Event{Kind: LostBytes, At: now, Host: h.name, Bytes: len(p)})
	}
}

// limitWrite sees to it that a write to h takes no longer than stallLimit or twice that.
// A deadline is costly to set, so it is not set for every write.
func (h *host) limitWrite(now time.Time) {
	switch {
	case h.jammed:
		h.limit = now.Add(jammedLimit)
	case h.limit.Sub(now) < stallLimit:
		h.limit = now.Add(2 * stallLimit)
	default:
		return
	}
	// It fails only on a port that is closed, and then Write does.
	_ = h.port.SetWriteDeadline(h.limit)
}

// admit decides about a new TCP client.
func (r *run) admit(conn net.Conn) {
	now := r.clock.Now()
	switch {
	case r.client == nil:
		r.connect(now, conn)
	case r.waiting == nil && leaving(r.client.conn):
		// What the one before it sent is still to be read; then it is this one's turn.
		r.waiting = conn
	default:
		conn.Close()
		r.tell(Event{Kind: Refused, At: now, Host: conn.RemoteAddr().String(),
			Reason: "the port takes one connection at a time and " + r.client.name + " has it"})
	}
}

func (r *run) connect(now time.Duration, conn net.Conn) {
	r.client = &host{name: conn.RemoteAddr().String(), port: conn, conn: conn}
	if r.heard == nil {
		// There is nobody else that the device could be talking to.
		r.listenTo(now, r.client, 0)
	}
	r.read(r.client)
	r.tell(Event{Kind: Connected, At: now, Host: r.client.name})
}

// disconnect ends the TCP client, whose last bytes have been received.
func (r *run) disconnect(now time.Duration, cause error) (done bool, err error) {
	gone := r.client
	r.client = nil
	gone.conn.Close()
	reason := "closed by the client"
	if !errors.Is(cause, io.EOF) {
		reason = cause.Error()
	}
	r.tell(Event{Kind: Disconnected, At: now, Host: gone.name, Reason: reason})
	if r.heard == gone {
		// Not if the PTY was heard since: its half frame is not to be lost.
		r.heard = nil
		r.device.HostGone(now)
		done, err = r.settle(now)
	}
	if conn := r.waiting; conn != nil && !done && err == nil {
		r.waiting = nil
		r.connect(now, conn)
	}
	return done, err
}

func (r *run) tell(e Event) {
	if r.config.Event != nil {
		r.config.Event(e)
	}
}
