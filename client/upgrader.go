// Package client is the upgrader: the machine that does to a meter what the vendor's tool
// (ION Setup) does, with its log, its windows, its retries and its recovery.
//
// An Upgrader talks to the meter. It reads no terminal and no file: what it wants to know comes
// as a prompt that a person or a script answers, and what it has to say comes as events. Its
// procedures are lists of steps; reading one from top to bottom is reading the article
// (FA212301).
//
// A Session is one process of the tool around an Upgrader, from its start until the person exits
// it: what becomes of an upgrade whose log cannot be written, what a person who leaves leaves
// behind, which error wins, and the exit status. It has no files either: a program drives it
// with real ones, a bench with faults.
//
// A late answer is never taken for the answer to a later request: every request has a
// message id of its own, a resend keeps it, and the answer to a block names its sequence
// number.
package client

import (
	"fmt"
	"time"

	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Config describes one process of the tool.
type Config struct {
	Release Release
	// SingleDevice is "Single ION device configuration mode".
	SingleDevice bool
	DeviceName   string // of the site, as the log shows it; "ion7350" where it is empty
	UnitID       uint16
	SerialNumber string // the meter must have this one; empty for any
	Baud         int    // bits a second, 8N1
	Password     string // up to eight digits, or up to six characters
	User         byte   // user id that goes with the password
	// Start is the calendar time of now = 0, in the zone in which the log is written.
	Start  time.Time
	Timing Timing
	// Journal keeps the settings on disk while an upgrade runs.
	Journal bool
	// FirstMessageID is the id of the first request. Processes that follow each other
	// should differ in it, so that an answer to one is none to the next.
	FirstMessageID uint16
}

// Task is what the tool is started for.
type Task uint8

// The tasks.
const (
	TaskConnect       Task = iota // the windows of the article, until the person exits
	TaskIdentify                  // tell what is at the other end
	TaskUpgrade                   // upgrade, or start again what was interrupted
	TaskRecover                   // the same; nothing is flashed if the image runs already
	TaskSendTemplate              // send a template to the meter
	TaskReadSettings              // read the settings
	TaskWriteSettings             // write the settings given to WriteSettings
)

// Upgrader is the part of the tool that talks to the meter. Make it with New, give it a task with
// Start, and run it as a machine.Machine; take its events after every call.
type Upgrader struct {
	cfg        Config
	credential ion.Credential

	lists     *[procedureCount][]step
	rules     *rules
	task      Task
	procedure procedure
	at        int // step of the procedure
	phase     phase
	err       error // why the task failed

	exchange exchange
	tx       []byte
	events   []Event
	told     int

	recovery bool // Firmware Recovery Mode: from a recovery until the tool is exited
	device   Device
	firmware *upg.File
	paste    ion.Groups
	backup   *ion.Settings // from before the flash was cleared; in memory only
	backedUp string        // serial number of the meter that the backup is of
	journal  *Journal      // as it was found, or saved
	write    []write       // settings to write
	wrote    int           // how many of them
	restored ion.Groups
	transfer transfer
}

// phase is what the upgrader is waiting for.
type phase uint8

const (
	idle       phase = iota
	asking           // a person's answer
	keeping          // the journal to be saved or loaded
	pausing          // a time to pass before a request
	exchanging       // an answer from the meter
	finished
)

// imageCRC is the CRC-32 of the image, taken when it is asked for first.
func (u *Upgrader) imageCRC() uint32 {
	if !u.transfer.summed {
		u.transfer.crc, u.transfer.summed = u.firmware.CRC32(), true
	}
	return u.transfer.crc
}

// transfer counts the download.
type transfer struct {
	blocks      int    // of the image
	crc         uint32 // of the image, if summed
	summed      bool
	answered    int // in this pass over the image
	transmitted int // all blocks sent so far, resends and earlier passes too
	confirmed   int // all blocks answered so far
	tenths      int // of the image that were reported
	passes      int // times that the flash was cleared
	resent      int // requests sent again after silence
	enters      int // times that the meter agreed to enter download state
	polls       int
	busy        int  // answers in a row that did not take the block
	begun       bool // the log was begun
	found       bool // the meter was found in download state
	clearing    bool
}

// New makes a tool that was just started.
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
	return u, nil
}

// Start begins a task. Only one runs at a time.
func (u *Upgrader) Start(now time.Duration, t Task) {
	u.task = t
	u.err = nil
	u.switchTo(now, t.procedure())
}

// Done reports that the task is over.
func (u *Upgrader) Done() bool { return u.phase == finished }

// Err is why the last task failed; nil when it succeeded.
func (u *Upgrader) Err() error { return u.err }

// RecoveryMode reports that the tool is in Firmware Recovery Mode: a recovery was begun
// in this process. "It is recommended to once again, completely exit ION Setup and
// reconnect to the device. This is to ensure that ION Setup returns to normal operating
// mode instead of Firmware Recovery Mode."
func (u *Upgrader) RecoveryMode() bool { return u.recovery }

// Device is the meter as far as it is known.
func (u *Upgrader) Device() Device { return u.device }

// Counts is how the download stands.
type Counts struct {
	Blocks      int // of the image
	Answered    int // in this pass over the image
	Transmitted int // all that were sent, resends too
	Confirmed   int // all that were answered
	Passes      int // times that the flash was cleared
	Resent      int // requests that were sent again; those that wait for a restart are none
}

// Counts is how the download stands now.
func (u *Upgrader) Counts() Counts {
	t := u.transfer
	return Counts{Blocks: t.blocks, Answered: t.answered, Transmitted: t.transmitted, Confirmed: t.confirmed, Passes: t.passes, Resent: t.resent}
}

// Quiet reports that there is nothing to tell: NextEvent has no event.
func (u *Upgrader) Quiet() bool { return u.told == len(u.events) }

// NextEvent hands out what the upgrader has to tell, one at a time and in order.
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

// ClockSet tells that the PC's calendar was set, forwards or back: what is written from now on
// has the new time. How long the meter is waited for goes by no calendar.
func (u *Upgrader) ClockSet(by time.Duration) { u.cfg.Start = u.cfg.Start.Add(by) }

// clock is the time that the log shows.
func (u *Upgrader) clock(now time.Duration) time.Time { return u.cfg.Start.Add(now) }

// Abort is the person's Abort button, or Ctrl-C: the transfer ends, the meter stays as it
// is and can be upgraded again at once. At a window about what has ended before there is
// nothing to abort any more: the window is closed.
func (u *Upgrader) Abort(now time.Duration) {
	switch {
	case u.phase == finished || u.phase == idle:
		return
	case u.procedure == upgradedProcedure || u.procedure == failedProcedure:
		u.Answer(now, Answer{Choice: Exit})
		return
	}
	u.fail(now, ErrAborted)
}

// Lost tells that the connection itself has ended and will not come back: what needs an
// answer from the meter gets none. The windows that follow are those of a meter that fell
// silent; after them the person is at Select Connection Type, or the task is over.
func (u *Upgrader) Lost(now time.Duration, cause error) {
	switch {
	case u.phase == finished || u.phase == idle:
	case u.procedure == upgradedProcedure || u.procedure == failedProcedure:
		// Windows about what has ended before: no line is needed to close them.
	default:
		u.fail(now, fmt.Errorf("%w: %w", ErrNoResponse, cause))
	}
}

// Transmit hands out what is to be sent now.
func (u *Upgrader) Transmit(dst []byte) []byte {
	dst = append(dst, u.tx...)
	u.tx = u.tx[:0]
	return dst
}
