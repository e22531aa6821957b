package main

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/mutants"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/verdict"
)

// That each of all is caught is a test of package mutants, which plays them.
func TestEveryMutantIsALineOfTheTable(t *testing.T) {
	t.Parallel()
	if all, err := chooseMutants(nil); err != nil || len(all) != len(mutants.All()) {
		t.Errorf("%d mutants without a name, %v", len(all), err)
	}
	named := []string{"nine-resends", "journal-left", "settings-kept", "upgrade-not-logged"}
	chosen, err := chooseMutants(named)
	if err != nil {
		t.Fatal(err)
	}
	code, out, diagnostics := call(t, "", append([]string{"mutants"}, named...)...)
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	if !strings.HasPrefix(out, "the healthy upgrader and meter: pass\n") {
		t.Errorf("the healthy pair does not come first in\n%s", out)
	}
	for _, m := range chosen {
		if line := regexp.MustCompile(`(?m)^ok +` + m.Name + ` +` + string(m.Side) + ` +\S.*$`); !line.MatchString(out) {
			t.Errorf("no line for %s in\n%s", m.Name, out)
		}
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if last := lines[len(lines)-1]; !regexp.MustCompile(`^mutants=4 caught=4 healthy=pass median_faults=[0-2](\.5)? seconds=\d+\.\d\d$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}

func TestAMutantThatIsNamedIsToldInFull(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "mutants", "mark-before-verify", "no-resend")
	if code != cli.Done {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{
		"\nmark-before-verify: marks what the flash holds",
		"the meter does not run the new firmware: it runs another image of 7350V283",
		"with       operation 100 of the chip lies; power-loss at flash-op",
		"in which   one lost answer is asked for again\n",
		"repeat     ionbench mutants no-resend\n",
		"\nmutants=2 caught=2 healthy=pass ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestMutantsAsJSONAreOneObjectEachAndOneOfThemAll(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "mutants", "--json", "efficiency-wrong")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != cli.Done || len(lines) != 3 {
		t.Fatalf("exit %d, %d lines", code, len(lines))
	}
	var healthy, v verdictObject
	var all mutantsObject
	for i, into := range []any{&healthy, &v, &all} {
		if err := json.Unmarshal([]byte(lines[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	if healthy.Mutant != "healthy" || healthy.Caught {
		t.Errorf("the first is %+v", healthy)
	}
	if v.Mutant != "efficiency-wrong" || !v.Caught || v.Invariant != "I6" || v.Plan != "reply-lost at block 2" || v.Shrunk != "reply-lost at block 1" || v.Faults != 1 {
		t.Errorf("the second is %+v", v)
	}
	if all.Mutants != 1 || all.Caught != 1 || all.Healthy != "pass" || all.MedianFaults != 1 || all.Seconds <= 0 {
		t.Errorf("the last is %+v", all)
	}
}

func TestTheListOfMutantsRunsNone(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "mutants", "--list")
	if code != cli.Done || strings.Count(out, "\n") != 1+len(mutants.All()) || !strings.Contains(out, "no-resend") || strings.Contains(out, "caught=") {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = call(t, "", "mutants", "--list", "--json", "no-resend")
	if code != cli.Done || !strings.HasPrefix(out, `{"mutant":"no-resend","side":"upgrader","text":"gives up`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestAMutantThatEscapesAndAHealthyPairThatFailsAreFailures(t *testing.T) {
	t.Parallel()
	caught := mutants.Verdict{Mutant: mutants.All()[0], Caught: true, Violation: verdict.Violation{Rule: verdict.I2, Reason: "success is claimed"}}
	escaped := mutants.Verdict{Mutant: mutants.All()[1]}
	sick := mutants.Verdict{Mutant: mutants.Healthy(), Caught: true, Violation: verdict.Violation{Rule: verdict.I3, Reason: "failure is claimed"}}
	for _, c := range []struct {
		r    mutantResults
		want error
		says string
	}{
		{mutantResults{verdicts: []mutants.Verdict{caught}}, nil, "mutants=1 caught=1 healthy=pass"},
		{mutantResults{verdicts: []mutants.Verdict{caught, escaped}}, cli.ErrNo, "no probe catches it\n  repeat     ionbench mutants " + escaped.Mutant.Name},
		{mutantResults{healthy: sick, verdicts: []mutants.Verdict{caught}}, cli.ErrNo, "I3: failure is claimed"},
	} {
		out := c.r.table(false)
		if got := c.r.verdict(); got != c.want || !strings.Contains(out, c.says) {
			t.Errorf("%v, and %q is wanted in\n%s", got, c.says, out)
		}
		if r := c.r.testReport(time.Time{}); (r.Count(testreport.Failed) > 0) != (c.want != nil) || r.Tests() != 1+len(c.r.verdicts) {
			t.Errorf("%d of %d tests have failed", r.Count(testreport.Failed), r.Tests())
		}
	}
}

func TestMutantsThatAreNoneAreWrongUsage(t *testing.T) {
	t.Parallel()
	const next = "\nionbench: hint: ionbench mutants --list lists the mutants\n"
	for arg, want := range map[string]string{
		"no-resent": "ionbench: error: there is no mutant \"no-resent\"; did you mean no-resend?" + next,
		"xyzzy":     "ionbench: error: there is no mutant \"xyzzy\"" + next,
	} {
		code, out, diagnostics := call(t, "", "mutants", arg)
		if code != cli.Misused || out != "" || diagnostics != want {
			t.Errorf("exit %d, on stdout %q, on stderr %q", code, out, diagnostics)
		}
	}
}

func TestMutantsThatAreNotRunToTheEndAreAFailure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, diagnostics bytes.Buffer
	if code := run(ctx, []string{"mutants"}, nil, &out, &diagnostics); code != cli.Failed || out.Len() > 0 || diagnostics.String() != "ionbench: error: interrupted: the mutants were not all run\n" {
		t.Errorf("exit %d: %s", code, diagnostics.String())
	}
}
