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

// Attempt is one upgrade and what befalls it. The zero value is an upgrade by the upgrader of
// this project that nothing disturbs, and that must succeed.
type Attempt struct {
	// Plan is the faults, in the language of package fault, such as
	// "power-loss at flash-op 40 torn for 30s; reply-lost at block 3". It counts from the
	// beginning of the attempt.
	Plan string
	By   Upgrader
	// Recovery: before it all faults end, so that power and line are back, and a minute
	// passes. A recovery without a plan must succeed.
	Recovery bool
	// MustSucceed whatever the plan is. What has neither a plan nor Forbidden must anyway.
	MustSucceed bool
	// Forbidden is why the meter must not be touched, such as "the password is wrong", in
	// words that go into the verdict; empty where it may. For an upgrader of your own.
	Forbidden string
	// Allow is rules that may be broken: verdict.Unstruck for a fault that need not strike.
	Allow []verdict.Rule
	// AllowKill: the plan may kill the tool.
	AllowKill bool
}

// expectation is what must come of it besides what must come of every attempt.
func (a *Attempt) expectation(plan fault.Plan) *verdict.Expectation {
	switch {
	case a.MustSucceed:
		return &verdict.Expectation{Title: "so it was asked", Success: true}
	case len(plan) == 0 && a.Forbidden == "" && !a.Recovery:
		return &verdict.Expectation{Title: "nothing is in the way", Success: true}
	}
	return nil
}

// Outcome is what came of an attempt.
type Outcome struct {
	Number   int // of the attempt on its bench, from 1
	Recovery bool
	Plan     fault.Plan
	Own      bool // it was the upgrader of this project

	Claim   error           // what the upgrader says; nil for success
	Killed  bool            // by the plan: it claims nothing
	Aborted bool            // by the plan: the person pressed Abort
	Prompts []client.Prompt // windows that the person saw, in order; of the upgrader of this project
	Log     []byte          // that it added to Upgrade.log

	Upgraded bool // success is claimed, and true
	Meter    verdict.Condition
	Cost     verdict.Cost
	Trace    []story.Event // of this attempt
	Unstruck []story.Unstruck
	Broken   []verdict.Violation

	ended cases.Verdict // of the upgrader of this project
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

// String is the outcome in a line.
func (o *Outcome) String() string {
	return fmt.Sprintf("%s; the meter is %v with revision %q; lost: %v; broken: %q", o.ending(), o.Meter.State, o.Meter.Revision, o.Meter.Lost, o.Broken)
}

// name is what the attempt is for, in words.
func (o *Outcome) name() string {
	if o.Recovery {
		return "recovery"
	}
	return "upgrade"
}

// described is the attempt in words.
func (o *Outcome) described() string {
	if len(o.Plan) == 0 {
		return o.name() + " without faults"
	}
	return fmt.Sprintf("%s with plan %q", o.name(), o.Plan)
}

// Failure is the error about an attempt that did not come out as it should.
type Failure struct {
	Outcome *Outcome
	Broken  []verdict.Violation // that were not allowed
	Killed  bool                // and that was not allowed
}

// failure is what was not allowed; nil if there is nothing.
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

// Error says what is wrong, with what was tried and how it ended, in several lines.
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
