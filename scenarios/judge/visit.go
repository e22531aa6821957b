package judge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/serve"
)

// settle is how long the meter goes on after the program has ended: the program's last bytes may
// still be on their way.
const settle = 100 * time.Millisecond

// anyPort is a TCP port that is free.
const anyPort = "127.0.0.1:0"

// address is where a program can reach the meter.
type address struct{ port, tcp string }

// visit is one program at the meter, which is served at a port meanwhile. The meter's clock follows
// the wall clock.
type visit struct {
	*stand
	options *Options
	clock   machine.Clock
	line    *line
	gateway *gateway
	program *process
	befall  func(*process, bench.Order) // carries out faults of the program's computer
	done    atomic.Uint64               // flash operations so far, until a program clears without end
	reset   bool                        // the connection is to be reset
}

// serve offers the meter at a port while one program runs, which start starts.
func (s *stand) serve(ctx context.Context, o *Options, most time.Duration, over rig.Transport, g *gateway, start func(address) (*process, error), befall func(*process, bench.Order)) (e Exit, asked bool, err error) {
	v := &visit{
		stand: s, options: o, clock: machine.WallClockFrom(s.now), befall: befall,
		line: &line{station: s.station, captured: &s.captured}, gateway: g,
	}
	g.line = v.line
	link := s.link
	if link == "" {
		own, remove, err := newLink(over)
		if err != nil {
			return Exit{}, false, fmt.Errorf("%w: %w", errNoVerdict, err)
		}
		defer remove()
		link = own
	}
	server, err := v.listen(over, link)
	if err != nil {
		return Exit{}, false, err
	}
	at := address{port: link}
	if a := server.Addr(); a != nil {
		at.tcp = a.String()
		s.tcp = at.tcp
	}
	if v.program, err = start(at); err != nil {
		return Exit{}, false, errors.Join(err, server.Close())
	}
	e, err = v.attend(ctx, most, server, at)
	switch {
	case !errors.Is(err, context.Canceled):
		return e, v.line.asked, fmt.Errorf("%w: the meter cannot be served any more: %w", errNoVerdict, err)
	case v.line.panicked != nil:
		return e, v.line.asked, v.line.panicked
	}
	s.now = max(s.now, v.clock.Now())
	if o.Loader == ByXMODEM {
		s.now += toRestart
	}
	s.station.Advance(s.now)
	return e, v.line.asked, nil
}

// listen serves the meter where it was before, as a meter has its address for years and what an earlier run left may
// be named by it; elsewhere only if somebody else is there by now.
func (v *visit) listen(over rig.Transport, link string) (*serve.Server, error) {
	c := v.config(over, link)
	if over == rig.TCP && v.tcp != "" {
		c.TCP = v.tcp
		if server, err := serve.Listen(c); err == nil {
			return server, nil
		}
		c.TCP = anyPort
	}
	return serve.Listen(c)
}

// newLink is where a port that vanishes comes back; empty for TCP.
func newLink(over rig.Transport) (link string, remove func(), err error) {
	if over != rig.PTY {
		return "", func() {}, nil
	}
	folder, err := os.MkdirTemp("", folderPrefix(ourMark)+"port-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(folder, "ttyION"), func() { os.RemoveAll(folder) }, nil
}

func (v *visit) config(over rig.Transport, link string) serve.Config {
	c := serve.Config{
		Clock: v.clock, PTY: over == rig.PTY, Link: link, Baud: v.options.Baud,
		Unasked: v.options.Loader == ByXMODEM,
		Cooked:  v.options.Loader != ByXMODEM, // as a serial port is that nobody has opened yet
		Reset:   func() bool { was := v.reset; v.reset = false; return was },
		Gone:    v.line.portGone,
		Event: func(e serve.Event) {
			v.line.use(func(station *bench.Station) { v.captured.connection(station, e) })
		},
		Commands: v.seat.Commands(),
		Step: func(now time.Duration) bool {
			v.line.use(func(*bench.Station) { v.step(now) })
			return false
		},
	}
	if over == rig.TCP {
		c.TCP = anyPort
	}
	return c
}

// step is done after each turn of the station.
func (v *visit) step(now time.Duration) {
	v.seat.Step(now)
	if v.gateway.unread {
		v.program.closePipes()
	}
	if v.gateway.stall {
		v.program.stall()
	}
	if v.gateway.counts[clears] <= mostClears {
		v.done.Store(v.meter().Chip().Ops())
	}
	for _, order := range v.station.Orders() {
		v.carryOut(order)
	}
}

func (v *visit) carryOut(order bench.Order) {
	switch order.Command {
	case bench.ResetConnection:
		v.reset = true
	case bench.LosePort, bench.RegainPort: // see Gone
	default:
		g := v.gateway
		g.stopped = order.Command == bench.Sleep || g.stopped && order.Command != bench.Wake
		v.befall(v.program, order)
	}
}

// attend serves until the program has ended, and the meter has settled. err is why the server ended.
func (v *visit) attend(ctx context.Context, most time.Duration, server *serve.Server, at address) (e Exit, err error) {
	serving, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Run(serving, v.device(at)) }()
	e = v.program.wait(ctx, v.limit(most))
	if v.beside != nil {
		v.beside.await()
	}
	time.Sleep(settle)
	stop()
	select {
	case err = <-served:
	case <-time.After(lastResort):
		err = errors.New("its port does not close")
	}
	return e, err
}

// device is what stands at the port.
func (v *visit) device(at address) serve.Device {
	switch {
	case v.options.Loader == ByXMODEM || v.station.Modem() != nil:
		return v.line // what a modem is told is no frame
	case v.beside != nil:
		return &meeting{guarded: guarded{v.gateway}, beside: v.beside, at: at}
	}
	return guarded{v.gateway}
}

// limit is the time that the program has.
func (v *visit) limit(most time.Duration) limit {
	l := limit{time: most}
	if v.options.Limit == 0 {
		l.done, l.most, l.more = v.done.Load, respites*ion.Blocks(len(v.file.Image)), respite
	}
	return l
}
