package serve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/steady"
)

// turnsAtOnce is how many turns one goroutine does before others may: a device that is
// always due must not keep them out.
const turnsAtOnce = 16

// run is one call of Server.Run. Each host has a goroutine that reads and gives the device what
// it has read: handing it to another goroutine, and the answer back, would cost as much as
// everything else. Run's own goroutine does wake-ups, commands and new clients. The owner of mu
// owns the device.
type run struct {
	config   Config
	ports    *ports
	device   Device
	clock    machine.Clock
	commands <-chan func(now time.Duration)
	accepted chan caller
	failed   chan error    // of the listener
	poked    chan struct{} // tells Run's goroutine to look what is due
	quit     chan struct{}
	readers  sync.WaitGroup

	// door guards what readers leave while the device is busy. It is held only for moments,
	// also by owners of mu.
	door  sync.Mutex
	queue []*host // hosts whose arrivals are to be received, by time of arrival

	// mu guards the device and what follows.
	mu      *sync.Mutex // Config.Turns, or its own
	over    bool        // no more turns; err says why
	err     error
	tty     *host              // nil without a PTY
	client  *host              // the TCP client that is served
	gone    bool               // the ports are
	waiting []caller           // accepted while the client before each was leaving
	port    *steady.Port       // that is there already; nil without one
	cable   *host              // who is on it
	modem   rfc2217.ModemState // of the lines at the device, as hosts were told
	heard   *host              // the host that was last heard, to which the device talks
	baud    int                // last told to the device
	out     []byte
	now     time.Duration // of the turn
	told    time.Duration // last told to the device
	kept    time.Duration // when the memory was last saved
	// advanced is the last wake-up that was served. A device that asks for none later must not
	// keep arrived bytes out.
	advanced time.Duration
	// wakeAt is when Run's goroutine looks again by itself, if waking is set.
	wakeAt time.Duration
	waking bool
}

func newRun(config Config, device Device, p *ports) *run {
	r := &run{
		config: config, ports: p, device: device, clock: config.Clock, commands: config.Commands,
		accepted: make(chan caller), failed: make(chan error, 1),
		poked: make(chan struct{}, 1), quit: make(chan struct{}),
		advanced: -1, modem: allLines,
		mu: config.Turns,
	}
	if r.mu == nil {
		r.mu = new(sync.Mutex)
	}
	if r.clock == nil {
		r.clock = machine.WallClock()
	}
	return r
}

// serve runs the device on its ports. It leaves them open, with goroutines waiting on them: close
// the ports, then call stop.
func (r *run) serve(ctx context.Context) error {
	r.mu.Lock()
	r.attach()
	// What the device has to say before anything arrives.
	r.settle(r.tick())
	r.mu.Unlock()
	return r.loop(ctx)
}

// stop ends the goroutines. The ports must be closed before.
func (r *run) stop() {
	close(r.quit)
	r.mu.Lock()
	if r.client != nil {
		r.client.conn.Close()
		r.client.endBox()
	}
	if r.tty != nil {
		r.tty.endBox()
	}
	r.hangUpWaiting()
	r.dropPort()
	r.mu.Unlock()
	r.readers.Wait()
}

// read starts the goroutine that reads from h.
func (r *run) read(h *host) {
	r.readers.Go(func() {
		for open := true; open; {
			n, err := h.port.Read(h.buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = nil
			}
			if n == 0 && err == nil {
				continue
			}
			now := r.enqueue(h, n, err)
			open = r.carry(h, now) && err == nil
			if open {
				h.widen(n)
				steady.HoldBack(r.config.Full, r.quit)
			}
		}
	})
}

// enqueue leaves what was read from h for the next owner of the device, and returns when it
// came.
func (r *run) enqueue(h *host, n int, err error) time.Duration {
	baud := h.baud()
	r.door.Lock()
	defer r.door.Unlock()
	now := r.clock.Now()
	h.away, h.drained = true, now
	r.push(h, arrival{at: now, baud: baud, data: h.buffer[:n], err: err})
	return now
}

// push needs the door.
func (r *run) push(h *host, a arrival) {
	h.arrival, h.queued = a, true
	i := len(r.queue)
	for i > 0 && r.queue[i-1].arrival.at > a.at {
		i--
	}
	r.queue = slices.Insert(r.queue, i, h)
}

