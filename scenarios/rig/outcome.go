package rig

import (
	"slices"
	"time"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Outcome is what came of an attempt.
type Outcome struct {
	Ended   bool  // the tool came to its end by itself, or was killed
	Killed  bool  // and so claims nothing
	Asleep  bool  // its PC sleeps
	Aborted bool  // the person ended it
	Claim   error // what the tool says: nil for success
	Device  client.Device
	Read    *ion.Settings // TaskReadSettings

	Prompts  []client.Prompt // windows that the person saw, in order
	Log      []byte          // what this attempt added to Upgrade.log
	SentLast int             // times that the request was sent that was sent last
	Unsaid   int             // lines that should be in it, and for which the disk had no room
	Counts   client.Counts
	Recovery bool // the tool is in Firmware Recovery Mode

	Meter    verdict.Condition
	Cost     verdict.Cost
	Unstruck []string // faults of the plan that never struck
	Trace    []story.Event

	Violations []verdict.Violation // what the attempt broke

	evidence verdict.Evidence // that does not stand above
	windows  bool             // the tool went on after the upgrade: it was started for its windows
	upgraded bool
}

// glance is what is remembered from before an attempt.
type glance struct {
	at       time.Duration
	state    meter.State
	settings ion.Settings
	ops      uint64
	toMeter  uint64
	toHost   uint64
	resends  uint64
	edges    uint64
	log      int
	trace    int
	blocks   uint64
}

func (r *Rig) look() glance {
	s := r.bench.Station()
	c := s.Counts()
	return glance{
		at:       r.Now(),
		state:    r.Meter().State(),
		settings: r.Meter().Settings(r.Now()),
		ops:      r.Meter().Chip().Ops(),
		toMeter:  c.BytesToMeter,
		toHost:   c.BytesToHost,
		resends:  c.Resends,
		blocks:   c.BlocksSent,
		edges:    r.Meter().Panel().Edges,
		log:      len(r.disk.Log),
		trace:    len(s.Trace()),
	}
}

func (r *Rig) finish(a Attempt, before glance, ended bool) *Outcome {
	t := r.bench.Host().(*tool)
	t.count()
	r.disk, r.pc = t.disk, t.pc.things
	s := r.bench.Station()
	o := &Outcome{
		Ended:    ended,
		Killed:   t.killed,
		Aborted:  t.aborted,
		Claim:    t.claim,
		Device:   t.device,
		Read:     t.settings,
		Prompts:  t.prompts,
		Log:      r.disk.Log[before.log:],
		Unsaid:   t.unsaid,
		Asleep:   t.pc.asleep > 0,
		Counts:   t.counts,
		Recovery: t.session.RecoveryMode(),
		SentLast: s.SentLast(),
		Unstruck: texts(s.Unstruck()),
		Trace:    s.Trace()[before.trace:],
		Cost:     r.cost(),
	}
	o.Meter = r.condition(a, before)
	o.Meter.Connected = o.Meter.Connected && !t.lost
	o.evidence, o.windows = r.evidence(a, before), a.Task == client.TaskConnect
	o.judge()
	r.remember(o)
	return o
}

// judge has the outcome judged, by what stands in it now.
func (o *Outcome) judge() {
	e := o.evidence
	e.Upgrade = slices.Contains(o.Prompts, client.ChooseFirmware)
	t := &e.Tool
	t.Ended, t.Killed, t.Aborted, t.Asleep, t.Err = o.Ended, o.Killed, o.Aborted, o.Asleep, o.Claim
	t.Windows, t.Counts, t.Unanswered = o.Prompts, o.Counts, o.SentLast
	if o.windows {
		t.Unanswered = o.Cost.Insisted
	}
	e.Meter, e.Cost, e.Story = &o.Meter, o.Cost, o.Trace
	e.Log = verdict.ReadLog(o.Log, o.Unsaid)
	o.Violations, o.upgraded = verdict.Judge(&e), e.Upgraded()
}

// Upgraded reports that the tool ended with its upgrade a success, as it should have: the
// meter runs the image.
func (o *Outcome) Upgraded() bool { return o.upgraded }

func texts(unstruck []bench.Unstruck) (list []string) {
	for _, u := range unstruck {
		list = append(list, u.String())
	}
	return list
}

// evidence is what a is judged by besides, now that it has ended.
func (r *Rig) evidence(a Attempt, before glance) verdict.Evidence {
	e := verdict.Evidence{
		Tool:      verdict.Tool{Paste: a.Person.Paste, NoRestore: a.Person.NoRestore, Ordered: r.bench.Host().(*tool).ordered},
		Forbidden: r.forbidden(a, before.state),
		Before:    verdict.Before{State: before.state},
		Lost:      r.lostSince(r.set),
		Forged:    slices.ContainsFunc(a.Plan, func(f fault.Fault) bool { return f.Kind.Forges() }),
	}
	if a.Person.Firmware != nil {
		e.Revision = a.Person.Firmware.Revision
	}
	if c := r.recovery; c != nil {
		e.Recovery = &verdict.Recovery{Answers: c.answers, Struck: c.struck, Lost: r.lostSince(c.expected)}
	}
	if a.Journal {
		journal, err := r.disk.load(r.setup.SerialNumber)
		e.Tool.Journal = &verdict.Journal{There: journal != nil, Err: err}
	}
	return e
}

func (r *Rig) condition(a Attempt, before glance) verdict.Condition {
	m := r.Meter()
	panel := m.Panel()
	c := verdict.Condition{
		State:     m.State(),
		Settings:  m.Settings(r.Now()),
		FlashOps:  m.Chip().Ops() - before.ops,
		LCD:       panel.LCD,
		L2Edges:   panel.Edges - before.edges,
		EventLog:  m.EventLog(),
		Connected: r.bench.Station().Reachable() && r.bench.Station().MeterDelay() < r.config(a).Timing.Response/2,
		BadChip:   m.Chip().Faulty(),
		Running:   m.Running(),
	}
	c.Revision, _ = m.Revision()
	c.Initialized = m.Initialized()
	c.Image = a.Person.Firmware != nil && m.HoldsImage(a.Person.Firmware.Image)
	c.Lost = verdict.Lost(&before.settings, &c.Settings, r.Now()-before.at)
	return c
}
