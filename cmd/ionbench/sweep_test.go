package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/atlas"
)

var lastLine = regexp.MustCompile(`\npoints=(\d+) classes=(\d+) violations=(\d+) skipped=(\d+) seconds=\d+\.\d\d\n$`)

// quickSweep is a sweep of some hundred points.
func quickSweep(more ...string) []string {
	return append([]string{"sweep", "--image-size", "512", "--fault", "power-loss at flash-op # torn seed #", "--fault", "abort at state #"}, more...)
}

func TestASweepIsATableAndALastLine(t *testing.T) {
	code, out, diagnostics := call(t, "", quickSweep()...)
	if code != exitDone || diagnostics != "" {
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	wantGolden(t, "sweep.golden", regexp.MustCompile(`seconds=\d+\.\d\d`).ReplaceAllString(masked(out), "seconds=S"))
	if found := lastLine.FindStringSubmatch(out); found == nil || found[3] != "0" || found[4] != "0" {
		t.Errorf("the last line is none of\n%s", out)
	}
}

func TestASweepTakesFaultsOfOnesOwn(t *testing.T) {
	code, out, diagnostics := call(t, "", "sweep", "--image-size", "512", "--fault", "kill at frame # to-meter", "--fault", "abort at state #", "--journal", "--release", "2.1", "--windows")
	if code != exitDone || strings.Count(out, "\nfault  ") != 2 {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func TestASweepKeepsWhatItFound(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if code, _, diagnostics := call(t, "", quickSweep("--json", file("s.json"), "--html", file("s.html"), "--png", file("s.png"))...); code != exitDone {
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
	path := ownFirmware(t, 1)
	code, out, diagnostics := call(t, "", "sweep", "--image", path, "--space", "state")
	if code != exitDone || !lastLine.MatchString(out) {
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
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole.json"), filepath.Join(dir, "part.json")
	call(t, "", quickSweep("--json", whole)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, diagnostics bytes.Buffer
	code := run(ctx, quickSweep("--json", part), nil, &out, &diagnostics)
	want := regexp.MustCompile(`^ionbench: interrupted: the result is partial, \d+ of \d+ points were done; go on with the same command and --resume\n$`)
	if found := lastLine.FindStringSubmatch(out.String()); code != exitFailed || !want.MatchString(diagnostics.String()) || found == nil || found[4] == "0" {
		t.Errorf("exit %d\n%s%s", code, out.String(), diagnostics.String())
	}
	a, err := readAtlas(part)
	if err != nil || !a.Partial {
		t.Fatalf("partial: %v, %v", a != nil && a.Partial, err)
	}
	for range 2 { // the second time there is nothing left to do
		if code, _, diagnostics := call(t, "", quickSweep("--json", part, "--resume")...); code != exitDone || diagnostics != "" {
			t.Fatalf("exit %d: %s", code, diagnostics)
		}
		if !bytes.Equal(read(t, whole), read(t, part)) {
			t.Error("what was resumed is not the file of one go")
		}
	}
	code, _, said := call(t, "", quickSweep("--json", part, "--resume", "--journal")...)
	if code == exitDone || !strings.Contains(said, "cannot go on from that file: it is of another configuration") {
		t.Errorf("exit %d: %s", code, said)
	}
	if !bytes.Equal(read(t, whole), read(t, part)) {
		t.Error("a sweep that was refused wrote its file")
	}
}

func TestResumeWithoutAFileBeginsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.json")
	if code, _, diagnostics := call(t, "", quickSweep("--json", path, "--resume")...); code != exitDone {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
	if a, err := readAtlas(path); err != nil || a.Partial {
		t.Error(err)
	}
}

func TestTheSpacesAreListed(t *testing.T) {
	code, out, _ := call(t, "", "sweep", "--list-spaces")
	for _, space := range atlas.Spaces() {
		if code != exitDone || !strings.Contains(out, "\n"+space[0]+" ") {
			t.Errorf("exit %d, and %s is not in\n%s", code, space[0], out)
		}
	}
}

func TestASweepThatCannotBeSaysWhatToDoNext(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(filepath.Join(dir, "elsewhere.json"), link); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	const help = "\n`ionbench sweep --help` has examples.\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"wire"}, "ionbench: sweep takes no argument, and \"wire\" was given" + help},
		{[]string{"--space", "flahs"}, "ionbench: there is no space \"flahs\"\nDid you mean --space flash? `ionbench sweep --list-spaces` lists all.\n"},
		{[]string{"--space", "flash", "--space", "flash"}, "ionbench: space flash is asked for twice\n"},
		{[]string{"--fault", "kill at block 3"}, "has no # for the place of the fault"},
		{[]string{"--fault", "kil at frame #"}, "`ionsim --help-faults` explains faults."},
		{[]string{"--shard", "4/3"}, "ionbench: --shard 4/3: say which part of how many, such as 1/4" + help},
		{[]string{"--shard", "0/3"}, "such as 1/4"},
		{[]string{"--shard", "3"}, "such as 1/4"},
		{[]string{"--workers", "0"}, "ionbench: --workers 0: at least 1" + help},
		{[]string{"--resume"}, "ionbench: --resume goes on with the file of --json, and there is none\nName the file of the sweep that goes on: --json FILE.\n"},
		{[]string{"--resume", "--json", bad}, "bad.json: no atlas of a sweep: its format is \"\", and this program reads \"ionbench-atlas 1\"\nName a file that `ionbench sweep --json` wrote.\n"},
		{[]string{"--json", link}, "link.json is no regular file and is not written over\n"},
		{[]string{"--html", dir}, "is no regular file and is not written over\n"},
		{[]string{"--png", filepath.Join(dir, "no", "s.png")}, "no such file or directory\nName a file in a folder that is there.\n"},
		{[]string{"--image-size", "64q"}, "\"64q\" is no size: say bytes, or 64k, 256KiB or 1MiB\n"},
		{[]string{"--image-size", "8MiB"}, "an image of 8388608 bytes: the meter has room for 1 to 3997696\n"},
	} {
		code, out, diagnostics := call(t, "", append([]string{"sweep"}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(diagnostics, c.want) {
			t.Errorf("%q: exit %d, %q, and on stderr\n%s\nwant\n%s", c.args, code, out, diagnostics, c.want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "elsewhere.json")); err == nil {
		t.Error("the file behind the link was written")
	}
}

func TestSizesHaveUnits(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "65536": 65536, "64k": 65536, "64K": 65536, "256KiB": 262144, "1MiB": 1 << 20, "2m": 2 << 20} {
		var got sizeValue
		if err := got.Set(text); err != nil || int(got) != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "k", "-1", "-1k", "1.5k", "64 k", "99999999999999999999", "9999999999999MiB", "64kB"} {
		var got sizeValue
		if err := got.Set(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestProgressIsTellingNothingAtFirstThenABarOrALine(t *testing.T) {
	start := time.Date(2008, 3, 6, 0, 0, 0, 0, time.UTC)
	for columns, want := range map[int]string{
		80: "\r 30% [#########.....................] 3000/10000 points, 1000/s, 7s left\x1b[K\r\x1b[K",
		0:  "ionbench: 8000 of 10000 points, 800/s, 3s left\n",
	} {
		var out strings.Builder
		p := &sweepProgress{out: &out, columns: func() int { return columns }, parts: 2, began: start}
		p.show(start, 0, 20_000)
		p.show(start.Add(500*time.Millisecond), 500, 20_000)
		if out.Len() > 0 {
			t.Errorf("%d columns: at once %q", columns, out.String())
		}
		p.show(start.Add(3*time.Second), 3000, 20_000)
		p.show(start.Add(3*time.Second+time.Millisecond), 3001, 20_000)
		if columns == 0 {
			p.show(start.Add(10*time.Second), 8000, 20_000)
			p.show(start.Add(11*time.Second), 9000, 20_000)
		}
		p.clear()
		p.clear()
		if out.String() != want {
			t.Errorf("%d columns: %q, want %q", columns, out.String(), want)
		}
	}
	for _, columns := range []int{0, 1, 2, 12, 20, 40, 300} {
		if bar := sweepBar(columns, 12345, 1_215_312, ", 41700/s, 29s left"); len(bar) >= max(1, columns) && bar != "" {
			t.Errorf("%d columns: %q", columns, bar)
		}
	}
}
