package rig

import (
	"slices"

	"ionbench/client"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// Outcome is the result of an attempt.
type Outcome struct {
	Ended   bool  // the tool ended by itself, or was killed
	Killed  bool  // the tool was killed, and so claims nothing
	Asleep  bool  // the tool's PC sleeps
	Aborted bool  // the person ended the tool
	Claim   error // what the tool says: nil for success
	Device  client.Device
	Read    *ion.Settings // TaskReadSettings

	Prompts []client.Prompt // windows that the person saw, in order
	Log     []byte          // what this attempt added to Upgrade.log
	// Unanswered is how often the last request of the failed upgrade was sent without an answer.
	// If several upgrades failed, it is about the latest.
	Unanswered int
	Unsaid     int // lines missing from the log because the disk was full
	Counts     client.Counts
	Recovery   bool // the tool is in Firmware Recovery Mode

	Meter    verdict.Condition
	Cost     verdict.Cost
	Unstruck []story.Unstruck // faults of the plan that never struck
	Trace    []story.Event

	Journals int           // that were on the PC at its end
	First    *ion.Settings // that the meter had at the beginning of the world
	Events   int           // how many entries the meter's event log had before the attempt

	Violations []verdict.Violation // what the attempt broke

	acts     []act
	evidence verdict.Evidence // that no field above has
	upgraded bool
	cut      bool // the log has not what was in it before
	mixed    bool // others have written into the log meanwhile
}

// look is the state from before an attempt.
func (r *Rig) look() *evidence.Before {
	before := evidence.LookFrom(r.bench.Station(), r.seat, r.Now())
	return &before
}

// finish ends an attempt over a transport. In virtual time nothing dies with a connection unseen
// but what there was no port for.
func (r *Rig) finish(ended bool, over Transport) *Outcome {
	before := r.before
	t := r.bench.Host().(*tool)
	t.with.lend(t)
	t.count()
	t.unsaid += t.book.Waiting()
	t.process.End(t) // one that is still at work, on a PC that sleeps, is not there any more when the next begins
	s := r.bench.Station()
	if t.phone != nil && !t.careless.offTheHook {
		hangUp(s, r.Now()) // what is still in the call dies with it
	}
	o := &Outcome{
		Ended:      ended,
		Killed:     t.killed,
		Aborted:    t.aborted,
		Claim:      t.claim,
		Device:     t.device,
		Read:       t.settings,
		Prompts:    t.prompts,
		Log:        t.written.text(),
		Unsaid:     t.unsaid,
		Asleep:     t.pc.asleep > 0,
		Counts:     t.counts,
		Recovery:   t.session.RecoveryMode(),
		Unanswered: t.unanswered,
		Unstruck:   s.UnstruckOf(r.seat),
		Trace:      before.Story(s),
		Cost:       r.cost(),
	}
	o.Meter = before.Condition(s, r.Now(), r.attempt.image(), r.timing(&r.attempt.Tool).Response)
	o.cut, o.mixed = !t.kept(), t.with.mixed(t)
	o.acts = t.ended(s, r.Now(), o.Meter)
	o.Journals, o.First, o.Events = t.disk.Journals(), r.first, before.Logged
	t.disk = t.saved(o.Log)
	*r.here() = computer{t.disk, t.pc.things}
	r.truth, r.author = t.truth, t.author
	t.with.takeBack(t)
	o.evidence = r.evidence()
	o.evidence.Died = t.vain
	if t.phone != nil && t.phone.without {
		o.evidence.Died += 1 + t.phone.missed(r.Now(), t.around.patience)
	}
	if over != Bench {
		o.evidence.Died += before.Died(s)
	}
	o.evidence.Harmed, o.evidence.Intruded, o.evidence.Mistook = t.harmed, t.intruded, t.mistook
	o.judge()
	return o
}

// judge judges the outcome by the present values of its fields.
func (o *Outcome) judge() {
	e := o.evidence
	e.Upgrade = slices.Contains(o.Prompts, client.ChooseFirmware)
	t := &e.Tool
	t.Ended, t.Killed, t.Aborted, t.Asleep, t.Err = o.Ended, o.Killed, o.Aborted, o.Asleep, o.Claim
	t.Windows, t.Counts, t.Unanswered = o.Prompts, o.Counts, o.Unanswered
	e.Meter, e.Cost, e.Story = &o.Meter, o.Cost, o.Trace
	e.Log = verdict.ReadLog(o.Log, o.Unsaid)
	e.Acts = evidenceOf(o.acts, o.Prompts)
	e.Log.Cut, e.Log.Mixed = o.cut, o.mixed
	o.Violations, o.upgraded = verdict.Judge(&e), e.Upgraded()
}

// Expect judges the outcome again, with a further expectation, and requires that every fault
// of the plan struck. It does not change the outcome.
func (o *Outcome) Expect(want *verdict.Expectation) []verdict.Violation {
	again := *o
	again.evidence.Expected, again.evidence.Unstruck = want, o.Unstruck
	again.judge()
	return again.Violations
}

// Upgraded reports whether the tool claimed success and the meter does run the image.
func (o *Outcome) Upgraded() bool { return o.upgraded }

// Twinned reports whether another meter of the same unit id had power during the attempt.
func (o *Outcome) Twinned() bool {
	e := o.evidence
	e.Meter = &o.Meter
	return e.Twinned()
}

// Untouched reports whether the attempt has had no flash operation carried out.
func (o *Outcome) Untouched() bool {
	return o.Meter.FlashOps == 0 || o.evidence.Contested && o.evidence.Tool.Orders == 0
}

// evidence is the part of the evidence that is not in the fields of an Outcome. The attempt
// must have ended.
func (r *Rig) evidence() verdict.Evidence {
	a, t := r.attempt, r.bench.Host().(*tool)
	e := verdict.Evidence{
		Tool:      verdict.Tool{Paste: a.Paste(), NoRestore: a.NoRestore, Ordered: t.ordered, Hurried: t.hurried, Asked: t.asked},
		Forbidden: r.forbidden(),
		Before:    verdict.Before{State: r.before.State},
		Lost:      r.Lost(),
		Others:    r.before.Others(r.bench.Station(), r.Now()),
		Forged:    slices.ContainsFunc(a.Plan, func(f fault.Fault) bool { return f.Kind.Forges() }),
	}
	if e.Contested = r.with.contested(t); e.Contested {
		e.Tool.Orders = r.before.Orders(r.bench.Station())
	}
	end := t.session.End()
	e.Tool.Zero = t.session.Done() && end.Status == client.StatusDone
	e.Tool.LogFailed = end.Log != nil
	e.Tool.Response = r.timing(&a.Tool).Response
	if f := a.files.Firmware; f != nil {
		e.Revision = f.Revision
	}
	if c := r.recovery; c != nil {
		e.Recovery = &verdict.Recovery{Answers: c.answers, Struck: c.struck, Lost: r.lostSince(&c.expected)}
	}
	if a.Journal {
		j, err := r.here().disk.load(a.Folder, r.identity())
		e.Tool.Journal = &verdict.Journal{There: j != nil, Err: err}
	}
	return e
}

// image is what the meter should hold in the end; nil if the attempt has no firmware file.
func (a *attempt) image() []byte {
	if a.files.Firmware == nil {
		return nil
	}
	return a.files.Firmware.Image
}
