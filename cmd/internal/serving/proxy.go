package serving

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/control"
	"ionbench/simulator/machine"
	"ionbench/simulator/proxy"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/serve"
	"ionbench/simulator/steady"
	"ionbench/simulator/story"
)

// Far says where the meter of a proxy is.
type Far struct {
	Name string // as people say it
	Open func(ctx context.Context) (io.ReadWriteCloser, error)
}

// ProxyFormat is the name and version of what a proxy prints with --json.
const ProxyFormat = "ionsim-proxy-events 1"

// farSide is the running far port of a proxy. A nil one does nothing.
type farSide struct {
	*proxy.Far
	early  chan func(now time.Duration) // what is to be done before the proxy is served
	served chan struct{}                // closed when it is, by server
	server *serve.Server
	hosts  int  // TCP clients that are connected
	broken bool // the connection of the TCP client is to end, as that to the meter has
}

// openFar begins to open the far port, if the meter is elsewhere.
func (s *server) openFar() {
	to := s.meter.Far
	if to == nil {
		return
	}
	f := &farSide{early: make(chan func(time.Duration)), served: make(chan struct{})}
	s.far, s.observer.far = f, true
	f.Far = proxy.Start(proxy.Config{Open: to.Open, Do: f.do, Station: s.station(), Full: f.hostFull, Event: func(e steady.Event) {
		f.broken = f.broken || e.Kind == steady.Lost && f.hosts > 0
		s.observer.farPort(to.Name, e)
	}})
}

// do runs a function between two turns of what is served, or before the first.
func (f *farSide) do(ctx context.Context, run func(now time.Duration)) bool {
	select {
	case f.early <- run:
		return true
	case <-f.served:
		return f.server.Do(ctx, run)
	case <-ctx.Done():
		return false
	}
}

func (f *farSide) close() {
	if f != nil {
		f.Far.Close()
	}
}

// firstOpening is how long a proxy waits for the meter's port before it says that it is ready.
const firstOpening = time.Second

// first waits until the far port was tried for the first time, so that what comes first is not lost,
// and returns what is to be done then. Whatever else comes from there is done by the server.
func (f *farSide) first(by *serve.Server) func(now time.Duration) {
	nothing := func(time.Duration) {}
	if f == nil {
		return nothing
	}
	f.server = by
	defer close(f.served)
	select {
	case opened := <-f.early:
		return opened
	case <-time.After(firstOpening):
		return nothing
	}
}

// flush writes what is for the meter.
func (f *farSide) flush(now time.Duration) {
	if f != nil {
		f.Flush(now)
	}
}

// full says when the far port takes more; nil where there is none.
func (f *farSide) full() func() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.Full
}

// hostFull says when the tool takes more, once it is served.
func (f *farSide) hostFull() <-chan struct{} {
	select {
	case <-f.served:
		return f.server.HostFull()
	default:
		return nil
	}
}

// takeBroken reports whether the TCP client's connection is to be reset: the one to the meter has
// ended, and that is how a client notices.
func (f *farSide) takeBroken() bool {
	if f == nil || !f.broken {
		return false
	}
	f.broken = false
	return f.hosts > 0
}

// hear counts the TCP clients.
func (f *farSide) hear(e serve.Event) {
	switch {
	case f == nil:
	case e.Kind == serve.Connected:
		f.hosts++
	case e.Kind == serve.Disconnected:
		f.hosts--
	}
}

// device is what is served: the station, and the rate of its host for the far port.
func (s *server) device() serve.Device {
	l := &listener{Station: s.station(), tell: s.observer.foreign}
	if s.far == nil {
		return l
	}
	return passingOn{l, s.far}
}

type passingOn struct {
	*listener
	far *farSide
}

// HostBaud passes the host's rate on.
func (p passingOn) HostBaud(now time.Duration, baud int) {
	p.listener.HostBaud(now, baud)
	p.far.SetBaud(baud)
}

var _ machine.Machine = passingOn{}

// tellProxy is tellReady of a proxy.
func (s *server) tellProxy() {
	o, m := s.options, s.meter
	address, pty := s.tcpAddress(), s.server.PTY()
	if o.JSON {
		s.out.Add(appendObject(nil, "ready", 0, []field{
			{"pty", orNull(pty)}, {"link", orNull(o.Link)}, {"tcp", orNull(address)}, {"rfc2217", orNull(s.remoteAddress())}, {"port", orNull(o.Port)}, {"to", m.Far.Name}, {"baud", m.Baud},
			{"plan", o.Plan.String()}, {"started", m.Epoch.Format(time.RFC3339Nano)}, {"format", ProxyFormat},
			{"http", orNull(s.door.address())}, {"token", orNull(s.door.secret())},
		}))
		return
	}
	ports := s.portNames()
	s.out.Add([]byte(ports[0] + "\n"))
	s.say("a proxy: what comes to %s goes to the meter at %s", joined(ports), m.Far.Name)
	if len(o.Plan) == 0 {
		s.say("without a plan: every byte goes through as it comes")
	} else {
		s.say("with a plan: a frame goes on when it is whole")
	}
	if s.door != nil {
		s.say("look at it and strike it: %s", s.door.page())
	}
}

// farPort reports what happens at the far port.
func (o *observer) farPort(name string, e steady.Event) {
	what := onFar{e, name}
	fields := []field{{"port", name}, {"state", e.Kind.String()}}
	if e.Kind == steady.LostBytes {
		fields = append(fields, field{"bytes", e.Bytes})
	}
	if e.Reason != "" {
		fields = append(fields, field{"reason", e.Reason})
	}
	o.tell(story.Event{At: e.At, Source: story.Line, What: what}, report{"far", fields, "far port " + what.Details()})
}

// onFar: something happened at the far port of a proxy.
type onFar struct {
	steady.Event
	name string
}

func (onFar) Kind() string { return "far" }

func (w onFar) Details() string {
	d := fmt.Sprintf("%s: %v", w.name, w.Event.Kind)
	if w.Bytes > 0 {
		d += fmt.Sprintf(": %d", w.Bytes)
	}
	if w.Reason != "" {
		d += ": " + w.Reason
	}
	return d
}

// endOfProxy is the last report of a proxy.
func (o *observer) endOfProxy(now time.Duration, c bench.Counts, again *control.Repeat) {
	o.tell(story.Event{At: now, Source: story.Line, What: stopped{}}, report{"stopped", slices.Concat(carried(c), byHand(again)), endedAfter(c)})
}

// hostLines takes the lines that a host sets: they are passed on, or are for a modem; nil if there is
// nobody who looks at them.
func (s *server) hostLines() func(now time.Duration, l rfc2217.Lines) {
	switch {
	case s.far != nil:
		return func(_ time.Duration, l rfc2217.Lines) { s.far.SetLines(l) }
	case s.station().Modem() != nil:
		// Assumption: a modem that corrects errors lets no break through.
		return func(now time.Duration, l rfc2217.Lines) { s.station().SetDTR(now, l.DTR) }
	}
	return nil
}

// modem is how the modem lines are at the end of the cable. A cable that is pulled carries none.
func (s *server) modem() rfc2217.ModemState {
	carrier, ready := s.station().Signals()
	if s.far != nil && ready {
		return s.far.Modem()
	}
	return rfc2217.StateOf(carrier, ready)
}
