package evidence

import (
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Foreign is the evidence of an attempt by another program, of which only what it sends is
// seen. The program was to send file, met the faults of plan, and waits for an answer as long
// as response. The caller adds how the program ended and what is expected of it.
func (b *Before) Foreign(s *bench.Station, now time.Duration, file *upg.File, plan fault.Plan, response time.Duration) *verdict.Evidence {
	condition := b.Condition(s, now, file.Image, response)
	e := &verdict.Evidence{
		Upgrade:  true,
		Tool:     verdict.Tool{Foreign: true, Ended: true, Unanswered: s.SentLast()},
		Revision: file.Revision,
		Before:   verdict.Before{State: b.State},
		Meter:    &condition,
		Others:   b.Others(s, now),
		Cost:     b.Cost(s, now),
		Story:    b.Story(s),
		Forged:   slices.ContainsFunc(plan, func(f fault.Fault) bool { return f.Kind.Forges() }),
		Unstruck: s.Unstruck(),
		Died:     b.Died(s) + notBegun(plan, s.Unstruck()),
	}
	e.Tool.Counts = counts(e, int(s.Counts().ImageBlocks))
	return e
}

// notBegun is how many messages may have been missing because there was no port to send them to. Nobody
// sees these tries; while one port is away, or a number is dialled again, they are at most as many as the
// retry rule allows.
func notBegun(plan fault.Plan, unstruck []story.Unstruck) (n int) {
	for _, f := range plan {
		struck := !slices.ContainsFunc(unstruck, func(u story.Unstruck) bool { return u.Fault == f })
		if struck && (f.Kind.Breaks() || f.Kind.ByPhone()) {
			n += client.DefaultTiming().Resends
		}
	}
	return n
}

// counts returns the counts that a tool would have for a download of so many blocks, as far as
// line and meter tell.
func counts(e *verdict.Evidence, blocks int) client.Counts {
	c := client.Counts{Blocks: blocks, Transmitted: int(e.Cost.Blocks)}
	for _, event := range e.Story {
		switch w := event.What.(type) {
		case story.BlockProgrammed:
			c.Answered = int(w.Block)
			c.Confirmed++
		case story.StateEntered:
			if w.State == meter.Erasing {
				c.Passes++
			}
		}
	}
	return c
}
