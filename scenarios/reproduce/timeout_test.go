package reproduce_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// A log does not tell how long its tool waits for an answer. Where nothing gives its times with the vendor's
// time-out, others are tried, and it is said.
func TestALogOfAToolWithAnotherTimeoutIsReproducedAndSaysSo(t *testing.T) {
	t.Parallel()
	for waits, plan := range map[time.Duration]string{
		2 * time.Second: "cable-pull at block 9",
		3 * time.Second: "cable-pull at block 3",
		5 * time.Second: "cable-pull at block 12",
	} {
		w := world.World{
			Firmware: []world.Firmware{{Blocks: 14}},
			Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade, Timeout: waits}}},
		}
		p, err := fault.Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		log, err := reproduce.Read(play(t, &w, p))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if says := fmt.Sprintf("ionup --timeout %v", waits); !r.Reproduced() || !blames(r.Candidates[0], p[0].Kind) || !strings.Contains(fmt.Sprint(r.Remarks), says) {
			t.Errorf("%v: reproduced %v by %v: %s; remarks %v", waits, r.Reproduced(), r.Candidates[0].Plan, r.Candidates[0].Differs, r.Remarks)
			continue
		}
		b, err := r.CaseFile(r.Candidates[0])
		if err != nil {
			t.Fatal(err)
		}
		if c, err := cases.Parse(b); err != nil || c.Attempts[len(c.Attempts)-1].Timeout != waits {
			t.Errorf("%v: %v\n%s", waits, err, b)
		}
	}
}
