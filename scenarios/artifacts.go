package scenarios

import (
	"fmt"
	"strings"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/world"
)

// Artifacts are what is left of attempts for whoever looks into them later, as texts. An empty
// one is not there.
type Artifacts struct {
	Trace  string   // all that happened, an event a line
	Plan   string   // the faults, and what came of each attempt
	Log    string   // Upgrade.log
	Case   string   // a file that plays it again: ionbench run FILE. Not for an upgrader of your own
	Repeat []string // commands that repeat it, if there are any besides the one of the test
}

// Artifacts are those of all attempts so far.
func (b *Bench) Artifacts() Artifacts {
	var trace, plan, log strings.Builder
	for _, e := range b.Trace() {
		fmt.Fprintln(&trace, e)
	}
	for _, o := range b.outcomes {
		fmt.Fprintf(&plan, "# attempt %d: %s\n", o.Number, o.name())
		for _, f := range o.Plan {
			fmt.Fprintln(&plan, f)
		}
		fmt.Fprintf(&plan, "# came to: %v\n", o)
		if len(o.Log) > 0 {
			fmt.Fprintf(&log, "# attempt %d\n%s", o.Number, o.Log)
		}
	}
	return Artifacts{Trace: trace.String(), Plan: plan.String(), Log: log.String(), Case: b.history()}
}

// history is a case file with the attempts that were made, and how each ended; empty if there
// is none, for an upgrader or a file of somebody's own.
func (b *Bench) history() string {
	first := b.world.Attempts[0]
	if b.world.FirmwareOf(&first).Own != nil || len(b.outcomes) == 0 {
		return ""
	}
	c := cases.Case{Title: "what was tried on a bench", World: b.world}
	c.Attempts = nil
	for _, o := range b.outcomes {
		if !o.Own || o.ended == cases.Unfinished {
			return ""
		}
		a := first
		if o.Recovery {
			a = world.Recovery(&first)
		}
		a.Plan = o.Plan
		c.Add(a, cases.Expect{Outcome: o.ended})
	}
	c.World = c.World.Trimmed()
	return string(cases.Append(nil, &c))
}
