// Package client is the upgrader: the machine that does to a meter what the vendor's tool
// (ION Setup) does, with its log, its windows, its retries and its recovery.
//
// An Upgrader talks to the meter. It reads no terminal and no file: it asks with prompts, which
// a person or a script answers, and it reports with events. Its procedures are lists of steps;
// to read one from top to bottom is to read the article (FA212301).
//
// A Session is one process of the tool around an Upgrader, from its start until the person
// exits. It decides what becomes of an upgrade whose log cannot be written, what happens when
// the person leaves, which of several errors counts, and the exit status. It has no files
// either: a program drives it with real ones, the bench with files that can fail.
//
// A late answer is never taken for the answer to a later request: every new request has its own
// message id, which a resend keeps, and the answer to a block names its sequence number.
package client

import (
	"fmt"
	"time"

	"ionbench/client/journal"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Config describes one process of the tool.
type Config struct {
	Release Release
	// SingleDevice is "Single ION device configuration mode".
	SingleDevice bool
	DeviceName   string // of the site, as the log shows it; "ion7350" if empty
	UnitID       uint16
	SerialNumber string // the meter must have this one; empty for any
	Baud         int    // bits a second, 8N1
	Password     string // up to eight digits, or up to six characters
	User         byte   // user id that belongs to the password
	// Start is the calendar time of now = 0, in the zone in which the log is written.
	Start  time.Time
	Timing Timing
	// Journal keeps the settings on disk while an upgrade runs.
	Journal bool
	By      string // who uses the tool, for the journal: user and computer
	// Listens has the tool listen for a second meter with the unit id before it changes anything.
	Listens bool
	// Lock asks for the meter with EventLock before anything in it is changed.
	Lock bool
	// FirstMessageID is the id of the first request. Processes that follow each other should
	// use different ones, so that a late answer to one is not taken for an answer to the next.
	FirstMessageID uint16
	Planted        string // name of a bug to plant, for tests of tests alone; empty for none
}

// Task is what the tool is to do.
type Task uint8

// The tasks.
const (
	TaskConnect       Task = iota // the windows of the article, until the person exits
	TaskIdentify                  // tell what is at the other end
	TaskUpgrade                   // upgrade, or start again what was interrupted
	TaskRecover                   // the same; nothing is flashed if the image runs already
	TaskSendTemplate              // send a template to the meter
	TaskReadSettings              // read the settings
	TaskWriteSettings             // write the settings given to SetWrites
)

// Upgrader is the part of the tool that talks to the meter. Make it with New, give it a task
// with Start, run it as a machine.Machine, and take its events after every call.
type Upgrader struct {
	cfg        Config
	credential ion.Credential

	lists     *[procedureCount][]step
	rules     *rules
	task      Task
	procedure procedure
	at        int // index of the step in the procedure
	phase     phase
	err       error // why the task failed
	result    error // of the last upgrade or template of a session of windows

	exchange exchange
	tx       []byte
	broke    error // why the connection broke, or could not be opened, since the meter was last heard
	unmet    bool  // the connection is a new one, and nobody has said there who it is
	events   []Event
	told     int

	recovery  bool // Firmware Recovery Mode: from the first recovery until the tool exits
	device    Device
	firmware  *upg.File
	paste     ion.Groups
	onDisk    bool                     // there is a journal of the meter on the disk
	keptThere bool                     // and it is what is kept
	ownFile   bool                     // this upgrade made it, and there was none before
	kept      *journal.Journal         // what is kept of the meter's settings, on the disk or only in memory
	before    marks                    // of the meter, before settings are written back
	after     marks                    // of the meter, as they were read back
	counted   [ion.EnergyCount]float64 // what the meter had counted since a reset when the upgrade began
	offered   ion.SettingSet           // of the journal that was found, to be written back
	declined  ion.SettingSet           // of those that were offered
	older     bool                     // the person wants also what is older than something that was lost
	write     []write                  // settings to write
	wrote     int                      // how many of them were written
	wroteAt   time.Duration            // when the meter said so; until then, when it was told to
	unsure    Step                     // the write or the clear whose answer a connection took with it; NoStep for none
	anew      int                      // how many of its answers are missing by now
	anewAt    Step                     // whose
	touch     touch
	transfer  transfer
}

// phase is what the upgrader is waiting for.
type phase uint8

const (
	idle       phase = iota
	asking           // a person's answer
	keeping          // the journal to be saved or loaded, or the meter to be locked
	pausing          // a time to pass before a request
	exchanging       // an answer from the meter
	listening        // an answer from another meter with its unit id
	finished
)

// imageCRC is the CRC-32 of the image, computed when first needed.
func (u *Upgrader) imageCRC() uint32 {
	if !u.transfer.summed {
		u.transfer.crc, u.transfer.summed = u.firmware.CRC32(), true
	}
	return u.transfer.crc
}

// transfer counts what the download has done.
type transfer struct {
	blocks      int    // blocks of the image
	crc         uint32 // CRC-32 of the image; 0 if not computed yet
	summed      bool
	answered    int // in this pass over the image
	transmitted int // blocks sent so far, with resends and earlier passes
	withheld    int // of transmitted: nobody at the end of a new connection had said who it is
	confirmed   int // blocks answered so far, with earlier passes
	tenths      int // tenths of the image that were reported
	passes      int // how often the flash was cleared
	resent      int // requests sent again after silence
	enters      int // how often the meter agreed to enter download state
	polls       int
	busy        int  // how many answers in a row refused the block
	begun       bool // the log was begun
	found       bool // the meter was found in download state
	unread      bool // it was taken out of an application that nobody has read
	reread      bool // the application was read again, and not told to leave since
	clearing    bool
	flashes     bool // the image is sent; see decide
}

// New makes a tool that has just been started.
func New(cfg Config) (*Upgrader, error) {
	if err := ion.CheckUnitID(int(cfg.UnitID)); err != nil {
		return nil, err
	}
	if cfg.Baud < 0 {
		return nil, fmt.Errorf("%d baud is no rate of a line", cfg.Baud)
	}
	credential, err := ion.ParsePassword(cfg.Password, cfg.User)
	if err != nil {
		return nil, err
	}
	u := &Upgrader{cfg: cfg, lists: &healthyProcedures, rules: healthyRules(), credential: credential, paste: ion.AllGroups}
	u.exchange.id = cfg.FirstMessageID - 1
	if cfg.Planted != "" {
		if err := u.plant(cfg.Planted); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// Start begins a task. Only one runs at a time.
func (u *Upgrader) Start(now time.Duration, t Task) {
	u.task = t
	u.err, u.result, u.touch = nil, nil, touch{}
	u.switchTo(now, t.procedure())
}

// Done reports that the task is over.
func (u *Upgrader) Done() bool { return u.phase == finished }

// RecoveryMode reports that the tool is in Firmware Recovery Mode: a recovery was begun
// in this process. "It is recommended to once again, completely exit ION Setup and
// reconnect to the device. This is to ensure that ION Setup returns to normal operating
// mode instead of Firmware Recovery Mode."
func (u *Upgrader) RecoveryMode() bool { return u.recovery }

// Counts says how far the download is.
type Counts struct {
	Blocks      int // blocks of the image
	Answered    int // blocks answered in this pass over the image
	Transmitted int // blocks sent, resends included
	Withheld    int // of these, tries that came no further than to the question who is at the end of a new connection
	Confirmed   int // blocks answered in all passes
	Passes      int // how often the flash was cleared
	Resent      int // requests that were sent again, except to a restarting meter
}

// Counts says how far the download is.
func (u *Upgrader) Counts() Counts {
	t := u.transfer
	return Counts{Blocks: t.blocks, Answered: t.answered, Transmitted: t.transmitted, Withheld: t.withheld, Confirmed: t.confirmed, Passes: t.passes, Resent: t.resent}
}

// Quiet reports that NextEvent has no more events.
func (u *Upgrader) Quiet() bool { return u.told == len(u.events) }

// NextEvent returns the upgrader's events, one at a time, oldest first.
func (u *Upgrader) NextEvent() (e Event, ok bool) {
	if u.Quiet() {
		return Event{}, false
	}
	u.told++
	return u.events[u.told-1], true
}

func (u *Upgrader) emit(e Event) {
	if u.Quiet() {
		u.events, u.told = u.events[:0], 0
	}
	u.events = append(u.events, e)
}

func (u *Upgrader) log(l upgradelog.Line) { u.emit(Event{Kind: EventLog, Line: l}) }

// ClockSet says that the PC's calendar was moved, forwards or back. Lines that are written from
// now on show the new time. Timeouts do not depend on the calendar.
func (u *Upgrader) ClockSet(by time.Duration) { u.cfg.Start = u.cfg.Start.Add(by) }

// clock is the time that the log shows.
func (u *Upgrader) clock(now time.Duration) time.Time { return u.cfg.Start.Add(now) }

// Abort is the person's Abort button, or Ctrl-C. The transfer ends; the meter stays as it is
// and can be upgraded again at once. One that was put into download state and not erased is given
// back to its application first; a second Abort ends that too. At a window that reports an end there is nothing to abort:
// it is closed.
func (u *Upgrader) Abort(now time.Duration) { u.stop(now, ErrAborted) }

// stop ends the task, as Abort does, for whatever reason.
func (u *Upgrader) stop(now time.Duration, why error) {
	switch {
	case u.phase == finished || u.phase == idle:
		return
	case u.procedure == upgradedProcedure || u.procedure == failedProcedure:
		u.Answer(now, Answer{Choice: Exit})
		return
	}
	if !u.rules.aborts(u) {
		return
	}
	if u.rules.givesBack(u) {
		u.giveBack(now, why)
		return
	}
	u.fail(now, why)
}

// giveBack ends the upgrade with an error once the meter is back in its application.
func (u *Upgrader) giveBack(now time.Duration, why error) {
	u.exchange.end()
	u.err = why
	u.transfer.polls = 0
	u.switchTo(now, givingBackProcedure)
}

// Transmit returns what is to be sent now.
func (u *Upgrader) Transmit(dst []byte) []byte {
	dst = append(dst, u.tx...)
	u.tx = u.tx[:0]
	return dst
}
