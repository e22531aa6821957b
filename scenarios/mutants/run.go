package mutants

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
)

// Verdict is the result of the suite for a mutant.
type Verdict struct {
	Mutant Mutant
	Caught bool
	// Violation is the invariant that the mutant broke, or the expectation of the probe that it
	// did not meet.
	Violation verdict.Violation
	Must      string // the probe's sentence
	With      string // what the probe has that is unusual apart from its plan; may be empty
	Plan      fault.Plan
	Shrunk    fault.Plan // the smallest part of Plan with which it is still caught

	harms int // faults that no plan can say
}

// Faults is how many faults it took to catch the mutant: those of the plan and those of the chip.
func (v Verdict) Faults() int { return len(v.Shrunk) + v.harms }

// Invariant is the name of the invariant that the mutant broke, such as I2; empty if a probe's
// sentence caught it.
func (v Verdict) Invariant() string {
	if !v.Violation.Rule.Invariant() {
		return ""
	}
	return v.Violation.Rule.String()
}

// By says what caught the mutant: the invariant that it broke, or the probe's sentence, and how.
func (v Verdict) By() string {
	switch {
	case !v.Caught:
		return ""
	case v.Violation.Rule.Invariant():
		return v.Violation.String()
	}
	return v.Must + ": " + v.Violation.Reason
}

// run plays probes against a mutant until one shows a broken invariant. If none does, the first
// probe whose sentence does not hold catches the mutant. It returns an error if ctx ends or a
// probe cannot be played.
func run(ctx context.Context, m Mutant) (Verdict, error) {
	result := Verdict{Mutant: m}
	var by probe
	for _, p := range probes() {
		if err := ctx.Err(); err != nil {
			return Verdict{}, err
		}
		found, err := p.try(m, planned(p.plan))
		if err != nil {
			return Verdict{}, fmt.Errorf("%s: %s: %w", m.Name, p.must, err)
		}
		if found == nil || result.Caught && !found.Rule.Invariant() {
			continue
		}
		result.Caught, result.Violation, result.Plan = true, *found, planned(p.plan)
		result.Must, result.With, result.harms = p.must, p.with, p.harms
		by = p
		if found.Rule.Invariant() {
			break
		}
	}
	if result.Caught {
		result.Shrunk = by.shrink(ctx, m, result.Plan)
	}
	return result, nil
}

// RunAll is Run for each mutant, on all cores. The verdicts are in the order of the mutants.
func RunAll(ctx context.Context, all []Mutant) ([]Verdict, error) {
	verdicts := make([]Verdict, len(all))
	err := parallel.Each(ctx, runtime.GOMAXPROCS(0), len(all), func(ctx context.Context, i int) (err error) {
		verdicts[i], err = run(ctx, all[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return verdicts, nil
}

// try plays the probe with a plan. It returns the first broken invariant, or else the first
// expectation that was not met; nil if there is neither.
func (p probe) try(m Mutant, plan fault.Plan) (found *verdict.Violation, err error) {
	s := &stage{mutant: m, plan: plan}
	s.stand(&p, m.in(Meter))
	if s.err == nil {
		p.play(s)
	}
	if s.err != nil {
		return nil, s.err
	}
	if len(s.violations) == 0 {
		return nil, nil
	}
	first := slices.IndexFunc(s.violations, func(v verdict.Violation) bool { return v.Rule.Invariant() })
	return &s.violations[max(0, first)], nil
}

// planned reads a plan from this source; it panics if the plan is wrong.
func planned(text string) fault.Plan {
	p, err := fault.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("mutants: plan %q: %v", text, err))
	}
	return p
}
