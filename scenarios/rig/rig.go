// Package rig joins the two sides: a meter on its line, the upgrader with a person in
// front of it, a plan of faults. It runs attempts one after another against the same meter
// and says of each what the tool claimed, what the meter really is, what it cost, and
// which of the project's invariants it broke.
package rig

import (
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Setup describes the meter and the line of a rig. The zero value of a field stands for
// the meter of the article.
type Setup struct {
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
	Baud         int
	Password     string
	Revision     string // that runs at first
	ImageBytes   int    // of what runs at first
	Epoch        time.Time
	Settings     *ion.Settings
	Geometry     flash.Geometry
	TraceFrames  bool
	NoTrace      bool
	// Instant takes all time away from the line and the meter, and from the tool all but
	// its waits for what does not come: for attempts in real time (TryOver).
	Instant bool
	// MeterDefect is a bug that is planted into the meter, for tests of tests; nil for none.
	MeterDefect *meter.Defect
}

// withDefaults fills in the meter of the article.
func (s Setup) withDefaults() Setup {
	m := s.described().Filled()
	s.Model, s.SerialNumber, s.UnitID, s.Baud, s.Password = m.Model, m.SerialNumber, m.UnitID, m.Baud, m.Password
	s.Revision, s.ImageBytes, s.Epoch = m.Revision, m.ImageBytes, m.Clock
	if s.Geometry.Sectors == 0 {
		s.Geometry = flash.Am29F032B()
	}
	if s.Settings == nil {
		s.Settings = m.Settings()
	}
	return s
}

// Rig is a meter on its line, with whatever tool is at the other end.
type Rig struct {
	setup Setup
	bench *bench.Bench
	disk  Disk
	pc    things
	set   setUp

	begun    int       // attempts so far
	attempt  Attempt   // that was begun last
	before   glance    // from before it
	recovery *recovery // if it is one; not changed once it is begun

	yardstick machine.Fingerprint // of what the attempt will be judged by
	asked     *Rig                // memory of the copy that was asked what it is
}

// nobody is the other end of a line that no tool is at.
type nobody struct{ tool }

func (n *nobody) Done() bool                      { return false }
func (n *nobody) CloneHost(bench.Host) bench.Host { return n }
func (n *nobody) Next() (time.Duration, bool)     { return 0, false }
func (n *nobody) Transmit(dst []byte) []byte      { return dst }

func (n *nobody) Receive(time.Duration, []byte)                  {}
func (n *nobody) AppendState(dst []byte, _ time.Duration) []byte { return dst }
func (n *nobody) Order(time.Duration, bench.Order)               {}

func (n *nobody) Drain(dst []story.Event, _ *bench.Station) []story.Event { return dst }

// StationConfig is the device's side of a setup.
func (s Setup) StationConfig() bench.Config { return s.withDefaults().stationConfig() }

// stationConfig is that of a setup in which nothing is left to be filled in.
func (s Setup) stationConfig() bench.Config {
	c := bench.Config{
		Meter:       s.described().Config(),
		Baud:        s.Baud,
		Trace:       !s.NoTrace,
		TraceFrames: s.TraceFrames,
	}
	c.Meter.Settings, c.Meter.Geometry, c.Meter.Defect = s.Settings, s.Geometry, s.MeterDefect
	if s.Instant {
		c = c.AtPace(bench.Unpaced)
	}
	return c
}

// New makes a rig whose meter runs since long: the clock stands at zero when it is ready.
func New(s Setup) (*Rig, error) {
	s = s.withDefaults()
	station, err := bench.NewStation(s.stationConfig())
	if err != nil {
		return nil, err
	}
	const before = time.Hour
	station.PowerOn(-before)
	station.Advance(0)
	station.Forget()
	r := &Rig{setup: s, bench: bench.New(0, station, new(nobody))}
	r.set = setUp{settings: r.Meter().Settings(0)}
	return r, nil
}

// Setup is what the rig was made of, defaults filled in.
func (r *Rig) Setup() Setup { return r.setup }

// Bench is the rig's bench, to look at.
func (r *Rig) Bench() *bench.Bench { return r.bench }

// Meter is the rig's meter, to look at.
func (r *Rig) Meter() *meter.Meter { return r.bench.Station().Meter() }

// Disk is what the tools so far left behind.
func (r *Rig) Disk() *Disk { return &r.disk }

// Doing is the step of the upgrader's procedure.
func (r *Rig) Doing() client.Step { return r.bench.Host().(*tool).doing }

// Block is the number of the block that is sent; 0 when none is.
func (r *Rig) Block() int {
	t := r.bench.Host().(*tool)
	if t.doing != client.StepDownload {
		return 0
	}
	return t.session.Counts().Answered + 1
}

// Now is the time on the bench's clock.
func (r *Rig) Now() time.Duration { return r.bench.Now() }

// Wait lets time pass with no tool at the line.
func (r *Rig) Wait(d time.Duration) {
	r.leave()
	r.bench.AdvanceTo(r.bench.Now() + d)
}

func (r *Rig) leave() { r.bench = bench.New(r.bench.Now(), r.bench.Station(), new(nobody)) }

// PowerCycle switches the meter off and, a while later, on again.
func (r *Rig) PowerCycle(off time.Duration) {
	r.leave()
	r.bench.Station().PowerOff(r.Now())
	r.bench.AdvanceTo(r.Now() + off)
	r.bench.Station().PowerOn(r.Now())
	r.bench.AdvanceTo(r.Now() + time.Minute)
}

// Heal ends all faults: the cable is in, the meter has power, a good chip is in the place of
// one that a plan harmed, the firmware file is back, and a minute has passed.
func (r *Rig) Heal() {
	r.leave()
	r.pc.firmware = intact
	r.bench.Station().Heal(r.Now())
	r.bench.AdvanceTo(r.Now() + time.Minute)
}

// Clone is an independent copy with the same future.
func (r *Rig) Clone() *Rig {
	c := new(Rig)
	r.CopyTo(c)
	return c
}

// CopyTo makes c, which is a rig that nobody uses any more, a Clone of r in the memory that
// c has. Outcomes of c stay as they are.
func (r *Rig) CopyTo(c *Rig) {
	spent, asked := c.bench, c.asked
	if spent == nil {
		spent = new(bench.Bench)
	}
	*c = *r
	c.asked = asked
	r.bench.CopyTo(spent)
	c.bench = spent
	c.disk.Log = slices.Clip(r.disk.Log) // or both would write their next line to one place
}

// Attempt is one process of the tool, from its start to its end.
type Attempt struct {
	Task         client.Task
	Release      client.Release // none: 2.2 (Build 716)
	SingleDevice bool
	Journal      bool
	Password     string // empty: the meter's
	UnitID       uint16 // 0: the meter's
	SerialNumber string // wanted; empty for any
	DeviceName   string // of the site; empty: as the tool calls the model
	Baud         int    // 0: the line's
	Person       Person
	Plan         fault.Plan        // counts from the beginning of the attempt
	Writes       map[int]ion.Value // of TaskWriteSettings
	Response     time.Duration     // how long the tool waits for an answer; 0: as usual
	Limit        time.Duration     // the attempt must have ended by then; 0: six hours
	Defect       *client.Defect    // a bug that is planted into the tool, for tests of tests; nil for none
}

// messageIDs is how many message ids lie between two processes of the tool: an answer to
// one is none to the next.
const messageIDs = 0x0800

// config is the tool's own view of the rig.
func (r *Rig) config(a Attempt) client.Config {
	c := client.Config{
		Release:        a.Release,
		SingleDevice:   a.SingleDevice,
		DeviceName:     a.DeviceName,
		UnitID:         a.UnitID,
		SerialNumber:   a.SerialNumber,
		Baud:           a.Baud,
		Password:       a.Password,
		Start:          r.setup.Epoch.Add(r.pc.calendar),
		Timing:         client.DefaultTiming(),
		Journal:        a.Journal,
		FirstMessageID: uint16(1 + r.begun*messageIDs),
	}
	if r.setup.Instant {
		c.Timing = instantTiming()
	}
	if a.Response != 0 {
		c.Timing.Response = a.Response
	}
	if c.Release.Version == "" {
		c.Release = client.Release22()
	}
	if c.UnitID == 0 {
		c.UnitID = r.setup.UnitID
	}
	if c.Baud == 0 {
		c.Baud = r.setup.Baud
	}
	if c.Password == "" {
		c.Password = r.setup.Password
	}
	return c
}

func (a Attempt) upgrader(c client.Config) (*client.Upgrader, error) {
	if a.Defect != nil {
		return client.NewDefective(c, *a.Defect)
	}
	return client.New(c)
}

// Begin starts an attempt and returns the running bench; Finish ends it. Between them the
// bench can be stepped, cloned and looked at.
func (r *Rig) Begin(a Attempt) error {
	u, err := a.upgrader(r.config(a))
	if err != nil {
		return err
	}
	if a.Task == client.TaskWriteSettings {
		if err := u.SetWrites(a.Writes); err != nil {
			return err
		}
	}
	if err := r.bench.Station().SetPlan(a.Plan); err != nil {
		return err
	}
	r.attempt, r.before, r.recovery = a, r.look(), nil
	r.gauge()
	r.bench.Station().HostBaud(r.Now(), r.config(a).Baud)
	t := &tool{session: client.NewSession(u, a.Person.Paste), person: a.Person, disk: r.disk, pc: pc{things: r.pc}, untraced: r.setup.NoTrace}
	if a.Defect != nil {
		t.journalInPlace, t.logHeldBack = a.Defect.JournalInPlace, a.Defect.LogHeldBack
	}
	r.bench = bench.New(r.Now(), r.bench.Station(), t)
	r.bench.Station().Begin(r.Now())
	r.begun++
	r.start(t)
	return nil
}

// start lets the tool begin. What befalls the PC at its start is there before the tool is;
// what ends the tool or its connection comes once it has begun to speak.
func (r *Rig) start(t *tool) {
	orders := r.bench.Station().Orders()
	for _, o := range orders {
		if !o.Command.EndsRun() {
			r.bench.Carry(o)
		}
	}
	t.session.Start(r.Now(), r.attempt.Task)
	t.listen(r.Now())
	r.bench.Exchange()
	for _, o := range orders {
		if o.Command.EndsRun() {
			r.bench.Carry(o)
			r.bench.Exchange()
		}
	}
}

// maxAttempt is long enough for any upgrade that ends.
const maxAttempt = 6 * time.Hour

// Try runs an attempt to its end and judges it.
func (r *Rig) Try(a Attempt) (*Outcome, error) {
	if err := r.Begin(a); err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// Step goes on with the attempt that Begin began, to the next instant at which something
// happens. It returns false when the attempt is at its end, or its time is over.
func (r *Rig) Step() bool {
	at, ok := r.bench.Next()
	return ok && !r.bench.Host().Done() && at <= r.before.At+r.attempt.limit() && r.bench.Step()
}

func (a *Attempt) limit() time.Duration {
	if a.Limit == 0 {
		return maxAttempt
	}
	return a.Limit
}

// Finish runs the attempt that Begin began to its end and judges it. A rig that was cloned
// after Begin can be finished as well, and with another plan (Bench().Station().SetPlan).
func (r *Rig) Finish() *Outcome {
	ended := r.bench.Run(r.before.At + r.attempt.limit())
	return r.finish(r.attempt, r.before, ended)
}

// UPG is a firmware file for the rig's meter: the next revision, of so many bytes.
func (r *Rig) UPG(imageBytes int) *upg.File { return r.setup.UPG(imageBytes) }

// UPG is a firmware file for the setup's meter: the next revision, of so many bytes.
func (s Setup) UPG(imageBytes int) *upg.File {
	file, _, err := world.Firmware{Bytes: imageBytes}.UPG(s.described().Filled().Model)
	if err != nil {
		panic(fmt.Sprintf("rig: %v", err)) // of a size in the source of a test or a sweep
	}
	return file
}
