package reproduce_test

import (
	"fmt"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// What the tool writes at once no end of it can take apart, but who copies a part of its log can.
func TestALogThatIsCutWithinWhatIsWrittenAtOnceIsReproduced(t *testing.T) {
	t.Parallel()
	article := string(logs.UpgradeFailed())
	six := world.World{
		Meters: []world.Meter{{}}, Firmware: []world.Firmware{{Blocks: 6}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	plan, err := fault.Parse("reply-lost at block 2")
	if err != nil {
		t.Fatal(err)
	}
	small := string(play(t, &six, plan))
	for name, test := range map[string]struct{ log, last, plan string }{
		"before an efficiency":         {article, "50% completed\n", "kill at"},
		"before the download":          {article, "Flash memory cleared\n", "kill at"},
		"before the end":               {article, "aborting (11 of 449)\n", "cable-pull at block 439"},
		"within the head":              {article, "13:24:58 2007\n", "kill at"},
		"within what the meter says":   {article, "Unit ID = 105\n", "kill at"},
		"between percentages":          {small, "70% completed\n", "cable-pull at block 2 for 1 no-response"},
		"before an end that succeeded": {small, "ITC\n", "cable-pull at block 2 for 1 no-response"},
	} {
		at := strings.Index(test.log, test.last)
		if at < 0 {
			t.Fatalf("%s: no %q in\n%s", name, test.last, test.log)
		}
		log, err := reproduce.Read([]byte(test.log[:at+len(test.last)]))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if !r.Reproduced() || r.Lost == 0 || !strings.HasPrefix(first(r), test.plan) || !strings.Contains(fmt.Sprint(r.Remarks), "missing") {
			t.Errorf("%s: reproduced %v by %q, %d lines lost, %v; %s", name, r.Reproduced(), first(r), r.Lost, r.Remarks, r.Candidates[0].Differs)
		}
		if _, err := r.CaseFile(r.Candidates[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
