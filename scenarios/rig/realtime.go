package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
	"ionbench/simulator/serve"
	"ionbench/simulator/story"
)

// Transport is what carries the bytes of an attempt.
type Transport uint8

// The transports.
const (
	Bench Transport = iota // the bench's line, in virtual time
	PTY                    // a pseudo-terminal, in real time; only on Linux
	TCP                    // a socket on the loopback interface, in real time
)

// String names the transport.
func (t Transport) String() string { return [...]string{"bench", "PTY", "TCP"}[t] }

// Transports are all transports, the bench first.
func Transports() []Transport { return []Transport{Bench, PTY, TCP} }

// instantTiming is the timing of a tool that talks to an instant meter. The tool waits only for
// answers that never come. The wait is long, so that an answer is never late on a busy computer.
func instantTiming() client.Timing {
	t := client.DefaultTiming()
	t.Response = 3 * time.Second
	t.Turnaround, t.Restart, t.Twin = 0, 0, 0
	t.Poll = 500 * time.Millisecond
	return t
}

// maxRealTime is long enough for any attempt of an instant setup, unless the attempt hangs.
const maxRealTime = time.Minute

// TryOver runs an attempt to its end over a transport and judges it. Over a PTY or TCP it
// takes real time (see Options.Instant): the rig's clock follows the wall clock, and an attempt
// without a Limit gets one minute. Package serve serves the station and package port makes the
// tool's connection. One lock puts their turns in order, which package bench does otherwise.
//
// The error is about the attempt, ctx or the transport. It wraps errors.ErrUnsupported on a
// system without PTYs.
func (r *Rig) TryOver(ctx context.Context, over Transport, a *world.Attempt) (*Outcome, error) {
	if err := r.doBefore(a); err != nil {
		return nil, err
	}
	return r.over(ctx, over, func() error { return r.begin(a) })
}

// RecoverOver is BeginRecovery, run to its end over a transport as TryOver does.
func (r *Rig) RecoverOver(ctx context.Context, over Transport, of *world.Attempt, faults fault.Plan) (*Outcome, error) {
	r.Heal()
	return r.over(ctx, over, func() error { return r.beginRecovery(of, faults) })
}

