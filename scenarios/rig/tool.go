package rig

import (
	"errors"
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/client/locks"
	"ionbench/client/phone"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/truth"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// maxPrompts bounds the windows of one attempt. More of them mean that tool and person run in
// circles.
const maxPrompts = 500

// tool is the host's side of the bench: a session, its person, its PC and its disk.
type tool struct {
	session  *client.Session
	of       *attempt // says what the person wants
	disk     Disk
	pc       pc
	killed   bool
	aborted  bool
	hurried  bool // by a further abort
	prompts  []client.Prompt
	visits   int // to Select Connection Type
	assists  int // to Setup Assistant
	claim    error
	settings *ion.Settings
	device   client.Device
	counts   client.Counts // of the download that ran last
	doing    client.Step   // present step of the upgrader's procedure
	ordered  bool          // an application was told to enter download state
	written  *written      // to the log by this attempt, last
	book     upgradelog.Book
	process  locks.Process
	unsaid   int    // lines that the disk had no room for
	logName  string // of the log that was opened last; empty before that
	before   []byte // what was in the log then
	changes  bool   // it has begun to change the meter, and is not the only tool
	intruded bool   // it changed the meter while another process of the PC had it
	met      bool   // it has begun to change the meter that it found, in this act
	mistook  bool   // that was another one: see verdict.Evidence
	harmed   string // what this attempt did to a journal of another meter; empty for nothing
	failing  bool   // the tool has just said that its upgrade failed
	// unanswered: see Outcome.Unanswered.
	unanswered int
	// asked: see verdict.Tool. sent is how often the last request is on the line without an answer, and unseen
	// how often, since an answer, a connection was to be opened first: the line may not have seen those tries.
	asked, sent, unseen int
	vain                int // requests that were not sent, because there was no port or no call, or that died with a call
	pending             []story.Event
	trace               Trace // how much of it is wanted

	truth  *truth.Ledger // whose settings are right
	author truth.Author  // of what is written to the meter
	acts   acts
	phone  *telephone // nil: the tool's port is at the line itself
	around *around    // never changed
	with   *company   // nil: no other tool is at work
	seat   int        // on its line, as bench.Station.Admit says

	careless    careless
	astray      bool              // its port is another one than the meter's
	heldLog     []upgradelog.Line // not on the disk yet
	heldJournal kept              // the whole journal, while the disk has only half of it
}

// begin starts the tool's task.
func (t *tool) begin(now time.Duration) {
	t.with.lend(t)
	if t.phone != nil && t.of.Task != client.TaskConnect {
		t.dial(now, toBegin)
	} else {
		t.session.Start(now, t.of.Task)
	}
	t.listen(now)
	t.with.takeBack(t)
}

func (t *tool) Receive(now time.Duration, p []byte) {
	if !t.still() {
		t.with.lend(t)
		t.receive(now, p)
		t.listen(now)
		t.with.takeBack(t)
	}
}

// receive takes what has arrived, from the line or from the modem.
func (t *tool) receive(now time.Duration, p []byte) {
	lost := false
	if t.phone != nil {
		p, lost = t.hearModem(now, p)
	}
	if len(p) > 0 && !t.astray {
		t.session.Receive(now, p)
	}
	if lost {
		t.loseCall(now)
	}
}

// Deaf: what arrives at a computer that sleeps is lost.
func (t *tool) Deaf() bool { return t.still() }

func (t *tool) Advance(now time.Duration) {
	if !t.still() {
		t.with.lend(t)
		if !t.stuck() {
			t.session.Advance(now)
		}
		if t.phone != nil {
			t.phone.call.Advance(now)
			t.settleCall(now)
		}
		t.listen(now)
		t.with.takeBack(t)
	}
}

func (t *tool) Next() (time.Duration, bool) {
	if t.still() {
		return 0, false
	}
	at, ok := t.session.Next()
	if ok = ok && !t.stuck(); t.phone != nil && !t.session.Done() {
		if due, calls := t.phone.call.Next(); calls && (!ok || due < at) {
			return due, true
		}
	}
	return at, ok
}

func (t *tool) Transmit(dst []byte) []byte {
	if t.still() {
		return dst
	}
	if t.phone != nil {
		dst = t.phone.call.Transmit(dst)
	}
	if t.astray {
		t.session.Transmit(nil)
		return dst
	}
	return t.session.Transmit(dst)
}

func (t *tool) Done() bool { return t.killed || t.session.Done() }

// These are why the tool's connection broke, the same over every transport. A gateway that has
// reset it takes the next one at once; in real time, the attempt opens it before the tool hears. A
// port that is gone takes none until it is back.
var (
	errReset  = errors.New("the connection was reset")
	errNoPort = errors.New("the port is gone")
)

func (t *tool) Drain(dst []story.Event, s *bench.Station) []story.Event {
	t.tries(s)
	t.with.lend(t)
	t.watchCarrier(s)
	t.observe(s)
	t.with.takeBack(t)
	dst = append(dst, t.pending...)
	t.pending = t.pending[:0]
	return dst
}

// tries counts those of the last request, which may be the one that ends an upgrade.
func (t *tool) tries(s *bench.Station) {
	sent := s.SentLastBy(t.seat)
	if sent == 0 && t.sent > 0 {
		t.unseen = 0
	}
	t.sent = sent
	if !t.failing {
		return
	}
	t.failing, t.unanswered, t.asked = false, sent, sent+t.unseen
	if t.phone != nil && t.phone.without {
		t.asked += 1 + t.phone.missed(s.Now(), t.around.patience)
	}
}

func (t *tool) CloneHost(spent bench.Host) bench.Host {
	c, ok := spent.(*tool)
	if !ok {
		c = &tool{session: new(client.Session)}
	}
	old := *c
	*c = *t
	w := machine.Copying()
	c.declare(&w, &old)
	return c
}

// AppendState leaves out lines and windows of the past: they do not change what follows.
func (t *tool) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	t.declare(&w, t)
	return w.Result()
}

