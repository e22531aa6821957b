package serving

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"time"

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/sink"
	"ionbench/scenarios/shell"
	"ionbench/simulator/bench"
	"ionbench/simulator/capture"
	"ionbench/simulator/control"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/serve"
	"ionbench/simulator/story/record"
)

// Identity says which meter it is.
type Identity struct {
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
}

func (id Identity) String() string {
	return fmt.Sprintf("%v %s, unit %d", id.Model, id.SerialNumber, id.UnitID)
}

// Meter is a meter to be served.
type Meter struct {
	Station  *bench.Station
	Far      *Far // nil: the meter is here; else the station is one of bench.NewFar, and has no identity
	Identity Identity
	Device   string        // what the site calls it
	Baud     int           // of its port
	From     time.Duration // the station's time at which it is served; what is told counts from it
	Epoch    time.Time     // the calendar's time then
	Keeper   *Keeper       // nil: it is not kept
	Restored bool          // the keeper's file held it
	Damage   error         // in that file, made good from a copy
	// About is what else people are told of it, given the flags by which ionup reaches it; nil for
	// nothing.
	About func(reach string) []string
}

// subject is what is served, in words.
func (m *Meter) subject() string {
	if m.Far != nil {
		return "proxy to " + m.Far.Name
	}
	return m.Identity.String()
}

// Ended is what became of a meter that was served.
type Ended struct {
	State  meter.State
	Runs   string         // revision of the firmware that runs; empty for none
	Counts bench.Counts   // since it is served
	Repeat control.Repeat // what does again what was done by hand
}

// Run serves a meter until ctx ends, which is no error; then its power is off. Run closes the
// keeper. Results go to stdout directly, not through the call, because a slow reader must not
// stop the meter.
func Run(ctx context.Context, c *cli.Call, stdout io.Writer, o *Options, m *Meter) (Ended, error) {
	s := &server{options: o, call: c, meter: m, clock: machine.WallClockFrom(m.From), now: m.From}
	s.diag = sink.New(c.Err, func(n int) []byte { return c.NoteLine("%d lines were lost: nobody read them", n) })
	s.stdout, s.out = stdout, s.diag // where the capture goes to standard output
	if o.Capture != capturing.Stdout {
		s.out = standardOutput(c, stdout, s.diag)
	}
	err := s.run(ctx)
	s.out.Close()
	if s.out != s.diag {
		err = errors.Join(err, untold(s.out))
	}
	s.diag.Close()
	return s.ended, err
}

// standardOutput is where results go. A meter goes on when that is full, since who works with it needs it, and
// says so at once.
func standardOutput(c *cli.Call, stdout io.Writer, diag *sink.Sink) *sink.Sink {
	return sink.NewHeard(stdout, lostEvents, func(err error) {
		if !errors.Is(err, syscall.EPIPE) { // else whoever read has seen enough
			diag.Add(c.NoteLine("warning: standard output: %v; nothing more is written there, and the meter goes on", err))
		}
	})
}

