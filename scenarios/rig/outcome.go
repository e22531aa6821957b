package rig

import (
	"errors"
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Outcome is what came of an attempt.
type Outcome struct {
	Ended   bool  // the tool came to its end by itself, or was killed
	Killed  bool  // and so claims nothing
	Aborted bool  // the person ended it
	Claim   error // what the tool says: nil for success
	Device  client.Device
	Read    *ion.Settings // TaskReadSettings

	Prompts  []client.Prompt // windows that the person saw, in order
	Log      []byte          // what this attempt added to Upgrade.log
	Counts   client.Counts
	Recovery bool // the tool is in Firmware Recovery Mode

	Meter    Condition
	Cost     Cost
	Unstruck []string // faults of the plan that never struck
	Trace    []bench.Event

	// Broken lists the invariants that the attempt broke, each with the reason.
	Broken []string
}

// Condition is what the meter really is.
type Condition struct {
	State     meter.State
	Revision  string // that a power cycle would run; empty for none
	Image     bool   // exactly the image of the attempt
	Settings  ion.Settings
	Lost      ion.Groups // that are not as they were before the attempt
	FlashOps  uint64
	LCD       string
	L2Edges   uint64
	EventLog  []meter.LogEntry
	Connected bool // cable and power are there, so that somebody could look
}

// Cost is what the attempt took.
type Cost struct {
	Time         time.Duration // on the bench's clock
	BytesToMeter uint64
	BytesToHost  uint64
	Resends      uint64 // requests that were sent again
	Acts         int    // of the person: windows answered, power cycles
}

// glance is what is remembered from before an attempt.
type glance struct {
	at       time.Duration
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
	r.disk = t.disk
	s := r.bench.Station()
	c := s.Counts()
	o := &Outcome{
		Ended:    ended,
		Killed:   t.killed,
		Aborted:  t.aborted,
		Claim:    t.claim,
		Device:   t.device,
		Read:     t.settings,
		Prompts:  t.prompts,
		Log:      r.disk.Log[before.log:],
		Counts:   t.upgrader.Counts(),
		Recovery: t.upgrader.RecoveryMode(),
		Unstruck: s.Unstruck(),
		Trace:    s.Trace()[before.trace:],
		Cost: Cost{
			Time:         r.Now() - before.at,
			BytesToMeter: c.BytesToMeter - before.toMeter,
			BytesToHost:  c.BytesToHost - before.toHost,
			Resends:      c.Resends - before.resends,
			Acts:         len(t.prompts),
		},
	}
	o.Meter = r.condition(a, before)
	r.judge(a, before, o)
	return o
}

func (r *Rig) condition(a Attempt, before glance) Condition {
	m := r.Meter()
	panel := m.Panel()
	c := Condition{
		State:     m.State(),
		Settings:  m.Settings(r.Now()),
		FlashOps:  m.Chip().Ops() - before.ops,
		LCD:       panel.LCD,
		L2Edges:   panel.Edges - before.edges,
		EventLog:  m.EventLog(),
		Connected: r.bench.Station().Reachable(),
	}
	c.Revision, _ = m.Revision()
	c.Image = a.Person.Firmware != nil && m.HoldsImage(a.Person.Firmware.Image)
	c.Lost = lost(&before.settings, &c.Settings, r.Now()-before.at)
	return c
}

// lost compares settings; energy readings may have gone on by what the circuit uses.
func lost(before, after *ion.Settings, passed time.Duration) ion.Groups {
	differ := before.Differs(after)
	if !differ.Has(ion.Energy) {
		return differ
	}
	const mostPerHour = 14
	for i, s := range ion.SettingTable() {
		if s.Group != ion.Energy {
			continue
		}
		was, _ := before.Values[i].Number()
		is, _ := after.Values[i].Number()
		if is < was-0.001 || is > was+mostPerHour*passed.Hours()+0.001 {
			return differ
		}
	}
	return differ &^ ion.Of(ion.Energy)
}

// breaks notes a broken invariant.
func (o *Outcome) breaks(format string, args ...any) {
	o.Broken = append(o.Broken, fmt.Sprintf(format, args...))
}

// refusals end an upgrade before anything is erased.
func refusals() []error {
	return []error{client.ErrBadFile, client.ErrWrongProduct, client.ErrWrongSerial, client.ErrWrongUnit, client.ErrPassword, client.ErrNoPersistence, client.ErrDownloadState}
}

// judge checks what can be checked of one attempt: I2, I3, I5, I6 and I8. I1, I4 and I7
// are about what follows; Recover checks them.
func (r *Rig) judge(a Attempt, before glance, o *Outcome) {
	if !o.Ended {
		o.breaks("I5: the tool was still at work after %v", r.Now()-before.at)
		return
	}
	if a.Task != client.TaskUpgrade && a.Task != client.TaskRecover {
		return
	}
	r.judgeClaim(a, o)
	r.judgeLog(before, o)
	for _, refusal := range refusals() {
		if errors.Is(o.Claim, refusal) && o.Meter.FlashOps > 0 && o.Counts.Transmitted == 0 {
			o.breaks("I8: %d flash operations before the tool said: %v", o.Meter.FlashOps, o.Claim)
		}
	}
}

func (r *Rig) judgeClaim(a Attempt, o *Outcome) {
	upgraded := o.Meter.Image && o.Meter.Revision == a.Person.Firmware.Revision
	switch {
	case o.Killed:
	case o.Claim == nil && !upgraded:
		o.breaks("I2: success is claimed; the meter has revision %q, image intact: %v", o.Meter.Revision, o.Meter.Image)
	case o.Claim == nil && o.Meter.State != meter.Application && o.Meter.State != meter.Off:
		o.breaks("I2: success is claimed; the meter is %v", o.Meter.State)
	case o.Claim != nil && upgraded && o.Meter.Connected && !o.Aborted && o.Meter.State == meter.Application && o.Meter.Lost == 0:
		o.breaks("I3: failure is claimed (%v); the meter runs the image and has its settings", o.Claim)
	}
}

// judgeLog compares the log with what the line saw.
func (r *Rig) judgeLog(before glance, o *Outcome) {
	parsed, err := upgradelog.Parse(o.Log)
	if err != nil {
		o.breaks("I6: the log cannot be read: %v", err)
		return
	}
	for _, u := range parsed.Unreadable {
		o.breaks("I6: line %v of the log cannot be read", u)
	}
	sent := int(r.bench.Station().Counts().BlocksSent - before.blocks)
	if sent != o.Counts.Transmitted && o.Counts.Transmitted > 0 {
		o.breaks("I6: the tool counts %d blocks sent, the line %d", o.Counts.Transmitted, sent)
	}
	r.judgeLines(parsed, sent, o)
}

func (r *Rig) judgeLines(parsed *upgradelog.Log, sent int, o *Outcome) {
	last, resends := 0, 0
	for _, e := range parsed.Entries {
		switch e.Kind {
		case upgradelog.Resending, upgradelog.Aborting:
			if e.Total <= last || e.Total > sent {
				o.breaks("I6: line %d counts %d blocks, after %d and of %d", e.At, e.Total, last, sent)
			}
			last = e.Total
			if e.Kind == upgradelog.Resending {
				resends++
			}
		case upgradelog.Efficiency:
			if e.Number < 0 || e.Number > 1000 {
				o.breaks("I6: line %d: efficiency of %d tenths of a percent", e.At, e.Number)
			}
		}
	}
	if resends > int(o.Cost.Resends) {
		o.breaks("I6: the log has %d resends, the line saw %d", resends, o.Cost.Resends)
	}
}
