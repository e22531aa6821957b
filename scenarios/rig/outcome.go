package rig

import (
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/bench"
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

	Meter    Condition
	Cost     Cost
	Unstruck []string // faults of the plan that never struck
	Trace    []story.Event

	// Broken lists the invariants that the attempt broke, each with the reason.
	Broken []string

	evidence evidence
}

// evidence is what the judge needs to know besides: with it, an outcome can be judged
// without the rig.
type evidence struct {
	attempt    Attempt
	before     meter.State
	lost       ion.Groups // since somebody set the meter up
	lostSince  ion.Groups // since the attempt began
	recovery   *recovery  // if it is one
	lostByThen ion.Groups // of what should be there after the recovery
	forbidden  string     // why the flash must not be touched; empty where it may
	ordered    bool       // the tool told an application to enter download state
	journal    bool       // there is one of the meter's
	journalBad error      // why it cannot be read
}

// Condition is what the meter really is.
type Condition struct {
	State       meter.State
	Revision    string // that a power cycle would run; empty for none
	Running     string // revision of the application that runs; empty where none does
	Image       bool   // exactly the image of the attempt
	Initialized bool   // an image has run for the first time
	Settings    ion.Settings
	Lost        ion.Groups // that are not as they were before the attempt
	FlashOps    uint64
	LCD         string
	L2Edges     uint64
	EventLog    []meter.LogEntry
	Connected   bool // network, cable and power are there, the meter is not too slow and the tool is connected, so that it could look
	BadChip     bool // the flash chip has a fault that can still show
}

// Cost is what the attempt took.
type Cost struct {
	Time         time.Duration // on the bench's clock
	BytesToMeter uint64
	BytesToHost  uint64
	Resends      uint64 // requests that were sent again
	Blocks       uint64 // messages with a block that the line saw, resends too
	Insisted     int    // times that one request was sent, at most
	Acts         int    // of the person: windows answered, power cycles
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
	o.evidence = r.evidence(a, before)
	o.judge()
	r.remember(o)
	return o
}

func texts(unstruck []bench.Unstruck) (list []string) {
	for _, u := range unstruck {
		list = append(list, u.String())
	}
	return list
}

// evidence is what a is judged by, now that it has ended.
func (r *Rig) evidence(a Attempt, before glance) evidence {
	e := evidence{
		attempt:   a,
		before:    before.state,
		lost:      r.lostSince(r.set),
		lostSince: r.lostSince(setUp{before.at, before.settings}),
		recovery:  r.recovery,
		forbidden: r.forbidden(a, before.state),
		ordered:   r.bench.Host().(*tool).ordered,
	}
	if r.recovery != nil {
		e.lostByThen = r.lostSince(r.recovery.expected)
	}
	if a.Journal {
		journal, err := r.disk.load(r.setup.SerialNumber)
		e.journal, e.journalBad = journal != nil, err
	}
	return e
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
		Connected: r.bench.Station().Reachable() && r.bench.Station().MeterDelay() < r.config(a).Timing.Response/2,
		BadChip:   m.Chip().Faulty(),
		Running:   m.Running(),
	}
	c.Revision, _ = m.Revision()
	c.Initialized = m.Initialized()
	c.Image = a.Person.Firmware != nil && m.HoldsImage(a.Person.Firmware.Image)
	c.Lost = Lost(&before.settings, &c.Settings, r.Now()-before.at)
	return c
}

