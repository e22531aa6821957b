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

// searchCall plays an upgrade by telephone with a plan, and searches what its log may come from.
func searchCall(t *testing.T, text string) (fault.Plan, *reproduce.Result) {
	t.Helper()
	plan, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w := world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, Firmware: []world.Firmware{{Blocks: 8}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}}}
	log, err := reproduce.Read(play(t, &w, plan))
	if err != nil {
		t.Fatal(err)
	}
	return plan, reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
}

// A log does not tell that the meter was called. What befell a call is found all the same, with a case
// that repeats it.
func TestALogOfACallThatWasCutOffIsReproducedByTelephone(t *testing.T) {
	for _, text := range []string{
		"carrier-lost at block 4",
		"carrier-lost at block 4; no-dial-tone at block 4 for 1h",
	} {
		plan, r := searchCall(t, text)
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

// callsThatFailed are plans of calls. A usual run plays the first of them, `make sweep` all.
var callsThatFailed = []string{
	"carrier-lost at block 3; carrier-lost at block 7",
	"carrier-lost at block 5; carrier-lost at block 6",
	"carrier-lost at state verifying",
	"retrain at block 4 for 10m",

	"carrier-lost at block 1",
	"carrier-lost at block 2",
	"carrier-lost at block 8",
	"carrier-lost at reply 4",
	"carrier-lost at block 4; line-busy at block 4 for 90s",
	"carrier-lost at block 4; line-busy at block 4 for 1h",
	"carrier-lost at block 6; no-answer at block 6 for 3m",
	"carrier-lost at block 6; no-answer at block 6 for 1h",
	"carrier-lost at block 3; wrong-number at block 3 for 4m",
	"carrier-lost at block 3; wrong-number at block 3 for 1h",
	"carrier-lost at block 5; no-dial-tone at block 5 for 2m",
	"retrain at block 2 for 12s",
	"retrain at block 2 for 35s",
	"retrain at block 6 for 100s",
	"retrain at block 1 for 20s",
	"carrier-lost at block 1; carrier-lost at block 4; carrier-lost at block 7",
}

// However a call was cut off, it is found: also when it is cut off twice, or where no block is sent.
func TestWhatBefallsCallsIsReproducedAndNamed(t *testing.T) {
	const usual, many = 4, 100
	list := callsThatFailed
	if *sampleSingles < many {
		list = list[:usual]
	}
	for _, text := range list {
		plan, r := searchCall(t, text)
		if !r.Reproduced() || !slices.ContainsFunc(r.Candidates, func(c *reproduce.Candidate) bool { return names(c, plan) }) {
			t.Errorf("%s: reproduced %v, and no candidate of %d has its kinds; the first is %v", text, r.Reproduced(), len(r.Candidates), first(r))
		}
	}
}

// A call that was cut off once is likelier than a cable that was pulled from a meter that was slow as
// well; and what to do then says that the meter is called.
func TestACallThatWasCutOffComesBeforeTwoFaultsAndIsRecoveredByTelephone(t *testing.T) {
	plan := fault.Plan{}
	for _, text := range []string{"carrier-lost at block 5", "line-busy at block 5 for 1h"} {
		p, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		plan = append(plan, p...)
	}
	for faults := 1; faults <= len(plan); faults++ {
		w := world.World{Meters: []world.Meter{{Phone: modem.DefaultNumber}}, Firmware: []world.Firmware{{Blocks: 20}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}}}
		log, err := reproduce.Read(play(t, &w, plan[:faults]))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if c := r.Candidates[0]; faults == 1 && c.Place() != reproduce.InCall {
			t.Errorf("%v comes first", c.Plan)
		}
		for _, c := range r.Candidates {
			l := c.Left
			steps := strings.Join(l.Steps(), "\n")
			called, recovers := c.Place() == reproduce.InCall, l.Command() != ""
			if l.ByPhone() != called || recovers && strings.Contains(steps, "--phone NUMBER") != called || recovers != (faults > 1) {
				t.Errorf("%v: by telephone %v, %q:\n%s", c.Plan, l.ByPhone(), l.Command(), steps)
			}
		}
	}
}
