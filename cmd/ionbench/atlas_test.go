package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/golden"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

// sweptTo runs a sweep and returns the file of its atlas, in a new folder.
func sweptTo(t *testing.T, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.json")
	if code, _, diagnostics := call(t, "", quickSweep(append(more, "--json", path)...)...); code != cli.Done {
		t.Fatalf("exit %d: %s", code, diagnostics)
	}
	return path
}

// spoilt returns the atlas of a sweep in which some outcomes are made worse.
func spoilt(t *testing.T, path string) string {
	t.Helper()
	a, err := readAtlas(path)
	if err != nil {
		t.Fatal(err)
	}
	first := true
	for i := range a.Outcomes {
		o := &a.Outcomes[i]
		if o.Class != "settings-lost" {
			continue
		}
		if o.Milliseconds += 100_000; first {
			first = false
			o.Class = "violated"
			o.Violations = []verdict.Violation{
				{Rule: verdict.I4, Attempt: 1, Reason: "the recovery ends with nothing"}, {Rule: verdict.I7, Attempt: 1, Reason: "clock is lost"}, {Rule: verdict.I7, Reason: "so is energy"},
			}
		}
	}
	worse := filepath.Join(t.TempDir(), "worse.json")
	if err := writeAtlas(worse, a, asJSON); err != nil {
		t.Fatal(err)
	}
	return worse
}

func TestShardsMergedAreTheFileOfOneSweep(t *testing.T) {
	t.Parallel()
	whole := sweptTo(t)
	parts := []string{filepath.Join(t.TempDir(), "merged.json")}
	for i := range 3 {
		parts = append(parts, sweptTo(t, "--shard", fmt.Sprintf("%d/3", i+1)))
	}
	code, out, diagnostics := call(t, "", append([]string{"atlas", "merge"}, parts...)...)
	if code != cli.Done || out+diagnostics != "" {
		t.Errorf("exit %d: %s%s", code, out, diagnostics)
	}
	if !bytes.Equal(read(t, whole), read(t, parts[0])) {
		t.Error("the merged file is another")
	}
	code, _, diagnostics = call(t, "", "atlas", "merge", parts[0], parts[1], sweptTo(t, "--journal"))
	if code != cli.Misused || !strings.Contains(diagnostics, "it is of another configuration") || !strings.Contains(diagnostics, "\nionbench: hint: the parts are ") {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
}

func TestShowIsTheTableOfTheSweep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.json")
	_, swept, _ := call(t, "", quickSweep("--json", path)...)
	code, shown, _ := call(t, "", "atlas", "show", path)
	cut := func(text string) string { return text[:strings.LastIndex(text, " seconds=")] }
	if code != cli.Done || cut(shown) != cut(swept) || !strings.HasSuffix(shown, " seconds=0.00\n") {
		t.Errorf("exit %d\n%s\nand not\n%s", code, shown, swept)
	}
}

func TestAnInvariantThatIsBrokenIsToldWithTheCommandThatRepeatsIt(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "atlas", "show", spoilt(t, sweptTo(t, "--model", "7330")))
	if code != cli.Failed {
		t.Errorf("exit %d", code)
	}
	table, told, _ := strings.Cut(out, "\n\n")
	golden.Want(t, "testdata/violations.golden", regexp.MustCompile(`t1\.\S+`).ReplaceAllString(told, "ID"))
	if !strings.Contains(table, "VIOLATED") || strings.Count(told, "is broken at") != 2 {
		t.Errorf("the output is\n%s", out)
	}
	plan := between(t, told, "  plan    ", "\n")
	id := between(t, told, "  id      ", "\n")
	if want := "ionbench replay '" + plan + "' --image-size 512 --model 7330\n"; !strings.Contains(told, want) {
		t.Errorf("the command is not %s in\n%s", want, told)
	}
	if code, said, diagnostics := call(t, "", "replay", id, "--print", "plan"); code != cli.Done || said != plan+"\n" {
		t.Errorf("exit %d: %s%s, want %s", code, said, diagnostics, plan)
	}
	if code, said, diagnostics := call(t, "", "replay", plan, "--image-size", "512", "--model", "7330", "--print", "plan"); code != cli.Done || said != plan+"\n" {
		t.Errorf("exit %d: %s%s, want %s", code, said, diagnostics, plan)
	}
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	found, _, ended := strings.Cut(rest, after)
	if !ok || !ended {
		t.Fatalf("%q is not in\n%s", before, text)
	}
	return found
}

