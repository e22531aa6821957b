package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/fixtures/schemas"
)

// Call holds every JSON to its schema; here every command that can write JSON writes some, in
// each of its forms. A tour of the worlds takes seconds and has a test of its own.
func TestEveryJSONIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	log := fieldLog(t, "field-three-runs.log")
	old := quickSweep("--json", file("old.json"))
	judged := []string{"judge", "--upgrader", "false {tcp} {image}", "--only", "undisturbed,damaged-file,wrong-unit", "--shard", "1/1", "--json", file("judged.json"), "--ctrf", file("ctrf.json")}
	forms := map[string][][]string{
		"run":         {{"upgrade-failed", "killed-with-journal", "--json", "--ctrf", file("run.json")}, {"recovery", "--story", file("case.story.json")}},
		"list":        {{"--json"}},
		"faults":      {{"--json"}},
		"replay":      {{"kill at block 3", "--json"}, {"reply-lost at block 900", "--json"}, {"kill", "--world", "pairs-17", "--json"}, {"noise at block 3 for 2s rate 1e-3; cable-pull at block 5 for 1 no-responses; kill at block 7", "--story", file("run.story.json")}},
		"shrink":      {{"kill", "--until", "recovered", "--json", "--story", file("small.story.json")}},
		"storm":       {{"--runs", "20", "--json", "--ctrf", file("storm.json")}, {"--histories", "--runs", "5", "--json"}},
		"mutants":     {{"no-resend", "--json", "--ctrf", file("mutants.json")}, {"--list", "--json"}},
		"sweep":       {append(old[1:], "--ctrf", file("sweep.json"))},
		"worlds":      {{"--json"}, {"--parameters", "--json"}},
		"atlas diff":  {{"--json", file("old.json"), file("old.json")}},
		"reproduce":   {{log, "--json"}, {fieldLog(t, "field-edited.log"), "--json"}},
		"judge":       {judged[1:]},
		"judge diff":  {{"--json", file("judged.json"), file("judged.json")}},
		"judge merge": {{file("judged.json"), "--json", file("merged.json")}},
	}
	order := append([]string{"sweep", "judge"}, clitest.WithJSON(program())...) // the others read what these write
	done := map[string]bool{}
	for _, name := range order {
		if done[name] {
			continue
		}
		done[name] = true
		if len(forms[name]) == 0 {
			t.Errorf("no JSON of ionbench %s is held to its schema", name)
		}
		if strings.HasPrefix(name, "judge") && runtime.GOOS == "windows" {
			continue
		}
		for _, form := range forms[name] {
			args := append(strings.Fields(name), form...)
			code, out, diagnostics := call(t, "", args...)
			if code != cli.Done && code != cli.Failed {
				t.Errorf("%v: exit %d: %s", args, code, diagnostics)
			}
			for _, w := range program().JSON(args) {
				if w.File == "" && out == "" {
					t.Errorf("%v prints nothing", args)
				} else if _, err := os.Stat(w.File); w.File != "" && err != nil {
					t.Errorf("%v: %v", args, err)
				}
			}
		}
	}
}

func TestRunTellsOfTestsInTheFormsOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.case")
	if err := os.WriteFile(path, []byte(failing), 0o644); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	code, out, _ := call(t, "", "run", "frozen", path, "--junit", file("j.xml"), "--ctrf", file("c.json"), "--summary", file("s.md"), "--annotations", "github")
	if code != cli.Failed || !strings.Contains(out, "\n::error file="+path+",title="+path+"%3A attempt 1::") {
		t.Errorf("exit %d\n%s", code, out)
	}
	for name, parts := range map[string][]string{
		"j.xml":  {`<testcase name="frozen: attempt 2" classname="frozen" file="fixtures/cases/frozen.case"`, ` failures="1" errors="0" skipped="0"`},
		"c.json": {`"name": "frozen: attempt 1"`, `"failed": 1`},
		"s.md":   {"| 3 | 2 | 1 | 0 | 0 |", "ionbench run "},
	} {
		text, err := os.ReadFile(file(name))
		for _, part := range parts {
			if err != nil || !strings.Contains(string(text), part) {
				t.Errorf("%s lacks %s (%v):\n%s", name, part, err, text)
			}
		}
	}
	if code, _, said := call(t, "", "run", "frozen", "--json", "--annotations", "github"); code != cli.Misused || !strings.Contains(said, "--annotations") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestTheSchemasOfAllProgramsArePrinted(t *testing.T) {
	t.Parallel()
	code, list, _ := call(t, "", "schema")
	if code != cli.Done || strings.Count(list, "\n") != 1+len(schemas.Formats()) {
		t.Errorf("exit %d\n%s", code, list)
	}
	for _, format := range schemas.Formats() {
		name, _, _ := strings.Cut(format, " ")
		for asked, want := range map[string]string{format: format, name: newest(name)} {
			code, out, _ := call(t, "", "schema", asked)
			if text, _ := schemas.Of(want); code != cli.Done || !bytes.Equal([]byte(out), text) || !json.Valid(text) {
				t.Errorf("%s: exit %d\n%s", asked, code, out)
			}
		}
		if !strings.Contains(list, "\n"+format+" ") {
			t.Errorf("%s is not listed", format)
		}
	}
	if got := newest("ionbench-judge"); got != "ionbench-judge 2" {
		t.Errorf("the newest is %s", got)
	}
	code, _, diagnostics := call(t, "", "schema", "ionbench-rum")
	if code != cli.Misused || !strings.Contains(diagnostics, "did you mean ionbench-run?") {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
}
