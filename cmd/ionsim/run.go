package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk"
	"ionbench/simulator/machine"
	"ionbench/simulator/serve"
)

// serveMeter makes a meter and serves it until ctx ends.
func serveMeter(ctx context.Context, c *cli.Call, o *options, stdout io.Writer) error {
	s := &simulator{options: o, call: c, clock: machine.WallClock(), epoch: time.Now()}
	s.out = newSink(stdout, lostEvents)
	s.diag = newSink(c.Err, lostLines)
	err := s.run(ctx)
	s.out.close()
	s.diag.close()
	return err
}

func lostEvents(n int) []byte {
	return fmt.Appendf(nil, `{"event":"lost-events","count":%d}`+"\n", n)
}

func lostLines(n int) []byte {
	return fmt.Appendf(nil, "ionsim: %d lines were lost: nobody read them\n", n)
}

// simulator is one run: a meter, its ports and its outputs.
type simulator struct {
	options *options
	call    *cli.Call
	clock   machine.Clock
	epoch   time.Time // the calendar time of the clock's zero

	id       identity
	station  *bench.Station
	keeper   *keeper // nil without a state file
	restored bool    // the state file held the meter
	damage   error   // in the state file, made good from a copy
	trace    *traceFile
	observer *observer
	server   *serve.Server

	out, diag *sink
	now       time.Duration // time of the last turn
	traceErr  error         // why the trace could not be written
}

func (s *simulator) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.prepare(); err != nil {
		return err
	}
	s.server, err = serve.Listen(s.ports())
	if err != nil {
		return cli.Environmental(err)
	}
	if err := s.begin(); err != nil {
		return cli.Environmental(errors.Join(err, s.server.Close())) // such as no room for the state
	}
	s.call.Begin()
	return s.serve(ctx)
}

// prepare makes the meter, switched off, and opens the files.
func (s *simulator) prepare() error {
	o := s.options
	s.id = o.identity()
	fw, err := o.loadFirmware(s.id.Model)
	if err != nil {
		return err
	}
	// This also checks the flags, so it is done even if the state file has another meter.
	if s.station, err = newStation(o, s.id, fw, s.epoch); err != nil {
		return err
	}
	if err := s.station.SetPlan(o.plan); err != nil {
		return cli.Usage("--fault: %w", err).Hint(seeFaults)
	}
	if o.state != "" {
		if err := s.openState(); err != nil {
			return stateError(err)
		}
	}
	if o.trace != "" {
		if s.trace, err = newTrace(o.trace); err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
		s.trace.begin(s.id, s.epoch)
	}
	s.observer = &observer{station: s.station, baud: o.meter.Baud, trace: s.trace, json: o.json, out: s.out, diag: s.diag}
	return nil
}

// openState replaces the meter by the one in the state file, if the file has one.
func (s *simulator) openState() (err error) {
	if s.keeper, err = openKeeper(disk.Real{}, s.options.state); err != nil {
		return err
	}
	id, err := s.keeper.resolve(s.options, s.id)
	if err != nil {
		return err
	}
	if _, _, s.restored, err = s.keeper.saved(); err != nil || !s.restored {
		return err
	}
	if err := s.remake(id); err != nil {
		return err
	}
	if err := s.keeper.restore(s.station.Meter()); err != nil {
		return err
	}
	if s.damage = s.keeper.file.Damage(); s.damage != nil {
		s.say("warning: %v", s.damage)
	}
	var unused []string
	for _, flag := range []string{"firmware", "revision", "image-bytes", "settings", "owner", "tag1", "tag2"} {
		if s.options.given(flag) {
			unused = append(unused, "--"+flag)
		}
	}
	if len(unused) > 0 {
		s.say("%s not used: the meter in %s has its own", strings.Join(unused, ", "), s.options.state)
	}
	return nil
}

// remake makes the meter again if the one in the state file is not the one of the flags.
func (s *simulator) remake(id identity) (err error) {
	if id == s.id {
		return nil
	}
	o := *s.options
	o.firmware, o.meter.Revision = "", "" // the state file has the firmware
	fw, err := o.loadFirmware(id.Model)
	if err != nil {
		return err
	}
	s.id = id
	s.station, err = newStation(&o, id, fw, s.epoch)
	return err
}

