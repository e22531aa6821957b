package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

func TestFaultsListsEveryKindUnderItsPlace(t *testing.T) {
	code, out, _ := call(t, "", "faults")
	if code != cli.Done {
		t.Fatalf("exit status %d", code)
	}
	for _, d := range fault.Kinds() {
		if strings.Count(out, "  "+d.Kind.String()+" ") != 1 || !strings.Contains(out, "\n"+d.Place.String()+":\n") && !strings.HasPrefix(out, d.Place.String()+":\n") {
			t.Errorf("%v (%v) is not there once", d.Kind, d.Place)
		}
	}
	if n := len(fault.Kinds()); n < 25 {
		t.Errorf("only %d faults", n)
	}
}

// An example whose fault never strikes would explain nothing.
func TestFaultsExplainsEachWithAnExampleThatStrikes(t *testing.T) {
	for _, d := range fault.Kinds() {
		t.Run(d.Kind.String(), func(t *testing.T) {
			t.Parallel()
			code, out, err := call(t, "", "faults", d.Kind.String())
			if code != cli.Done || err != "" {
				t.Fatalf("exit status %d, %s", code, err)
			}
			for _, want := range []string{d.Field, d.Example, "comes to", "triggers"} {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
			plans, _ := trial.ParsePlans(d.Example)
			r, tried := trial.Try(trial.World(world.ArticleImageBytes), plans, rig.NoTrace)
			if tried != nil || len(r.Unstruck) > 0 || len(r.Violations) > 0 {
				t.Errorf("the example comes to %v, %q, %q", tried, r.Unstruck, r.Violations)
			}
		})
	}
}

func TestFaultsForPrograms(t *testing.T) {
	_, out, _ := call(t, "", "faults", "noise", "kill", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var o kindObject
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &o) != nil || o.Name != "noise" || o.Parameters["rate R"] == "" {
		t.Errorf("%q", out)
	}
}

func TestFaultsSaysWhatAWrongNameMayMean(t *testing.T) {
	code, _, err := call(t, "", "faults", "cable-pul")
	if code != cli.Misused || !strings.Contains(err, "did you mean cable-pull") {
		t.Errorf("exit status %d, %q", code, err)
	}
	if code, _, _ := call(t, "", "faults", "--grammar", "--json"); code != cli.Misused {
		t.Errorf("exit status %d", code)
	}
}