// untold is the error of results that could not be written.
func untold(out *sink.Sink) error {
	if err := out.Err(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

func lostEvents(n int) []byte {
	return fmt.Appendf(nil, `{"event":"lost-events","count":%d}`+"\n", n)
}

// server is one run: a meter, its ports and its outputs.
type server struct {
	options *Options
	call    *cli.Call
	meter   *Meter
	clock   machine.Clock

	trace    *traceFile
	capture  *capturing.File
	story    *storyFile
	used     []int // of each sector at first, for the story
	began    record.Began
	stdout   io.Writer
	observer *observer
	turns    sync.Mutex // held by who uses the meter
	server   *serve.Server
	rtu      []*rtuPort       // PTYs that speak Modbus
	modbus   []*serve.Sockets // of Modbus TCP
	door     *door            // nil without --http
	far      *farSide         // nil: the meter is here
	line     *Line            // of a site; nil: there is one meter alone
	shared   *door            // of a site with --http

	out, diag *sink.Sink
	now       time.Duration // time of the last turn
	traceErr  error         // why the trace could not be written
	begun     bench.Counts
	ended     Ended
}

func (s *server) station() *bench.Station { return s.meter.Station }

func (s *server) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	return s.serve(ctx)
}

// open makes the meter one that can be reached.
func (s *server) open() (err error) {
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.openDoor(); err != nil {
		return err
	}
	s.openFar()
	s.server, err = serve.Listen(s.ports())
	if err != nil {
		return cli.Environmental(err)
	}
	if s.door != nil {
		s.door.meter.OwnedBy(s.server.Do)
	}
	if err := s.openModbus(); err != nil {
		return errors.Join(err, s.closePorts())
	}
	if err := s.begin(); err != nil {
		return cli.Environmental(errors.Join(err, s.closePorts())) // such as no room for the state
	}
	s.call.Begin()
	return nil
}

// prepare checks the plan and opens the trace.
func (s *server) prepare() (err error) {
	o := s.options
	if err := o.CheckPlan(s.station()); err != nil {
		return err
	}
	if o.Trace != "" {
		if s.trace, err = newTrace(o.Trace); err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
		s.trace.begin(s.meter.subject(), s.meter.Epoch)
	}
	if o.Capture != "" {
		s.capture, err = capturing.Open(o.Capture, s.stdout, s.captureConfig())
		if err != nil {
			return err
		}
	}
	s.station().Stream()
	s.station().Record(o.Frames || o.Capture != "" || o.HTTP != "")
	if o.HTTP != "" || s.shared != nil {
		s.station().RecordWire()
	}
	s.observer = &observer{frames: o.Frames, station: s.station(), from: s.meter.From, baud: s.meter.Baud, trace: s.trace, json: o.JSON, out: s.out, diag: s.diag}
	if s.line != nil {
		s.station().RecordNeighbours()
		s.observer.on, s.observer.names = s.line.Name, s.line.Names
	}
	if o.Story != "" {
		if s.story, err = newStory(o.Story); err != nil {
			return err
		}
		s.station().RecordWire()
		s.observer.story = s.story
		if s.meter.Far == nil {
			s.used, s.began = s.usedSectors(), record.BeganAs(s.station().Meter())
		}
	}
	if s.capture != nil {
		s.station().RecordWire()
		s.observer.capture = capture.To(s.capture.Writer).Live(s.byteTime())
	}
	return nil
}

func (s *server) ports() serve.Config {
	o := s.options
	config := serve.Config{
		PTY: o.PTY, Link: o.Link, Baud: s.meter.Baud, TCP: o.TCP, Takeover: o.Takeover,
		RFC2217: o.RFC2217, Port: o.Port, OpenPort: o.OpenPort,
		Clock: s.clock, Turns: &s.turns, Unasked: s.far != nil || s.station().Meter().Speaks(),
		Step: func(now time.Duration) bool {
			s.now = now
			s.far.flush(now)
			return false
		},
		Persist: s.persist, PersistEvery: s.idleSaves(),
		Reset: func() bool {
			reset := s.station().TakeReset()
			return s.far.takeBroken() || reset
		},
		Full:  s.far.full(),
		Keeps: s.far != nil,
		Gone:  func() bool { return s.station().PortGone() },
		Modem: s.modem, Lines: s.hostLines(),
		Event: func(e serve.Event) {
			s.far.hear(e)
			s.onPort(e)
		},
	}
	if o.rtu() {
		config.PTY, config.Link, config.NoPort = false, "", o.TCP == ""
	}
	return config
}

// onPort reports what happens on a port.
func (s *server) onPort(e serve.Event) {
	s.observer.host(e)
	s.traceErr = errors.Join(s.traceErr, s.trace.flush())
}

// persist runs before the bytes of a turn are sent, so that everything the meter has confirmed
// is saved. It also saves before the events are reported.
func (s *server) persist() error {
	if s.meter.Keeper != nil {
		if err := s.meter.Keeper.save(s.station().Meter(), s.now); err != nil {
			return err
		}
	}
	if err := s.saveKept(); err != nil {
		return err
	}
	s.observer.step(s.now)
	return errors.Join(s.traceErr, s.trace.flush(), s.capture.Written())
}

// idleSaves is how often what a meter measures is saved while nobody talks to it: a process that is
// killed is a loss of power, which costs no more than a minute of it. 0 where nothing is kept.
func (s *server) idleSaves() time.Duration {
	if s.meter.Keeper == nil && (s.line == nil || len(s.line.Kept) == 0) {
		return 0
	}
	return time.Minute
}

// begin keeps the meter and reports that it can be reached. Faults count from here.
func (s *server) begin() error {
	s.observer.edges = s.station().Meter().Panel().Edges
	s.observer.ledTold, s.observer.earlier = s.observer.edges, s.observer.edges
	if err := errors.Join(s.keep(), s.createKept()); err != nil {
		return err
	}
	s.begun = s.station().Carried()
	s.station().Begin(s.meter.From)
	s.door.openTo(s, s.controlIdentity())
	first := s.far.first(s.server)
	s.tellReady() // last, so that those who wait for it find everything else there
	first(s.meter.From)
	return nil
}

func (s *server) keep() error {
	switch k := s.meter.Keeper; {
	case k == nil:
		return nil
	case s.meter.Restored:
		return k.save(s.station().Meter(), s.now)
	default:
		return k.Create(s.station().Meter(), s.now)
	}
}

func (s *server) serve(ctx context.Context) error {
	err := s.runPorts(ctx)
	s.ended = Ended{State: s.station().Meter().State(), Counts: s.station().Carried().Since(s.begun)}
	s.ended.Runs = runs(s.station().Meter())
	if err == nil || !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s cannot be served any more: %w", s.meter.subject(), err)
	}
	// The end of the process is the end of the meter's power.
	s.now = s.clock.Now()
	unstruck := s.station().Unstruck()
	s.switchOff()
	err = s.persist()
	s.ended.Repeat = s.door.repeat(s.now)
	s.observer.end(s.now, unstruck, &s.ended)
	if s.observer.capture != nil {
		s.observer.capture.End(s.now - s.meter.From)
	}
	if s.story != nil {
		err = errors.Join(err, s.story.write(s.storyHead()))
	}
	return errors.Join(err, s.trace.flush())
}

