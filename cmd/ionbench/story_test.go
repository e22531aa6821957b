package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/storm"
)

func TestAPageIsTheSameMadeOfATrialAndOfTheFileOfItsStory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	plan := []string{"reply-lost at block 2", "--image-size", "8KiB"}
	for _, args := range [][]string{
		append([]string{"story", "-o", file("direct.html")}, plan...),
		append([]string{"replay", "--story", file("run.story.json")}, plan...),
		{"story", file("run.story.json"), "-o", file("converted.html")},
		{"story", file("run.story.json"), "-o", file("again.story.json")},
	} {
		if code, _, diagnostics := call(t, "", args...); code != cli.Done {
			t.Fatalf("%v: exit %d: %s", args, code, diagnostics)
		}
	}
	read := func(name string) []byte {
		text, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if !bytes.Equal(read("direct.html"), read("converted.html")) || !bytes.Equal(read("run.story.json"), read("again.story.json")) {
		t.Error("the stories differ")
	}
	if !strings.HasPrefix(string(read("direct.html")), "<!doctype html>") {
		t.Error("that is no page")
	}
}

func TestTheStoryOfAHistoryAndOfARunOverTCPCanBeTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"replay", storm.HistoryID(1, 1), "--story", filepath.Join(dir, "h.story.json")},
		{"replay", "kill at block 2", "--image-size", "8KiB", "--transport", "tcp", "--story", filepath.Join(dir, "tcp.story.json")},
	} {
		code, _, diagnostics := call(t, "", args...)
		if code != cli.Done && code != cli.Failed {
			t.Fatalf("%v: exit %d: %s", args, code, diagnostics)
		}
		text, err := os.ReadFile(args[len(args)-1])
		if err != nil || bytes.Count(text, []byte(`"event":"frame"`)) < 20 {
			t.Errorf("%v: %d bytes, %v", args, len(text), err)
		}
	}
}

func TestAFileThatIsNoStoryIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.story.json")
	if err := os.WriteFile(path, []byte("{\"event\":\"ready\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, diagnostics := call(t, "", "story", path, "-o", filepath.Join(t.TempDir(), "x.html"))
	if code != cli.Misused || !strings.Contains(diagnostics, "no story of a run: line 1") {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
	for _, args := range [][]string{
		{"run", "frozen", "--story"}, {"replay", "kill at block 2", "--story"}, {"replay", storm.HistoryID(1, 1), "--story"}, {"shrink", "kill", "--story"},
		{"story", "kill at block 2", "-o"}, {"judge", "--only", "killed", "--story"},
	} {
		file := filepath.Join(t.TempDir(), "x.txt")
		args = append(args, file)
		if args[0] == "judge" {
			args = append(args, "--upgrader", "true")
		}
		if code, _, diagnostics := call(t, "", args...); code != cli.Misused || !strings.Contains(diagnostics, "x.txt: its name does not say") || !strings.Contains(diagnostics, "ends in .html") {
			t.Errorf("%v: exit %d, %s", args, code, diagnostics)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%v: it is written", args)
		}
	}
	if code, _, diagnostics := call(t, "", "run", "frozen", "recovery", "--story", "x.html"); code != cli.Misused || !strings.Contains(diagnostics, "--story tells of one case") {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
}
