package verdict_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/verdict"
)

func TestEveryRuleIsReadByItsName(t *testing.T) {
	var names []string
	for r := verdict.I1; r <= verdict.Unstruck; r++ {
		if got, err := verdict.Parse(r.String() + ": why"); err != nil || got.Rule != r {
			t.Errorf("%v is read as %v, %v", r, got.Rule, err)
		}
		names = append(names, r.String())
	}
	if got := strings.Join(names, " "); got != "I1 I2 I3 I4 I5 I6 I7 I8 I9 conduct crash expected plan" {
		t.Errorf("the rules are %s", got)
	}
	if verdict.I9.Invariant() != true || verdict.Crashed.Invariant() || verdict.Rule(0).Invariant() {
		t.Error("I1 to I9 are the invariants, and no others")
	}
	for _, name := range []string{"", "I", "I0", "I10", "i1", "I1 ", "plans"} {
		if v, err := verdict.Parse(name + ": why"); err == nil {
			t.Errorf("%q is read as %v", name, v.Rule)
		}
	}
}

func TestAViolationIsPrintedAndReadAsFilesHaveIt(t *testing.T) {
	for text, want := range map[string]verdict.Violation{
		`I2: success is claimed; the meter has no image that runs`:       {Rule: verdict.I2, Reason: `success is claimed; the meter has no image that runs`},
		"in recovery 12: I4: the recovery ends with nothing: not at all": {Rule: verdict.I4, Attempt: 12, Reason: "the recovery ends with nothing: not at all"},
		"in act 2: I7: neither in the meter nor in a journal":            {Rule: verdict.I7, Act: 2, Reason: "neither in the meter nor in a journal"},
		"in recovery 1: in act 3: I2: success is claimed":                {Rule: verdict.I2, Attempt: 1, Act: 3, Reason: "success is claimed"},
		"plan: reply-lost at block 99: the image has 12 blocks":          {Rule: verdict.Unstruck, Reason: "reply-lost at block 99: the image has 12 blocks"},
		"I9: in recovery 1: I1: nested":                                  {Rule: verdict.I9, Reason: "in recovery 1: I1: nested"},
	} {
		got, err := verdict.Parse(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q is read as %+v (%v), %v", text, got, got, err)
		}
		b, err := json.Marshal([]verdict.Violation{want})
		var back []verdict.Violation
		if err != nil || json.Unmarshal(b, &back) != nil || !slices.Equal(back, []verdict.Violation{want}) {
			t.Errorf("%s, %v", b, err)
		}
	}
	for _, text := range []string{"", "I2", "I2:", "I2: ", "I2 x", "nothing", "success: no", "in recovery 0: I2: x", "in recovery -1: I2: x", "in recovery x: I2: y", "in recovery 1: nothing", "in act 0: I2: x", "in act x: I2: x", "in act 1: in recovery 1: I2: x"} {
		if v, err := verdict.Parse(text); err == nil {
			t.Errorf("%q is read as %v", text, v)
		}
	}
}

func TestViolationsAreThoseOfAnAttempt(t *testing.T) {
	of := []verdict.Violation{{Rule: verdict.I2, Reason: "x"}, {Rule: verdict.I3, Reason: "y"}}
	if got := verdict.Texts(verdict.InAttempt(2, of)); !slices.Equal(got, []string{"in recovery 2: I2: x", "in recovery 2: I3: y"}) {
		t.Errorf("%q", got)
	}
	if of[0].Attempt != 0 {
		t.Error("the list that was given has changed")
	}
}
