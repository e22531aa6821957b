package rig

import (
	"fmt"
	"io/fs"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/simulator/bench"
	"ionbench/simulator/machine"
)

// pc is the state of the tool's computer that faults can change.
type pc struct {
	things
	asleep  int  // suspends that last now; faults may overlap
	full    int  // disk-fulls that last now
	pressed bool // Abort was pressed; the tool sees it when the PC wakes
	reset   bool // the connection has ended; the tool sees it when the PC wakes
	noPort  bool // there is no port over which it could be opened
}

// things is the part of a PC that outlives its processes. Their files are in Disk.
type things struct {
	calendar time.Duration // how far the clock was set forward
	firmware firmwareFile
}

// firmwareFile is the state of the firmware file that the person chooses.
type firmwareFile uint8

const (
	intact  firmwareFile = iota
	changed              // a damaged copy is in its place
	gone
)

// still reports whether the tool cannot do anything.
func (t *tool) still() bool { return t.killed || t.pc.asleep > 0 }

// Order carries out a fault of the host's side. Abort is one: the article says that a person
// "may choose to Abort the upgrade".
func (t *tool) Order(now time.Duration, o bench.Order) {
	t.with.lend(t)
	defer t.with.takeBack(t)
	switch o.Command {
	case bench.KillTool:
		t.killed = true
		t.process.End(t)
	case bench.PressAbort:
		t.pc.pressed = true
		t.catchUp(now)
	case bench.ResetConnection:
		t.pc.reset = true
		t.catchUp(now)
	case bench.LosePort:
		t.pc.reset, t.pc.noPort = true, true
		t.catchUp(now)
	case bench.RegainPort:
		t.pc.noPort = false
	case bench.Sleep:
		t.pc.asleep++
	case bench.Wake:
		t.pc.asleep--
		t.catchUp(now)
	case bench.FillDisk:
		t.pc.full++
	case bench.FreeDisk:
		t.pc.full--
	case bench.SetClock:
		t.pc.calendar += o.By
		t.session.ClockSet(o.By)
	case bench.DamageFile:
		t.pc.firmware = max(t.pc.firmware, changed)
	case bench.RemoveFile:
		t.pc.firmware = gone
	}
}

// catchUp gives the tool what waited for the PC to wake: a reset connection, the Abort button.
func (t *tool) catchUp(now time.Duration) {
	if t.still() {
		return
	}
	if t.pc.reset {
		t.pc.reset = false
		if t.phone != nil {
			t.losePort(now)
		} else {
			t.session.Broken(now, t.pc.whyBroken())
		}
		t.listen(now)
	}
	if t.pc.pressed {
		t.hurried = t.hurried || t.aborted
		t.pc.pressed, t.aborted = false, true
		t.session.Abort(now)
		t.listen(now)
	}
}

// whyBroken is why the connection has ended.
func (c *pc) whyBroken() error {
	if c.noPort {
		return errNoPort
	}
	return errReset
}

// opens is the answer to a tool that opens its connection again: nil, or why it cannot.
func (c *pc) opens() error {
	if c.noPort {
		return errNoPort
	}
	return nil
}

// open is the answer to the window that asks for the firmware. The file is read only now, so
// a fault that came earlier counts.
func (c *pc) open(f *upg.File, err error) client.Answer {
	if err != nil || f == nil {
		return client.Answer{Firmware: f, Err: err}
	}
	switch c.firmware {
	case gone:
		return client.Answer{Err: fmt.Errorf("the firmware file: %w", fs.ErrNotExist)}
	case changed:
		f, err = damagedCopy(f)
	}
	return client.Answer{Firmware: f, Err: err}
}

// damagedCopy reads a copy of the file in which one bit of the image is wrong.
func damagedCopy(f *upg.File) (*upg.File, error) {
	b, err := upg.Append(nil, f)
	if err != nil {
		return nil, err
	}
	b[upg.HeaderBytes] ^= 1
	return upg.Parse(b)
}

// declare leaves the calendar out: it changes only the time stamps in the log.
func (c *pc) declare(w *machine.State) {
	w.Int(c.asleep)
	w.Int(c.full)
	w.Uint(uint64(c.firmware))
	w.Bool(c.pressed)
	w.Bool(c.reset)
	w.Bool(c.noPort)
}