func TestDiffTellsWhatGotWorse(t *testing.T) {
	t.Parallel()
	old := sweptTo(t)
	worse := spoilt(t, old)
	if code, out, diagnostics := call(t, "", "atlas", "diff", old, old); code != cli.Done || !strings.HasPrefix(out, "worse=0 vanished=0 appeared=0 better=0 same=") || diagnostics != "" {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	code, out, _ := call(t, "", "atlas", "diff", old, worse)
	if code != cli.Failed {
		t.Errorf("exit %d", code)
	}
	golden.Want(t, "testdata/diff.golden", masked(out))
	if code, out, _ := call(t, "", "atlas", "diff", worse, old); code != cli.Done || !strings.Contains(out, "better: power-loss at flash-op # torn seed #: flash-op ") {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = call(t, "", "atlas", "diff", "--json", old, worse)
	var d atlas.Difference
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != cli.Failed || d.Points[atlas.Worse] == 0 || len(d.Ranges) == 0 {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
}

func TestADiffOfManyRangesIsCutShort(t *testing.T) {
	t.Parallel()
	d := &atlas.Difference{Points: map[atlas.Change]int{atlas.Worse: mostRanges + 2}}
	for i := range uint64(mostRanges + 2) {
		d.Ranges = append(d.Ranges, atlas.Range{Change: atlas.Worse, Plan: "kill at frame #", Unit: "frame", First: 2*i + 1, Last: 2*i + 1})
	}
	out := differenceText(d, atlas.Config{})
	if n := strings.Count(out, "\nworse: "); n != mostRanges || !strings.Contains(out, "worse: 2 more ranges; --json has all\n") {
		t.Errorf("%d ranges behind the first:\n%s", n, out)
	}
}

func TestAnAtlasIsDrawn(t *testing.T) {
	t.Parallel()
	in, dir := sweptTo(t), t.TempDir()
	for kind, begin := range map[string]string{"html": "<!", "png": "\x89PNG"} {
		out := filepath.Join(dir, "s."+kind)
		if code, said, diagnostics := call(t, "", "atlas", kind, in, out); code != cli.Done || said+diagnostics != "" {
			t.Errorf("%s: exit %d: %s%s", kind, code, said, diagnostics)
		}
		if b := read(t, out); !bytes.HasPrefix(b, []byte(begin)) {
			t.Errorf("%s begins with %.40q", out, b)
		}
	}
}

func TestRowsOfPairsAreOneLineForEachKindOfFirstFault(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]string{
		"byte-flip at byte # to-meter":                                   "byte-flip at byte # to-meter",
		"byte-flip at byte 3 to-meter; kill at frame #":                  "byte-flip …; kill at frame #",
		"cable-pull at block 3 then power-loss at flash-op # torn":       "cable-pull … then power-loss at flash-op # torn",
		"abort at 1% then abort at 2% then byte-drop at byte # to-meter": "abort … then abort … then byte-drop at byte # to-meter",
	} {
		if got := kindsBefore(plan); got != want {
			t.Errorf("%q is told as %q, want %q", plan, got, want)
		}
	}
}

func TestAtlasUsedWronglySaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	good := sweptTo(t)
	const (
		wrote  = "\nionbench: hint: name a file that ionbench sweep --json wrote\n"
		family = "\nionbench: hint: use one of: atlas merge, atlas diff, atlas show, atlas html, atlas png\n"
	)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "ionbench: error: atlas what?" + family},
		{[]string{"shwo", good}, "ionbench: error: there is no command \"atlas shwo\"; did you mean atlas show?" + family},
		{[]string{"show"}, "ionbench: error: no file of a sweep\nionbench: hint: usage: ionbench atlas show FILE\n"},
		{[]string{"diff", good}, "ionbench: error: no new file\nionbench: hint: usage: ionbench atlas diff OLD NEW [FLAG...]\n"},
		{[]string{"merge", good}, "ionbench: error: no file of a sweep to join\nionbench: hint: usage: ionbench atlas merge OUT IN...\n"},
		{[]string{"show", good, "--json"}, "ionbench: error: there is no flag --json\n"},
		{[]string{"show", bad}, "bad.json: no atlas of a sweep: its format is \"\", and this program reads \"ionbench-atlas 1\"" + wrote},
		{[]string{"show", filepath.Join(dir, "none.json")}, "no such file or directory" + wrote},
		{[]string{"diff", good, bad}, "no atlas of a sweep"},
		{[]string{"html", bad, filepath.Join(dir, "s.html")}, "no atlas of a sweep"},
		{[]string{"merge", dir, good}, "is a folder and is not written over\nionbench: hint: the file to write comes first\n"},
		{[]string{"diff", good, sweptTo(t, "--image-size", "1024")}, "the images have 512 and 1024 bytes: a place is another moment in each; sweep with the same --image-size\n"},
		{[]string{"png", good, filepath.Join(dir, "no", "s.png")}, "no such file or directory\nionbench: hint: name a file in a folder that is there\n"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"atlas"}, c.args...)...)
		if code != cli.Misused || out != "" || !strings.Contains(diagnostics, c.want) {
			t.Errorf("%q: exit %d, %q, and on stderr\n%s\nwant\n%s", c.args, code, out, diagnostics, c.want)
		}
	}
}
