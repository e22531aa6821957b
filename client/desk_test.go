package client_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/journal"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/fixtures/firmware"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// desk is a tool, a person and a meter, joined frame by frame and without a line: a test
// can take, change, delay and double each answer of the meter on its way.
type desk struct {
	noPort     error // why no connection can be opened again; nil: one can
	reconnects int
	t          testing.TB
	u          *client.Upgrader
	s          *client.Session // around u; nil: the upgrader is driven alone
	m          *meter.Meter
	now        time.Duration

	tap     func(answer *answer) []late // what becomes of an answer; nil: it arrives
	answers int                         // of the meter so far, acknowledgements not counted
	on      []late                      // on their way to the tool

	file     *upg.File
	fileErr  error
	template *dcf.File
	groups   ion.Groups
	choices  map[client.Prompt]client.Choice // other than OK
	hold     client.Prompt                   // not answered
	disk     []byte                          // the journal
	diskErr  error
	locks    []client.Device // asked for
	lockErr  error
	logErr   func(written int) error // why the next line cannot be written; nil: it can

	prompts  []client.Prompt
	shown    error // in the last window
	log      []upgradelog.Line
	written  int     // lines of it that are in the log
	warnings []error // of a session
	steps    []client.Step
	journals int // times that one was saved
	removed  bool
	settings *ion.Settings
	devices  []client.Device // told
	finished bool
	claim    error
	blocks   []uint64 // that the loader programmed, in order
	clears   int
	counts   client.Counts // when the tool came to its last window
}

// answer is one frame of the meter with a message in it, on its way.
type answer struct {
	n     int // from 1
	frame ion.Frame
	bytes []byte
}

type late struct {
	at    time.Duration // relative in what tap returns
	bytes []byte
}

func deskConfig() client.Config {
	return client.Config{
		Release: client.Release22(), SingleDevice: true, UnitID: 105, Baud: 9600, Password: "0",
		Start: time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC), Timing: client.DefaultTiming(), FirstMessageID: 1,
	}
}

