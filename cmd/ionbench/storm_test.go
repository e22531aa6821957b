package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

var sum = regexp.MustCompile(`^runs=(\d+) violations=(\d+) unstruck=\d+ classes=unharmed:\d+,resent:\d+,cleared-again:\d+,recovered:\d+,settings-lost:\d+,unrecovered:\d+,violated:\d+ seconds=\d+\.\d\n$`)

func TestAStormThatBreaksNothingIsALine(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "storm", "--runs", "40", "--seed", "2", "--workers", "2")
	if found := sum.FindStringSubmatch(out); code != cli.Done || found == nil || found[1] != "40" || found[2] != "0" {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

// harsh plays trials in which every power loss during the upgrade breaks the meter.
func harsh(_ world.World, p trial.Plans, _ rig.Trace) (*trial.Result, error) {
	r := &trial.Result{Plans: p}
	if slices.ContainsFunc(p[0], func(f fault.Fault) bool { return f.Kind == fault.PowerLoss }) {
		r.Class, r.Violations = trial.Violated, []verdict.Violation{{Rule: verdict.I1, Reason: "nobody answers"}}
	}
	return r, nil
}

// stormIn runs the command with harsh trials.
func stormIn(t *testing.T, ctx context.Context, args ...string) (status cli.Status, out, diagnostics string) {
	t.Helper()
	p := &cli.Program{Name: "ionbench", Commands: []*cli.Command{stormCommand(harsh)}}
	var b, d bytes.Buffer
	status = p.Run(ctx, cli.Streams{Out: &b, Err: &d}, append([]string{"storm"}, args...))
	return status, b.String(), d.String()
}

// The drawn plans change whenever the tables of faults do, so the text is not compared as a
// whole.
func TestAStormTellsOfEachFailureAndTheCommandsThatRepeatIt(t *testing.T) {
	t.Parallel()
	status, out, _ := stormIn(t, t.Context(), "--seed", "3", "--runs", "30", "--parallel", "3")
	if status != cli.Failed {
		t.Errorf("it ends with %d", status)
	}
	found := regexp.MustCompile(`(?m)^seed 3, run (\d+): broken
  I1: nobody answers
  plan    (.*)
  trial   ION .*
  repeat  ionbench replay (s\S+)
  shrunk  power-loss at start.*
  trial   ION 7350, tool 2.2, image of 7424 bytes
  repeat  ionbench replay (t\S+)

`).FindAllStringSubmatch(out, -1)
	last := out[strings.LastIndex(strings.TrimSuffix(out, "\n"), "\n")+1:]
	if sums := sum.FindStringSubmatch(last); sums == nil || len(found) == 0 || sums[2] != strconv.Itoa(len(found)) {
		t.Fatalf("%d failures are told of in\n%s", len(found), out)
	}
	for _, f := range found {
		want := cli.Done
		if _, account, _ := call(t, "", "replay", f[3]); strings.Contains(account, "\nunstruck ") {
			want = cli.Failed // whatever was printed
		}
		if code, plan, diagnostics := call(t, "", "replay", f[3], "--print", "plan"); code != want || plan != f[2]+"\n" {
			t.Errorf("run %s: exit %d, plan %q, and the storm said %q: %s", f[1], code, plan, f[2], diagnostics)
		}
		if code, plan, diagnostics := call(t, "", "replay", f[4], "--print", "plan"); code != cli.Done || !strings.HasPrefix(plan, "power-loss at start") {
			t.Errorf("run %s: exit %d, shrunk plan %q: %s", f[1], code, plan, diagnostics)
		}
	}
}

func TestAStormAsObjects(t *testing.T) {
	t.Parallel()
	_, out, _ := stormIn(t, t.Context(), "--seed", "3", "--runs", "30", "--json")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		var o failureObject
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if _, plans := storm.Draw(o.Seed, o.Run, storm.MaxFaults); o.Plan != plans.String() || !strings.HasPrefix(o.Shrunk.Plan, "power-loss at start") || o.Shrunk.Violations[0] != "I1 in the upgrade" {
			t.Errorf("%+v", o)
		}
	}
	var o sumObject
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &o); err != nil || o.Runs != 30 || o.Violations != len(lines)-1 || o.Classes["violated"] != o.Violations || o.Violations == 0 {
		t.Errorf("%v, %+v", err, o)
	}
}

func TestAnInterruptedStormSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, out, diagnostics := stormIn(t, ctx, "--runs", "5")
	if found := sum.FindStringSubmatch(out); found == nil || found[1] != "0" || status != cli.Failed || diagnostics != "ionbench: error: interrupted: 0 of 5 runs were done\n" {
		t.Errorf("exit %d, %s\n%s", status, diagnostics, out)
	}
}

func TestAStormOfWrongUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"kill"}, "\"kill\" is one argument too many"},
		{[]string{"--runs", "0"}, "--runs: \"0\" is no number of at least 1"},
		{[]string{"--faults", "9"}, "--faults: \"9\" is no number from 1 to 8"},
		{[]string{"--workers", "0"}, "--parallel: \"0\" is no number of at least 1"},
		{[]string{"--budget", "-1"}, "--budget: \"-1\" is no number of at least 1"},
		{[]string{"--seed", "x"}, "--seed: \"x\" is no number from 0 to 18446744073709551615"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"storm"}, c.args...)...)
		if code != cli.Misused || out != "" || !strings.Contains(diagnostics, c.want) {
			t.Errorf("%q: exit %d, %q: %s", c.args, code, out, diagnostics)
		}
	}
}

func TestAStormInWorldsOfAnArrayGivesCommandsThatSayTheWorld(t *testing.T) {
	t.Parallel()
	status, out, _ := stormIn(t, t.Context(), "--seed", "3", "--runs", "30", "--worlds", "pairs", "--budget", "1")
	found := regexp.MustCompile(`(?m)^  plan    (.*)\n  trial   ION .*\n  repeat  ionbench replay (.*)\n  shrunk`).FindAllStringSubmatch(out, -1)
	if status != cli.Failed || len(found) == 0 {
		t.Fatalf("it ends with %d\n%s", status, out)
	}
	for _, f := range found {
		words, err := shell.Split(f[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, plan, diagnostics := call(t, "", append([]string{"replay", "--print", "plan"}, words...)...); plan != f[1]+"\n" {
			t.Errorf("%s is the plan %q, and the storm said %q: %s", f[2], plan, f[1], diagnostics)
		}
	}
}

func TestAStormInAWorldOfOnesOwnIsAllInIt(t *testing.T) {
	t.Parallel()
	path := worldFile(t)
	status, out, _ := stormIn(t, t.Context(), "--seed", "3", "--runs", "30", "--world", path, "--budget", "1")
	if status != cli.Failed || !strings.Contains(out, "' --world "+path+"\n") || strings.Count(out, "journal, and what else its text says") < 2 {
		t.Errorf("it ends with %d\n%s", status, out)
	}
	for want, args := range map[string][]string{
		"--world is one world":      {"--world", path, "--worlds", "pairs"},
		"use pairs or triples":      {"--worlds", "all"},
		"no such file":              {"--world", path + ".gone"},
		"there is no world \"pairs": {"--world", "pairs-0"},
	} {
		if status, out, diagnostics := stormIn(t, t.Context(), args...); status != cli.Misused || out != "" || !strings.Contains(diagnostics, want) {
			t.Errorf("%q: exit %d, %q, %q", args, status, out, diagnostics)
		}
	}
}

func TestAStormOfHistoriesIsSummedUp(t *testing.T) {
	t.Parallel()
	status, out, _ := stormIn(t, t.Context(), "--histories", "--cases", "--runs", "20")
	if status != cli.Done || !strings.HasPrefix(out, "runs with journal-found=") || !strings.Contains(out, "\nruns=20 attempts=") || !strings.Contains(out, " violations=0 ") {
		t.Errorf("status %v:\n%s", status, out)
	}
	for _, args := range [][]string{{"--cases"}, {"--histories", "--faults", "2"}} {
		if status, _, diagnostics := stormIn(t, t.Context(), args...); status == cli.Done || diagnostics == "" {
			t.Errorf("%q is taken: %s", args, diagnostics)
		}
	}
}

// One test for each run that broke something, and one for all others.
func TestAStormIsToldInTheFormsOfTests(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "storm.xml")
	status, out, _ := stormIn(t, t.Context(), "--seed", "3", "--runs", "30", "--junit", file, "--annotations", "github")
	broken := strings.Count(out, ": broken\n")
	text, err := os.ReadFile(file)
	if err != nil || status != cli.Failed || broken == 0 {
		t.Fatalf("exit %d, %d runs are broken, %v", status, broken, err)
	}
	report := string(text)
	if strings.Count(report, "<failure message=\"I1: nobody answers\"") != broken || !strings.Contains(report, `<testcase name="seed 3: all other runs"`) ||
		!strings.Contains(report, fmt.Sprintf(`tests="%d" failures="%d" errors="0"`, broken+1, broken)) || !strings.Contains(report, `<property name="repeat" value="ionbench replay `) {
		t.Errorf("%d runs are broken\n%s", broken, report)
	}
	if !strings.Contains(out, "\n::error title=seed 3 run ") {
		t.Errorf("no annotation in\n%s", out)
	}
	if status, _, said := stormIn(t, t.Context(), "--json", "--annotations", "github"); status != cli.Misused || !strings.Contains(said, "--annotations") {
		t.Errorf("exit %d: %s", status, said)
	}
}

func TestAStormThatWasInterruptedIsNoSuccessInTheFormsOfTests(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "storm.json")
	stormIn(t, ctx, "--runs", "30", "--ctrf", file)
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"other": 1`) || !strings.Contains(string(text), "interrupted: 0 of 30 runs were done") {
		t.Errorf("%v\n%s", err, text)
	}
}
