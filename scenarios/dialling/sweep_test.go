package dialling

import (
	"flag"
	"runtime"
	"testing"

	"ionbench/scenarios/trial"
)

var whole = flag.Bool("whole", false, "strike calls at every point")

func TestACallThatIsStruckWhileItIsMadeLeavesTheMeterUpgradedOrRecoverable(t *testing.T) {
	every := 11
	if testing.Short() {
		every = 101
	}
	if *whole {
		every = 1
	}
	r, err := OfUpgrades(t.Context(), every, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d points, %v", r.Points, r.Classes)
	complain(t, r)
	if r.Classes[trial.Recovered] == 0 || r.Classes[trial.Resent] == 0 {
		t.Errorf("%v: what strikes has no effect", r.Classes)
	}
}

func complain(t *testing.T, r Result) {
	t.Helper()
	for i, b := range r.Broken {
		if i == 10 {
			t.Fatalf("and %d more", len(r.Broken)-i)
		}
		t.Error(b)
	}
}

func TestACallThatIsStruckAtAnyByteAndMomentEndsAndIsFollowedByAnother(t *testing.T) {
	r, err := OfCalls(t.Context(), 1, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d points", r.Points)
	if r.Points < 900 {
		t.Errorf("%d points", r.Points)
	}
	complain(t, r)
}