func (t *tool) declare(w *machine.State, spent *tool) {
	t.declareSession(w, spent)
	w.Bool(t.killed)
	w.Bool(t.astray)
	w.Bool(t.ordered)
	w.Bool(t.aborted)
	w.Bool(t.hurried)
	w.Bool(t.failing)
	w.Int(t.unanswered)
	w.Int(t.asked)
	w.Int(t.sent)
	w.Int(t.unseen)
	w.Int(t.vain)
	t.declareCounts(w)
	t.pc.declare(w)
	t.declarePhone(w, spent.phone)
	t.disk.declare(w)
	w.Int(t.visits)
	w.Int(t.assists)
	w.Bytes(&t.heldJournal.file, nil)
	t.book.Declare(w)
	w.Bool(t.harmed != "")
	w.Bool(t.intruded)
	w.Bool(t.met)
	w.Bool(t.mistook)
	t.truth.Declare(w)
	w.Uint(uint64(t.author.Own))
	w.Bool(t.author.Older)
	t.acts.declare(w)
	machine.Clip(w, &t.heldLog) // part of the past, as the log is
	machine.Clip(w, &t.prompts)
	machine.Slice(w, &t.pending, spent.pending)
}

// declareSession gives a copy its own session, in the memory of the spent tool's session.
func (t *tool) declareSession(w *machine.State, spent *tool) {
	if !w.Copies() {
		t.session.Declare(w)
		return
	}
	own := spent.session
	t.session.CopyTo(own)
	t.session = own
}

// declareCounts declares the counts that the outcome will show: those of the download that
// runs, or of the last one until the next begins.
func (t *tool) declareCounts(w *machine.State) {
	c := t.latest()
	w.Int(c.Blocks)
	w.Int(c.Answered)
	w.Int(c.Transmitted)
	w.Int(c.Withheld)
	w.Int(c.Confirmed)
	w.Int(c.Passes)
	w.Int(c.Resent)
}

// listen takes the session's events and does what they ask for.
func (t *tool) listen(now time.Duration) {
	for !t.session.Quiet() {
		e, _ := t.session.NextEvent(now)
		t.hear(now, e)
	}
}

func (t *tool) hear(now time.Duration, e client.Event) {
	switch e.Kind {
	case client.EventLog:
		t.hearLine(now, e)
	case client.EventPrompt:
		t.hearPrompt(now, e)
	case client.EventSaveJournal:
		t.session.Saved(now, t.amid(now, func() error { return t.save(e.Meter, e.Journal) }))
	case client.EventLock:
		t.session.Locked(now, t.lockMeter(e.Device.Meter()))
	case client.EventLoadJournal:
		j, err := t.load(e.Meter)
		t.session.Loaded(now, j, err)
	case client.EventRemoveJournal:
		t.heldJournal = kept{}
		t.session.Removed(now, t.amid(now, func() error { return t.forget(e.Meter) }))
	case client.EventReconnect:
		t.reconnect(now)
	case client.EventStep:
		t.hearStep(now, e.Step)
	case client.EventSettings:
		t.settings = e.Settings
	case client.EventDevice:
		t.device = e.Device
	case client.EventFinished:
		t.claim = e.Err
		t.flush()
		t.process.End(t)
		tell(t, now, Finished{t.claim})
	}
}

func (t *tool) hearLine(now time.Duration, e client.Event) {
	t.count()
	tell(t, now, LineLogged{e.Line})
	if e.Settled {
		t.unsaid++
		return
	}
	t.session.Logged(now, t.write(e.Line))
}

