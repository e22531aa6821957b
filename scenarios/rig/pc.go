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

// pc is the computer that the tool runs on, as far as faults befall it.
type pc struct {
	things
	asleep  int  // suspends that are at work
	full    int  // disk-fulls that are at work
	pressed bool // Abort waits for the PC to wake
	reset   bool // the connection was reset, and the PC has to wake to notice
}

// things is what of a PC outlives the processes on it, besides their files.
type things struct {
	calendar time.Duration // by which it was set on
	firmware firmwareFile
}

// firmwareFile is what became of the file that the person means.
type firmwareFile uint8

const (
	intact  firmwareFile = iota
	changed              // a damaged copy is in its place
	gone
)

// still reports that the tool does nothing at all.
func (t *tool) still() bool { return t.killed || t.pc.asleep > 0 }

// Order: "may choose to Abort the upgrade", or something befalls the PC or its connection.
func (t *tool) Order(now time.Duration, o bench.Order) {
	switch o.Command {
	case bench.KillTool:
		t.killed = true
	case bench.PressAbort:
		t.pc.pressed = true
		t.catchUp(now)
	case bench.ResetConnection:
		t.pc.reset = true
		t.catchUp(now)
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

// catchUp is what there is to notice once the PC is awake: a connection that was reset, and
// the Abort button.
func (t *tool) catchUp(now time.Duration) {
	if t.still() {
		return
	}
	if t.pc.reset {
		t.pc.reset, t.lost = false, true
		t.session.Lost(now, errReset)
		t.listen(now)
	}
	if t.pc.pressed {
		t.pc.pressed, t.aborted = false, true
		t.session.Abort(now)
		t.listen(now)
	}
}

// open is what the person gets of the file that they choose. It is read at this moment.
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

// damagedCopy reads a copy of a file of which one bit of the image is wrong.
func damagedCopy(f *upg.File) (*upg.File, error) {
	b, err := upg.Append(nil, f)
	if err != nil {
		return nil, err
	}
	b[upg.HeaderBytes] ^= 1
	return upg.Parse(b)
}

// declare leaves the calendar out: it changes no more than the stamps of the log.
func (c *pc) declare(w *machine.State) {
	w.Int(c.asleep)
	w.Int(c.full)
	w.Uint(uint64(c.firmware))
	w.Bool(c.pressed)
	w.Bool(c.reset)
}