// carry gives the device what h left at now, and goes on until nothing is due. It returns
// whether the device is still served.
func (r *run) carry(h *host, now time.Duration) bool {
	if !r.mu.TryLock() {
		r.mu.Lock()
		now = r.clock.Now()
	}
	defer r.mu.Unlock()
	for r.workOn(now); !r.mayRead(h); r.workOn(r.clock.Now()) {
		// Many wake-ups come before what h left, so others may go first.
		r.mu.Unlock()
		r.mu.Lock()
	}
	return !r.over
}

// mayRead reports whether the reader of h may read again, which it may once its buffer is free.
func (r *run) mayRead(h *host) bool {
	r.door.Lock()
	defer r.door.Unlock()
	h.away = h.queued && !r.over
	return !h.away
}

// workOn does what is due by now, and what has become due meanwhile. It leaves the rest to
// Run's goroutine: what is due later, and the wake-ups of a device that is always late.
func (r *run) workOn(now time.Duration) {
	for range turnsAtOnce {
		// Others may have gone further while this goroutine waited for mu.
		r.now = max(r.now, now)
		if r.work() {
			break
		}
		at, wake := r.device.Next()
		if !wake || r.over {
			return
		}
		if now = r.clock.Now(); at > now {
			if !r.waking || at < r.wakeAt {
				r.poke()
			}
			return
		}
	}
	r.poke()
}

// poke makes Run's goroutine look what is due, or that the run is over.
func (r *run) poke() {
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// loop is the work of Run's goroutine.
func (r *run) loop(ctx context.Context) error {
	timer := r.clock.Timer()
	defer timer.Stop()
	atOnce := make(chan time.Time)
	close(atOnce)
	for {
		more, over := r.look(ctx, timer)
		if over {
			return r.err
		}
		due := timer.C()
		if more {
			due = atOnce
		}
		select {
		case <-ctx.Done():
		case command, open := <-r.commands:
			r.command(command, open)
		case c := <-r.accepted:
			r.admit(c)
		case err := <-r.failed:
			r.fail(fmt.Errorf("waiting for TCP clients: %w", err))
		case <-due:
		case <-r.poked:
		}
	}
}

// look does what is due and sets the timer for what comes next. It returns whether more is due.
func (r *run) look(ctx context.Context, timer machine.Timer) (more, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		r.end(err)
	}
	r.tick()
	more = r.work()
	r.wakeAt, r.waking = r.device.Next()
	r.keepIdle(more)
	if r.waking && !more && !r.over {
		timer.Reset(r.wakeAt)
	}
	return more, r.over
}

// keepIdle saves the memory of a device that has had no turn for long, or wakes for it in time.
func (r *run) keepIdle(more bool) {
	every := r.config.PersistEvery
	if every == 0 || more || r.over {
		return
	}
	if r.now-r.kept >= every {
		if r.step(r.now) {
			r.end(nil)
		}
		r.persist(r.now)
	}
	if at := r.kept + every; !r.waking || at < r.wakeAt {
		r.wakeAt, r.waking = at, true
	}
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end(err)
}

// All functions below need mu.

// end prevents further turns.
func (r *run) end(err error) {
	if r.over {
		return
	}
	r.over, r.err = true, err
	r.poke()
}

// tick reads the clock, and keeps the time for the next turns.
func (r *run) tick() time.Duration {
	r.now = r.clock.Now()
	return r.now
}

// work takes turns until nothing is due at r.now, or returns that there is more to do.
func (r *run) work() (more bool) {
	for range turnsAtOnce {
		if r.over || !r.turn() {
			return false
		}
	}
	return true
}

// turn does the next thing that is due, if there is one. Bytes that arrived before a wake-up
// was due come before it, even if both are late.
func (r *run) turn() bool {
	at, wake := r.device.Next()
	if wake = wake && at <= r.now; wake {
		r.fetch(at)
	}
	h, a := r.first()
	switch {
	case h != nil && (!wake || a.at <= at || at <= r.advanced):
		r.pop()
		r.receive(h, a)
	case wake:
		r.followRate(at)
		r.advanced = at
		r.device.Advance(r.now)
		r.settle(r.now)
	default:
		return false
	}
	return true
}

// first returns the host whose bytes came first.
func (r *run) first() (*host, arrival) {
	r.door.Lock()
	defer r.door.Unlock()
	if len(r.queue) == 0 {
		return nil, arrival{}
	}
	return r.queue[0], r.queue[0].arrival
}

