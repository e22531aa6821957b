package judge

import (
	"testing"
	"time"

	"ionbench/fixtures/foreign"
	"ionbench/scenarios/rig"
)

// sender is a program of lrzsz.
func sender(t *testing.T, command string) Target {
	t.Helper()
	c, err := ParseCommand(command, false)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Program(t, "the judge of a sender", c.words[0])
	return Target{Upgrade: c, Transport: rig.PTY}
}

// What sx and sb do wrong is theirs to mend. This is about the judge: it enters the loader, gives the
// program the line, and says what has come of it.
func TestAProgramThatKnowsNoIONIsJudgedByWhatTheMeterIsAfterwards(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the programs wait for seconds")
	}
	suite, err := XMODEMSuite(DefaultResponse).Only([]string{"calm", "byte-flip", "wrong-product"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		command string
		failed  int
	}{{"sx -q {image}", 0}, {"true {image}", 3}} { // the second sends nothing, and claims success
		report, err := Run(t.Context(), suite, sender(t, c.command), Options{Loader: ByXMODEM, Limit: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, failed, _ := report.Counts(); failed != c.failed || report.Undecided() > 0 {
			t.Errorf("%s: %d of 3 scenarios fail, not %d", c.command, failed, c.failed)
			for _, r := range report.Results {
				t.Logf("%s: %v %s", r.Scenario.Name, r.Broken, r.Trouble)
			}
		}
	}
}