func (s *simulator) ports() serve.Config {
	o := s.options
	return serve.Config{
		PTY: o.pty, Link: o.link, Baud: o.meter.Baud, TCP: o.tcp, Takeover: o.take,
		Clock: s.clock,
		Step: func(now time.Duration) bool {
			s.now = now
			return false
		},
		Persist: s.persist,
		Reset:   func() bool { return len(s.station.Orders()) > 0 }, // the only order that is possible here is ip-reset, see parseFaults
		Event: func(e serve.Event) {
			s.observer.host(e)
			s.traceErr = errors.Join(s.traceErr, s.trace.flush())
		},
	}
}

// persist runs before the bytes of a turn are sent, so that everything the meter has confirmed
// is saved. It also saves before the events are reported.
func (s *simulator) persist() error {
	if s.keeper != nil {
		if err := s.keeper.save(s.station.Meter(), s.now); err != nil {
			return err
		}
	}
	s.observer.step(s.now)
	return errors.Join(s.traceErr, s.trace.flush())
}

// begin switches the meter on and reports that it can be reached. The meter was switched on
// earlier than time zero and has booted by then, so that nobody has to wait. Faults count from
// time zero.
func (s *simulator) begin() error {
	s.station.RunSince(-s.station.Meter().Config().Timing.Boot)
	s.observer.edges = s.station.Meter().Panel().Edges
	if err := s.station.SetPlan(s.options.plan); err != nil {
		return err
	}
	if err := s.keep(); err != nil {
		return err
	}
	s.tellReady()
	s.station.Begin(0)
	return nil
}

func (s *simulator) keep() error {
	switch {
	case s.keeper == nil:
		return nil
	case s.restored:
		return s.keeper.save(s.station.Meter(), 0)
	}
	return s.keeper.create(s.station.Meter(), 0)
}

func (s *simulator) serve(ctx context.Context) error {
	err := s.server.Run(ctx, &listener{Station: s.station, tell: s.observer.foreign})
	if err == nil || !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("the meter cannot be served any more: %w", err)
	}
	// The end of the process is the end of the meter's power.
	s.now = s.clock.Now()
	unstruck := s.station.Unstruck()
	s.station.PowerOff(s.now)
	err = s.persist()
	s.observer.end(s.now, unstruck)
	return errors.Join(err, s.trace.flush())
}

func (s *simulator) close() error {
	var errs []error
	if s.keeper != nil {
		errs = append(errs, s.keeper.close())
	}
	return errors.Join(append(errs, s.trace.close())...)
}

// say writes a line for people that is not an event.
func (s *simulator) say(format string, args ...any) {
	s.diag.add(fmt.Appendf(nil, "ionsim: "+format+"\n", args...))
}

// tellReady writes the first line on stdout. With --json it is an object. Otherwise it is the
// port alone, for scripts, and people get the rest on stderr.
func (s *simulator) tellReady() {
	address := ""
	if a := s.server.Addr(); a != nil {
		address = a.String()
	}
	pty := s.server.PTY()
	m := s.station.Meter()
	revision, _ := m.Revision()
	if s.options.json {
		s.out.add(appendObject(nil, "ready", 0, []field{
			{"pty", orNull(pty)}, {"link", orNull(s.options.link)}, {"tcp", orNull(address)},
			{"model", s.id.Model}, {"serial", s.id.SerialNumber}, {"unit", s.id.UnitID}, {"revision", revision},
			{"device", s.deviceName()}, {"baud", s.options.meter.Baud}, {"pace", bench.FormatPace(s.options.pace)},
			{"state", m.State().String()}, {"lcd", m.Panel().LCD},
			{"restored", s.restored}, {"damage", orNull(textOf(s.damage))}, {"started", s.epoch.Format(time.RFC3339Nano)},
		}))
		return
	}
	ports := slices.DeleteFunc([]string{pty, address}, func(p string) bool { return p == "" })
	s.out.add([]byte(ports[0] + "\n"))
	s.tellPeople(ports)
}

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

func (s *simulator) deviceName() string {
	if s.options.deviceName != "" {
		return s.options.deviceName
	}
	return "ion" + s.id.Model.String()
}

func (s *simulator) tellPeople(ports []string) {
	m := s.station.Meter()
	running := "no firmware that runs: it is in download state"
	if revision, ok := m.Revision(); ok {
		running = "revision " + revision
	}
	s.say("an ION %v (%s) with %s, on %s", s.id, s.deviceName(), running, strings.Join(ports, " and "))
	if s.restored {
		s.say("it goes on from %s", s.options.state)
	}
	if s.options.link != "" {
		s.say("%s leads to the PTY as long as it runs", s.options.link)
	}
	s.say("pace %s, %d baud; Ctrl-C switches it off", bench.FormatPace(s.options.pace), s.options.meter.Baud)
}
