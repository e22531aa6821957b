package shrink

import (
	"errors"
	"fmt"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// errOwnFile: cases and specs make their firmware themselves.
var errOwnFile = errors.New("a case and a spec make their own firmware, and this trial has a file of yours: shrink it with an image of the same size (--image-size)")

// CaseFile is a subject and what came of it as a case file. An attempt is expected to end
// as it did, and the recovery that is left in peace in success. What is wrong is not
// expected: where an invariant is broken the case fails, until that is mended.
func CaseFile(s Subject, r *trial.Result) ([]byte, error) {
	if s.Config.Firmware != nil {
		return nil, errOwnFile
	}
	setup := s.Config.Setup()
	c := &cases.Case{
		Title:    title(s, r),
		Meter:    cases.Meter{ImageBytes: setup.ImageBytes},
		Firmware: []cases.Firmware{{Bytes: len(s.Config.Attempt().Person.Firmware.Image)}},
	}
	if setup.Model != meter.ION7350 {
		c.Meter.Model = setup.Model
	}
	for i, o := range r.Attempts {
		a := caseAttempt(s, i)
		a.Expect = cases.Expect{Outcome: expected(o)}
		if i > 0 && i >= len(s.Plans) {
			a.Expect = cases.Expect{Outcome: cases.Success, Image: "intact"}
		}
		c.Attempts = append(c.Attempts, a)
	}
	if n := len(c.Attempts); n > 0 && r.Class != trial.Violated {
		kept := ion.AllGroups &^ r.Cost.Lost
		c.Attempts[n-1].Expect.Kept = &kept
	}
	head := fmt.Sprintf("# Made by ionbench shrink: %s.\n", r.Class)
	for _, v := range r.Violations {
		head += fmt.Sprintf("# Broken: %v\n", v)
	}
	return cases.Append([]byte(head), c), nil
}

// title is at most as long as a line of a case may be.
func title(s Subject, r *trial.Result) string {
	const most = 200
	text := r.Class.String()
	if broken := SignatureOf(r); len(broken) > 0 {
		text = "breaks " + broken.String()
	}
	if plan := s.Plans.String(); plan != "" {
		text += ": " + plan
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

func expected(o *rig.Outcome) cases.Verdict {
	if v := cases.VerdictOf(o); v != cases.Unfinished {
		return v
	}
	return cases.Success
}

// caseAttempt is attempt i of a trial, as it is made by package trial.
func caseAttempt(s Subject, i int) cases.Attempt {
	tried := s.Config.Attempt()
	title, before := "the upgrade", []cases.Action(nil)
	if i > 0 {
		tried = rig.Recovery(tried)
		title, before = fmt.Sprintf("recovery %d", i), []cases.Action{{Kind: cases.Heal}}
	}
	a := cases.Attempt{
		Title:       title,
		Before:      before,
		Task:        tried.Task,
		Release:     tried.Release,
		Single:      tried.SingleDevice,
		Journal:     tried.Journal,
		Paste:       tried.Person.Paste,
		Connections: tried.Person.Connections,
		Assistant:   tried.Person.Assistant,
	}
	if tried.Release == client.Release22() {
		a.Release = client.Release{} // which it is unless told otherwise
	}
	if i < len(s.Plans) {
		a.Plan = s.Plans[i]
	}
	return a
}
