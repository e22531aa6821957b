package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/fault"
)

func TestFaultsListsEveryKindUnderItsPlace(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	for i, d := range fault.Kinds() {
		if testing.Short() && i%5 != 0 {
			continue // each upgrade is of the article's length
		}
		t.Run(d.Kind.String(), func(t *testing.T) {
			t.Parallel()
			r, err := played(d.Example)
			if err != nil || len(r.Unstruck) > 0 || len(r.Violations) > 0 {
				t.Fatalf("the example comes to %v, %+v", err, r)
			}
			out := explainKind(d, r)
			for _, want := range []string{d.Field, d.Example, "comes to", "triggers"} {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
	code, out, diagnostics := call(t, "", "faults", "noise", "kill")
	if code != cli.Done || diagnostics != "" || !strings.Contains(out, "\n\nfault       kill\n") || !strings.Contains(out, "comes to    unharmed: success") {
		t.Errorf("exit %d, %q\n%s", code, diagnostics, out)
	}
}

func TestFaultsForPrograms(t *testing.T) {
	t.Parallel()
	_, out, _ := call(t, "", "faults", "noise", "kill", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var o kindObject
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &o) != nil || o.Name != "noise" || o.Parameters["rate R"] == "" {
		t.Errorf("%q", out)
	}
}

func TestFaultsSaysWhatAWrongNameMayMean(t *testing.T) {
	t.Parallel()
	code, _, err := call(t, "", "faults", "cable-pul")
	if code != cli.Misused || !strings.Contains(err, "did you mean cable-pull") {
		t.Errorf("exit status %d, %q", code, err)
	}
	if code, _, _ := call(t, "", "faults", "--grammar", "--json"); code != cli.Misused {
		t.Errorf("exit status %d", code)
	}
}
