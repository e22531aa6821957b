package reproduce_test

import (
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/reproduce"
	"ionbench/simulator/ion"
)

// "any settings or changes made to the template of your device will not be retained"; "it is not
// necessary and not recommended to power cycle"; "Single ION device configuration mode".
func TestWhatToDoNowFollowsFromHowTheMeterWasLeft(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many searches, on one goroutine")
	}
	recovery := []string{"properly connected", "not necessary and not recommended", "2.2 (Build 716)", "Single ION device configuration mode", "answer Yes", "saved copy", "factory supplied template", "Firmware Recovery Mode"}
	for name, test := range map[string]struct {
		run       int
		condition reproduce.Condition
		lost      ion.Groups
		says      []string
	}{
		"upgrade-failed.log":         {0, reproduce.WaitsPartly, ion.AllGroups, append(recovery, "2.1 (Build 676), which wrote this log, detects nothing")},
		"field-aborted.log":          {0, reproduce.WaitsPartly, ion.AllGroups, append(recovery, "2.1 (Build 676) detects nothing")},
		"field-never-erased.log":     {0, reproduce.WaitsCleared, ion.AllGroups, recovery},
		"field-slow-to-save.log":     {0, reproduce.RunsNew, 0, []string{"nothing: ask the meter"}},
		"field-three-runs.log":       {2, reproduce.RunsReset, ion.AllGroups, []string{"do not upgrade again", "saved copy"}},
		"field-two-no-responses.log": {0, reproduce.RunsNew, 0, nil},
	} {
		r := reproduce.Search(t.Context(), stored(t, name).Runs[test.run], reproduce.Options{})
		l := r.Candidates[0].Left
		if l.Condition != test.condition || l.Lost != test.lost || l.Tell() == "" {
			t.Errorf("%s: the meter %v, %s is lost; seen by %q", name, l.Condition, l.LostText(), l.Tell())
		}
		steps := strings.Join(l.Steps(), "\n")
		for _, words := range test.says {
			if !strings.Contains(steps, words) {
				t.Errorf("%s: no %q in\n%s", name, words, steps)
			}
		}
	}
}

// A tool that came to its end before anything was erased has left the old firmware; one that came
// to its end before it asked for download state has left the application.
func TestWhatIsNotErasedIsSaid(t *testing.T) {
	article := stored(t, "upgrade-failed.log").Runs[0]
	for behind, want := range map[string]reproduce.Condition{"Device entered download state": reproduce.WaitsOld, "Device BaudRate": reproduce.RunsOld} {
		text := strings.Replace(string(article.Text()), "Device already in download state", "Device entered download state", 1)
		at := strings.Index(text, behind)
		end := at + strings.IndexByte(text[at:], '\n') + 1
		log, err := reproduce.Read([]byte(text[:end]))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if !slices.ContainsFunc(r.Candidates, func(c *reproduce.Candidate) bool { return c.Left.Condition == want }) {
			t.Errorf("cut behind %q: nothing leaves a meter that %v", behind, want)
			for _, c := range r.Candidates {
				t.Logf("%v: %v %v", c.Plan, c.Match, c.Left.Condition)
			}
		}
		for _, c := range r.Candidates {
			if c.Match && c.Left.Condition == reproduce.NotKnown {
				t.Errorf("cut behind %q, %v: %v", behind, c.Plan, c.Left.Condition)
			}
		}
	}
}
