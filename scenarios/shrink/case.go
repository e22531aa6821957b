package shrink

import (
	"errors"
	"fmt"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
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
		Title: title(s, r),
		World: world.World{
			Meters:   []world.Meter{{ImageBytes: setup.ImageBytes}},
			Firmware: []world.Firmware{{Bytes: len(s.Config.Attempt().Person.Firmware.Image)}},
		},
	}
	if setup.Model != meter.ION7350 {
		c.Meters[0].Model = setup.Model
	}
	for i, o := range r.Attempts {
		e := cases.Expect{Outcome: expected(o)}
		if i > 0 && i >= len(s.Plans) {
			e = cases.Expect{Outcome: cases.Success, Image: "intact"}
		}
		c.Add(caseAttempt(s, i), e)
	}
	if n := len(c.Attempts); n > 0 && r.Class != trial.Violated {
		kept := ion.AllGroups &^ r.Cost.Lost
		c.Expect[n-1].Kept = &kept
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
func caseAttempt(s Subject, i int) world.Attempt {
	tried := s.Config.Attempt()
	title, before := "the upgrade", []world.Action(nil)
	if i > 0 {
		tried = rig.Recovery(tried)
		title, before = fmt.Sprintf("recovery %d", i), []world.Action{{Kind: world.Heal}}
	}
	a := world.Attempt{
		Title:  title,
		Before: before,
		Tool:   world.Tool{Task: tried.Task, Release: tried.Release, Single: tried.SingleDevice, Journal: tried.Journal},
		Person: world.Person{
			Unticked:    ion.AllGroups &^ tried.Person.Paste,
			Connections: tried.Person.Connections,
			Assistant:   tried.Person.Assistant,
		},
	}
	if tried.Release == client.Release22() {
		a.Release = client.Release{} // which it is unless told otherwise
	}
	if i < len(s.Plans) {
		a.Plan = s.Plans[i]
	}
	return a
}
