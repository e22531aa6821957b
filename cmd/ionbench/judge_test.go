package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/shell"
)

// judgedIonup returns the arguments that judge ionup.
func judgedIonup(program string, more ...string) []string {
	const line = " {image} --tcp {tcp} --unit-id {unit-id} --password {password} --serial-number {serial} --log {log} --timeout 300ms --locks {dir}"
	return append([]string{"judge", "--response", "300ms", "--keeps-settings", "--upgrader", program + " upgrade" + line, "--recover", program + " recover" + line + " --yes"}, more...)
}

var judgeLastLine = regexp.MustCompile(`\nscenarios=(\d+) passed=(\d+) failed=(\d+) skipped=(\d+) seconds=\d+\.\d( [a-z]+=\S+)*\n$`)

func TestIonupPassesTheSmokeSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge's own tests play the same, one by one")
	}
	t.Parallel() // it waits, most of the time
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	code, out, diagnostics := call(t, "", judgedIonup(built(t, "ionup"), "--baud", "19200", "--parallel", "32", "--artifacts", file("artifacts"),
		"--junit", file("j.xml"), "--json", file("j.json"), "--html", file("j.html"))...)
	last := judgeLastLine.FindStringSubmatch(out)
	if code != cli.Done || last == nil || last[1] != last[2] {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	if !strings.Contains(diagnostics, " scenarios over TCP, 32 at once: about ") {
		t.Errorf("it does not say how long it will take: %s", diagnostics)
	}
	for name, begin := range map[string]string{"j.xml": "<?xml", "j.json": "{", "j.html": "<!DOCTYPE html>", "artifacts/killed/plan.txt": "kill at block 6\n"} {
		if b := read(t, file(name)); !bytes.HasPrefix(b, []byte(begin)) {
			t.Errorf("%s begins with %.40q", name, b)
		}
	}
}

func TestTheWitnessTellsTheRevisionBeforeAndAfterEachAttempt(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "j.json")
	code, out, diagnostics := call(t, "", judgedIonup(built(t, "ionup"), "--witness", "modbus", "--only", "undisturbed,killed", "--json", report)...)
	if code != cli.Done {
		t.Fatalf("exit %d\n%s%s", code, out, diagnostics)
	}
	var r struct {
		Witness   string
		Scenarios []struct {
			Name     string
			Attempts []struct {
				Before string `json:"witness_before"`
				After  string `json:"witness_after"`
			}
		}
	}
	if err := json.Unmarshal(read(t, report), &r); err != nil {
		t.Fatal(err)
	}
	told := map[string]string{"witness": r.Witness}
	for _, s := range r.Scenarios {
		for _, a := range s.Attempts {
			told[s.Name] += a.Before + " " + a.After + "; "
		}
	}
	want := map[string]string{"witness": "modbus", "undisturbed": "7350V282 7350V283; ", "killed": "7350V282 ;  7350V283; "}
	if !maps.Equal(told, want) {
		t.Errorf("it tells %v, want %v", told, want)
	}
}

func TestAProgramThatDoesNothingIsJudgedNoInPlainWords(t *testing.T) {
	t.Parallel()
	const note = "note     it never asked the meter anything; the meter runs 7350V282\n"
	for _, test := range []struct{ program, limit, says string }{
		{"sleep 600", "1s", "I5: the tool was still at work after "},
		{"true", "2m", "I2: success is claimed; the meter has 7350V282, which is not the image"},
	} {
		code, out, diagnostics := call(t, "", "judge", "--upgrader", test.program, "--only", "undisturbed", "--timeout", test.limit)
		repeat := "repeat   ionbench judge --upgrader " + shell.Quote(test.program) + " --timeout " + test.limit + " --only undisturbed\n"
		if code != cli.Failed || !strings.Contains(out, test.says) || !strings.Contains(out, note+"  "+repeat) || !judgeLastLine.MatchString(out) {
			t.Errorf("%s: exit %d\n%s", test.program, code, out)
		}
		if !strings.Contains(diagnostics, "the program is not told where the meter is") {
			t.Errorf("%s: %s", test.program, diagnostics)
		}
	}
}

func TestTheJudgeRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		says string
	}{
		{nil, "no program"},
		{[]string{"true"}, "put the whole command in quotes"},
		{[]string{"--upgrader", ""}, "--upgrader: its value is empty"},
		{[]string{"--upgrader", " "}, "the command is empty"},
		{[]string{"--upgrader", "true {prot}"}, "did you mean {port}"},
		{[]string{"--upgrader", "true 'x"}, "is not closed"},
		{[]string{"--upgrader", "true {port}", "--transport", "tcp"}, "{port}"},
		{[]string{"--upgrader", "true {tcp}", "--transport", "pty"}, "{tcp}"},
		{[]string{"--upgrader", "true", "--transport", "usb"}, "use pty or tcp"},
		{[]string{"--upgrader", "true", "--suite", "all"}, "smoke or full"},
		{[]string{"--upgrader", "true", "--only", "kiled"}, "did you mean killed"},
		{[]string{"--upgrader", "true", "--pace", "fast"}, `--pace: "fast"`},
		{[]string{"--upgrader", "true", "--pace", "0"}, `--pace: "0"`},
		{[]string{"--upgrader", "true", "--baud", "115200"}, `--baud: "115200"`},
		{[]string{"--upgrader", "true", "--timeout", "0"}, `--timeout: "0"`},
		{[]string{"--upgrader", "true", "--response", "0"}, `--response: "0"`},
		{[]string{"--upgrader", "true", "--parallel", "0"}, `--parallel: "0"`},
		{[]string{"--upgrader", "true", "--repeat", "0"}, `--repeat: "0"`},
		{[]string{"--upgrader", "true", "--shard", "3/2"}, "write I/N, such as 1/3"},
		{[]string{"--upgrader", "true", "--shard", "1/2", "--only", "killed"}, "only 1 scenarios for 2 shards"},
		{[]string{"--upgrader", "true", "--seed", "0"}, `--seed: "0"`},
		{[]string{"--upgrader", "true", "--html", "/no/such/folder/x"}, "/no/such/folder"},
		{[]string{"--upgrader", "true", "--artifacts", "judge.go"}, "--artifacts: judge.go is no folder"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"judge"}, test.args...)...)
		if code != cli.Misused || out != "" || !strings.Contains(diagnostics, test.says) {
			t.Errorf("%q: exit %d, %s%s", test.args, code, out, diagnostics)
		}
	}
}