// over calls begin, which starts an attempt, and runs that attempt to its end over a transport.
func (r *Rig) over(ctx context.Context, over Transport, begin func() error) (*Outcome, error) {
	if over == Bench {
		if err := begin(); err != nil {
			return nil, err
		}
		return r.Finish(), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	clock := machine.WallClockFrom(r.Now())
	p := &pair{now: r.Now(), wake: make(chan func(time.Duration), 1), frames: r.options.Trace == FrameTrace}
	config := serve.Config{Clock: clock, PTY: over == PTY, Baud: r.said().Baud, Reset: p.takeReset, Gone: p.portGone, Event: p.hear}
	if over == TCP {
		config.TCP = "127.0.0.1:0"
	}
	server, err := serve.Listen(config)
	if err != nil {
		return nil, fmt.Errorf("attempt over %v: %w", over, err)
	}
	if err := begin(); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	p.station, p.tool = r.bench.Station(), r.bench.Host().(*tool)
	ended, err := r.joinOver(ctx, p, server, clock)
	if err != nil {
		return nil, fmt.Errorf("attempt over %v: %w", over, err)
	}
	return r.finish(ended, over), nil
}

// joinOver lets the two ends of p talk to each other through server.
func (r *Rig) joinOver(ctx context.Context, p *pair, server *serve.Server, clock machine.Clock) (ended bool, err error) {
	limit := r.attempt.Limit
	if limit == 0 {
		limit = maxRealTime
	}
	attempt, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	if server.PTY() == "" {
		p.station.HostBaud(p.now, 0)
	}
	serving, stop := context.WithCancel(attempt)
	served := make(chan error, 1)
	go func() {
		served <- server.Run(serving, device{p})
		cancel() // if a port failed, the tool must not wait for an answer
	}()
	toolErr := p.drive(attempt, server, r.attempt.Baud, clock)
	stop()
	serverErr := <-served

	r.bench = bench.New(p.now, p.station, p.tool)
	switch {
	case p.tool.Done():
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(attempt.Err(), context.DeadlineExceeded):
		return false, nil
	case errors.Is(serverErr, context.Canceled):
		return false, toolErr
	}
	return false, errors.Join(serverErr, toolErr)
}

// drive runs the tool's side: one process, with a new connection after each that ended.
func (p *pair) drive(ctx context.Context, server *serve.Server, baud int, clock machine.Clock) error {
	options := machine.Options{
		Clock:    clock,
		Step:     func(time.Duration) bool { return host{p}.done() },
		Commands: p.wake,
	}
	for broke := false; ; broke = true {
		conn, err := p.open(ctx, server, baud, options)
		if err != nil || (host{p}).done() {
			return err
		}
		if broke {
			p.carryReset(clock.Now())
		}
		err = machine.Drive(ctx, host{p}, conn, options)
		if !errors.Is(err, machine.ErrLineLost) || !p.wasCut() || (host{p}).done() {
			return err
		}
	}
}

// open opens the tool's connection. While the port is gone the tool's time goes on without one.
func (p *pair) open(ctx context.Context, server *serve.Server, baud int, o machine.Options) (io.ReadWriteCloser, error) {
	for {
		if p.portGone() {
			done := o.Step
			o.Step = func(now time.Duration) bool { return done(now) || !p.portGone() }
			_ = machine.Drive(ctx, deaf{host{p}}, machine.Nowhere(), o) // it ends when one of the two is so, or ctx ends
			o.Step = done
		}
		to := port.Config{Port: server.PTY(), Baud: baud}
		if a := server.Addr(); a != nil {
			to.TCP = a.String()
		}
		switch conn, err := port.Open(to); {
		case err == nil, ctx.Err() != nil, (host{p}).done(), !p.wasGone():
			return conn, err
		}
		time.Sleep(time.Millisecond) // it is on its way back
	}
}

// pair holds both ends while the wall clock runs. Each end has its own goroutine. The lock
// puts their turns in one sequence, and the trace shows that sequence: the events of one end
// are in the trace before its bytes can arrive at the other end. Once the tool is done nothing
// happens any more, as on the bench.
type pair struct {
	mu      sync.Mutex
	station *bench.Station
	tool    *tool
	now     time.Duration // of the latest turn
	events  []story.Event
	wake    chan func(time.Duration) // ends a wait of the tool's side
	resets  int                      // for the server to carry out
	broken  int                      // resets carried out that the tool has not noticed yet
	gone    bool                     // the port was gone, now or before
	frames  bool                     // what goes over the line is traced
}

// turn lets do have both ends for itself, at now, or a little later if the other end had a turn after
// the clock was read. Once the tool is done nothing is done.
func (p *pair) turn(now time.Duration, do func(now time.Duration)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now = max(p.now, now); !p.tool.Done() {
		do(p.now)
	}
}

// note adds the tool's events to the trace.
func (p *pair) note() {
	p.events = p.tool.Drain(p.events[:0], p.station)
	for _, e := range p.events {
		p.station.Note(e)
	}
}

// order gives the faults of the host's side to the tool and wakes its goroutine. Resets are
// kept for the server, which carries them out.
func (p *pair) order() {
	orders := p.station.Orders()
	if len(orders) == 0 {
		return
	}
	for _, o := range orders {
		if o.Command == bench.ResetConnection {
			p.resets++
			continue
		}
		p.gone = p.gone || o.Command == bench.LosePort
		p.tool.Order(p.now, o)
	}
	p.note()
	select {
	case p.wake <- func(time.Duration) {}:
	default: // a wake is already waiting
	}
}

// takeReset reports to the server whether to reset the connection.
func (p *pair) takeReset() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.resets == 0 {
		return false
	}
	p.resets--
	p.broken++
	return true
}

// hear adds a reset that the server could not carry out to the trace.
func (p *pair) hear(e serve.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frames {
		NoteConnection(p.station, e)
	}
	if e.Kind != serve.NotReset {
		return
	}
	p.broken--
	p.station.Note(story.Event{At: e.At, Source: story.Fault, What: story.NotReset{Reason: e.Reason}})
}

