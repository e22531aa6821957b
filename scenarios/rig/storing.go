package rig

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/upgradelog"
)

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

// amid does something to a journal. What is not there any more no other tool can have promised to
// write back.
func (t *tool) amid(now time.Duration, do func() error) error {
	if !t.with.shares(t) {
		return do()
	}
	had, _ := t.copies(now)
	err := do()
	left, _ := t.copies(now)
	t.with.taken(t, had&^left)
	return err
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
	t.disk.put(keep(t.of.Folder, name, journal.Append(nil, j)))
	if !t.careless.journalInPlace {
		return nil
	}
	t.heldJournal = t.disk.journals[len(t.disk.journals)-1]
	t.disk.put(keep(t.of.Folder, name, t.heldJournal.file[:len(t.heldJournal.file)/2]))
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
