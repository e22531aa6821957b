// Package rig joins the two sides: a meter on its line with a plan of faults, and the upgrader
// with the person who uses it. It runs attempts one after another against the same meter. Of
// each it says what the tool claimed, what the meter really is, what the attempt cost, and which
// of the project's invariants it broke.
//
// Package rig has no rules and reads no files: package verdict judges, and package world says
// what is played. For a single attempt in a test package scenarios is easier. Package judge
// plays programs from outside this project.
package rig

import (
	"cmp"
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Rig is the meters of a world on their line, with or without a tool at the other end.
type Rig struct {
	world   *world.World // filled in
	options Options
	bench   *bench.Bench
	pcs     []computer    // those of the world
	at      int           // the place among them of the one on which the latest attempt runs
	asks    int           // the place among the world's meters of the one that the tool talks to
	others  *away         // the other meters; nil if there are none
	first   *ion.Settings // of the meter at first
	truth   *truth.Ledger // whose settings are right
	author  truth.Author  // of what was written to the meter last

	begun int      // attempts so far
	seat  int      // of the tool on its line, as bench.Station.Admit says
	with  *company // the tools that are at work at the same time; nil: none
	// Copies share these, so they are never changed.
	attempt  *attempt         // the latest
	before   *evidence.Before // the state before that attempt
	recovery *recovery        // nil if that attempt is none

	yardstick machine.Fingerprint // of what the attempt will be judged by
	asked     *Rig                // the copy that Answers asks, kept to reuse its memory
}

// nobody is the host of a line without a tool.
type nobody struct{ tool }

func (n *nobody) Deaf() bool                      { return true }
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

// New makes a rig of a world. The meters have been running for UpTime, and the bench's clock
// stands at zero. The error says what in the world is impossible.
func New(w *world.World, o Options) (*Rig, error) {
	w, err := played(w)
	if err != nil {
		return nil, err
	}
	station, err := newStation(StationConfig(w, o))
	if err != nil {
		return nil, err
	}
	others, err := newAway(w, o, station)
	if err != nil {
		return nil, err
	}
	r := &Rig{world: w, options: o, bench: bench.New(0, station, new(nobody)), pcs: make([]computer, len(w.PCs))}
	for i := range w.PCs {
		r.pcs[i].disk = diskOf(&w.PCs[i], &w.Meters[0])
	}
	first := r.Meter().Settings(0)
	r.first, r.others = &first, others
	r.truth = truth.Begin(r.first, r.Meter().Marks())
	return r, nil
}

// Bench is the rig's bench, to look at.
func (r *Rig) Bench() *bench.Bench { return r.bench }

// Meter is the meter that the tool talks to, or did last, to look at.
func (r *Rig) Meter() *meter.Meter { return r.bench.Station().Meter() }

// Disk holds the files of the tools so far, on the PC of the latest attempt.
func (r *Rig) Disk() *Disk { return &r.here().disk }

// Doing is the present step of the upgrader's procedure.
func (r *Rig) Doing() client.Step { return r.bench.Host().(*tool).doing }

// Block is the number of the block that is being sent; 0 outside the download.
func (r *Rig) Block() int {
	t := r.bench.Host().(*tool)
	if t.doing != client.StepDownload {
		return 0
	}
	return t.session.Counts().Answered + 1
}

// Now is the time on the bench's clock.
func (r *Rig) Now() time.Duration { return r.bench.Now() }

// Wait lets time pass with no tool at the line. Faults that have not struck by now never will:
// they were to strike in the attempt.
func (r *Rig) Wait(d time.Duration) {
	r.leave()
	r.calm()
	r.bench.AdvanceTo(r.bench.Now() + d)
}

// calm forgets the faults that have not struck. Those at work go on.
func (r *Rig) calm() {
	s, err := r.bench.Station(), error(nil)
	if r.seat > 0 {
		err = s.SetPlanOf(r.Now(), r.seat, nil)
	} else {
		err = s.SetPlan(nil)
	}
	if err != nil {
		panic(fmt.Sprintf("rig: no faults: %v", err))
	}
}

func (r *Rig) leave() { r.bench = bench.New(r.bench.Now(), r.bench.Station(), new(nobody)) }

// PowerCycle switches the meter off and, a while later, on again.
func (r *Rig) PowerCycle(off time.Duration) {
	r.leave()
	r.calm()
	r.bench.Station().PowerOff(r.Now())
	r.bench.AdvanceTo(r.Now() + off)
	r.bench.Station().PowerOn(r.Now())
	r.bench.AdvanceTo(r.Now() + time.Minute)
}

// Heal ends all faults: the cable is in, the meter has power, a good chip replaces one that a
// plan harmed, and the firmware files are back. A minute passes.
func (r *Rig) Heal() {
	r.leave()
	for i := range r.pcs {
		r.pcs[i].firmware = intact
	}
	r.bench.Station().Heal(r.Now())
	r.others.each(func(_ int, s *bench.Station) {
		s.Heal(r.Now())
		catchUp(s, r.Now()+time.Minute)
		s.ClearLine()
	})
	r.bench.AdvanceTo(r.Now() + time.Minute)
	r.bench.Station().ClearLine()
}

// Clone returns an independent copy with the same future.
func (r *Rig) Clone() *Rig {
	c := new(Rig)
	r.CopyTo(c)
	return c
}

// CopyTo makes c a Clone of r and reuses the memory of c, which must be a rig that is no longer
// used. Earlier outcomes of c stay valid.
func (r *Rig) CopyTo(c *Rig) {
	spent, asked, pcs := c.bench, c.asked, c.pcs
	if spent == nil {
		spent = new(bench.Bench)
	}
	*c = *r
	c.asked = asked
	r.bench.CopyTo(spent)
	c.bench = spent
	c.pcs = append(pcs[:0], r.pcs...)
	if r.others != nil && len(r.others.lines) > 1 {
		c.others = r.others.withStations()
	}
}

// messageIDs is the distance between the message ids of two processes of the tool, so that a
// late answer to one process does not fit a request of the next.
const messageIDs = 0x0800

// config is what the tool is told about the rig and the attempt.
func (r *Rig) config(a *attempt) client.Config {
	return client.Config{
		Release:        a.Release,
		SingleDevice:   a.Single,
		DeviceName:     a.DeviceName,
		UnitID:         a.UnitID,
		SerialNumber:   a.SerialNumber,
		Baud:           a.Baud,
		Password:       a.Password,
		Start:          r.said().Clock.Add(r.here().calendar),
		Timing:         r.timing(&a.Tool),
		Journal:        a.Journal,
		Listens:        a.Listens,
		By:             "bench",
		Lock:           true,
		FirstMessageID: uint16(1 + r.begun*messageIDs),
		Planted:        planted.InClient(r.options.Planted.Tool),
	}
}

// timing is that of a filled tool, unless the options say otherwise.
func (r *Rig) timing(of *world.Tool) client.Timing {
	t := client.DefaultTiming()
	t.Response, t.Turnaround = of.Timeout, of.Turnaround
	if r.options.Instant {
		t = instantTiming()
	}
	if r.options.Response != 0 {
		t.Response = r.options.Response
	}
	return t
}

// Begin carries out the actions before an attempt and starts the attempt; Finish ends it. In
// between the bench can be stepped, cloned and looked at.
func (r *Rig) Begin(a *world.Attempt) error {
	if err := r.doBefore(a); err != nil {
		return err
	}
	return r.begin(a)
}

func (r *Rig) doBefore(a *world.Attempt) error {
	for _, action := range a.Before {
		if err := r.Do(a, action); err != nil {
			return err
		}
	}
	return nil
}

// begin is Begin without the actions before the attempt.
func (r *Rig) begin(a *world.Attempt) error {
	r.TurnTo(a)
	p, err := r.prepared(a)
	if err != nil {
		return err
	}
	return r.launch(p)
}

func (r *Rig) launch(a *attempt) error {
	r.at = r.computerOf(a.PC)
	u, err := r.upgrader(a)
	if err != nil {
		return err
	}
	if err := r.bench.Station().SetPlan(a.Plan); err != nil {
		return err
	}
	t := new(tool)
	r.seat = 0
	r.bench.Station().HostBaud(r.Now(), a.Baud)
	r.furnish(t, u, a)
	r.bench = bench.New(r.Now(), r.bench.Station(), t)
	r.bench.Station().Begin(r.Now())
	r.begun++
	r.start(t)
	return nil
}

// upgrader is that of an attempt.
func (r *Rig) upgrader(a *attempt) (*client.Upgrader, error) {
	u, err := client.New(r.config(a))
	if err == nil && a.Task == client.TaskWriteSettings {
		err = u.SetWrites(a.writes)
	}
	return u, err
}

// furnish makes a tool that of an attempt which begins now.
func (r *Rig) furnish(t *tool, u *client.Upgrader, a *attempt) {
	r.here().disk.Full = a.DiskFull
	r.attempt, r.before, r.recovery = a, r.look(), nil
	r.gauge()
	*t = tool{
		session: client.NewSession(u, a.Paste()), of: a, disk: r.here().disk, pc: pc{things: r.here().things}, trace: r.options.Trace,
		careless: carelessBy(r.options.Planted.Tool), with: r.with, seat: r.seat, phone: newTelephone(r.said().Phone, r.world.PCs[r.at].DCD),
	}
	t.book.Name, t.process.By = cmp.Or(a.Log, world.UsualLog), r.named(a)
	r.with.join(t, member{r.at, r.asks})
	r.keepTruth(t)
	r.with.takeBack(t)
}

// named says which process an attempt is, for others that find it at work.
func (r *Rig) named(a *attempt) string {
	return fmt.Sprintf("process %d on %s", r.begun+1, cmp.Or(a.PC, "the PC"))
}

// start lets the tool begin. Faults at the start that change the PC come before the tool's
// first step. Faults that end the tool or its connection come after it, or they would find
// nothing to end.
func (r *Rig) start(t *tool) {
	if t.trace == WholeTrace {
		tell(t, r.Now(), AttemptBegun{r.begun, t.of.Title})
	}
	orders := r.bench.Station().Orders()
	for _, o := range orders {
		if !o.Command.EndsRun() {
			r.bench.Carry(o)
		}
	}
	t.begin(r.Now())
	r.bench.Exchange()
	for _, o := range orders {
		if o.Command.EndsRun() {
			r.bench.Carry(o)
			r.bench.Exchange()
		}
	}
}

// Try runs an attempt to its end and judges it.
func (r *Rig) Try(a *world.Attempt) (*Outcome, error) {
	if err := r.Begin(a); err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// Step runs the attempt to the next instant at which something happens. It returns false when
// the attempt has ended or its time is over.
func (r *Rig) Step() bool {
	at, ok := r.bench.Next()
	return ok && !r.bench.Host().Done() && at <= r.before.At+r.attempt.limit && r.bench.Step()
}

// Finish runs the attempt that Begin started to its end and judges it. A clone made after Begin
// can be finished too, also with another plan (Bench().Station().SetPlan).
func (r *Rig) Finish() *Outcome {
	ended := r.bench.Run(r.before.At + r.attempt.limit)
	return r.finish(ended, Bench)
}
