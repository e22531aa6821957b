package judge

import (
	"fmt"
	"slices"
	"strings"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
)

// DutyState is what came of a duty.
type DutyState string

// What may come of a duty.
const (
	DutyKept         DutyState = "kept"
	DutyBroken       DutyState = "broken"
	DutyAdvised      DutyState = "advice" // kept, or advice alone, but it could be better
	DutyNotExercised DutyState = "not exercised"
)

// DutyResult is what a report says of a duty.
type DutyResult struct {
	duty.Duty
	State     DutyState
	Why       string   // of every state but kept, in a sentence
	Scenarios []string // that exercised it
}

// everywhere are the duties that every scenario exercises that was played to its end.
var everywhere = []duty.ID{duty.Success, duty.Failure, duty.Status, duty.Clock, duty.OneRequest}

// ofRule are the duties that a broken rule is about, wherever it is broken. What is not here is
// about the duties of the scenario in which it was broken.
var ofRule = map[verdict.Rule][]duty.ID{
	verdict.I3: {duty.Failure},
	verdict.I6: {duty.LogLines},
	verdict.I9: {duty.Alone},
}

// Duties says of every duty whether it was kept.
func (r *Report) Duties() []DutyResult {
	var all []DutyResult
	for _, d := range duty.Table() {
		all = append(all, r.duty(d))
	}
	return all
}

func (r *Report) duty(d duty.Duty) DutyResult {
	result := DutyResult{Duty: d, State: DutyNotExercised}
	var advice, skipped string
	for _, s := range r.Results {
		if s.Again {
			continue
		}
		if why := s.breach(d.ID); why != "" && result.State != DutyBroken {
			result.State, result.Why = DutyBroken, why
		}
		if s.warned(d.ID) && advice == "" {
			advice = s.Scenario.Name + ": " + s.advice(d.ID)
		}
		switch {
		case !s.exercises(d.ID):
		case s.Skipped != "":
			skipped = s.Skipped
		case s.Trouble != "":
			skipped = s.Trouble
		default:
			result.Scenarios = append(result.Scenarios, s.Scenario.Name)
		}
	}
	switch {
	case result.State == DutyBroken:
	case advice != "":
		result.State, result.Why = DutyAdvised, advice
	case len(result.Scenarios) > 0:
		result.State = DutyKept
	case skipped != "":
		result.Why = skipped
	default:
		result.Why = fmt.Sprintf("no scenario of this run of suite %s is about it", r.Suite)
	}
	return result
}

// exercises reports whether a scenario exercises a duty, or would if it were played.
func (r *Result) exercises(id duty.ID) bool {
	switch {
	case slices.Contains(r.Scenario.Duties, id), slices.Contains(everywhere, id):
		return true
	case id == duty.LogLines || id == duty.Secret:
		return slices.ContainsFunc(r.Attempts, func(a *Execution) bool { return a.LogTold == logJudged })
	case id == duty.Private:
		return slices.ContainsFunc(r.Attempts, func(a *Execution) bool { return a.Kept })
	}
	return false
}

// breach is how the scenario broke a duty; empty if it did not.
func (r *Result) breach(id duty.ID) string {
	for _, v := range r.Broken {
		if v.Rule == verdict.Conduct {
			if r.misconduct(v, id) {
				return fmt.Sprintf("%s: %v", r.Scenario.Name, v)
			}
			continue
		}
		about, known := ofRule[v.Rule]
		if !known {
			about = r.Scenario.Duties
			if v.Rule == verdict.I2 {
				about = append(slices.Clone(about), duty.Success)
			}
		}
		if slices.Contains(about, id) {
			return fmt.Sprintf("%s: %v", r.Scenario.Name, v)
		}
	}
	return ""
}

// misconduct reports whether a breach of the rule for what is sent is about a duty.
func (r *Result) misconduct(v verdict.Violation, id duty.ID) bool {
	return slices.ContainsFunc(r.Attempts[v.Attempt].Conduct, func(b breach) bool { return b.about == id && b.what == v.Reason })
}

func (r *Result) warned(id duty.ID) bool {
	return slices.ContainsFunc(r.Attempts, func(a *Execution) bool { return slices.Contains(a.Warned, id) })
}

func (r *Result) advice(id duty.ID) string {
	prefix := advicePrefix(id)
	for _, a := range r.Attempts {
		for _, note := range a.Notes {
			if what, ok := strings.CutPrefix(note, prefix); ok {
				return what
			}
		}
	}
	return ""
}

func advicePrefix(id duty.ID) string { return fmt.Sprintf("advice (%v): ", id) }

// dutiesIn is how many duties are in a state.
func dutiesIn(all []DutyResult, in DutyState) (n int) {
	for _, d := range all {
		if d.State == in {
			n++
		}
	}
	return n
}

// DutiesText says in a few lines what came of the duties; only those that were kept are counted
// alone.
func DutiesText(all []DutyResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Duties of PROTOCOL.md: %d kept, %d broken, %d with advice, %d not exercised\n",
		dutiesIn(all, DutyKept), dutiesIn(all, DutyBroken), dutiesIn(all, DutyAdvised), dutiesIn(all, DutyNotExercised))
	for _, state := range []DutyState{DutyBroken, DutyAdvised} {
		for _, d := range all {
			if d.State == state {
				fmt.Fprintf(&b, "  %-6s  %-3v  %s\n               %s\n", d.State, d.ID, d.Text, d.Why)
			}
		}
	}
	for _, why := range reasonsOf(all, DutyNotExercised) {
		var ids []duty.ID
		for _, d := range all {
			if d.State == DutyNotExercised && d.Why == why {
				ids = append(ids, d.ID)
			}
		}
		fmt.Fprintf(&b, "  not exercised: %s\n               %s\n", dutyNames(ids), why)
	}
	return b.String()
}

// reasonsOf are the different reasons of the duties in a state, in their order.
func reasonsOf(all []DutyResult, in DutyState) (reasons []string) {
	for _, d := range all {
		if d.State == in && !slices.Contains(reasons, d.Why) {
			reasons = append(reasons, d.Why)
		}
	}
	return reasons
}

func dutyNames(ids []duty.ID) string {
	var all []string
	for _, id := range ids {
		all = append(all, id.String())
	}
	return strings.Join(all, " ")
}
