package judge

import (
	"fmt"
	"strings"
	"time"

	"ionbench/scenarios/duty"
)

// recovering are the harms of a run that recovers a meter: an upgrade was killed in its download, so that the
// meter is in its loader and its settings are nowhere but in {dir}. A program has ways of its own there.
func recovering(response time.Duration) []Scenario {
	var all []Scenario
	add := func(at request, name, title string, expect Expectation, about ...duty.ID) {
		h := harm(at, 1, name, response)
		all = append(all, Scenario{
			Name: fmt.Sprintf("recovered-%s-%s-answer", strings.ReplaceAll(h.name, "reply-", "answer-"), requestNames[at]), Phase: phaseOf(at),
			Title: "an upgrade is killed, and in the next run " + title + " " + requestNames[at],
			World: dressed(len(all)), Plans: plansOf("kill at block 2"), Expect: Recovers, Alone: true, Waits: 3, Extra: perAttempt,
			Duties: append(duties(duty.Loader, duty.InForce), about...),
			Then:   []Step{{Recovery: true, Harms: []Harm{h}, Expect: expect}},
		})
	}
	for _, at := range []request{enters, clears, verifies, restarts, writes, compares} {
		add(at, "reply-lost", "the answer is lost to", Succeeds, duty.Same)
		add(at, "ip-reset", "the connection breaks at the answer to", Succeeds, duty.Reconnect)
		add(at, "kill", "the program is killed, too, at the answer to", Recovers, duty.Kept, duty.Next)
	}
	for _, at := range []request{enters, clears, writes} {
		add(at, "unheard", "the meter does not hear the first", Succeeds, duty.Same)
		add(at, "reply-late by LATE", "the answer is late to", Succeeds, duty.LateAnswer)
		add(at, "abort", "somebody presses Ctrl-C at the answer to", Recovers, duty.AbortButton, duty.Kept)
		if at != enters {
			add(at, "power-loss for AWHILE", "the meter's power is away for a while at the answer to", Succeeds, duty.Again)
		}
	}
	add(enters, "reply-busy", "the meter answers busy to the first", Succeeds, duty.Busy)
	return all
}
