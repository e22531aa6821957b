package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/golden"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/verdict"
)

var lastLine = regexp.MustCompile(`\npoints=(\d+) classes=(\d+) violations=(\d+) skipped=(\d+) seconds=\d+\.\d\d\n$`)

// quickSweep returns the arguments of a sweep of some hundred points.
func quickSweep(more ...string) []string {
	return append([]string{"sweep", "--image-size", "512", "--fault", "power-loss at flash-op # torn seed #", "--fault", "abort at state #"}, more...)
}

func TestASweepIsATableAndALastLine(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", quickSweep()...)
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	golden.Want(t, "testdata/sweep.golden", regexp.MustCompile(`seconds=\d+\.\d\d`).ReplaceAllString(masked(out), "seconds=S"))
	if found := lastLine.FindStringSubmatch(out); found == nil || found[3] != "0" || found[4] != "0" {
		t.Errorf("the last line is none of\n%s", out)
	}
}

func TestASweepTakesFaultsOfOnesOwn(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "sweep", "--image-size", "512", "--fault", "kill at frame # to-meter", "--fault", "abort at state #", "--journal", "--release", "2.1", "--windows")
	if code != cli.Done || strings.Count(out, "\nfault  ") != 2 {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func TestASweepKeepsWhatItFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if code, _, diagnostics := call(t, "", quickSweep("--json", file("s.json"), "--html", file("s.html"), "--png", file("s.png"))...); code != cli.Done {
		t.Fatalf("exit %d: %s", code, diagnostics)
	}
	for name, begin := range map[string]string{"s.json": `{"format":"ionbench-atlas 1"`, "s.html": "<!", "s.png": "\x89PNG"} {
		if b := read(t, file(name)); !bytes.HasPrefix(b, []byte(begin)) {
			t.Errorf("%s begins with %.40q", name, b)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestASweepOfAFileOfOnesOwn(t *testing.T) {
	t.Parallel()
	path := ownFirmware(t, 1)
	code, out, diagnostics := call(t, "", "sweep", "--image", path, "--space", "state")
	if code != cli.Done || !lastLine.MatchString(out) {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnInterruptedSweepLeavesAPartialAtlasAndGoesOnFromIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole.json"), filepath.Join(dir, "part.json")
	call(t, "", quickSweep("--json", whole)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, diagnostics bytes.Buffer
	code := run(ctx, quickSweep("--json", part), nil, &out, &diagnostics)
	want := regexp.MustCompile(`^ionbench: error: interrupted: the result is partial, \d+ of \d+ points were done\nionbench: hint: go on with the same command and --resume\n$`)
	if found := lastLine.FindStringSubmatch(out.String()); code != cli.Failed || !want.MatchString(diagnostics.String()) || found == nil || found[4] == "0" {
		t.Errorf("exit %d\n%s%s", code, out.String(), diagnostics.String())
	}
	a, err := readAtlas(part)
	if err != nil || !a.Partial {
		t.Fatalf("partial: %v, %v", a != nil && a.Partial, err)
	}
	for range 2 { // the second time no point is left to do
		if code, _, diagnostics := call(t, "", quickSweep("--json", part, "--resume")...); code != cli.Done || diagnostics != "" {
			t.Fatalf("exit %d: %s", code, diagnostics)
		}
		if !bytes.Equal(read(t, whole), read(t, part)) {
			t.Error("what was resumed is not the file of one go")
		}
	}
	code, _, said := call(t, "", quickSweep("--json", part, "--resume", "--journal")...)
	if code == cli.Done || !strings.Contains(said, "cannot go on from that file: it is of another configuration") {
		t.Errorf("exit %d: %s", code, said)
	}
	if !bytes.Equal(read(t, whole), read(t, part)) {
		t.Error("a sweep that was refused wrote its file")
	}
}

func TestResumeWithoutAFileBeginsAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new.json")
	if code, _, diagnostics := call(t, "", quickSweep("--json", path, "--resume")...); code != cli.Done {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
	if a, err := readAtlas(path); err != nil || a.Partial {
		t.Error(err)
	}
}

func TestTheSpacesAreListed(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "sweep", "--list-spaces")
	for _, space := range atlas.Spaces() {
		if code != cli.Done || !strings.Contains(out, "\n"+space[0]+" ") {
			t.Errorf("exit %d, and %s is not in\n%s", code, space[0], out)
		}
	}
}

func TestASweepThatCannotBeSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(filepath.Join(dir, "elsewhere.json"), link); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	const help = "\nionbench: hint: ionbench sweep --help tells how it is called\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"wire"}, "ionbench: error: \"wire\" is one argument too many\nionbench: hint: usage: ionbench sweep [FLAG...]\n"},
		{[]string{"--space", "flahs"}, "ionbench: error: there is no space \"flahs\"; did you mean flash?\nionbench: hint: ionbench sweep --list-spaces lists the spaces\n"},
		{[]string{"--space", "flash", "--space", "flash"}, "ionbench: error: space flash is asked for twice\n"},
		{[]string{"--space", "flash,"}, "ionbench: error: --space: \"flash,\" has nothing between two commas" + help},
		{[]string{"--fault", "kill at block 3"}, "has no # for the place of the fault"},
		{[]string{"--fault", "kil at frame #"}, "ionbench faults explains faults\n"},
		{[]string{"--shard", "4/3"}, "ionbench: error: --shard: \"4/3\" is no part; say which part of how many, such as 1/4" + help},
		{[]string{"--shard", "0/3"}, "such as 1/4"},
		{[]string{"--shard", "3"}, "such as 1/4"},
		{[]string{"--workers", "0"}, "ionbench: error: --parallel: \"0\" is no number of at least 1" + help},
		{[]string{"--resume"}, "ionbench: error: --resume goes on with the file of --json, and there is none\nionbench: hint: name the file of the sweep that goes on: --json FILE\n"},
		{[]string{"--resume", "--json", bad}, "bad.json: no atlas of a sweep: its format is \"\", and this program reads \"ionbench-atlas 1\"\nionbench: hint: name a file that ionbench sweep --json wrote\n"},
		{[]string{"--json", link}, "link.json is a link and is not written over\n"},
		{[]string{"--html", dir}, "is a folder and is not written over\n"},
		{[]string{"--png", filepath.Join(dir, "no", "s.png")}, "no such file or directory\nionbench: hint: name a file in a folder that is there\n"},
		{[]string{"--image-size", "64q"}, "--image-size: \"64q\" is no size from 1 to 4194304 bytes; write one such as 65536, 64k, 256KiB or 1MiB" + help},
		{[]string{"--image-size", "3905k"}, "an image of 3998720 bytes: the meter has room for 1 to 3997696\n"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"sweep"}, c.args...)...)
		if code != cli.Misused || out != "" || !strings.Contains(diagnostics, c.want) {
			t.Errorf("%q: exit %d, %q, and on stderr\n%s\nwant\n%s", c.args, code, out, diagnostics, c.want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "elsewhere.json")); err == nil {
		t.Error("the file behind the link was written")
	}
}

// One test for each fault, whatever came of its points.
func TestASweepIsToldInTheFormsOfTests(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sweep.xml")
	code, _, said := call(t, "", quickSweep("--junit", file)...)
	text, err := os.ReadFile(file)
	if code != cli.Done || err != nil {
		t.Fatalf("exit %d: %s %v", code, said, err)
	}
	for _, part := range []string{`tests="2" failures="0" errors="0"`, `<testcase name="abort at state #: every point"`, `<property name="recovered" value="`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("it lacks %s:\n%s", part, text)
		}
	}
	broken := &atlas.Atlas{
		Outcomes: []atlas.PointOutcome{{Class: "violated", Violations: []verdict.Violation{{Rule: verdict.I4, Reason: "no"}}}},
		Rows:     []atlas.Row{{Space: "state", Plan: "abort at state #", First: 1, Runs: [][2]int{{3, 0}}}},
	}
	s := tallies(broken)[0].testSuite(broken, "")
	if one := s.Tests[0]; one.Status != testreport.Failed || !strings.HasPrefix(one.Message, "I4 is broken at 3 points, such as abort at state 1: I4: no") || s.Repeat == "" {
		t.Errorf("%+v", s)
	}
}
