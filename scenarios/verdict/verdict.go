// Package verdict is the one judge. Evidence of an attempt goes in: what the tool claimed, what
// the meter really is, what the line saw, what is on the disk. Violations come out: which rule
// the attempt broke, and why.
//
// Those who play an attempt collect the evidence and have no rules of their own: package rig on
// the bench, package judge for other programs. Each rule is made of sentences, and each sentence
// is a function of the evidence alone. A violation is a value; text is made of it only for people
// and files. Only [Parse], which reads such files, makes a violation from text, and nothing reads
// a reason.
package verdict

import (
	"fmt"
	"strconv"
	"strings"
)

// Rule is what an attempt can violate: an invariant, or another rule that makes the verdict no.
type Rule uint8

// The rules. I1 to I9 are the invariants of the project, which hold whatever happens to an
// upgrade; the others make a verdict no as well.
const (
	I1 Rule = iota + 1 // the loader always answers once power and line are back
	I2                 // success is claimed only if the meter runs exactly that image and every promised setting is there
	I3                 // failure is claimed only if it is one
	I4                 // after a failure, the recovery that the article describes ends in success
	I5                 // every run ends, within the time that the retry rule gives
	I6                 // the log says what happened
	I7                 // settings are lost only where the article says so, and never with a journal
	I8                 // nothing is erased before the file, the product, the unit and the password have been checked
	I9                 // nobody else is harmed

	Conduct  // a program does what PROTOCOL.md says, also where it harms nobody here
	Crashed  // no program is ended by a signal that nobody sent
	Expected // what is played comes out as its scenario says
	Unstruck // every fault of the plan strikes
	ruleCount
)

var ruleNames = [ruleCount]string{
	I1: "I1", I2: "I2", I3: "I3", I4: "I4", I5: "I5", I6: "I6", I7: "I7", I8: "I8", I9: "I9",
	Conduct: "conduct", Crashed: "crash", Expected: "expected", Unstruck: "plan",
}

// String is the rule's name in files, such as I2 or plan.
func (r Rule) String() string {
	if r == 0 || r >= ruleCount {
		return "no rule (" + strconv.Itoa(int(r)) + ")"
	}
	return ruleNames[r]
}

// Invariant reports whether the rule is an invariant.
func (r Rule) Invariant() bool { return r >= I1 && r <= I9 }

// parseRule reads a rule's name, as String writes it.
func parseRule(name string) (Rule, error) {
	for r := I1; r < ruleCount; r++ {
		if ruleNames[r] == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("there is no rule %q", name)
}

// Violation is a rule that was broken.
type Violation struct {
	Rule    Rule
	Attempt int // the attempt: 0 is the upgrade, the others are recoveries
	Act     int // the act of an attempt with several, from 1; 0 for the attempt
	Reason  string
}

// InAttempt returns violations as those of another attempt.
func InAttempt(attempt int, violations []Violation) []Violation {
	list := make([]Violation, len(violations))
	for i, v := range violations {
		v.Attempt = attempt
		list[i] = v
	}
	return list
}

const inRecovery = "in recovery "

// AttemptPrefix is how a text about an attempt begins: "in recovery 1: "; empty for the
// upgrade.
func AttemptPrefix(attempt int) string {
	if attempt == 0 {
		return ""
	}
	return inRecovery + strconv.Itoa(attempt) + ": "
}

const inAct = "in act "

// String returns the violation as it is printed and stored: "I2: success is claimed; …", "in
// recovery 1: I4: …", or "in recovery 1: in act 2: I7: …".
func (v Violation) String() string {
	text := AttemptPrefix(v.Attempt)
	if v.Act > 0 {
		text += inAct + strconv.Itoa(v.Act) + ": "
	}
	return text + v.Rule.String() + ": " + v.Reason
}

// Parse reads a violation, as String writes it.
func Parse(text string) (Violation, error) {
	var v Violation
	var whole bool
	rest := text
	if v.Attempt, rest, whole = cutNumber(rest, inRecovery); !whole {
		return Violation{}, fmt.Errorf("%q is no violation: it tells of no recovery", text)
	}
	if v.Act, rest, whole = cutNumber(rest, inAct); !whole {
		return Violation{}, fmt.Errorf("%q is no violation: it tells of no act", text)
	}
	name, reason, ok := strings.Cut(rest, ": ")
	rule, err := parseRule(name)
	if err != nil || !ok || reason == "" {
		return Violation{}, fmt.Errorf("%q is no violation: it begins with no rule and reason, as in \"I2: …\"", text)
	}
	v.Rule, v.Reason = rule, reason
	return v, nil
}

// cutNumber cuts a prefix and its number off a text; 0 if it does not begin so.
func cutNumber(text, prefix string) (n int, rest string, ok bool) {
	after, found := strings.CutPrefix(text, prefix)
	if !found {
		return 0, text, true
	}
	number, rest, _ := strings.Cut(after, ": ")
	n, err := strconv.Atoi(number)
	return n, rest, err == nil && n > 0
}

// MarshalText returns the text of String.
func (v Violation) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the text of String, as Parse does.
func (v *Violation) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err == nil {
		*v = parsed
	}
	return err
}

// Texts returns violations as they are printed.
func Texts(violations []Violation) []string {
	var list []string
	for _, v := range violations {
		list = append(list, v.String())
	}
	return list
}
