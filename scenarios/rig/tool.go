package rig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/phone"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/truth"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// Disk holds the files that outlive a process of the tool: its logs and its journals. And it has
// the locks that processes hold.
type Disk struct {
	Log      []byte // the one that was written last
	log      string // its name
	logs     []logFile
	journals []kept
	locks    []lock
	// Full leaves no room for a journal, but still for the log. The fault disk-full leaves
	// room for neither.
	Full bool
}

// logFile is a log that is not the one that was written last.
type logFile struct {
	name    string
	content []byte
}

// turnTo makes another log the one that is written.
func (d *Disk) turnTo(name string) {
	if name == d.log {
		return
	}
	logs := slices.Clone(d.logs) // copies share it
	if d.log != "" {
		logs = append(logs, logFile{d.log, d.Log})
	}
	d.log, d.Log = name, nil
	if at := slices.IndexFunc(logs, func(l logFile) bool { return l.name == name }); at >= 0 {
		d.Log = logs[at].content
		logs = slices.Delete(logs, at, at+1)
	}
	d.logs = logs
}

// putLogsAway makes every tool begin a new log.
func (d *Disk) putLogsAway() { d.Log, d.logs = nil, nil }

// logOf is the log of a name.
func (d *Disk) logOf(name string) []byte {
	if name == d.log {
		return d.Log
	}
	for _, l := range d.logs {
		if l.name == name {
			return l.content
		}
	}
	return nil
}

// lock is something that a process keeps others from.
type lock struct{ name, by string }

// Lock and Release are those of a locks.Keeper.
func (t *tool) Lock(name, by string) (held bool, err error) {
	for _, l := range t.disk.locks {
		if l.name == name {
			return false, &locks.InUseError{By: l.by}
		}
	}
	if t.pc.full > 0 {
		return false, nil // as ionup, it goes on all the same
	}
	t.disk.locks = append(slices.Clip(t.disk.locks), lock{name, by})
	return true, nil
}

// Release gives a lock back.
func (t *tool) Release(name string) {
	t.disk.locks = slices.DeleteFunc(slices.Clone(t.disk.locks), func(l lock) bool { return l.name == name })
}

// kept is a journal in one of the folders.
type kept struct {
	folder, name string
	file         []byte
}

// ErrDiskFull is the error of a write to a full disk.
var ErrDiskFull = errors.New("no space left on the disk")

// put writes a file and replaces the earlier one of the same name.
func (d *Disk) put(k kept) {
	d.remove(k.folder, k.name)
	d.journals = append(d.journals, k)
}

// in returns how a file of a folder is read; nil if there is none.
func (d *Disk) in(folder string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, k := range d.journals {
			if k.is(folder, name) {
				return k.file, nil
			}
		}
		return nil, nil
	}
}

func (k *kept) is(folder, name string) bool { return k.folder == folder && k.name == name }

// load returns what a folder holds of a meter; nil if that is nothing.
func (d *Disk) load(folder string, m journal.Meter) (*journal.Journal, error) {
	found, err := journal.Gather(m, inFolder{d, folder})
	if err != nil {
		return nil, err
	}
	return found.Journal, nil
}

// inFolder is a folder with journals.
type inFolder struct {
	disk   *Disk
	folder string
}

