package rig

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/truth"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// Disk holds the files that outlive a process of the tool: its log and its journals.
type Disk struct {
	Log      []byte
	journals []kept
	// Full leaves no room for a journal, but still for the log. The fault disk-full leaves
	// room for neither.
	Full bool
}

// kept is a journal in one of the folders.
type kept struct {
	folder, name string
	file         []byte
}

// ErrDiskFull is the error of a write to a full disk.
var ErrDiskFull = errors.New("no space left on the disk")

// save writes the journal of a meter into a folder, and says under which name.
func (d *Disk) save(find finder, folder string, m journal.Meter, j *journal.Journal) (name string, err error) {
	if d.Full {
		return "", ErrDiskFull
	}
	if name, _, err = find(m, d.in(folder)); err == nil {
		d.put(kept{folder, name, journal.Append(nil, j)})
	}
	return name, err
}

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

// load returns the journal of a meter; nil if there is none.
func (d *Disk) load(folder string, m journal.Meter) (*journal.Journal, error) {
	_, j, err := journal.Find(m, d.in(folder))
	return j, err
}

// forget removes the journal of a meter.
func (d *Disk) forget(find finder, folder string, m journal.Meter) error {
	name, _, err := find(m, d.in(folder))
	if err == nil {
		d.remove(folder, name)
	}
	return err
}

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
	unsaid   int           // lines that the disk had no room for
	failing  bool          // the tool has just said that its upgrade failed
	// unanswered: see Outcome.Unanswered.
	unanswered int
	pending    []story.Event
	untraced   bool // the trace is not wanted

	truth  *truth.Ledger // whose settings are right
	author truth.Author  // of what is written to the meter
	acts   acts
	around *around // never changed

	careless    careless
	heldLog     []upgradelog.Line // not on the disk yet
	heldJournal kept              // the whole journal, while the disk has only half of it
}

func (t *tool) Receive(now time.Duration, p []byte) {
	if !t.still() {
		t.session.Receive(now, p)
		t.listen(now)
	}
}

// Deaf: what arrives at a computer that sleeps is lost.
func (t *tool) Deaf() bool { return t.still() }

func (t *tool) Advance(now time.Duration) {
	if !t.still() {
		t.session.Advance(now)
		t.listen(now)
	}
}

func (t *tool) Next() (time.Duration, bool) {
	if t.still() {
		return 0, false
	}
	return t.session.Next()
}

func (t *tool) Transmit(dst []byte) []byte {
	if t.still() {
		return dst
	}
	return t.session.Transmit(dst)
}

func (t *tool) Done() bool { return t.killed || t.session.Done() }

// errReset is why the tool's connection broke, the same over every transport. A gateway that has
// reset it takes the next one at once; in real time, the attempt opens it before the tool hears.
var errReset = errors.New("the connection was reset")

func (t *tool) Drain(dst []story.Event, s *bench.Station) []story.Event {
	if t.failing {
		t.failing, t.unanswered = false, s.SentLast()
	}
	t.observe(s)
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
	w.Bool(t.ordered)
	w.Bool(t.aborted)
	w.Bool(t.failing)
	w.Int(t.unanswered)
	t.declareCounts(w)
	t.pc.declare(w)
	t.disk.declare(w)
	w.Int(t.visits)
	w.Int(t.assists)
	w.Bytes(&t.heldJournal.file, nil)
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
		t.count()
		tell(t, now, LineLogged{e.Line})
		if e.Settled {
			t.unsaid++
			return
		}
		t.session.Logged(now, t.write(e.Line))
	case client.EventPrompt:
		tell(t, now, Prompted{e.Prompt})
		if t.notes(e.Prompt) {
			t.acts.due = append(t.acts.due, moment{at: now, window: e.Prompt, windows: t.windowsAt(e.Prompt), err: e.Err})
		}
		t.prompts = append(t.prompts, e.Prompt)
		t.failing = t.failing || e.Prompt == client.UpgradeFailed
		if len(t.prompts) > maxPrompts {
			panic("rig: tool and person run in circles at " + e.Prompt.String())
		}
		if !e.Settled {
			t.session.Answer(now, t.answer(e.Prompt))
		}
	case client.EventSaveJournal:
		t.session.Saved(now, t.save(e.Meter, e.Journal))
	case client.EventLock:
		t.session.Locked(now, nil)
	case client.EventLoadJournal:
		_, j, err := t.careless.finder()(e.Meter, t.disk.in(t.of.Folder))
		t.session.Loaded(now, j, err)
	case client.EventRemoveJournal:
		t.heldJournal = kept{}
		t.session.Removed(now, t.disk.forget(t.careless.finder(), t.of.Folder, e.Meter))
	case client.EventReconnect:
		t.session.Reconnected(now, nil)
	case client.EventStep:
		t.doing = e.Step
		if writes(e.Step) || mayForget(e.Step) {
			t.acts.due = append(t.acts.due, moment{at: now, step: e.Step})
		}
		t.ordered = t.ordered || e.Step == client.StepEnterDownloadState && !t.device.Download
	case client.EventSettings:
		t.settings = e.Settings
	case client.EventDevice:
		t.device = e.Device
	case client.EventFinished:
		t.claim = e.Err
		t.flush()
		tell(t, now, Finished{t.claim})
	}
}

// write adds a line to the log if the disk has room.
func (t *tool) write(l upgradelog.Line) error {
	switch {
	case t.pc.full > 0:
		t.unsaid++
		return ErrDiskFull
	case t.careless.logHeldBack:
		t.heldLog = append(t.heldLog, l)
	default:
		t.put(l)
	}
	return nil
}

// put writes a line of the log to the disk, whose Log has it when the attempt has ended.
func (t *tool) put(l upgradelog.Line) {
	if t.careless.logOverwritten && l.Kind == upgradelog.UpgradeStarted {
		t.disk.Log, t.written = nil, nil
	}
	t.written = t.written.with(l)
}

// save writes a journal. A tool that writes in place leaves half of it on the disk until flush.
func (t *tool) save(m journal.Meter, j *journal.Journal) error {
	if t.pc.full > 0 {
		return ErrDiskFull
	}
	name, err := t.disk.save(t.careless.finder(), t.of.Folder, m, j)
	if err != nil || !t.careless.journalInPlace {
		return err
	}
	t.heldJournal = t.disk.journals[len(t.disk.journals)-1]
	t.disk.put(kept{t.of.Folder, name, t.heldJournal.file[:len(t.heldJournal.file)/2]})
	return nil
}

// flush writes what the tool held back; a killed tool does not come to that.
func (t *tool) flush() {
	for _, l := range t.heldLog {
		if t.pc.full > 0 {
			t.unsaid++
		} else {
			t.put(l)
		}
	}
	t.heldLog = nil
	if t.heldJournal.file != nil {
		t.disk.put(t.heldJournal)
		t.heldJournal = kept{}
	}
}

// count keeps the counts of the download: the upgrader forgets them when the last window of
// the upgrade is closed.
func (t *tool) count() { t.counts = t.latest() }

func (t *tool) latest() client.Counts {
	if c := t.session.Counts(); c.Transmitted > 0 {
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
	if !t.untraced { // and nothing is allocated for it
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
