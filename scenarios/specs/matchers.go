package specs

import (
	"fmt"
	"slices"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"ionbench/scenarios"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// about is a matcher for outcomes. sentence is its text in a failure message, after "to".
func about(sentence string, holds func(o *scenarios.Outcome) (bool, error)) types.GomegaMatcher {
	return gcustom.MakeMatcher(holds).WithTemplate("Expected\n  {{.Actual}}\n{{.To}} " + sentence)
}

// HaveUpgraded matches if the upgrader claims success and the meter runs the image.
func HaveUpgraded() types.GomegaMatcher {
	return about("have upgraded the meter", func(o *scenarios.Outcome) (bool, error) { return o.Upgraded, nil })
}

// HaveFailed matches if the upgrader claims failure, with an error that matches want as in
// MatchError. Without want any error matches.
func HaveFailed(want ...any) types.GomegaMatcher {
	return about("have failed as expected", func(o *scenarios.Outcome) (bool, error) {
		if len(want) == 0 || o.Claim == nil {
			return o.Claim != nil && !o.Killed, nil
		}
		return gomega.MatchError(want[0], want[1:]...).Match(o.Claim)
	})
}

// HaveBroken matches if the attempt broke this rule. Attempt.Allow must have the rule, or Try
// has already failed the spec.
func HaveBroken(rule verdict.Rule) types.GomegaMatcher {
	return about(fmt.Sprintf("have broken %v", rule), func(o *scenarios.Outcome) (bool, error) {
		return slices.ContainsFunc(o.Broken, func(v verdict.Violation) bool { return v.Rule == rule }), nil
	})
}

// HaveKept matches if these settings are as they were before the attempt. Without groups it is
// about all settings.
func HaveKept(groups ...ion.Group) types.GomegaMatcher {
	wanted := ion.AllGroups
	if len(groups) > 0 {
		wanted = ion.Of(groups...)
	}
	return about(fmt.Sprintf("have kept the settings: %v", wanted), func(o *scenarios.Outcome) (bool, error) {
		return o.Meter.Lost&wanted == 0, nil
	})
}

// HaveMet matches if a fault of this kind struck.
func HaveMet(kind fault.Kind) types.GomegaMatcher {
	return about(fmt.Sprintf("have met a %v", kind), func(o *scenarios.Outcome) (bool, error) {
		return slices.ContainsFunc(o.Trace, func(e story.Event) bool {
			struck, ok := e.What.(story.FaultStruck)
			return ok && struck.Fault.Kind == kind
		}), nil
	})
}

// HaveSeen matches if the trace has an event of type W for which like returns true, such as
//
//	HaveSeen(func(b story.BlockProgrammed) bool { return b.Block == 5 })
func HaveSeen[W story.What](like func(W) bool) types.GomegaMatcher {
	return about(fmt.Sprintf("have seen such a %T", *new(W)), func(o *scenarios.Outcome) (bool, error) {
		return slices.ContainsFunc(o.Trace, func(e story.Event) bool {
			what, ok := e.What.(W)
			return ok && like(what)
		}), nil
	})
}
