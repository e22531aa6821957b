package locks_test

import (
	"errors"
	"testing"

	"ionbench/client/journal"
	"ionbench/client/locks"
)

// table is a keeper of one computer; full, it keeps nothing.
type table struct {
	held map[string]string
	full bool
}

func (t *table) Lock(name, by string) (bool, error) {
	if other, ok := t.held[name]; ok {
		return false, &locks.InUseError{By: other}
	}
	if t.full {
		return false, nil
	}
	t.held[name] = by
	return true, nil
}

func (t *table) Release(name string) { delete(t.held, name) }

func TestAMeterAndALogHaveOneProcess(t *testing.T) {
	k := &table{held: map[string]string{}}
	one, other := locks.Process{By: "ann"}, locks.Process{By: "ben"}
	m := journal.Meter{SerialNumber: "A", Model: 7350, UnitID: 1}
	namesake := m
	namesake.UnitID = 2
	for range 2 { // the same meter again is no other one
		if err := one.Meter(k, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Meter(k, m); err == nil || err.Error() != "ann is at work on it" {
		t.Errorf("the meter: %v", err)
	}
	if err := other.Meter(k, namesake); err != nil {
		t.Errorf("another meter with this serial number: %v", err)
	}
	if err := one.Log(k, "/log"); err != nil {
		t.Fatal(err)
	}
	var used *locks.InUseError
	if err := other.Log(k, "/log"); !errors.As(err, &used) || used.By != "ann" || err.Error() != "in use by ann" {
		t.Errorf("the log: %v", err)
	}
	for range 2 {
		if err := one.Port(k, "/dev/ttyUSB0"); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Port(k, "/dev/ttyUSB0"); !errors.As(err, &used) || used.By != "ann" {
		t.Errorf("the port: %v", err)
	}
	one.ClosePort(k)
	if err := errors.Join(other.Port(k, "/dev/ttyUSB0"), one.Port(k, "/dev/ttyUSB1")); err != nil {
		t.Errorf("a port that is closed, and another: %v", err)
	}
	one.ClosePort(k)
	other.ClosePort(k)
	one.CloseLog(k)
	if err := other.Log(k, "/log"); err != nil {
		t.Errorf("a log that is closed: %v", err)
	}
	if err := one.Meter(k, journal.Meter{SerialNumber: "B"}); err != nil || len(k.held) != 3 {
		t.Errorf("with another meter: %v, held %v", err, k.held)
	}
	one.End(k)
	other.End(k)
	if len(k.held) > 0 {
		t.Errorf("left: %v", k.held)
	}
}

func TestWithoutLocksTheProcessGoesOn(t *testing.T) {
	k := &table{held: map[string]string{}, full: true}
	p := locks.Process{By: "ann"}
	if err := errors.Join(p.Meter(k, journal.Meter{SerialNumber: "A"}), p.Log(k, "/log")); err != nil {
		t.Error(err)
	}
	p.End(k)
	if err := (&locks.InUseError{}).Error(); err != "in use by another process" {
		t.Error(err)
	}
}