func (s *server) close() error {
	var errs []error
	if s.meter.Keeper != nil {
		errs = append(errs, s.meter.Keeper.Close())
	}
	s.far.close()
	return errors.Join(append(errs, s.door.close(), s.capture.Close(), s.trace.close())...)
}

// say writes a line for people that is not an event.
func (s *server) say(format string, args ...any) {
	s.diag.Add(s.call.NoteLine(format, args...))
}

// tellReady writes the first line on stdout. With --json it is an object. Otherwise it is the
// port alone, for scripts, and people get the rest on stderr.
func (s *server) tellReady() {
	s.call.Begin()
	address, pty := s.tcpAddress(), s.pty()
	served := s.meter
	m := s.station().Meter()
	revision := runs(m)
	if served.Far != nil {
		s.tellProxy()
		return
	}
	if s.options.JSON {
		s.out.Add(appendObject(nil, "ready", 0, append([]field{
			{"pty", orNull(pty)}, {"link", orNull(s.options.Link)}, {"tcp", orNull(address)}, {"rfc2217", orNull(s.remoteAddress())}, {"port", orNull(s.options.Port)},
			{"model", served.Identity.Model}, {"serial", served.Identity.SerialNumber}, {"unit", served.Identity.UnitID}, {"revision", revision},
			{"device", served.Device}, {"baud", served.Baud}, {"pace", bench.FormatPace(s.options.Pace)},
			{"state", m.State().String()}, {"lcd", m.Panel().LCD},
			{"restored", served.Restored}, {"damage", orNull(textOf(served.Damage))}, {"started", served.Epoch.Format(time.RFC3339Nano)}, {"format", EventsFormat},
			{"phone", orNull(s.phone())}, {"http", orNull(s.door.address())}, {"token", orNull(s.door.secret())}, {"modbus_tcp", orNull(s.modbusAddress())}, {"protocol", s.options.Protocol.String()},
		}, s.lineFields()...)))
		return
	}
	ports := s.portNames()
	if s.line != nil {
		s.tellLine(ports)
		return
	}
	s.out.Add([]byte(ports[0] + "\n"))
	s.tellPeople(ports)
}

