// Package rig joins the two sides: a meter on its line, the upgrader with a person in
// front of it, a plan of faults. It runs attempts one after another against the same meter
// and says of each what the tool claimed, what the meter really is, what it cost, and
// which of the project's invariants it broke.
//
// It has no rules and no files: package verdict judges, package world says what is played.
// A single attempt for a test is easier through package scenarios, and a program that is not
// ours is played by package judge.
package rig

import (
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Rig is a meter on its line, with whatever tool is at the other end.
type Rig struct {
	world   *world.World // of which nothing is left to be filled in
	options Options
	bench   *bench.Bench
	disk    Disk
	pc      things
	first   *ion.Settings // of the meter
	set     setUp

	begun    int       // attempts so far
	attempt  *attempt  // that was begun last
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

// UpTime is how long a meter has been running when its clock stands at zero.
const UpTime = time.Hour

// New makes a rig of the first meter of a world, which runs since long: the clock stands at zero
// when it is ready. The error says what of the world cannot be, or cannot be played yet.
func New(w *world.World, o Options) (*Rig, error) {
	if err := CheckWorld(w); err != nil {
		return nil, err
	}
	w, err := played(w)
	if err != nil {
		return nil, err
	}
	station, err := bench.NewStation(StationConfig(w, o))
	if err != nil {
		return nil, fmt.Errorf("set up the meter: %w", err)
	}
	station.RunSince(-UpTime)
	r := &Rig{world: w, options: o, bench: bench.New(0, station, new(nobody))}
	r.set = setUp{settings: r.Meter().Settings(0)}
	first := r.set.settings
	r.first = &first
	return r, nil
}

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

// messageIDs is how many message ids lie between two processes of the tool: an answer to
// one is none to the next.
const messageIDs = 0x0800

// config is the tool's own view of the rig.
func (r *Rig) config(a *attempt) client.Config {
	return client.Config{
		Release:        a.Release,
		SingleDevice:   a.Single,
		DeviceName:     a.DeviceName,
		UnitID:         a.UnitID,
		SerialNumber:   a.SerialNumber,
		Baud:           a.Baud,
		Password:       a.Password,
		Start:          r.said().Clock.Add(r.pc.calendar),
		Timing:         r.options.timing(),
		Journal:        a.Journal,
		FirstMessageID: uint16(1 + r.begun*messageIDs),
		Planted:        planted.InClient(r.options.Planted.Tool),
	}
}

func (o *Options) timing() client.Timing {
	t := client.DefaultTiming()
	if o.Instant {
		t = instantTiming()
	}
	if o.Response != 0 {
		t.Response = o.Response
	}
	return t
}

// Begin does what is done before an attempt, and starts it; Finish ends it. Between them the
// bench can be stepped, cloned and looked at.
func (r *Rig) Begin(a *world.Attempt) error {
	if err := r.doBefore(a); err != nil {
		return err
	}
	return r.begin(a)
}

func (r *Rig) doBefore(a *world.Attempt) error {
	for _, action := range a.Before {
		if err := r.Do(action); err != nil {
			return err
		}
	}
	return nil
}

// begin is Begin once all is done that is done before.
func (r *Rig) begin(a *world.Attempt) error {
	p, err := r.prepared(a)
	if err != nil {
		return err
	}
	return r.launch(p)
}

func (r *Rig) launch(a *attempt) error {
	config := r.config(a)
	u, err := client.New(config)
	if err != nil {
		return err
	}
	if a.Task == client.TaskWriteSettings {
		if err := u.SetWrites(a.writes); err != nil {
			return err
		}
	}
	if err := r.bench.Station().SetPlan(a.Plan); err != nil {
		return err
	}
	r.disk.Full = a.DiskFull
	r.attempt, r.before, r.recovery = a, r.look(), nil
	r.gauge()
	r.bench.Station().HostBaud(r.Now(), config.Baud)
	t := &tool{session: client.NewSession(u, a.Paste()), of: a, disk: r.disk, pc: pc{things: r.pc}, untraced: r.options.Trace == NoTrace}
	bug := r.options.Planted.Tool
	t.journalInPlace, t.logHeldBack = bug == planted.JournalNotAtomic, bug == planted.LogLostOnKill
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
func (r *Rig) Try(a *world.Attempt) (*Outcome, error) {
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

func (a *attempt) limit() time.Duration {
	if a.Limit == 0 {
		return maxAttempt
	}
	return a.Limit
}

// Finish runs the attempt that Begin began to its end and judges it. A rig that was cloned
// after Begin can be finished as well, and with another plan (Bench().Station().SetPlan).
func (r *Rig) Finish() *Outcome {
	ended := r.bench.Run(r.before.At + r.attempt.limit())
	return r.finish(ended)
}