// Lost lists the groups that are not in after as they were before, so much time ago.
// Energy readings may have gone on by what the circuit uses.
func Lost(before, after *ion.Settings, passed time.Duration) ion.Groups {
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

// judge checks what can be checked of one attempt: I2, I3, I5, I6, I8, and of I7 that an
// attempt which did not touch the flash lost nothing and one that did left the journal. I1,
// I4 and the rest of I7 are about what follows; a recovery is judged for them too.
func (o *Outcome) judge() {
	o.Broken = nil
	o.judgeUpgrade()
	if o.evidence.recovery != nil {
		o.judgeRecovery(o.evidence.recovery)
	}
}

func (o *Outcome) judgeUpgrade() {
	if !o.Ended && o.Asleep {
		return // it will go on once it wakes
	}
	if !o.Ended {
		o.breaks("I5: the tool was still at work after %v", o.Cost.Time)
		return
	}
	if !slices.Contains(o.Prompts, client.ChooseFirmware) {
		return
	}
	o.judgeClaim()
	o.judgePromise()
	o.judgeLog()
	o.judgeTrace()
	o.judgeJournal()
	if why := o.evidence.forbidden; why != "" && o.flashed() {
		o.breaks("I8: %d flash operations, and %s", o.Meter.FlashOps, why)
	}
	if client.IsRefusal(o.Claim) && o.flashed() && o.Counts.Transmitted == 0 && o.choseOnce() {
		o.breaks("I8: %d flash operations before the tool said: %v", o.Meter.FlashOps, o.Claim)
	}
	written := slices.Contains(o.Prompts, client.SendTemplate) || slices.Contains(o.Prompts, client.PasteOptions)
	if o.Meter.FlashOps == 0 && o.Meter.Lost != 0 && !written {
		o.breaks("I7: %v lost, and the flash was not touched", o.Meter.Lost)
	}
}

// flashed reports that the flash was touched, but for the mark that a meter makes by itself
// when it first starts an image which was there before.
func (o *Outcome) flashed() bool {
	return o.Meter.FlashOps > 1 || o.Meter.FlashOps == 1 && !o.Meter.Initialized
}

// choseOnce: a file that was chosen again, or a disk that was written to again, may be refused
// after what came of the first choice.
func (o *Outcome) choseOnce() bool {
	first := slices.Index(o.Prompts, client.ChooseFirmware)
	return !slices.Contains(o.Prompts[first+1:], client.ChooseFirmware)
}

// claims is what the tool said of its last upgrade: in the windows of the article an
// upgrade is not the end.
func (o *Outcome) claims() (success, failure bool) {
	if o.Killed {
		return false, false
	}
	for _, p := range o.Prompts {
		switch p {
		case client.UpgradeCompleted:
			success, failure = true, false
		case client.UpgradeFailed:
			success, failure = false, true
		}
	}
	return success, failure
}

// Upgraded reports that the tool ended with its upgrade a success, as it should have: the
// meter runs the image.
func (o *Outcome) Upgraded() bool {
	success, _ := o.claims()
	return success && o.Claim == nil && o.Meter.Image && o.Meter.State == meter.Application
}

// gaveUp reports that the tool had asked as often as the article has it when it claimed a
// failure. In the windows it goes on asking afterwards, so that any of its requests counts.
func (o *Outcome) gaveUp() bool {
	asked := o.SentLast
	if o.evidence.attempt.Task == client.TaskConnect {
		asked = o.Cost.Insisted
	}
	return asked > client.DefaultTiming().Resends
}

func (o *Outcome) judgeClaim() {
	file := o.evidence.attempt.Person.Firmware
	upgraded := file != nil && o.Meter.Image && o.Meter.Revision == file.Revision
	runs := file != nil && o.Meter.Running == file.Revision
	// A chip can go bad under an application that the loader has found good.
	worn := o.Meter.BadChip && runs
	// What has run the image may be struck, and start anew, just as the tool ends.
	restarts := upgraded && o.Meter.Initialized && o.Meter.State == meter.Booting
	success, failure := o.claims()
	switch {
	case success && !upgraded && !worn:
		o.breaks("I2: success is claimed; the meter has revision %q, image intact: %v", o.Meter.Revision, o.Meter.Image)
	case success && o.Meter.State != meter.Application && o.Meter.State != meter.Off && !restarts:
		o.breaks("I2: success is claimed; the meter is %v", o.Meter.State)
	// A chip that lies keeps no mark of it, and a bad one may hold no image any more.
	case success && o.Meter.FlashOps > 0 && !o.Meter.Initialized && !runs:
		o.breaks("I2: success is claimed; the meter has not run the image")
	// Where nothing was flashed, the meter had this image before, and the failure is one.
	case failure && upgraded && !o.gaveUp() && o.Meter.FlashOps > 0 && o.Meter.Connected && !o.Aborted && o.Meter.State == meter.Application && o.Meter.Lost == 0:
		o.breaks("I3: failure is claimed (%v); the meter runs the image and has its settings", o.Claim)
	}
}

// judgePromise: a tool that saved the settings, or found a journal of them, and asked what
// to restore, has promised the ticked groups.
func (o *Outcome) judgePromise() {
	success, _ := o.claims()
	asked := slices.Index(o.Prompts, client.PasteOptions)
	if !success || asked < 0 || slices.Contains(o.Prompts, client.SendTemplate) {
		return
	}
	person := &o.evidence.attempt.Person
	broken := o.evidence.lost & person.Paste
	if !slices.Contains(o.Prompts, client.RestoreSettings) || person.NoRestore {
		if o.evidence.before != meter.Application {
			return // the tool saved whatever the meter had when it came up
		}
		broken &= o.evidence.lostSince
	}
	if broken != 0 {
		o.breaks("I2: success is claimed; %v were promised and are lost", broken)
	}
}

// judgeJournal: from the first erase until the settings are back they are on the disk, where
// there was an application to save them from. A log that could not be written to its end does
// not tell when they were back.
func (o *Outcome) judgeJournal() {
	success, _ := o.claims()
	e := &o.evidence
	if !e.attempt.Journal || !e.ordered || o.Meter.FlashOps == 0 || success || completed(o.Log) {
		return
	}
	if e.journalBad != nil {
		o.breaks("I7: the flash was cleared, and the journal cannot be read: %v", e.journalBad)
	} else if !e.journal && o.Unsaid == 0 {
		o.breaks("I7: the flash was cleared, and there is no journal")
	}
}

// completed: an upgrade of this log has come to its end.
func completed(log []byte) bool {
	parsed, err := upgradelog.Parse(log)
	return err == nil && slices.ContainsFunc(parsed.Entries, func(e upgradelog.Entry) bool { return e.Kind == upgradelog.UpgradeCompleted })
}

// judgeLog compares the log with what the line saw; one that could not be written to its end
// as far as it goes.
func (o *Outcome) judgeLog() {
	parsed, err := upgradelog.Parse(o.Log)
	if err != nil {
		o.breaks("I6: the log cannot be read: %v", err)
		return
	}
	for _, u := range parsed.Unreadable {
		o.breaks("I6: line %v of the log cannot be read", u)
	}
	sent := int(o.Cost.Blocks)
	whole := len(parsed.Runs()) == 1 && o.Unsaid == 0
	if whole && sent != o.Counts.Transmitted {
		o.breaks("I6: the tool counts %d blocks sent, the line %d", o.Counts.Transmitted, sent)
	}
	resends := 0
	for _, run := range parsed.Runs() {
		resends += judgeRun(run, o, whole)
	}
	if resends > int(o.Cost.Resends) {
		o.breaks("I6: the log has %d resends, the line saw %d", resends, o.Cost.Resends)
	}
}

// judgeRun looks at one upgrade of the log: the numbers must follow from each other, and,
// if it is whole and the only one of the process, from the tool's counts. It gives the number of
// resends.
func judgeRun(run []upgradelog.Entry, o *Outcome, only bool) (resends int) {
	last, missing, passes := 0, 0, 0
	for _, e := range run {
		switch e.Kind {
		case upgradelog.Proceeding:
			passes++
		case upgradelog.Resending, upgradelog.Aborting:
			if e.Total <= last || only && e.Total > o.Counts.Transmitted {
				o.breaks("I6: line %d counts %d blocks, after %d and of %d", e.At, e.Total, last, o.Counts.Transmitted)
			}
			if missing = inARow(e, last, missing); e.Number != missing {
				o.breaks("I6: line %d counts %d missing answers in a row, and it is %d", e.At, e.Number, missing)
			}
			last = e.Total
			if e.Kind == upgradelog.Resending {
				resends++
			}
		}
	}
	if again := o.Counts.Transmitted - o.Counts.Confirmed - resends; only && passes == 1 && again <= 1 {
		judgeProgress(run, o, again)
	}
	return resends
}

// inARow is how many answers are missing in a row with e, after missing ones at the block
// sent last: what is sent in between is a block of its own.
func inARow(e upgradelog.Entry, last, missing int) int {
	if e.Total == last+1 {
		return missing + 1
	}
	return 1
}

// judgeProgress is for a download in one pass in which hardly anything but silence made the
// tool send a block again: percentages and efficiency follow from the blocks and the
// resends. The log does not tell of a block that was sent again because it was refused, nor
// of the one that was on its way at the end; there are so many of both.
func judgeProgress(run []upgradelog.Entry, o *Outcome, untold int) {
	resends, percent := 0, 0
	for _, e := range run {
		switch e.Kind {
		case upgradelog.Resending:
			resends++
		case upgradelog.Completed:
			if percent += 10; e.Number != percent || o.Counts.Answered < upgradelog.AnsweredAt(percent, o.Counts.Blocks) {
				o.breaks("I6: line %d: %d%% completed, where %d%% is next and %d of %d blocks were answered",
					e.At, e.Number, percent, o.Counts.Answered, o.Counts.Blocks)
			}
		case upgradelog.Efficiency:
			answered := upgradelog.AnsweredAt(percent, o.Counts.Blocks)
			sent := answered + resends
			if most := sent + max(0, untold); e.Number > upgradelog.EfficiencyOf(answered, sent) || e.Number < upgradelog.EfficiencyOf(answered, most) {
				o.breaks("I6: line %d: efficiency of %d tenths of a percent after %d blocks and %d resends", e.At, e.Number, answered, resends)
			}
		}
	}
}