// List returns the names in the folder.
func (f inFolder) List() (names []string, err error) {
	for _, k := range f.disk.journals {
		if k.folder == f.folder {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Read returns a file of the folder; nil if there is none.
func (f inFolder) Read(name string) ([]byte, error) { return f.disk.in(f.folder)(name) }

func (d *Disk) remove(folder, name string) {
	d.journals = slices.DeleteFunc(slices.Clone(d.journals), func(k kept) bool { return k.is(folder, name) })
}

func (d *Disk) removeFolder(folder string) {
	d.journals = slices.DeleteFunc(slices.Clone(d.journals), func(k kept) bool { return k.folder == folder })
}

// damage flips a bit in the middle of each whole journal of a folder.
func (d *Disk) damage(folder string) {
	d.journals = slices.Clone(d.journals)
	for i := range d.journals {
		k := &d.journals[i]
		if _, err := journal.Parse(k.file); k.folder == folder && err == nil {
			k.file = slices.Clone(k.file)
			k.file[len(k.file)/2] ^= 1
		}
	}
}

// copyInto copies journals into a folder, where they replace others of the same name.
func (d *Disk) copyInto(folder string, journals []kept) {
	for _, k := range journals {
		k.folder = folder
		d.put(k)
	}
}

// Journals is the number of journals, in all folders: one for each upgrade that has not ended.
func (d *Disk) Journals() int { return len(d.journals) }

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
	harmed   string // what this attempt did to a journal of another meter; empty for nothing
	failing  bool   // the tool has just said that its upgrade failed
	// unanswered: see Outcome.Unanswered.
	unanswered int
	vain       int // requests that were not sent, because there was no port or no call, or that died with a call
	pending    []story.Event
	trace      Trace // how much of it is wanted

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
	if t.failing {
		t.failing, t.unanswered = false, s.SentLastBy(t.seat)
	}
	t.with.lend(t)
	t.watchCarrier(s)
	t.observe(s)
	t.with.takeBack(t)
	dst = append(dst, t.pending...)
	t.pending = t.pending[:0]
	return dst
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
	w.Int(c.Confirmed)
	w.Int(c.Passes)
	w.Int(c.Resent)
}

// declare leaves the contents of the log out of a fingerprint: the tool never reads it.
func (d *Disk) declare(w *machine.State) {
	w.Bool(d.Full)
	machine.Clip(w, &d.journals)
	machine.Each(w, d.journals, func(k *kept) {
		w.Text(k.folder)
		w.Text(k.name)
		w.Bytes(&k.file, nil)
	})
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
		t.session.Saved(now, t.save(e.Meter, e.Journal))
	case client.EventLock:
		t.session.Locked(now, t.lockMeter(e.Device.Meter()))
	case client.EventLoadJournal:
		j, err := t.load(e.Meter)
		t.session.Loaded(now, j, err)
	case client.EventRemoveJournal:
		t.heldJournal = kept{}
		t.session.Removed(now, t.forget(e.Meter))
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

// load looks for the journal of a meter. A careless tool takes a name for proof.
func (t *tool) load(m journal.Meter) (*journal.Journal, error) {
	if t.careless.journalByName {
		_, j, err := findByName(m, t.disk.in(t.of.Folder))
		return j, err
	}
	return t.disk.load(t.of.Folder, m)
}

// write adds a line to the log if the disk has room.
func (t *tool) write(l upgradelog.Line) error {
	switch {
	case t.pc.full > 0:
		t.unsaid++
		return ErrDiskFull
	case t.careless.logHeldBack:
		t.heldLog = append(t.heldLog, l)
		return nil
	}
	return t.enter(t.book.Take(l))
}

// enter does with the log what a line asks for.
func (t *tool) enter(turn upgradelog.Turn) error {
	if turn.Close {
		t.process.CloseLog(t)
	}
	if turn.Open != "" {
		if err := t.lockLog(turn.Open); err != nil {
			t.book.NotOpened()
			t.unsaid += len(turn.Lines)
			return err
		}
		t.disk.turnTo(turn.Open)
		if t.logName != turn.Open {
			t.logName, t.before = turn.Open, slices.Clip(t.disk.Log)
		}
	}
	for _, l := range turn.Lines {
		t.put(l)
	}
	return nil
}

// lockLog keeps other processes from a log.
func (t *tool) lockLog(name string) error {
	if err := t.process.Log(t, name); err != nil && !t.careless.logLockIgnored {
		return fmt.Errorf("%s is %w", name, err)
	}
	return nil
}

// lockMeter keeps other processes from a meter.
func (t *tool) lockMeter(m journal.Meter) error {
	if t.careless.lockByName {
		m = journal.Meter{SerialNumber: m.SerialNumber}
	}
	err := t.process.Meter(t, m)
	if t.careless.meterLockIgnored {
		return nil
	}
	return err
}

// kept reports whether what was in the log is still there.
func (t *tool) kept() bool {
	return t.logName == "" || bytes.HasPrefix(t.disk.logOf(t.logName), t.before)
}

// saved is the disk as it is when the attempt has ended: with its lines in the log.
func (t *tool) saved(log []byte) Disk {
	d := t.disk
	if t.logName != "" {
		d.turnTo(t.logName)
		d.Log = slices.Concat(d.Log, log)
	}
	return d
}

// put writes a line of the log to the disk, whose Log has it when the attempt has ended.
func (t *tool) put(l upgradelog.Line) {
	t.disk.turnTo(t.logName)
	if t.careless.logOverwritten && l.Kind == upgradelog.UpgradeStarted {
		t.disk.Log, t.written = nil, nil
	}
	t.written = t.written.with(l)
	t.with.wrote(t)
}

// save writes a journal. A tool that writes in place leaves half of it on the disk until flush.
func (t *tool) save(m journal.Meter, j *journal.Journal) error {
	if t.pc.full > 0 {
		return ErrDiskFull
	}
	if t.disk.Full {
		return ErrDiskFull
	}
	name, _, err := t.careless.finder()(m, t.disk.in(t.of.Folder))
	if err != nil {
		return err
	}
	t.touch(name)
	t.disk.put(kept{t.of.Folder, name, journal.Append(nil, j)})
	if !t.careless.journalInPlace {
		return nil
	}
	t.heldJournal = t.disk.journals[len(t.disk.journals)-1]
	t.disk.put(kept{t.of.Folder, name, t.heldJournal.file[:len(t.heldJournal.file)/2]})
	return nil
}

// forget removes the journal of a meter.
func (t *tool) forget(m journal.Meter) error {
	name, _, err := t.careless.finder()(m, t.disk.in(t.of.Folder))
	if err == nil {
		t.touch(name)
		t.disk.remove(t.of.Folder, name)
	}
	return err
}

// touch notes what a file is of that the tool replaces or removes now.
func (t *tool) touch(name string) {
	file, _ := t.disk.in(t.of.Folder)(name)
	if file == nil || t.harmed != "" {
		return
	}
	if j, err := journal.Parse(file); err == nil && !j.Meter.Is(identityOf(t.around.said)) {
		t.harmed = fmt.Sprintf("the journal of another meter (%s, unit %d) is not there as it was", j.Meter.SerialNumber, j.Meter.UnitID)
	}
}

// flush writes what the tool held back; a killed tool does not come to that.
func (t *tool) flush() {
	for _, l := range t.heldLog {
		if t.pc.full > 0 {
			t.unsaid++
		} else {
			_ = t.enter(t.book.Take(l)) // too late for the tool to do anything about it
		}
	}
	t.heldLog = nil
	_ = t.enter(t.book.End())
	if t.heldJournal.file != nil {
		t.disk.put(t.heldJournal)
		t.heldJournal = kept{}
	}
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
