package trial

import (
	"fmt"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// Class is the result of a trial in one word. The order is from good to bad.
type Class uint8

// The classes.
const (
	// Unharmed: the upgrade succeeded, and nothing had to be sent again.
	Unharmed Class = iota
	// Resent: the upgrade succeeded after requests that were sent again.
	Resent
	// ClearedAgain: the upgrade succeeded after the flash was cleared once more.
	ClearedAgain
	// Recovered: the upgrade failed or was ended, a recovery succeeded, and every setting is as
	// it was.
	Recovered
	// SettingsLost: as Recovered, but settings are lost, as the article says they will be.
	SettingsLost
	// Unrecovered: the upgrade failed, and so did the recovery, since something of the world disturbs that,
	// too, such as somebody else on the line. The meter does not run the image.
	Unrecovered
	// Violated: one of the invariants I1 to I9 was broken.
	Violated
	// ClassCount is the number of classes.
	ClassCount
)

// String names the class.
func (c Class) String() string {
	return [ClassCount]string{"unharmed", "resent", "cleared-again", "recovered", "settings-lost", "unrecovered", "violated"}[c]
}

// ParseClass returns the class with that name.
func ParseClass(s string) (Class, error) {
	for c := range ClassCount {
		if c.String() == s {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%q is no class of outcomes", s)
}

// Total is the cost of all attempts of a trial. The minutes between them are left out.
type Total struct {
	Time  time.Duration
	Bytes uint64 // on the line, to the meter
	Acts  int    // windows that the person answered
	Lost  ion.Groups
}

// Unstruck is a fault that never struck.
type Unstruck struct {
	Attempt int // the attempt of its plan, counted from 0
	story.Unstruck
}

// String is the fault and the reason, after the name of the attempt if it is a recovery.
func (u Unstruck) String() string { return verdict.AttemptPrefix(u.Attempt) + u.Unstruck.String() }

// Result is the result of a trial.
type Result struct {
	Class      Class
	Cost       Total
	Violations []verdict.Violation
	Unstruck   []Unstruck     // faults that never struck
	Attempts   []*rig.Outcome // the upgrade and its recoveries, in order
	Plans      Plans
	Log        []byte // Upgrade.log
	Trace      []story.Event
}

func (r *Trial) result() *Result {
	has := r.rig.Meter().Settings(r.rig.Now())
	all := ResultOf(r.done, verdict.Lost(r.had, &has, r.rig.Now()))
	all.Plans, all.Log, all.Trace = r.plans, r.rig.Disk().Log, r.rig.Trace()
	for i := len(r.done); i < len(r.plans); i++ {
		for _, f := range r.plans[i] {
			all.Unstruck = append(all.Unstruck, Unstruck{i, story.Unstruck{Fault: f, Reason: "it did not come to this recovery"}})
		}
	}
	if r.stuck != nil {
		all.Violations = append(all.Violations, verdict.CannotBegin(r.Attempt(), r.stuck))
		all.Class = Violated
	}
	return all
}

// ResultOf is the result of a list of attempts; lost are the settings that are lost after the
// last of them.
func ResultOf(attempts []*rig.Outcome, lost ion.Groups) *Result {
	all := &Result{Attempts: attempts, Cost: Total{Lost: lost}}
	for i, o := range attempts {
		all.Violations = append(all.Violations, verdict.InAttempt(i, o.Violations)...)
		for _, u := range o.Unstruck {
			all.Unstruck = append(all.Unstruck, Unstruck{i, u})
		}
		all.Cost.Time += o.Cost.Time
		all.Cost.Bytes += o.Cost.BytesToMeter
		all.Cost.Acts += o.Cost.Acts
	}
	all.Class = all.class()
	return all
}

func (r *Result) class() Class {
	first, last := r.Attempts[0], r.Attempts[len(r.Attempts)-1]
	switch {
	case len(r.Violations) > 0:
		return Violated
	case !last.Upgraded():
		return Unrecovered
	case len(r.Attempts) > 1 && r.Cost.Lost != 0:
		return SettingsLost
	case len(r.Attempts) > 1:
		return Recovered
	case first.Counts.Passes > 1:
		return ClearedAgain
	case first.Counts.Resent > 0 || first.Counts.Transmitted > first.Counts.Confirmed:
		return Resent
	}
	return Unharmed
}
