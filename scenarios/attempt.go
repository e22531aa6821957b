package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// Attempt is one upgrade and its faults. The zero value is an upgrade without faults by the
// upgrader of this project, and it must succeed.
type Attempt struct {
	// Plan is the faults, in the language of package fault, such as
	// "power-loss at flash-op 40 torn for 30s; reply-lost at block 3". It counts from the
	// beginning of the attempt.
	Plan string
	By   Upgrader
	// Recovery: all faults end before the attempt, so that power and line are back, and a minute
	// passes. A recovery without a plan must succeed.
	Recovery bool
	// MustSucceed: the attempt must succeed whatever its plan is. An attempt without a plan and
	// without Forbidden must succeed anyway.
	MustSucceed bool
	// Forbidden is why the meter must not be touched, such as "the password is wrong". The
	// verdict quotes it. Empty: it may be touched. Only for an upgrader of your own.
	Forbidden string
	// Allow lists rules that may be broken, such as verdict.Unstruck for a fault that need not
	// strike.
	Allow []verdict.Rule
	// AllowKill: the plan may kill the tool.
	AllowKill bool
}

// expectation is what must hold for this attempt but not for every attempt.
func (a *Attempt) expectation(plan fault.Plan) *verdict.Expectation {
	switch {
	case a.MustSucceed:
		return &verdict.Expectation{Title: "so it was asked", Success: true}
	case len(plan) == 0 && a.Forbidden == "" && !a.Recovery:
		return &verdict.Expectation{Title: "nothing is in the way", Success: true}
	}
	return nil
}

// Outcome is the result of an attempt.
type Outcome struct {
	Number   int // of the attempt on its bench, from 1
	Recovery bool
	Plan     fault.Plan
	Own      bool // the upgrader was that of this project

	Claim   error           // what the upgrader says; nil for success
	Killed  bool            // the plan killed the upgrader, so it claims nothing
	Aborted bool            // the plan had the person press Abort
	Prompts []client.Prompt // windows that the person saw, in order; only if Own
	Log     []byte          // what the upgrader added to Upgrade.log; only if Own

	Upgraded bool // success is claimed, and true
	Meter    verdict.Condition
	Cost     verdict.Cost
	Trace    []story.Event // of this attempt
	Unstruck []story.Unstruck
	Broken   []verdict.Violation

	ended cases.Verdict // only if Own
}

// ending is what the upgrader says, in words.
func (o *Outcome) ending() string {
	switch {
	case o.Killed:
		return "nothing, for it was killed"
	case o.Claim != nil:
		return o.Claim.Error()
	}
	return "success"
}

// String describes the outcome in one line.
func (o *Outcome) String() string {
	return fmt.Sprintf("%s; the meter is %v with revision %q; lost: %v; broken: %q", o.ending(), o.Meter.State, o.Meter.Revision, o.Meter.Lost, o.Broken)
}

// name is upgrade or recovery.
func (o *Outcome) name() string {
	if o.Recovery {
		return "recovery"
	}
	return "upgrade"
}

// described is the attempt with its plan, in words.
func (o *Outcome) described() string {
	if len(o.Plan) == 0 {
		return o.name() + " without faults"
	}
	return fmt.Sprintf("%s with plan %q", o.name(), o.Plan)
}

// Failure is the error about an attempt that did not go as it should.
type Failure struct {
	Outcome *Outcome
	Broken  []verdict.Violation // only those that were not allowed
	Killed  bool                // the tool was killed, and that was not allowed
}

// failure is the error about what was not allowed; nil if all was allowed.
func (a *Attempt) failure(o *Outcome) *Failure {
	f := &Failure{Outcome: o, Killed: o.Killed && !a.AllowKill}
	for _, v := range o.Broken {
		if !slices.Contains(a.Allow, v.Rule) {
			f.Broken = append(f.Broken, v)
		}
	}
	if len(f.Broken) == 0 && !f.Killed {
		return nil
	}
	return f
}

// lastEvents is how many events an error shows.
const lastEvents = 8

// Error describes in several lines what is wrong, what was tried and how it ended.
func (f *Failure) Error() string {
	o := f.Outcome
	var b strings.Builder
	fmt.Fprintf(&b, "attempt %d, %s, is not as it should be:\n", o.Number, o.described())
	for _, v := range f.Broken {
		fmt.Fprintf(&b, "  %v\n", v)
	}
	if f.Killed {
		b.WriteString("  the plan killed the upgrader, and it claims nothing: set AllowKill if that is meant\n")
	}
	fmt.Fprintf(&b, "the upgrader says: %s\n", o.ending())
	fmt.Fprintf(&b, "the meter: %v, revision %q, %d flash operations in %v\n", o.Meter.State, o.Meter.Revision, o.Meter.FlashOps, o.Cost.Time)
	last := o.Trace[max(0, len(o.Trace)-lastEvents):]
	if len(last) > 0 {
		fmt.Fprintf(&b, "the last %d of %d events:\n", len(last), len(o.Trace))
	}
	for _, e := range last {
		fmt.Fprintf(&b, "  %v\n", e)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
