package trial

import (
	"errors"
	"fmt"
	"strings"

	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// Plans are the faults of a trial: those of the attempt, then those of each recovery in order.
// Each plan counts blocks, bytes and times from the beginning of its own attempt.
type Plans []fault.Plan

// MaxPlans is how many attempts of a trial can have faults.
const MaxPlans = 16

// Then is the word between the plans of two attempts.
const Then = "then"

// PlansOf are the faults of a world's attempts, in order, up to the last that has any.
func PlansOf(w *world.World) Plans {
	plans := make(Plans, len(w.Attempts))
	for i := range w.Attempts {
		plans[i] = w.Attempts[i].Plan
	}
	for len(plans) > 0 && len(plans[len(plans)-1]) == 0 {
		plans = plans[:len(plans)-1]
	}
	return plans
}

// String prints the plans on one line, with "then" between the plans of two attempts, as
// ParsePlans reads them.
func (p Plans) String() string {
	texts := make([]string, len(p))
	for i, plan := range p {
		texts[i] = plan.String()
	}
	return strings.Join(strings.Fields(strings.Join(texts, " "+Then+" ")), " ")
}

// Faults is the number of faults in all plans.
func (p Plans) Faults() int {
	n := 0
	for _, plan := range p {
		n += len(plan)
	}
	return n
}

// ParsePlans reads one plan, or several with the word "then" between them. The faults after a
// "then" are those of the next recovery. Any plan may be empty.
func ParsePlans(text string) (Plans, error) {
	var plans Plans
	for i, part := range splitThen(text) {
		if i == MaxPlans {
			return nil, fmt.Errorf("more than %d attempts have faults", MaxPlans)
		}
		p, err := fault.Parse(part)
		if err != nil {
			return nil, inAttempt(i, err)
		}
		plans = append(plans, p)
	}
	return plans, nil
}

func inAttempt(i int, err error) error {
	var bad *fault.ParseError
	if i == 0 || !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("behind the %s %q: %w", ordinal(i), Then, err)
}

func ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	}
	return fmt.Sprintf("%dth", n)
}

// splitThen splits a text at the word "then", except in comments.
func splitThen(text string) []string {
	parts := []string{""}
	last := func() *string { return &parts[len(parts)-1] }
	for line := range strings.Lines(text) {
		code, comment, _ := strings.Cut(line, "#")
		words := strings.Split(code, " ")
		for i, word := range words {
			if strings.TrimSpace(word) == Then {
				parts = append(parts, "")
				continue
			}
			if i > 0 {
				*last() += " "
			}
			*last() += word
		}
		if comment != "" {
			*last() += "#" + comment
		}
	}
	return parts
}
