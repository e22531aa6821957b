package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/golden"
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

func TestShrinkGivesTheSmallestPlanAndWhatRepeatsIt(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "shrink", "byte-dup at 20s; cable-pull at block 3; abort at 99%", "--until", "settings-lost", "--windows")
	if code != cli.Done {
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	golden.Want(t, "testdata/shrink.golden", out)
	if code, replayed, _ := call(t, "", "replay", idIn(t, out)); code != cli.Done || !strings.Contains(replayed, "\nclass    settings-lost\n") {
		t.Errorf("exit %d, and what repeats it gives\n%s", code, replayed)
	}
}

func TestShrinkWritesACaseThatRunPlays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	story, spec := filepath.Join(folder, "small.case"), filepath.Join(folder, "small_test.go")
	args := []string{"shrink", "power-loss at block 3 for 2 no-responses; frame-lost at 80s", "--until", "cleared-again", "--case", story, "--spec", spec}
	code, out, diagnostics := call(t, "", args...)
	if code != cli.Done || !strings.HasSuffix(out, "\ncase     "+story+"; ionbench run FILE plays it\nspec     "+spec+"; it belongs into the folder scenarios\n") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	if code, out, _ := call(t, "", "run", story); code != cli.Done {
		t.Errorf("exit %d\n%s", code, out)
	}
	if b, err := os.ReadFile(spec); err != nil || !strings.HasPrefix(string(b), "package scenarios_test\n") {
		t.Errorf("%v\n%s", err, b)
	}
	if code, _, diagnostics := call(t, "", args...); code != cli.Misused || !strings.Contains(diagnostics, story+" is not written over: file already exists") {
		t.Errorf("over a file that is there: exit %d: %s", code, diagnostics)
	}
}

func TestShrinkAsOneObject(t *testing.T) {
	t.Parallel()
	_, out, _ := call(t, "", "shrink", "reply-lost at block 2; reply-lost at block 5", "--until", "resent", "--json")
	var o shrinkObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	if o.Class != "resent" || !o.Done || o.Trials < 3 || !trial.IsID(o.ID) || !strings.Contains(o.Case, "[attempt]") || !strings.Contains(o.Spec, "Describe(") {
		t.Errorf("%+v", o)
	}
	if plan, err := fault.Parse(o.Plan); err != nil || len(plan) != 1 {
		t.Errorf("%q: %v", o.Plan, err)
	}
}

func TestShrinkOfWhatDoesNotFailSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code cli.Status
		want string
	}{
		{[]string{"kill at block 2"}, cli.Failed, "ionbench: error: the trial breaks no invariant, so there is nothing to shrink; it is settings-lost, and --until settings-lost shrinks it while it stays so\n"},
		{[]string{"kill at block 2", "--until", "resent"}, cli.Failed, "ionbench: error: the trial is settings-lost, not resent: there is nothing to shrink\n"},
		{[]string{"kill at block 2", "--until", "lost"}, cli.Misused, "ionbench: error: --until: \"lost\" is no class of outcomes\nionbench: hint: ionbench shrink --help tells how it is called\n"},
		{[]string{"kill at block 2", "--budget", "0"}, cli.Misused, "ionbench: error: --budget: \"0\" is no number of at least 1\nionbench: hint: ionbench shrink --help tells how it is called\n"},
		{nil, cli.Misused, "ionbench: error: no trial\nionbench: hint: usage: ionbench shrink ID|PLAN [FLAG...]\n"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"shrink"}, c.args...)...)
		if code != c.code || out != "" || diagnostics != c.want {
			t.Errorf("%q: exit %d, %q: %s", c.args, code, out, diagnostics)
		}
	}
}

func TestShrinkWithAFileOfOnesOwnHasNoCase(t *testing.T) {
	t.Parallel()
	path := ownFirmware(t, 1)
	code, out, _ := call(t, "", "shrink", "kill at block 2", "--until", "settings-lost", "--image", path)
	if code != cli.Done || !strings.Contains(out, "\nno case  a case and a spec make their own firmware") || !strings.Contains(out, " --image "+path+"\n") {
		t.Errorf("exit %d\n%s", code, out)
	}
	story := filepath.Join(t.TempDir(), "x.case")
	code, _, diagnostics := call(t, "", "shrink", "kill at block 2", "--until", "settings-lost", "--image", path, "--case", story)
	if _, err := os.Stat(story); code != cli.Failed || !strings.Contains(diagnostics, "make their own firmware") || err == nil {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
}

func TestShrinkThatIsCutShortSaysSo(t *testing.T) {
	t.Parallel()
	_, out, _ := call(t, "", "shrink", "kill at block 2; abort at block 4; abort at block 5", "--until", "settings-lost", "--budget", "1")
	if !strings.Contains(out, "\ntrials   1; something smaller may do the same: the budget was spent\n") {
		t.Errorf("it prints\n%s", out)
	}
}

func TestAPlanTooLongForAnIDIsRepeatedByItsText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("byte-flip at byte 104233 to-meter mask 0x81 length 300; ", 9) + "kill at block 2"
	code, out, diagnostics := call(t, "", "replay", long, "--journal", "--image-size", "30000")
	want := "\nrepeat   ionbench replay '" + long + "' --model 7350 --release 2.2 --journal --image-size 30000\n"
	if code != cli.Failed || !strings.Contains(out, want) { // failed, because most of the plan never struck
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}
