package scenarios

import (
	"fmt"
	"strings"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/story/page"
)

// Artifacts are texts that tell later what happened in the attempts. A text can be empty.
type Artifacts struct {
	Trace  string   // all events, one per line
	Plan   string   // the faults and the result of each attempt
	Log    string   // Upgrade.log
	Story  string   // a page that shows the attempts
	Case   string   // a case file for ionbench run FILE; empty for an upgrader of your own
	Repeat []string // commands that repeat the attempts, other than the command of the test
}

// Artifacts returns the artifacts of all attempts so far.
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
	text := b.history()
	return Artifacts{Trace: trace.String(), Plan: plan.String(), Log: log.String(), Story: b.story(text), Case: text}
}

// story is the page of the attempts: of a case all that there is, for an upgrader of one's own what
// the bench's trace has. It is empty if nothing can be told.
func (b *Bench) story(text string) string {
	told, err := b.retold(text)
	if err != nil {
		return ""
	}
	var file, shown strings.Builder
	if told.Write(&file) != nil || page.Write(&shown, told.Head.Title, []byte(file.String())) != nil {
		return ""
	}
	return shown.String()
}

func (b *Bench) retold(text string) (*retell.Story, error) {
	if text != "" {
		c, err := cases.Parse([]byte(text))
		if err != nil {
			return nil, err
		}
		told, err := retell.Case(c)
		if err == nil {
			told.Head.Program = suite
		}
		return told, err
	}
	told, err := retell.Of(&b.world)
	if err == nil {
		told.Events = b.whole()
		told.Head.Program, told.Head.Title = suite, "What was tried on a bench"
		told.Head.Plan, told.Head.Outcome, told.Head.Broken = b.endings()
	}
	return told, err
}

// suite is who writes the stories of a bench.
const suite = "a suite of tests on package scenarios"

// endings are the faults of all attempts, what each came to, and what was broken.
func (b *Bench) endings() (plan, outcome string, broken []string) {
	var plans trial.Plans
	var ends []string
	for _, o := range b.outcomes {
		plans = append(plans, o.Plan)
		ends = append(ends, o.ending())
		for _, v := range o.Broken {
			broken = append(broken, fmt.Sprintf("attempt %d: %v", o.Number, v))
		}
	}
	return plans.String(), strings.Join(ends, ", then "), broken
}

// history is a case file with the attempts so far and how each ended. It is empty if a case file
// cannot describe them: there are none, the upgrader or the firmware file is a person's own, or an
// attempt did not end.
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
