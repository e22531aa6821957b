package judge

import (
	"bytes"
	"fmt"
	"slices"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// logJudged is what LogTold says of a log that was looked at.
const logJudged = "judged"

// judgeLog is I6.
func (p *player) judgeLog(a *Attempt) {
	log := a.Log
	if a.Killed {
		log = log[:bytes.LastIndexByte(log, '\n')+1] // its last line may be cut
	}
	if a.LogTold = p.judgeable(a, log); a.LogTold != logJudged {
		return
	}
	a.Broken = append(a.Broken, verdict.Texts(verdict.Judge(&verdict.Evidence{
		Upgrade: true,
		Tool:    verdict.Tool{Ended: true, Counts: p.counts(a)},
		Meter:   new(verdict.Condition),
		Cost:    a.Cost,
		Log:     verdict.ReadLog(log, 0),
	}))...)
	a.Broken = append(a.Broken, untrue(log, a.Trace)...)
	first := p.attempts[0]
	if first.Killed && len(first.Log) == 0 && first.Meter.FlashOps > 0 {
		a.breaks("I6: the program keeps a log, and of the attempt in which it was killed there is nothing in it")
	}
}

// judgeable says why a log is not looked at, or logJudged.
func (p *player) judgeable(a *Attempt, log []byte) string {
	parsed, err := upgradelog.Parse(log)
	began := func(e upgradelog.Entry) bool { return e.Kind == upgradelog.UpgradeStarted }
	lies := func(f fault.Fault) bool { return f.Kind.Forges() }
	switch {
	case !p.target.forAttempt(a.Recovery).uses(logOf):
		return "not seen: the command has no {log}"
	case len(log) == 0:
		return "not seen: the program wrote none"
	case err != nil || !slices.ContainsFunc(parsed.Entries, began):
		return "not seen: it is no log in the manner of Upgrade.log"
	case slices.ContainsFunc(a.Plan, lies):
		return "not judged: the meter said what was not so"
	}
	return logJudged
}

// untrue are the lines of a log that tell of what the meter did more often than it did.
func untrue(log []byte, trace []story.Event) (broken []string) {
	parsed, err := upgradelog.Parse(log)
	if err != nil {
		return nil // the verdict tells
	}
	for _, told := range []struct {
		kind upgradelog.Kind
		what story.What
	}{
		{upgradelog.FlashCleared, story.StateEntered{State: meter.Erasing}},
		{upgradelog.Verified, story.ImageChecked{Status: ion.StatusOK}},
		{upgradelog.Restarted, story.StateEntered{State: meter.Application}},
	} {
		lines, events := 0, 0
		var line upgradelog.Line
		for _, e := range parsed.Entries {
			if e.Kind == told.kind {
				line = e.Line
				lines++
			}
		}
		for _, e := range trace {
			if e.What == told.what {
				events++
			}
		}
		if lines > events {
			broken = append(broken, fmt.Sprintf("I6: the log says %q %d times, and the meter did it %d times", line, lines, events))
		}
	}
	return broken
}
