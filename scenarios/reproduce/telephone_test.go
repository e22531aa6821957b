package reproduce_test

import (
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/modem"
)

// A log does not tell that the meter was called. What befell a call is found all the same, with a case
// that repeats it.
func TestALogOfACallThatWasCutOffIsReproducedByTelephone(t *testing.T) {
	for _, text := range []string{
		"carrier-lost at block 4",
		"carrier-lost at block 4; no-dial-tone at block 4 for 1h",
	} {
		plan, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		w := world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, Firmware: []world.Firmware{{Blocks: 8}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}}}
		log, err := reproduce.Read(play(t, &w, plan))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if !r.Reproduced() {
			t.Errorf("%s is not reproduced in %d trials", text, r.Trials)
			continue
		}
		at := slices.IndexFunc(r.Candidates, func(c *reproduce.Candidate) bool { return c.Place() == reproduce.InCall })
		if at < 0 {
			t.Errorf("%s: no candidate is of the telephone", text)
			continue
		}
		c := r.Candidates[at]
		if !blames(c, plan[0].Kind) || !strings.Contains(c.Meaning, "By phone: the carrier was lost after block 3") {
			t.Errorf("%s: %v: %s", text, c.Plan, c.Meaning)
		}
		file, err := r.CaseFile(c)
		if err != nil || !strings.Contains(string(file), "phone = ") {
			t.Errorf("%s: %v\n%s", text, err, file)
			continue
		}
		if _, err := cases.Parse(file); err != nil {
			t.Error(err)
		}
		if left, err := r.Left(c); err != nil || left.Bench().Station().Modem() == nil {
			t.Errorf("%s: what it left: %v", text, err)
		}
	}
}
