package reproduce_test

import (
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// One thing that goes wrong every few blocks is one fault, and not as many as there are blocks.
func TestALineThatGoesDeadEveryFewBlocksIsOneFault(t *testing.T) {
	t.Parallel()
	w := world.World{
		Meters: []world.Meter{{}}, Firmware: []world.Firmware{{Blocks: 60}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	for text, moment := range map[string]string{
		"ip-down at block 3 every 5 blocks for 27s":                 "at block 3 every 5 blocks",
		"cable-pull at block 2 every 7 blocks for 2 no-responses":   "at block 2 every 7 blocks",
		"reply-lost at block 4 every 3 blocks":                      "at block 4 every 3 blocks",
		"cable-pull at block 20 every 16 blocks for 6 no-responses": "at block 20 every 16 blocks",
	} {
		plan, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		log, err := reproduce.Read(play(t, &w, plan))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if !r.Reproduced() || len(r.Candidates[0].Plan) != 1 || !strings.Contains(first(r), moment) || !strings.Contains(r.Candidates[0].Meaning, ", and again every ") {
			t.Errorf("%s: reproduced %v by %s: %s", text, r.Reproduced(), first(r), r.Candidates[0].Meaning)
		}
	}
}