func joined(ports []string) string { return strings.Join(ports, " and ") }

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *server) tellPeople(ports []string) {
	m := s.meter
	running := "no firmware that runs: it is in download state"
	if revision := runs(m.Station.Meter()); revision != "" {
		running = "revision " + revision
	}
	s.say("an ION %v (%s) with %s, on %s", m.Identity, m.Device, running, joined(ports))
	if m.About != nil {
		for _, line := range m.About(s.reach()) {
			s.say("%s", line)
		}
	}
	if number := s.phone(); number != "" {
		s.say("a Hayes modem is there: the meter's telephone number is %s", number)
	}
	if m.Restored {
		s.say("it goes on from %s", s.options.State)
	}
	if s.options.Link != "" {
		s.say("%s leads to the PTY as long as it runs", s.options.Link)
	}
	if s.options.rtu() {
		s.say("the PTY speaks Modbus RTU; ION needs --tcp")
	}
	if s.modbusAddress() != "" {
		s.say("Modbus TCP on %s", s.modbusAddress())
	}
	if s.door != nil {
		s.say("look at it and strike it: %s", s.door.page())
	}
	s.say("pace %s, %d baud; Ctrl-C switches it off", bench.FormatPace(s.options.Pace), m.Baud)
}

// phone is the meter's telephone number; empty where no modem is at the port.
func (s *server) phone() string {
	if m := s.station().Modem(); m != nil {
		return m.Number()
	}
	return ""
}

// reach are the flags by which ionup reaches the meter.
func (s *server) reach() string {
	if number := s.phone(); number != "" {
		return s.reachPort() + " --phone " + number
	}
	return s.reachPort()
}

func (s *server) reachPort() string {
	switch {
	case s.options.rtu() && s.server.Addr() == nil:
		return "--tcp HOST:PORT" // nothing here speaks ION
	case s.options.rtu():
	case s.options.Link != "":
		return "--port " + shell.Quote(s.options.Link)
	case s.server.PTY() != "":
		return "--port " + s.server.PTY()
	case s.tcpAddress() != "":
		return "--tcp " + s.tcpAddress()
	case s.remoteAddress() != "":
		return "--port rfc2217://" + s.remoteAddress()
	}
	return "--port PORT"
}

// runs is the revision of the firmware that runs, or that boots; empty in download state, whatever
// the flash holds.
func runs(m *meter.Meter) string {
	switch m.State() {
	case meter.Application, meter.Booting:
		revision, _ := m.Revision()
		return revision
	}
	return ""
}

// captureConfig is what a capture tells. The line is TCP if nobody can reach it by a PTY.
func (s *server) captureConfig() pcapng.Config {
	m, o := s.meter, s.options
	line := pcapng.Line{Name: "RS-485", Baud: m.Baud, TCP: !o.PTY}
	if m.Far == nil {
		line.Meter = fmt.Sprintf("meter-%d", m.Identity.UnitID)
	}
	return pcapng.Config{Program: "ionbench " + cli.Release(), Comment: captureComment(m, o), Start: m.Epoch, Lines: []pcapng.Line{line}}
}

// byteTime is what a byte takes at least on the line. That of a proxy is real, and whatever the tool sets.
func (s *server) byteTime() time.Duration {
	const bits = 10 // 8N1
	switch pace := s.options.Pace; {
	case s.meter.Far != nil, s.meter.Baud == 0, pace == bench.Unpaced:
		return 0
	default:
		return bits * time.Second / time.Duration(s.meter.Baud*max(1, pace))
	}
}

// captureComment is what a capture tells of the meter and its faults.
func captureComment(m *Meter, o *Options) string {
	text := m.subject()
	if m.Far == nil {
		text = fmt.Sprintf("ION %s, pace %s", text, bench.FormatPace(o.Pace))
	}
	if len(o.Plan) > 0 {
		text += "; faults: " + o.Plan.String()
	}
	return text
}

// String says how the meter ended.
func (e *Ended) String() string {
	if e.Runs == "" {
		return fmt.Sprintf("the meter runs no firmware, its state was %v", e.State)
	}
	return "the meter runs " + e.Runs
}
