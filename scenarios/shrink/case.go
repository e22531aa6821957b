package shrink

import (
	"errors"
	"fmt"
	"slices"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// errOwnFile: cases and specs make their firmware themselves.
var errOwnFile = errors.New("a case and a spec make their own firmware, and this trial has a file of yours: shrink it with an image of the same size (--image-size)")

func ownFile(w world.World) bool {
	return slices.ContainsFunc(w.Firmware, func(f world.Firmware) bool { return f.Own != nil })
}

// CaseFile returns a subject and what came of it as a case file. It expects every attempt to
// end as it did, and an undisturbed recovery to succeed. It never expects a violation: if an
// invariant was broken, the case fails until the cause is repaired.
func CaseFile(s Subject, r *trial.Result) ([]byte, error) {
	if ownFile(s.World) {
		return nil, errOwnFile
	}
	c := &cases.Case{Title: title(s, r), World: s.World}
	upgrade := c.Attempts[0]
	c.Attempts = nil
	for i, o := range r.Attempts {
		e := cases.Expect{Outcome: expected(o)}
		if i > 0 && i >= len(s.Plans) {
			e = cases.Expect{Outcome: cases.Success, Image: "intact"}
		}
		a := upgrade
		a.Title = "the upgrade"
		if i > 0 {
			a = world.Recovery(&upgrade)
			a.Title = fmt.Sprintf("recovery %d", i)
		}
		if i < len(s.Plans) {
			a.Plan = s.Plans[i]
		}
		c.Add(a, e)
	}
	c.World = c.World.Trimmed()
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

// title is no longer than a line of a case may be.
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
