package reproduce_test

import (
	"bytes"
	"regexp"
	"testing"

	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/storm"
	"ionbench/simulator/fault"
)

// drawn is a log of an upgrade under one fault that was drawn at random.
type drawn struct {
	run  uint64
	plan fault.Plan
	log  []byte
}

// draws are the first logs of a seed in which the one fault left a mark: they are not those
// of the same upgrade in peace.
func draws(t *testing.T, seed uint64, n int) []drawn {
	t.Helper()
	var list []drawn
	for run := uint64(0); len(list) < n; run++ {
		w, plans := storm.Draw(seed, run, 1)
		if got := play(t, &w, plans[0]); len(got) > 0 && !bytes.Equal(got, play(t, &w, nil)) {
			list = append(list, drawn{run, plans[0], got})
		}
	}
	return list
}

// What is injected at random is reproduced, or named as not reproduced.
func TestALogOfAnySingleFaultIsReproducedOrNamed(t *testing.T) {
	t.Parallel()
	const seed = 73
	wanted, reproduced, trials := *sampleDraws, 0, 0
	if testing.Short() {
		wanted = min(wanted, 8)
	}
	for _, d := range draws(t, seed, wanted) {
		log, err := reproduce.Read(d.log)
		if err != nil {
			t.Fatal(err)
		}
		run := log.Runs[len(log.Runs)-1]
		r := reproduce.Search(t.Context(), run, reproduce.Options{})
		trials += r.Trials
		if !r.Reproduced() {
			t.Logf("run %d, %v: not reproduced in %d trials\n%s", d.run, d.plan, r.Trials, run.Text())
			for _, c := range r.Candidates {
				t.Logf("nearest %v (%d): %s", c.Plan, c.ImageBytes, c.Differs)
			}
			continue
		}
		reproduced++
		if best := r.Candidates[0]; !sameButForSums(best.Log, run.Text()) {
			t.Errorf("run %d, %v: called a match, and its log is\n%s\nnot\n%s", d.run, d.plan, best.Log, run.Text())
		}
	}
	t.Logf("%d of %d reproduced, %d trials", reproduced, wanted, trials)
	if reproduced*100 < wanted*95 {
		t.Errorf("%d of %d reproduced", reproduced, wanted)
	}
}

// A log that cannot tell candidates apart leaves the person something else to look at.
func TestCandidatesWithOneLogAreToldApartBySomethingElse(t *testing.T) {
	r := reproduce.Search(t.Context(), stored(t, "upgrade-failed.log").Runs[0], reproduce.Options{})
	told := map[string]bool{}
	for _, c := range r.Candidates {
		if c.Tell == "" || told[c.Tell] || told[c.Meaning] {
			t.Errorf("%v: %q, told by %q", c.Plan, c.Meaning, c.Tell)
		}
		told[c.Tell], told[c.Meaning] = true, true
	}
}

var sums = regexp.MustCompile(`CRC-32 [0-9a-f]{8}, sent [0-9a-f]{8}`)

// sameButForSums compares logs. The sums of an image that only the site has are not known here.
func sameButForSums(a, b []byte) bool {
	return bytes.Equal(sums.ReplaceAll(a, nil), sums.ReplaceAll(b, nil))
}
