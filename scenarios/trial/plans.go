package trial

import (
	"errors"
	"fmt"
	"strings"

	"ionbench/simulator/fault"
)

// Plans are the faults of a trial: of the attempt, and of the recoveries after it in order.
// What a plan counts is counted from the beginning of its own attempt.
type Plans []fault.Plan

// MaxPlans bounds how many attempts of a trial can have faults.
const MaxPlans = 16

// Then stands between the plans of two attempts.
const Then = "then"

// String gives the plans on one line, with "then" between those of two attempts.
// ParsePlans gives them back.
func (p Plans) String() string {
	texts := make([]string, len(p))
	for i, plan := range p {
		texts[i] = plan.String()
	}
	return strings.Join(strings.Fields(strings.Join(texts, " "+Then+" ")), " ")
}

// Faults is how many faults there are in all of them.
func (p Plans) Faults() int {
	n := 0
	for _, plan := range p {
		n += len(plan)
	}
	return n
}

// ParsePlans reads one plan, or several with the word "then" between them: what follows it
// befalls the recovery. A plan between two of them may be empty, and so may all.
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

// splitThen cuts a text at the word "then", but not in comments.
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
