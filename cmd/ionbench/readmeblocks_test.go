package main

import (
	"os"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
)

// readmesBlock returns the lines between two of the README, without their indentation.
func readmesBlock(t *testing.T, from, to string) []string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, begins := strings.Cut(string(readme), from)
	block, _, ends := strings.Cut(block, to)
	if !begins || !ends {
		t.Fatalf("the README has nothing between %q and %q", from, to)
	}
	var lines []string
	for line := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
		lines = append(lines, strings.TrimPrefix(line, "    "))
	}
	return lines
}

func TestEveryFaultOfTheREADMEsPlansStrikes(t *testing.T) {
	t.Parallel()
	plans := readmesBlock(t, "A plan is a list of faults: a kind, a trigger, a duration.\n", "\n\n`ionbench faults` lists all")
	for _, plan := range plans {
		if code, out, diagnostics := call(t, "", "replay", plan, "--image-size", "300KiB"); code != cli.Done {
			t.Errorf("%s: exit %d\n%s%s", plan, code, out, diagnostics)
		}
	}
}

func TestTheREADMEsCaseComesToWhatItSays(t *testing.T) {
	t.Parallel()
	text := strings.Join(readmesBlock(t, "work at the same time:\n\n```\n", "```\n"), "\n")
	if code, out, diagnostics := call(t, text, "run", "-"); code != cli.Done {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func TestTheREADMESaysHowManyKindsOfFaultsThereAre(t *testing.T) {
	t.Parallel()
	told := readmesBlock(t, "`ionbench faults` lists all ", ", on the line")[0]
	if _, out, _ := call(t, "", "faults"); !strings.Contains(out, "\n"+told+" faults in ") {
		t.Errorf("the README says %s, and ionbench faults\n%s", told, out)
	}
}
