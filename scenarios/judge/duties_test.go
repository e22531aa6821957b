package judge

import (
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
)

// notPlayed are the duties that no scenario is about, and why.
var notPlayed = map[duty.ID]string{
	duty.Secret:  "every log is looked at",
	duty.Unheard: "no scenario has a second meter of the unit id, and without one its breach is none",
}

func TestEveryDutyIsExercisedByAScenarioOrItIsSaidWhyNot(t *testing.T) {
	about := map[duty.ID]int{}
	for _, s := range mustSuite(t, "full").Scenarios {
		for _, id := range s.Duties {
			about[id]++
		}
		if len(s.Duties) == 0 {
			t.Errorf("%s is about no duty", s.Name)
		}
	}
	for _, d := range duty.Table() {
		known := notPlayed[d.ID] != "" || slices.Contains(everywhere, d.ID) || d.ID == duty.Private
		if about[d.ID] == 0 && !known || about[d.ID] > 0 && notPlayed[d.ID] != "" {
			t.Errorf("%v (%s): %d scenarios are about it, and it is known not to be played: %v", d.ID, d.Text, about[d.ID], known)
		}
	}
}

func TestAReportSaysOfEveryDutyWhatCameOfIt(t *testing.T) {
	played := func(name string, broken []verdict.Violation, a Execution, about ...duty.ID) *Result {
		return &Result{Scenario: Scenario{Name: name, Duties: about}, Attempts: []*Execution{&a}, Broken: broken}
	}
	breach := []verdict.Violation{{Rule: verdict.Expected, Reason: "it should succeed"}}
	skipped := played("needs-more", nil, Execution{}, duty.Device)
	skipped.Skipped = "the command has no {unit-id}"
	r := &Report{Suite: "full", Results: []*Result{
		played("fine", nil, Execution{LogTold: logJudged}, duty.Same, duty.Reconnect),
		played("broken", breach, Execution{}, duty.Reconnect),
		played("advised", nil, Execution{Warned: []duty.ID{duty.Private}, Notes: []string{"advice (" + duty.Private.String() + "): it can be read"}}, duty.Private),
		played("accused", []verdict.Violation{{Rule: verdict.I6, Reason: "a line is wrong"}}, Execution{}, duty.Same),
		skipped,
	}}
	all := r.Duties()
	for id, want := range map[duty.ID]string{
		duty.Same:      "kept ",
		duty.Reconnect: "broken broken: expected: it should succeed",
		duty.Private:   "advice advised: it can be read",
		duty.LogLines:  "broken accused: I6: a line is wrong",
		duty.Device:    "not exercised the command has no {unit-id}",
		duty.Again:     "not exercised no scenario of this run of suite full is about it",
		duty.Success:   "kept ",
	} {
		if d := all[id-1]; string(d.State)+" "+d.Why != want {
			t.Errorf("%v: %s %s, want %s", id, d.State, d.Why, want)
		}
	}
	if text := DutiesText(all); !strings.Contains(text, "2 broken, 1 with advice") || !strings.Contains(text, "broken  D14") || !strings.Contains(text, "not exercised: D1 D2 D4 ") {
		t.Error(text)
	}
}
