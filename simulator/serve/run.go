package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/steady"
)

const (
	// A PTY hands over at most 4096 bytes at once, and readBufferMost is for a TCP client that
	// sends more.
	readBufferBytes = 4096
	readBufferMost  = 64 << 10
	// turnsAtOnce is how many turns one goroutine does before others may: a device that is
	// always due must not keep them out.
	turnsAtOnce = 16
	// stallLimit is the least time after which bytes that a host does not read are lost. A
	// kernel holds more than a whole frame, so a host that reads never comes near it.
	stallLimit = 200 * time.Millisecond
	// jammedLimit is how long a host is waited for that has just lost bytes: the device's time
	// must go on.
	jammedLimit = time.Millisecond
	// stuckLimit is how long a host is held back for something that takes nothing: at 300 baud the 512
	// bytes of a piece take 17 s.
	stuckLimit = 20 * time.Second
	// mostWaiting is how many TCP clients wait until those before them, who have closed already, are
	// read to their ends.
	mostWaiting = 16
)

// port is how a host is reached.
type port interface {
	io.ReadWriter
	SetWriteDeadline(limit time.Time) error
}

// host is one that may talk to the device: the client on the PTY, or a TCP client.
type host struct {
	name   string
	port   port
	conn   net.Conn        // of a TCP client, nil on the PTY
	tty    *terminal       // nil for a TCP client
	remote *rfc2217.Server // of a client of RFC 2217; else nil
	tcp    net.Conn        // of a TCP client, below RFC 2217 if that is spoken
	raw    syscall.RawConn // of port
	buffer []byte          // what was last read
	jammed bool            // its last bytes were lost
	since  time.Duration   // when a TCP client connected
	spoke  time.Duration   // when it last sent something
	gone   bool            // the connection was ended from here; what its reader still brings is dropped
	limit  time.Time       // the write deadline of port

	// door guards what follows.
	arrival arrival
	queued  bool // arrival has not been received yet
	// away: the reader is giving the device what it has read, or waits to. Bytes that came
	// after drained may still be in the kernel then.
	away    bool
	drained time.Duration
}

// arrival is what one read brought.
type arrival struct {
	at   time.Duration
	baud int    // rate of the PTY after the read, 0: not known
	data []byte // a slice of the host's buffer
	err  error  // the host is gone after data
}

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
	}
	r.hangUpWaiting()
	r.dropPort()
	r.mu.Unlock()
	r.readers.Wait()
}

// accept starts the goroutine that accepts TCP clients. Run's goroutine decides about them.
func (r *run) accept(l *patient) {
	r.readers.Go(func() {
		for {
			conn, err := l.wait(func(err error) { r.tellNoRoom(l, err) })
			if errors.Is(err, net.ErrClosed) {
				return // from here
			}
			if err != nil {
				select {
				case r.failed <- err:
				case <-r.quit: // another port has failed too, or it ended for another reason
				}
				return
			}
			select {
			case r.accepted <- caller{conn, l}:
			case <-r.quit:
				conn.Close()
				return
			}
		}
	})
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
				r.holdBack()
			}
		}
	})
}

// holdBack waits while what hosts have sent is not taken.
func (r *run) holdBack() {
	if r.config.Full == nil {
		return
	}
	for full := r.config.Full(); full != nil; full = r.config.Full() {
		select {
		case <-full:
		case <-r.quit:
			return
		case <-time.After(stuckLimit):
			return
		}
	}
}

// widen makes more room for what is read at once where n bytes have filled it. The buffer must be free.
func (h *host) widen(n int) {
	if n == len(h.buffer) && n < readBufferMost {
		h.buffer = make([]byte, 2*n)
	}
}

