// Package locks says what a process of the tool keeps others from while it works: the meter that
// it changes, the log that it writes (client/SETTINGS.md), and the serial port that it talks over. It has no files: a [Keeper] has, on
// a computer, or on the bench's.
package locks

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"

	"ionbench/client/journal"
)

// Keeper is where a computer keeps its locks. A lock is held by one process, and ends with it,
// however it ended.
type Keeper interface {
	// Lock takes the lock of a name for by, a few words; not held: there can be no lock, and the
	// Keeper has warned of it. The error is an *InUseError.
	Lock(name, by string) (held bool, err error)
	Release(name string)
}

// InUseError: somebody else has the lock.
type InUseError struct {
	By string // as they say; empty if they have not said yet
}

func (e *InUseError) Error() string { return "in use by " + e.who() }

func (e *InUseError) who() string { return cmp.Or(e.By, "another process") }

// atWork is an InUseError about a meter.
type atWork struct{ *InUseError }

func (e atWork) Error() string { return e.who() + " is at work on it" }

func (e atWork) Unwrap() error { return e.InUseError }

// Process is one process of the tool, with the locks that it holds: of one meter, one log and one
// serial port at a time. By says who it is, for others that find it at work.
type Process struct {
	By    string
	meter string // the name of its lock; empty: not held
	log   string
	port  string
}

// Meter keeps other processes from a meter, until this one ends or goes on to another meter. The
// error is an *InUseError, and says who is at work on it.
func (p *Process) Meter(k Keeper, m journal.Meter) error {
	name := OfMeter(m)
	if p.meter == name {
		return nil
	}
	release(k, &p.meter)
	if used := p.take(k, name, &p.meter); used != nil {
		return atWork{used}
	}
	return nil
}

// OfMeter is the name of the lock of a meter: serial number, model and unit id together, as they
// are for its journal.
func OfMeter(m journal.Meter) string {
	return fmt.Sprintf("meter-%s-%d-%d", journal.FileName(m.SerialNumber), m.Model, m.UnitID)
}

// Log keeps other processes from a log, until CloseLog. The path must be the same for all who
// reach the file. The error is an *InUseError.
func (p *Process) Log(k Keeper, path string) error {
	release(k, &p.log)
	if used := p.take(k, nameOf("log", path), &p.log); used != nil {
		return used
	}
	return nil
}

// Port keeps other processes from a serial port, until this one ends or goes on to another port.
// The path must be the same for all who reach the device. The error is an *InUseError.
func (p *Process) Port(k Keeper, path string) error {
	name := nameOf("port", path)
	if p.port == name {
		return nil
	}
	release(k, &p.port)
	if used := p.take(k, name, &p.port); used != nil {
		return used
	}
	return nil
}

// ClosePort lets others have the port.
func (p *Process) ClosePort(k Keeper) { release(k, &p.port) }

// nameOf is the name of the lock of what is at a path.
func nameOf(kind, path string) string {
	return fmt.Sprintf("%s-%.16x", kind, sha256.Sum256([]byte(path)))
}

// CloseLog lets others have the log.
func (p *Process) CloseLog(k Keeper) { release(k, &p.log) }

// End lets others have all that the process held.
func (p *Process) End(k Keeper) {
	release(k, &p.meter)
	release(k, &p.log)
	release(k, &p.port)
}

func (p *Process) take(k Keeper, name string, lock *string) *InUseError {
	held, err := k.Lock(name, p.By)
	var used *InUseError
	if errors.As(err, &used) {
		return used
	}
	if held {
		*lock = name
	}
	return nil
}

func release(k Keeper, lock *string) {
	if *lock != "" {
		k.Release(*lock)
		*lock = ""
	}
}