func (r *run) pop() {
	r.door.Lock()
	defer r.door.Unlock()
	r.queue[0].queued = false
	r.queue = slices.Delete(r.queue, 0, 1)
}

// fetch reads what came before at, for readers that are busy.
func (r *run) fetch(at time.Duration) {
	r.door.Lock()
	defer r.door.Unlock()
	for _, h := range [...]*host{r.tty, r.client} {
		if h == nil || !h.away || h.queued || h.drained >= at {
			continue
		}
		// The reader of a host that is gone will notice it.
		if n := readNow(h.raw, h.buffer); n > 0 {
			r.push(h, arrival{at: h.drained, baud: h.baud(), data: h.buffer[:n]})
		}
		h.drained = r.now
	}
}

// receive hands what arrived to the device.
func (r *run) receive(h *host, a arrival) {
	if h.gone {
		return
	}
	if len(a.data) > 0 {
		h.spoke = a.at
		r.listenTo(r.now, h, a.baud)
		r.device.Receive(r.now, a.data)
		r.settle(r.now)
	}
	switch {
	case a.err == nil || r.over || h.gone:
	case h.tty != nil:
		r.end(fmt.Errorf("reading from %s: %w", h.name, a.err))
	default:
		r.disconnect(r.now, a.err)
	}
}

// listenTo makes h the host to which the device talks.
func (r *run) listenTo(now time.Duration, h *host, baud int) {
	if h.tty != nil && baud == 0 && r.heard == h {
		// Hung up or unknown: the rate stays as it was.
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

// followRate tells the device that its host has set another rate since it sent something. What is due
// at a time is due at the new rate, so the device hears of it as of just before.
func (r *run) followRate(at time.Duration) {
	if h := r.heard; h != nil && (h == r.tty || h.remote != nil) {
		r.listenTo(max(r.told, at-1), h, h.baud())
	}
}

// settle ends a turn of the device: events first, then memory, then the bytes.
func (r *run) settle(now time.Duration) {
	r.told = now
	done := r.step(now)
	r.out = r.device.Transmit(r.out[:0])
	if !r.persist(now) {
		return
	}
	r.followPorts(now)
	r.followModem()
	reset := r.config.Reset != nil && r.config.Reset() && r.reset(now)
	if !reset && len(r.out) > 0 && r.heard != nil {
		r.send(now, r.heard, r.out)
	}
	if done {
		r.end(nil)
	}
}

func (r *run) step(now time.Duration) (done bool) {
	return r.config.Step != nil && r.config.Step(now)
}

// persist saves the memory. If that fails, the run is over.
func (r *run) persist(now time.Duration) bool {
	r.kept = now
	if r.config.Persist == nil {
		return true
	}
	if err := r.config.Persist(); err != nil {
		r.end(fmt.Errorf("keeping the device's memory: %w", err))
		return false
	}
	return true
}

// send writes p to h. What h does not take in time is lost, as with a UART whose line takes
// nothing, unless it is kept for it. Later bytes are tried again.
func (r *run) send(now time.Duration, h *host, p []byte) {
	if h.box != nil {
		if lost := h.box.Write(p); lost > 0 {
			r.tell(Event{Kind: LostBytes, At: now, Host: h.name, Bytes: lost})
		}
		return
	}
	h.limitWrite(time.Now())
	for len(p) > 0 {
		n, err := h.port.Write(p)
		p = p[n:]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			// The host had no time at all if it was this computer that was late.
			p = p[writeNow(h.raw, p):]
		}
		if err != nil {
			// The host's reader will notice a broken connection, and end the host.
			break
		}
	}
	h.jammed = len(p) > 0
	if h.jammed {
		r.tell(Event{Kind: LostBytes, At: now, Host: h.name, Bytes: len(p)})
	}
}

func (r *run) tell(e Event) {
	if r.config.Event != nil {
		r.config.Event(e)
	}
}

// The functions below are called by Run's goroutine without mu.

func (r *run) command(command func(now time.Duration), open bool) {
	if !open {
		r.commands = nil
		return
	}
	r.do(context.Background(), command)
}

// do runs a command, and returns whether it has: not if the run is over, or ctx has ended. Any goroutine
// may call it.
func (r *run) do(ctx context.Context, command func(now time.Duration)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || ctx.Err() != nil {
		return false
	}
	now := r.tick()
	command(now)
	r.settle(now)
	r.workOn(r.clock.Now())
	return true
}