func deskMeter(t testing.TB) *meter.Meter {
	t.Helper()
	m, err := meter.New(meter.Config{
		Model: meter.ION7350, SerialNumber: "PC-0209A001-11", UnitID: 105, Password: "0",
		Epoch:    time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC),
		Firmware: meter.Firmware{Revision: "7350V282", Dated: time.Unix(1, 0), Image: firmware.Image(1, 4096)},
		Timing:   meter.DefaultTiming(),
		Geometry: flash.Geometry{Sectors: 33, SectorBytes: 8 << 10, Protected: 23, EraseTime: 100 * time.Millisecond, ByteProgramTime: time.Microsecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.PowerOn(-time.Hour)
	m.Advance(0)
	return m
}

// newDesk has a meter that runs and a tool that was not given a task yet.
func newDesk(t testing.TB, cfg client.Config) *desk {
	t.Helper()
	u, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, u: u, m: deskMeter(t), groups: ion.AllGroups, choices: map[client.Prompt]client.Choice{},
		file: firmware.UPG(7350, "7350V283", time.Unix(1_190_000_000, 0), 283, 2*ion.BlockBytes+1000)}
}

// another is a new process of the tool at the same meter, with the same disk.
func (d *desk) another(cfg client.Config) *desk {
	d.t.Helper()
	next := newDesk(d.t, cfg)
	next.m, next.now, next.disk, next.file = d.m, d.now, d.disk, d.file
	return next
}

// tool is what a desk drives: an upgrader, or a session around one.
type tool interface {
	Start(now time.Duration, task client.Task)
	Receive(now time.Duration, p []byte)
	Advance(now time.Duration)
	Next() (time.Duration, bool)
	Transmit(dst []byte) []byte
	Answer(now time.Duration, a client.Answer)
	Saved(now time.Duration, err error)
	Loaded(now time.Duration, j *journal.Journal, err error)
	Locked(now time.Duration, err error)
}

func (d *desk) tool() tool {
	if d.s != nil {
		return d.s
	}
	return d.u
}

// start gives the tool its task.
func (d *desk) start(task client.Task) *desk {
	d.tool().Start(d.now, task)
	d.listen()
	return d
}

// do runs a task to its end and returns what the tool claims.
func (d *desk) do(task client.Task) error {
	d.t.Helper()
	d.start(task)
	d.run(d.now + 3*time.Hour)
	if !d.finished {
		d.t.Fatalf("the task does not end; prompts %v, steps %v", d.prompts, d.steps)
	}
	return d.claim
}

// run goes on until the tool is done, everybody waits for the person, or the time is over.
func (d *desk) run(until time.Duration) {
	for !d.finished && d.step(until) {
	}
}

// takeSteps goes on by so many steps, or until there is nothing more to do.
func (d *desk) takeSteps(n int) {
	for range n {
		if d.finished || !d.step(time.Hour) {
			return
		}
	}
}

func (d *desk) step(until time.Duration) bool {
	d.exchange()
	at, ok := d.next()
	if !ok || at > until {
		return false
	}
	d.now = max(d.now, at)
	d.m.Advance(d.now)
	d.tool().Advance(d.now)
	d.exchange()
	return true
}

func (d *desk) next() (at time.Duration, ok bool) {
	earliest := func(t time.Duration, due bool) {
		if due && (!ok || t < at) {
			at, ok = t, true
		}
	}
	earliest(d.m.Next())
	earliest(d.tool().Next())
	for _, l := range d.on {
		earliest(l.at, true)
	}
	return at, ok
}

func (d *desk) exchange() {
	for moved := true; moved; {
		moved = false
		if p := d.tool().Transmit(nil); len(p) > 0 {
			d.m.Receive(d.now, p)
			moved = true
		}
		if p := d.m.Transmit(nil); len(p) > 0 {
			d.send(p)
			moved = true
		}
		kept := d.on[:0:0]
		for _, l := range d.on {
			if l.at > d.now {
				kept = append(kept, l)
				continue
			}
			d.tool().Receive(d.now, l.bytes)
			moved = true
		}
		d.on = kept
		d.listen()
	}
	for e, ok := d.m.NextEvent(); ok; e, ok = d.m.NextEvent() {
		switch {
		case e.Kind == meter.EventBlockProgrammed:
			d.blocks = append(d.blocks, uint64(e.Block))
		case e.Kind == meter.EventState && e.State == meter.Erasing:
			d.clears++
			d.blocks = nil
		}
	}
}

// send is a frame of the meter on its way to the tool.
func (d *desk) send(p []byte) {
	f, _, err := ion.ParseFrame(p)
	if err != nil {
		d.t.Fatal(err)
	}
	if f.IsAck() || d.tap == nil {
		d.answers += map[bool]int{false: 1}[f.IsAck()]
		d.on = append(d.on, late{d.now, p})
		return
	}
	d.answers++
	for _, l := range d.tap(&answer{d.answers, f, p}) {
		d.on = append(d.on, late{d.now + l.at, l.bytes})
	}
}

// change edits a one-frame answer of the download service.
func (a *answer) change(edit func(p *ion.Packet, r *ion.DownloadReply)) []late {
	p, err := ion.ParsePacket(a.frame.Data)
	var r ion.DownloadReply
	if err != nil || p.Type != ion.TypeDownload || ion.ParseDownloadReply(p.Body, &r) != nil {
		return []late{{0, a.bytes}}
	}
	edit(&p, &r)
	p.Body = ion.AppendDownloadReply(nil, &r)
	f := a.frame
	f.Data = ion.AppendPacket(nil, p)
	return []late{{0, ion.AppendFrame(nil, f)}}
}

// op is the operation that the answer is for; 0 for a program.
func (a *answer) op() ion.Op {
	p, err := ion.ParsePacket(a.frame.Data)
	if err != nil || p.Type != ion.TypeDownload || len(p.Body) == 0 {
		return 0
	}
	return ion.Op(p.Body[0])
}

func asIs(a *answer) []late { return []late{{0, a.bytes}} }

// answering makes a tap that edits every answer of one operation.
func answering(op ion.Op, edit func(p *ion.Packet, r *ion.DownloadReply)) func(*answer) []late {
	return func(a *answer) []late {
		if a.op() != op {
			return asIs(a)
		}
		return a.change(edit)
	}
}

// status makes a tap that answers one operation with a status.
func status(op ion.Op, s ion.Status) func(*answer) []late {
	return answering(op, func(_ *ion.Packet, r *ion.DownloadReply) { r.Status = s })
}

// listen does what the tool's events ask for.
func (d *desk) listen() {
	for e, ok := d.nextEvent(); ok; e, ok = d.nextEvent() {
		switch e.Kind {
		case client.EventLog:
			d.log = append(d.log, e.Line)
			if d.s != nil && !e.Settled {
				d.writeLog()
			}
		case client.EventWarning:
			d.warnings = append(d.warnings, e.Err)
		case client.EventStep:
			d.steps = append(d.steps, e.Step)
		case client.EventPrompt:
			d.prompts, d.shown = append(d.prompts, e.Prompt), e.Err
			if e.Prompt == client.UpgradeCompleted || e.Prompt == client.UpgradeFailed {
				d.counts = d.u.Counts()
			}
			if len(d.prompts) > 100 {
				d.t.Fatalf("tool and person run in circles: %v", d.prompts[90:])
			}
			if e.Prompt != d.hold && !e.Settled {
				d.tool().Answer(d.now, d.answer(e.Prompt))
			}
		case client.EventSaveJournal:
			d.journals++
			if d.diskErr == nil {
				d.disk = journal.Append(nil, e.Journal)
			}
			d.tool().Saved(d.now, d.diskErr)
		case client.EventLock:
			d.locks = append(d.locks, e.Device)
			d.tool().Locked(d.now, d.lockErr)
		case client.EventLoadJournal:
			d.load()
		case client.EventRemoveJournal:
			if d.diskErr == nil {
				d.disk, d.removed = nil, true
			}
			if d.s != nil {
				d.s.Removed(d.now, d.diskErr)
			} else {
				d.u.Saved(d.now, d.diskErr)
			}
		case client.EventReconnect:
			d.reconnects++
			d.s.Reconnected(d.now, d.noPort)
		case client.EventDevice:
			d.devices = append(d.devices, e.Device)
		case client.EventSettings:
			d.settings = e.Settings
		case client.EventFinished:
			d.finished, d.claim = true, e.Err
		}
	}
}

func (d *desk) nextEvent() (client.Event, bool) {
	if d.s != nil {
		return d.s.NextEvent(d.now)
	}
	return d.u.NextEvent()
}

func (d *desk) writeLog() {
	var err error
	if d.logErr != nil {
		err = d.logErr(d.written)
	}
	if err == nil {
		d.written++
	}
	d.s.Logged(d.now, err)
}

func (d *desk) load() {
	if d.disk == nil {
		d.tool().Loaded(d.now, nil, nil)
		return
	}
	j, err := journal.Parse(d.disk)
	d.tool().Loaded(d.now, j, err)
}

func (d *desk) answer(p client.Prompt) client.Answer {
	a := client.Answer{Choice: d.choices[p]}
	switch p {
	case client.ChooseFirmware:
		a.Firmware, a.Err = d.file, d.fileErr
	case client.ChooseTemplate:
		a.Template = d.template
	case client.PasteOptions:
		a.Groups = d.groups
	}
	return a
}

// upgraded checks that the meter is what a tool that claims success says.
func (d *desk) upgraded() {
	d.t.Helper()
	d.runs()
	for i, n := range d.blocks {
		if n != uint64(i+1) {
			d.t.Errorf("the loader programmed the blocks %v", d.blocks)
			break
		}
	}
	if len(d.blocks) != ion.Blocks(len(d.file.Image)) {
		d.t.Errorf("the loader programmed the blocks %v", d.blocks)
	}
}

// runs checks that the meter runs the file's image, whoever has sent it.
func (d *desk) runs() {
	d.t.Helper()
	d.m.Advance(d.now + time.Minute)
	if r, ok := d.m.Revision(); !ok || r != d.file.Revision || !d.m.HoldsImage(d.file.Image) || d.m.State() != meter.Application {
		d.t.Errorf("the meter is %v with %q (%v)", d.m.State(), r, ok)
	}
}

func (d *desk) logText() string {
	var b []byte
	for _, l := range d.log {
		b = upgradelog.Append(b, l)
	}
	return string(b)
}

func TestDeskUpgradesWithoutFaults(t *testing.T) {
	d := newDesk(t, deskConfig())
	before := d.m.Settings(0)
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
	after := d.m.Settings(d.now)
	if lost := before.Differs(&after) &^ ion.Of(ion.Energy); lost != 0 || after.Template != before.Template {
		t.Errorf("lost: %v, template %q", lost, after.Template)
	}
	if d.clears != 1 || !bytes.Contains([]byte(d.logText()), []byte("Comm efficiency = 100.0%")) {
		t.Errorf("%d clears\n%s", d.clears, d.logText())
	}
}

var errTest = errors.New("made up by the test")
