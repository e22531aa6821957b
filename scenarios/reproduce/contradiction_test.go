package reproduce_test

import (
	"fmt"
	"strings"
	"testing"

	"ionbench/fixtures/logs"
	"ionbench/scenarios/reproduce"
)

// One number that was typed over does not hide what happened, and is named.
func TestOneNumberThatContradictsTheOthersIsNamedAndTheOthersAreExplained(t *testing.T) {
	t.Parallel()
	clean := string(logs.UpgradeFailed())
	for name, change := range map[string]struct{ old, new, says string }{
		"an efficiency":         {"50% completed\nComm efficiency = 100.0%", "50% completed\nComm efficiency = 83.3%", `"Comm efficiency = 83.3%"`},
		"the first efficiency":  {"10% completed\nComm efficiency = 100.0%", "10% completed\nComm efficiency = 10.0%", `"Comm efficiency = 10.0%"`},
		"a percentage":          {"40% completed", "45% completed", `"45% completed"`},
		"a count of blocks":     {"(5 of 443)", "(5 of 434)", `"No response... resending (5 of 434)"`},
		"a count of answers":    {"(5 of 443)", "(6 of 443)", `"No response... resending (6 of 443)"`},
		"the count at the end":  {"(11 of 449)", "(11 of 494)", `"No response... aborting (11 of 494)"`},
		"the first of a series": {"(1 of 439)", "(1 of 493)", `"No response... resending (1 of 493)"`},
	} {
		text := strings.Replace(clean, change.old, change.new, 1)
		if text == clean {
			t.Fatalf("%s: the log has no %q", name, change.old)
		}
		line := 1 + strings.Count(text[:strings.Index(text, strings.Trim(change.says, `"`))], "\n")
		log, err := reproduce.Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{Trials: 30})
		if want := fmt.Sprintf("line %d: %s contradicts", line, change.says); r.Reproduced() || len(r.Candidates) == 0 || !r.Candidates[0].Match || !strings.Contains(r.Against(), want) {
			t.Errorf("%s: reproduced %v, explained %v, %q; want %s", name, r.Reproduced(), r.Candidates[0].Match, r.Against(), want)
			continue
		}
		if plan := r.Candidates[0].Plan.String(); plan != "cable-pull at block 439" || r.Sizes.Min != 439 || r.Sizes.Max != 486 {
			t.Errorf("%s: %s, %v", name, plan, &r.Sizes)
		}
	}
}

// Of two nobody knows which are right.
func TestSeveralContradictionsAreNotExplainedAway(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("(5 of 443)", "(5 of 434)", "50% completed\nComm efficiency = 100.0%", "50% completed\nComm efficiency = 83.3%").Replace(string(logs.UpgradeFailed()))
	log, err := reproduce.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{Trials: 20}); r.Candidates[0].Match || r.Against() != "" || r.Sizes.Against == 0 {
		t.Errorf("explained %v, %q, %v", r.Candidates[0].Match, r.Against(), &r.Sizes)
	}
}

// A line of the head is compared as all others are: where its value cannot be read, such as with a letter typed
// over, nobody knows whether a plan gives it. One that can be read is shown, whatever meter has it.
func TestALogWhoseHeadCannotBeReadIsExplainedAndNotCalledReproduced(t *testing.T) {
	t.Parallel()
	clean := string(logs.UpgradeFailed())
	for old, odd := range map[string][]string{
		"Version 2.1 (Build 676)":  {"Veqsion 2.1 (Build 676)", "Version 2.1 (Bauen 676)", "Version 2.1 (Build 6q6)"},
		"BaudRate = 9600":          {"BaudRate = 9q00", "BaudRate = 12345", "BaudRate = 115200"},
		"Wed Aug 22 13:24:58 2007": {"Wed Aqg 22 13:24:58 2007"},
		"Unit ID = 105":            {"Unit ID = 1o5"},
	} {
		for _, with := range odd {
			r := searched(t, strings.Replace(clean, old, with, 1))
			if r.Reproduced() || !r.Candidates[0].Match || !strings.Contains(r.Against(), with) {
				t.Errorf("%s: reproduced %v, explained %v, %q", with, r.Reproduced(), r.Candidates[0].Match, r.Against())
			}
		}
	}
	for old, with := range map[string]string{"7350V283": "7350V283B", "Version 2.1": "Version 2.9", "22 13:24:58 2007": "22 13:24:58 1969"} {
		if r := searched(t, strings.Replace(clean, old, with, 1)); !r.Reproduced() {
			t.Errorf("%s: not reproduced: %q", with, r.Against())
		}
	}
}

// Times that depend on a digit that was typed over are nobody's: no clock jumped for them, and no PC slept.
func TestAStampOrARateThatCannotBeMovesNoClock(t *testing.T) {
	t.Parallel()
	clean := string(logs.UpgradeFailed())
	for old, with := range map[string]string{
		"March 06, 2008 5:07:48": "March 03, 2008 5:07:48",
		"March 06, 2008 3:57:48": "March 06, 2009 3:57:48",
		"BaudRate = 9600":        "BaudRate = 9100",
	} {
		r := searched(t, strings.Replace(clean, old, with, 1))
		if r.Reproduced() || first(r) != "cable-pull at block 439" || !r.Candidates[0].Match || r.Against() == "" || !r.Untimed {
			t.Errorf("%s: reproduced %v by %s, against %q", with, r.Reproduced(), first(r), r.Against())
		}
	}
}

func searched(t *testing.T, text string) *reproduce.Result {
	t.Helper()
	log, err := reproduce.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{Trials: 30})
}