func newClient(conn net.Conn, remote *rfc2217.Server) *host {
	h := &host{name: conn.RemoteAddr().String(), port: conn, conn: conn, tcp: conn, buffer: make([]byte, readBufferBytes)}
	if remote != nil {
		h.port, h.conn, h.remote = remote, remote, remote
		return h
	}
	if c, ok := conn.(syscall.Conn); ok {
		// Without it, only h's own reader brings its bytes.
		h.raw, _ = c.SyscallConn()
	}
	return h
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

// baud is the rate of the host, if it has set one; 0 if it has none or it is unknown.
func (h *host) baud() int {
	switch {
	case h.tty != nil:
		return h.tty.baud()
	case h.remote != nil:
		return h.remote.Baud()
	}
	return 0
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

func (r *run) tellNoRoom(l *patient, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.tell(l.noRoom(r.tick(), err))
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

// attach begins to listen to the ports, which are open.
func (r *run) attach() {
	t, plain, remote := r.ports.opened()
	if t != nil {
		r.tty = &host{name: t.name(), port: t, tty: t, raw: t.raw(), buffer: make([]byte, readBufferBytes)}
		r.read(r.tty)
		if r.config.Unasked && r.heard == nil {
			r.heard = r.tty
		}
	}
	for _, l := range []*patient{plain, remote} {
		if l != nil {
			r.accept(l)
		}
	}
	if r.config.Port != "" {
		r.attachPort()
	}
}

// followPorts takes the ports away, or opens them again, as the device's side says.
func (r *run) followPorts(now time.Duration) {
	if r.config.Gone == nil || r.over {
		return
	}
	switch gone := r.config.Gone(); {
	case gone && !r.gone:
		r.vanish(now)
	case r.gone && !gone:
		r.comeBack(now)
	}
}

// vanish takes the ports away. What was on its way to a host is lost.
func (r *run) vanish(now time.Duration) {
	r.gone = true
	for _, name := range r.ports.names() {
		r.tell(Event{Kind: Vanished, At: now, Host: name})
	}
	if t := r.tty; t != nil {
		r.tty, t.gone = nil, true
		if r.heard == t {
			r.heard = nil
			r.device.HostGone(now)
		}
	}
	r.hangUpWaiting()
	r.detachPort(now)
	if r.client != nil {
		r.sever(r.client.conn)
		r.part(now, "the port is gone")
	}
	if err := r.ports.close(); err != nil {
		r.end(fmt.Errorf("taking the ports away: %w", err))
	}
}

func (r *run) comeBack(now time.Duration) {
	r.gone = false
	if err := r.ports.open(); err != nil {
		r.end(fmt.Errorf("bringing the ports back: %w", err))
		return
	}
	r.attach()
	for _, name := range r.ports.names() {
		r.tell(Event{Kind: CameBack, At: now, Host: name})
	}
}

// sever makes the end of a connection a reset.
func (r *run) sever(conn net.Conn) {
	if c, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		// It fails only if the connection has ended, and then there is nothing to reset.
		_ = c.SetLinger(0)
	}
}

// reset breaks the connection of the host that was last heard. It returns false if there is
// none.
func (r *run) reset(now time.Duration) bool {
	h := r.heard
	switch {
	case h == nil:
		r.tell(Event{Kind: NotReset, At: now, Reason: "nobody is connected"})
		return false
	case h.conn == nil:
		r.tell(Event{Kind: NotReset, At: now, Host: h.name, Reason: "a PTY or a serial port has no connection that could be reset; serve on TCP for that"})
		return false
	}
	r.sever(h.conn)
	r.part(now, "reset from here")
	return true
}

// send writes p to h. What h does not take in time is lost, as with a UART whose line takes
// nothing. Later bytes are tried again.
func (r *run) send(now time.Duration, h *host, p []byte) {
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

// limitWrite makes sure that a write to h takes no longer than twice stallLimit. A deadline is
// costly, so it is not set for every write.
func (h *host) limitWrite(now time.Time) {
	switch {
	case h.jammed:
		h.limit = now.Add(jammedLimit)
	case h.limit.Sub(now) < stallLimit:
		h.limit = now.Add(2 * stallLimit)
	default:
		return
	}
	// It fails only on a closed port, and then Write fails, too.
	_ = h.port.SetWriteDeadline(h.limit)
}

// disconnect ends the TCP client after its last bytes were received.
func (r *run) disconnect(now time.Duration, cause error) {
	reason := closedByClient
	if !errors.Is(cause, io.EOF) {
		reason = cause.Error()
	}
	r.part(now, reason)
}

// part ends the connection of the TCP client and lets the next one in. The device learns of it
// before the client can.
func (r *run) part(now time.Duration, reason string) {
	gone := r.client
	r.client, gone.gone = nil, true
	r.tell(Event{Kind: Disconnected, At: now, Host: gone.name, Reason: reason})
	// Not if the PTY was heard since: its half frame must not be lost.
	heard := r.heard == gone
	if heard {
		r.heard = nil
		r.device.HostGone(now)
	}
	gone.conn.Close()
	if heard {
		r.settle(now)
	}
	if len(r.waiting) > 0 && !r.over {
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.connect(now, next)
	}
}

func (r *run) connect(now time.Duration, c caller) {
	limitSilence(c.conn)
	r.client = newClient(c.conn, r.remoteOn(c))
	r.client.since, r.client.spoke = now, now
	if r.heard == nil {
		// The device can be talking to nobody else.
		r.listenTo(now, r.client, r.client.baud())
	}
	r.read(r.client)
	r.tell(Event{Kind: Connected, At: now, Host: r.client.name})
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

// caller is a new TCP client, and the listener that it has reached.
type caller struct {
	conn net.Conn
	at   *patient
}

// admit decides whether a new TCP client is served. Who has reached a port that has vanished since is
// not, even if the port is there again.
func (r *run) admit(c caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, conn := r.tick(), c.conn
	_, plain, remote := r.ports.opened()
	switch {
	case r.over || r.gone || c.at != plain && c.at != remote:
		conn.Close()
	case r.client == nil:
		r.connect(now, c)
	case len(r.waiting) < mostWaiting && leaving(r.lastCaller()):
		// What the ones before have sent must be read first; then this one is served.
		r.waiting = append(r.waiting, c)
	case r.config.Takeover:
		for _, before := range r.waiting {
			r.refuse(now, before.conn)
		}
		r.waiting = append(r.waiting[:0], c)
		r.part(now, takenOver+conn.RemoteAddr().String())
	default:
		r.refuse(now, conn)
	}
}

// lastCaller is the TCP client that came last, of the one that is served and those behind it.
func (r *run) lastCaller() net.Conn {
	if n := len(r.waiting); n > 0 {
		return r.waiting[n-1].conn
	}
	return r.client.tcp
}

// hangUpWaiting closes the connections of those who wait.
func (r *run) hangUpWaiting() {
	for _, c := range r.waiting {
		c.conn.Close()
	}
	r.waiting = nil
}

func (r *run) refuse(now time.Duration, conn net.Conn) {
	conn.Close()
	holder := Holder{Host: r.client.name, Age: now - r.client.since, Silent: now - r.client.spoke}
	r.tell(Event{Kind: Refused, At: now, Host: conn.RemoteAddr().String(), Reason: holder.reason(), Holder: holder})
}