// hearPrompt lets the person answer a window, unless it is settled.
func (t *tool) hearPrompt(now time.Duration, e client.Event) {
	tell(t, now, Prompted{e.Prompt})
	if t.notes(e.Prompt) {
		t.acts.due = append(t.acts.due, moment{at: now, window: e.Prompt, windows: t.windowsAt(e.Prompt), err: e.Err})
	}
	t.prompts = append(t.prompts, e.Prompt)
	t.failing = t.failing || e.Prompt == client.UpgradeFailed
	if len(t.prompts) > maxPrompts {
		panic("rig: tool and person run in circles at " + e.Prompt.String())
	}
	if e.Settled {
		return
	}
	a := t.answer(e.Prompt)
	if t.trace == WholeTrace {
		tell(t, now, Answered{e.Prompt, a.Choice})
	}
	t.give(now, e.Prompt, a)
}

func (t *tool) hearStep(now time.Duration, begun client.Step) {
	t.doing = begun
	if t.trace == WholeTrace {
		tell(t, now, StepBegun{begun})
	}
	if t.with != nil && begun.ChangesMeter() {
		t.changes = true
		t.intruded = t.intruded || t.with.heldByAnother(t)
	}
	if writes(begun) || mayForget(begun) {
		t.acts.due = append(t.acts.due, moment{at: now, step: begun})
	}
	t.ordered = t.ordered || begun == client.StepEnterDownloadState && !t.device.Download
}

// reconnect opens the connection that broke, or begins to call again.
func (t *tool) reconnect(now time.Duration) {
	t.unseen++
	err := t.pc.opens()
	switch {
	case t.phone == nil:
		if t.careless.neverReopens {
			err = errNoPort
		}
		if err != nil {
			t.vain++
		}
		t.astray = t.careless.reopensAnother && err == nil
	default:
		t.phone.wantsCall(now)
		if err == nil && t.careless.dialsOnce {
			err = phone.ErrLost
		}
		if err == nil {
			t.dial(now, toGoOn)
			return
		}
	}
	t.session.Reconnected(now, err)
}

// give answers a window. A telephone number is dialled first.
func (t *tool) give(now time.Duration, p client.Prompt, a client.Answer) {
	if t.telephones(p, a) {
		t.phone.tries = 0
		t.dialAtWindow(now, a)
		return
	}
	t.session.Answer(now, a)
}

// count keeps the counts of the download: the upgrader forgets them when the last window of
// the upgrade is closed.
func (t *tool) count() { t.counts = t.latest() }

func (t *tool) latest() client.Counts {
	if c := t.session.Counts(); c.Passes > 0 {
		return c
	}
	return t.counts
}

func claimText(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}

func tell[W story.What](t *tool, now time.Duration, what W) {
	if t.trace != NoTrace { // and nothing is allocated for it
		t.pending = append(t.pending, story.Event{At: now, Source: story.Host, What: what})
	}
}

func (t *tool) answer(p client.Prompt) client.Answer {
	switch p {
	case client.ConnectionType:
		t.visits++
		return client.Answer{Choice: okUnless(t.visits > t.of.Connections, client.Exit)}
	case client.RecoverUpgrade:
		return client.Answer{Choice: okUnless(t.of.NoRecovery, client.Cancel)}
	case client.RestoreSettings:
		return client.Answer{Choice: okUnless(t.of.NoRestore, client.Cancel)}
	case client.RestoreOlder:
		return client.Answer{Choice: okUnless(!t.of.Older, client.Cancel)}
	case client.ChooseFirmware:
		return t.pc.open(t.of.files.Firmware, t.of.files.FirmwareErr)
	case client.ChooseTemplate:
		return client.Answer{Template: t.of.files.Template, Err: t.of.files.TemplateErr}
	case client.PasteOptions:
		return client.Answer{Groups: t.of.Paste()}
	case client.SetupAssistant:
		t.assists++
		if t.assists > len(t.of.Assistant) {
			return client.Answer{Choice: client.Exit}
		}
		return client.Answer{Choice: t.of.Assistant[t.assists-1]}
	case client.DeviceSilent:
		return client.Answer{Choice: t.of.AtSilence}
	case client.UpgradeCompleted, client.UpgradeFailed:
		return client.Answer{Choice: client.Exit}
	case client.CommunicationLost, client.SendTemplate, client.TemplateApplied:
		return client.Answer{Choice: client.OK}
	default:
		panic(fmt.Sprintf("rig: nobody knows what to answer at %v", p))
	}
}

func okUnless(otherwise bool, c client.Choice) client.Choice {
	if otherwise {
		return c
	}
	return client.OK
}