func TestAProgramThatCannotBeRunIsNoVerdict(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--upgrader", "./no-such-program {tcp}", "--only", "undisturbed"},
		{"--upgrader", "true", "--recover", "no-such-program", "--only", "undisturbed"},
		{"--upgrader", "no-such-program", "--shell", "--only", "undisturbed"},
		// The first scenario is not run, because the command has no {image}: nothing was
		// judged yet.
		{"--upgrader", "no-such-program", "--shell", "--suite", "full", "--only", "damaged-file,meter-reset-identify", "--parallel", "1"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"judge"}, args...)...)
		if code != cli.Environment || out != "" || !strings.Contains(diagnostics, "could not be run") || !strings.Contains(diagnostics, "no-such-program") {
			t.Errorf("%q: exit %d, %s%s", args, code, out, diagnostics)
		}
	}
}

func TestTheScenariosOfASuiteAreListed(t *testing.T) {
	t.Parallel()
	code, smoke, _ := call(t, "", "judge", "--list")
	if code != cli.Done || !strings.Contains(smoke, "\nkilled ") || strings.Contains(smoke, "\nnoise-download ") {
		t.Errorf("exit %d\n%s", code, smoke)
	}
	code, full, _ := call(t, "", "judge", "--list", "--suite", "full")
	if code != cli.Done || !strings.Contains(full, "\nnoise-download ") || strings.Count(full, "\n") < 200 {
		t.Errorf("exit %d\n%s", code, full)
	}
}

func TestAnInterruptedJudgeSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out, diagnostics bytes.Buffer
	code := run(ctx, []string{"judge", "--upgrader", "sleep 600"}, os.Stdin, &out, &diagnostics)
	if code != cli.Environment || !strings.Contains(diagnostics.String(), "no verdict: interrupted: 0 of ") {
		t.Errorf("exit %d, %s", code, diagnostics.String())
	}
}

func TestWhereNothingIsPlayedThereIsNoVerdict(t *testing.T) {
	t.Parallel()
	args := []string{"judge", "--upgrader", "true {tcp}", "--only", "wrong-serial"}
	code, out, diagnostics := call(t, "", args...)
	if code != cli.Environment || !strings.Contains(out, "skipped=1 seconds=") || !strings.Contains(out, " partial=only,skipped suite=") || !strings.Contains(diagnostics, "not one of the 1 scenarios was played") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	code, _, diagnostics = call(t, "", append(args, "--fail-on-skipped")...)
	if code != cli.Failed || !strings.Contains(diagnostics, "1 scenarios were not played, and --fail-on-skipped was given") {
		t.Errorf("exit %d\n%s", code, diagnostics)
	}
}

func TestShardsAreJudgedApartAndMerged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var parts []string
	for _, shard := range []string{"1/2", "2/2"} {
		path := filepath.Join(dir, shard[:1]+".json")
		parts = append(parts, path)
		code, out, diagnostics := call(t, "", "judge", "--upgrader", "false {tcp} {image}", "--only", "undisturbed,damaged-file,wrong-unit", "--shard", shard, "--json", path)
		if !strings.Contains(out, " partial=only,shard-"+shard) || code == cli.Misused {
			t.Fatalf("exit %d\n%s%s", code, out, diagnostics)
		}
	}
	all := filepath.Join(dir, "all.json")
	code, out, diagnostics := call(t, "", append([]string{"judge", "merge", "--json", all, "--junit", all + ".xml", "--html", all + ".html"}, parts...)...)
	if code != cli.Failed || !strings.Contains(out, "\nscenarios=3 passed=1 failed=1 skipped=1 seconds=") || !strings.Contains(out, "partial=only,skipped") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	for list, says := range map[string]string{parts[0]: "shard 2/2 is missing", parts[1] + " " + parts[1]: "shard 2/2 is there twice", all + " " + parts[0]: "no shard", "judge.go": "no report"} {
		code, out, diagnostics := call(t, "", append([]string{"judge", "merge"}, strings.Fields(list)...)...)
		if code != cli.Misused || out != "" || !strings.Contains(diagnostics, says) {
			t.Errorf("%s: exit %d, %s%s", list, code, out, diagnostics)
		}
	}
}

// The judge enters the loader of such a meter itself: there is nobody to call.
func TestALoaderThatTakesAFileIsNotCalled(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "judge", "--loader", "xmodem", "--upgrader", "true {phone} {image}")
	if code != cli.Misused || out != "" || !strings.Contains(diagnostics, "--loader xmodem with {phone}") || !strings.Contains(diagnostics, "leave {phone} out") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	code, _, diagnostics = call(t, "", "judge", "--loader", "xmodem", "--upgrader", "true {image}", "--recover", "true {phone} {image}")
	if code != cli.Misused || !strings.Contains(diagnostics, "{phone}") {
		t.Errorf("exit %d\n%s", code, diagnostics)
	}
}