// NoteConnection adds a connection that begins or ends to the trace of a station's line.
func NoteConnection(s *bench.Station, e serve.Event) {
	switch e.Kind {
	case serve.Connected:
		s.Note(story.Event{At: e.At, Source: story.Line, What: story.HostConnected{}})
	case serve.Disconnected:
		s.Note(story.Event{At: e.At, Source: story.Line, What: story.HostLeft{Reason: e.Broke()}})
	}
}

// wasCut reports whether a fault broke the connection.
func (p *pair) wasCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken > 0 || p.gone
}

// portGone reports whether the port is gone.
func (p *pair) portGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.station.PortGone()
}

// wasGone reports whether the port was gone, now or before.
func (p *pair) wasGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// carryReset tells the tool of the reset that broke its connection, when the next one is open.
func (p *pair) carryReset(now time.Duration) {
	p.turn(now, func(now time.Duration) {
		if p.broken == 0 {
			return // the port was gone, of which the tool knows
		}
		p.broken--
		p.tool.Order(now, bench.Order{Command: bench.ResetConnection})
		p.note()
	})
}

// device is the station's end of a pair.
type device struct{ *pair }

func (d device) Receive(now time.Duration, b []byte) {
	d.turn(now, func(now time.Duration) {
		d.station.Receive(now, b)
		d.order()
	})
}

func (d device) Advance(now time.Duration) {
	d.turn(now, func(now time.Duration) {
		d.station.Advance(now)
		d.order()
	})
}

func (d device) Next() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.station.Next()
	return at, ok && !d.tool.Done()
}

func (d device) Transmit(dst []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tool.Deaf() {
		d.station.Lose()
	}
	return d.station.Transmit(dst)
}

func (d device) HostBaud(now time.Duration, baud int) {
	d.turn(now, func(now time.Duration) {
		d.station.HostBaud(now, baud)
	})
}

// HostGone matters only after a reset: a tool that is done leaves too, but then turn refuses.
func (d device) HostGone(now time.Duration) {
	d.turn(now, func(now time.Duration) {
		d.station.HostGone(now)
		d.order()
	})
}

// host is the tool's end of a pair.
type host struct{ *pair }

func (h host) Receive(now time.Duration, b []byte) {
	h.turn(now, func(now time.Duration) {
		h.tool.Receive(now, b)
		h.note()
	})
}

func (h host) Advance(now time.Duration) {
	h.turn(now, func(now time.Duration) {
		h.tool.Advance(now)
		h.note()
	})
}

func (h host) Next() (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tool.Next()
}

func (h host) Transmit(dst []byte) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tool.Transmit(dst)
}

func (h host) done() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tool.Done()
}

// deaf is a host without a connection: what it has to say waits for the next one.
type deaf struct{ host }

func (deaf) Transmit(dst []byte) []byte { return dst }

// Promised is the part of a trace that is the same over every transport, one line per event:
// the events of the meter, the faults and the tool, in order, without times and without the
// time stamps of Upgrade.log.
//
// With an instant setup the order of all events is promised, because each end finishes its work
// before its answer arrives. If meter and line take time, only the order within each source is
// promised (PromisedOf): what the tool does after an answer and what the meter still does after
// sending it can come in either order. If the plan cuts the meter's power, the boot time also
// decides which of the tool's requests the meter is back for.
//
// Events of the line, such as a host's baud rate, depend on the transport and are left out.
func Promised(trace []story.Event) []string {
	return promised(trace, func(s story.Source) bool { return s != story.Line })
}

// PromisedOf is Promised for the events of one source.
func PromisedOf(trace []story.Event, source story.Source) []string {
	return promised(trace, func(s story.Source) bool { return s == source })
}

func promised(trace []story.Event, of func(story.Source) bool) []string {
	var list []string
	for _, e := range trace {
		if !of(e.Source) {
			continue
		}
		if l, ok := e.What.(LineLogged); ok {
			e.What = unstamped{l}
		}
		list = append(list, e.Untimed())
	}
	return list
}

// unstamped is a line of the log without the time at which it was written. Lines with the date
// of the firmware keep it: it does not depend on when the attempt runs.
type unstamped struct{ LineLogged }

func (w unstamped) Details() string {
	switch k := w.Line.Kind; k {
	case upgradelog.UpgradeStarted, upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed:
		return k.String()
	}
	return w.LineLogged.Details()
}
