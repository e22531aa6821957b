package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/judge"
)

// Two releases of an upgrader: the later one does not bring the settings back after a crash.
func TestJudgeDiffSaysWhatGotWorseInTheNextRelease(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../scenarios/judge/testdata/report-1.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := func(pairs ...string) string {
		text := good
		for i := 0; i < len(pairs); i += 2 {
			from := strings.Index(text, `"name": "killed"`)
			if !strings.Contains(text[from:], pairs[i]) {
				from = 0
			}
			text = text[:from] + strings.Replace(text[from:], pairs[i], pairs[i+1], 1)
		}
		return text
	}
	old := file("old.json", good)
	bad := file("bad.json", changed(`"verdict": "pass"`, `"verdict": "no"`, `"broken": []`, `"broken": ["in recovery 1: I7: settings are lost: clock"]`, `"passed": 3`, `"passed": 2`, `"failed": 0`, `"failed": 1`, "\n \"verdict\": \"pass\"", "\n \"verdict\": \"no\""))
	const worse = "worse: killed: verdict: no, was pass: in recovery 1: I7: settings are lost: clock\n  ionbench judge "
	for _, test := range []struct {
		name string
		args []string
		code cli.Status
		says string
	}{
		{"the same", []string{old, old}, cli.Done, "worse=0 gone=0 other=0 new=0 better=0 unknown=0 same=3\n"},
		{"worse", []string{old, bad}, cli.Failed, worse},
		{"better", []string{bad, old}, cli.Done, "better: killed: verdict: pass, was no: "},
		{"another suite", []string{old, file("suite.json", strings.Replace(good, `"suite": "smoke"`, `"suite": "full"`, 1))}, cli.Environment, "the suite is another"},
		{"another ionbench", []string{old, file("later.json", strings.Replace(good, "ionbench-judge 1", "ionbench-judge 9", 1))}, cli.Environment, `its format is "ionbench-judge 9"`},
		{"no report", []string{old, file("no.json", "{}")}, cli.Misused, "no.json: it is no report of ionbench judge"},
		{"damaged", []string{old, file("damaged.json", good[:len(good)/2])}, cli.Misused, "damaged.json: it is no report of ionbench judge: unexpected EOF"},
		{"a count that is not so", []string{old, file("count.json", strings.Replace(good, `"passed": 3`, `"passed": 300`, 1))}, cli.Misused, "count.json: it is damaged: it says that 300 scenarios passed, and 3 are there"},
		{"no file", []string{old, filepath.Join(dir, "none.json")}, cli.Misused, "none.json"},
		{"one file", []string{old}, cli.Misused, "NEW.json"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"judge", "diff"}, test.args...)...)
		if code != test.code || !strings.Contains(out+diagnostics, test.says) {
			t.Errorf("%s: exit %d, %s%s", test.name, code, out, diagnostics)
		}
	}
	code, out, diagnostics := call(t, "", "judge", "diff", "--json", old, bad)
	var d judge.Difference
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != cli.Failed || !d.Worse || d.Scenarios[judge.GotWorse] != 1 || d.Changed[0].Aspect != judge.OfVerdict {
		t.Errorf("exit %d, %v: %s%s", code, err, out, diagnostics)
	}
}
