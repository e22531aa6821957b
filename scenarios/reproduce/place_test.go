package reproduce_test

import (
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// Where no line tells that anything went wrong, none tells at which block it was.
func TestNoBlockIsSaidOfWhatLeftNoLine(t *testing.T) {
	t.Parallel()
	r := resultOf(t, "reply-late at block 20 by 6s", 40)
	if len(r.Candidates) < 2 || len(r.Candidates[0].Plan) > 0 {
		t.Fatalf("%d candidates, the first %v", len(r.Candidates), r.Candidates[0].Plan)
	}
	for _, c := range r.Candidates[1:] {
		if strings.Contains(c.Meaning, " after block ") {
			t.Errorf("%v: %q", c.Plan, c.Meaning)
		}
	}
}

// What takes several faults and a call is not shown beside one fault that gives the log.
func TestATelephoneIsNotSupposedWhereItTakesSeveralFaultsMore(t *testing.T) {
	t.Parallel()
	r := resultOf(t, "meter-reset at 2m54s", 13)
	if !r.Reproduced() {
		t.Fatal("not reproduced")
	}
	for _, c := range r.Candidates {
		if c.Left.ByPhone() && len(c.Plan) > len(r.Candidates[0].Plan)+1 {
			t.Errorf("%v beside %v", c.Plan, r.Candidates[0].Plan)
		}
	}
}

// Nobody on site knows the operations of a flash: it is said at which block such a one was, and how it is told.
func TestAFailingChipIsToldByItsBlock(t *testing.T) {
	t.Parallel()
	r := resultOf(t, "program-fails at flash-op 92", 13)
	if !r.Reproduced() {
		t.Fatal("not reproduced")
	}
	for _, c := range r.Candidates {
		if strings.Contains(c.Meaning, "operation") || !strings.Contains(c.Meaning, "block") || c.Tell == "" {
			t.Errorf("%v: %q; tell by %q", c.Plan, c.Meaning, c.Tell)
		}
	}
}

// Who is told to send the image again is told, too, when that will not help.
func TestWhatToDoNowKnowsAWornChip(t *testing.T) {
	t.Parallel()
	for plan, worn := range map[string]bool{"erase-fails at start address 0x070000": true, "program-fails at start address 0x030000": true, "cable-pull at block 5": false} {
		c := resultOf(t, plan, 13).Candidates[0]
		if got := strings.Contains(strings.Join(c.Left.Steps(), "\n"), "go for repair"); got != worn {
			t.Errorf("%s: repair %v: %q", plan, got, c.Left.Steps())
		}
	}
}

// resultOf is what is found of the log of a plan, with an image of so many blocks.
func resultOf(t *testing.T, plan string, blocks int) *reproduce.Result {
	t.Helper()
	p, err := fault.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	w := world.World{
		Meters:   []world.Meter{{Baud: 600}},
		Firmware: []world.Firmware{{Blocks: blocks}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	log, err := reproduce.Read(play(t, &w, p))
	if err != nil {
		t.Fatal(err)
	}
	return reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
}
