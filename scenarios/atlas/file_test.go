package atlas_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
)

// small is a sweep of some two thousand points, with rows of numbers and of names.
func small() atlas.Sweep {
	return atlas.Sweep{
		World:  trial.World(512),
		Spaces: []string{"flash", "state"},
		Faults: []string{"byte-flip at byte # from-meter", "frame-lost at frame #"},
	}
}

// smallFile is the file of the small sweep, which several tests need and none changes.
var smallFile = sync.OnceValues(func() ([]byte, error) {
	a, err := small().Run(context.Background())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = a.Write(&b)
	return b.Bytes(), err
})

func wholeSmall(t testing.TB) []byte {
	t.Helper()
	b, err := smallFile()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func written(t testing.TB, a *atlas.Atlas) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnAtlasComesBackFromItsFile(t *testing.T) {
	a := swept(t, small())
	if s := a.Summary(); s.Points < 1000 || s.Skipped != 0 || a.Partial {
		t.Fatalf("the sweep is %v, partial: %v", s, a.Partial)
	}
	file := written(t, a)
	back, err := atlas.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if again := written(t, back); !bytes.Equal(file, again) {
		t.Errorf("it comes back as\n%.2000s", again)
	}
	if back.Summary() != a.Summary() {
		t.Errorf("%v came back as %v", a.Summary(), back.Summary())
	}
}

func TestTheFileIsTheSameHoweverManyWorkersThereWere(t *testing.T) {
	one, many := small(), small()
	one.Workers, many.Workers = 1, 5
	if a, b := written(t, swept(t, one)), written(t, swept(t, many)); !bytes.Equal(a, b) {
		t.Errorf("one worker wrote %d bytes and five wrote %d others", len(a), len(b))
	}
}

func TestTheFileHasOneRowALine(t *testing.T) {
	a := swept(t, small())
	rows := 0
	for line := range strings.Lines(string(written(t, a))) {
		if strings.Contains(line, `"plan":`) {
			rows++
			var r atlas.Row
			if err := json.Unmarshal([]byte(strings.TrimPrefix(line, ",")), &r); err != nil || r.Points() == 0 {
				t.Errorf("%v in %.100s", err, line)
			}
		}
	}
	if rows != len(a.Rows) {
		t.Errorf("%d lines have a row, want %d", rows, len(a.Rows))
	}
}

func TestAMillionPointsThatAllDifferFromTheirNeighboursStayWithinTwentyMegabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("it is about a size, and no two goroutines share it")
	}
	a := made([]int{0, 1})
	for i := len(a.Outcomes); i < 20_000; i++ {
		o := a.Outcomes[0]
		o.Milliseconds, o.Future = int64(i), fmt.Sprintf("%016x", i)
		a.Outcomes = append(a.Outcomes, o)
	}
	a.Rows[0].Runs = nil
	for i := range 1_000_000 {
		a.Rows[0].Runs = append(a.Rows[0].Runs, [2]int{1, i % len(a.Outcomes)})
	}
	file := written(t, a)
	if len(file) > 20e6 {
		t.Errorf("%d bytes", len(file))
	}
	if _, err := atlas.Read(bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
}

func TestWhiteSpaceMayDiffer(t *testing.T) {
	file := written(t, made([]int{0, 0, 1}))
	var spread bytes.Buffer
	if err := json.Indent(&spread, file, "", "\t"); err != nil {
		t.Fatal(err)
	}
	back, err := atlas.Read(&spread)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, back), file) {
		t.Error("it came back as another")
	}
}

// made is an atlas of one row, whose points have the outcomes given: 0 is unharmed, 1
// resent, 2 recovered, 3 with settings lost, 4 violated.
func made(points []int) *atlas.Atlas {
	all := []atlas.PointOutcome{
		{Class: "unharmed"},
		{Class: "resent", Milliseconds: 10_000, Bytes: 100},
		{Class: "recovered", Milliseconds: 60_000, Acts: 2},
		{Class: "settings-lost", Milliseconds: 60_000, Acts: 2, Lost: []string{"clock"}},
		{Class: "violated", Milliseconds: 60_000, Violations: []verdict.Violation{{Rule: verdict.I4, Attempt: 1, Reason: "the recovery ends with nothing"}}},
	}
	a := &atlas.Atlas{
		Format: atlas.Format,
		Config: atlas.Config{Model: 7350, Release: "2.2", ImageBytes: 512, Hash: "0a1b2c3d"},
		Spaces: []string{"wire"},
		Calm:   atlas.Calm{Milliseconds: 90_000, Bytes: 1000},
		Marks:  []atlas.Mark{{Step: client.StepIdentify}, {Step: client.StepDownload, Block: 1, Milliseconds: 5000, ToMeter: 200, FromMeter: 100}},
	}
	var used []int
	r := atlas.Row{Space: "wire", Plan: "byte-flip at byte # to-meter", Unit: "to-meter", First: 1, Runs: [][2]int{}}
	for _, p := range points {
		n := slices.Index(used, p)
		if p < 0 {
			a.Partial = true
		} else if n < 0 {
			n = len(used)
			used = append(used, p)
			o := all[p]
			o.Future = fmt.Sprintf("%016x", p)
			a.Outcomes = append(a.Outcomes, o)
		}
		if last := len(r.Runs) - 1; last >= 0 && r.Runs[last][1] == n {
			r.Runs[last][0]++
		} else {
			r.Runs = append(r.Runs, [2]int{1, n})
		}
	}
	a.Rows = []atlas.Row{r}
	return a
}

func TestWhatNoSweepWroteIsRefusedAndSaysWhere(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{atlas.Format, "ionbench-atlas 9", `its format is "ionbench-atlas 9", and this program reads "ionbench-atlas 1"`},
		{`{"format"`, `{"fromat"`, `its format is "", and`},
		{`"calm":`, `"clam":`, `unknown field "clam"`},
		{`"unharmed"`, `"fine"`, `outcome 0: "fine" is no class of outcomes`},
		{`[[2,0],[1,1]`, `[[0,0],[1,1]`, `row 0 ("byte-flip at byte # to-meter"), run 0: it has 0 points`},
		{`[[2,0],[1,1]`, `[[-2,0],[1,1]`, `run 0: it has -2 points`},
		{`[[2,0],[1,1]`, `[[1073741825,0],[1,1]`, `run 0: it has 1073741825 points`},
		{`[[2,0],[1,1]`, `[[1073741824,0],[1,1]`, `more than 1073741824 points`},
		{`[[2,0],[1,1]`, `[[2,0],[1,9]`, `run 1: there is no outcome 9, only 4`},
		{`[[2,0],[1,1]`, `[[2,0],[1,-2]`, `run 1: there is no outcome -2, only 4`},
		{`[[2,0],[1,1]`, `[[2,1],[1,0]`, `run 0: outcome 1 is named before outcome 0`},
		{`[[2,0],[1,1]`, `[[2,0],[1,0],[1,1]`, `run 1: it has outcome 0, as the run before it`},
		{`[[2,0],[1,1]`, `[[2,0],[1,-1],[1,1]`, `points are missing, and it does not say that it is partial`},
		{`[[2,0],[1,1]`, `[[2,0,7],[1,1]`, `was not written by ionbench`},
		{`[[2,0],[1,1]`, `[[2],[1,1]`, `was not written by ionbench`},
		{`,[1,3]]`, `]`, `outcome 3 is that of no point`},
		{`"unit":"to-meter"`, `"unit":"furlong"`, `places are not counted by "furlong"`},
		{`"first":1`, `"first":0`, `its first place is 0`},
		{`byte #`, `byte 7`, `its plan has no # for the place`},
		{`byte #`, `byte #\u001b[31m`, `its plan has no # for the place`},
		{`"space":"wire"`, `"space":"water"`, `space "water" is none of the file's`},
		{`"spaces":["wire"]`, `"spaces":["wire","wire"]`, `space "wire" has no name or comes twice`},
		{`"spaces":["wire"]`, `"spaces":["wire","flash"]`, `points are missing`},
		{`"lost":["clock"]`, `"lost":["socks"]`, `outcome 3: unknown settings group "socks"`},
		{`"lost":["clock"]`, `"lost":["clock","clock"]`, `not in the form in which they are written`},
		{`0000000000000001`, `00000000000000012`, `outcome 1: its future or its lost settings`},
		{`0000000000000001`, `x`, `outcome 1: "x" is no future`},
		{`0000000000000001","class":"resent","ms":10000,"bytes":100`, `0000000000000000","class":"unharmed","ms":0,"bytes":0`, `outcome 1 comes twice`},
		{`"ms":10000`, `"ms":9007199254740993`, `outcome 1: it has a cost that cannot be`},
		{`"ms":5000,"to_meter"`, `"ms":-5000,"to_meter"`, `mark 1 comes before the one before it`},
		{`"to_meter":200`, `"to_meter":9007199254740993`, `mark 1 is farther than numbers go`},
		{`"step":"download"`, `"step":"dance"`, `there is no step "dance"`},
		{`"calm":{"ms":90000`, `"calm":{"ms":-1`, `the calm run has a cost`},
		{`"model":7350`, `"model":0`, `its configuration is a model 0`},
		{`"release":"2.2"`, `"release":"2.2; rm -r ."`, `unknown release "2.2; rm -r ."`},
		{`"hash":"0a1b2c3d"`, `"hash":"\u001b"`, `the revision or the hash`},
		{`"format":`, `"format":"ionbench-atlas 1","format":`, `was not written by ionbench`},
		{"}\n", "}\n{}", `invalid character`},
	} {
		t.Run(c.new, func(t *testing.T) {
			file := string(written(t, made([]int{0, 0, 1, 2, 3})))
			if !strings.Contains(file, c.old) {
				t.Fatalf("%s is not in\n%s", c.old, file)
			}
			at := strings.LastIndex(file, c.old)
			if c.old[0] == '"' || c.old[0] == '{' {
				at = strings.Index(file, c.old)
			}
			_, err := atlas.Read(strings.NewReader(file[:at] + c.new + file[at+len(c.old):]))
			if !errors.Is(err, atlas.ErrNoAtlas) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestAFileThatWasCutIsRefused(t *testing.T) {
	file := written(t, made([]int{0, 0, 1, 2, 3}))
	for n := range len(file) - 2 {
		if _, err := atlas.Read(bytes.NewReader(file[:n])); !errors.Is(err, atlas.ErrNoAtlas) {
			t.Fatalf("%d of %d bytes: %v", n, len(file), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, made(nil)))
	f.Add(written(f, made([]int{0, 0, 1, 2, 3, 4, 4, 0, -1})))
	f.Add(written(f, swept(f, atlas.Sweep{World: trial.World(512), Spaces: []string{"state"}})))
	f.Add([]byte(`{"format":"ionbench-atlas 1"}`))
	f.Add([]byte(`{"format":"ionbench-atlas 1","rows":[{"runs":[[1]]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := atlas.Read(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, atlas.ErrNoAtlas) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		first := written(t, a)
		again, err := atlas.Read(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := atlas.Merge(a, again)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Partial && !bytes.Equal(first, written(t, whole)) {
			t.Errorf("merged with itself it is another:\n%s\n%s", first, written(t, whole))
		}
		d, err := atlas.Diff(a, again, atlas.DefaultThreshold())
		if err == nil && len(d.Ranges) > 0 {
			t.Errorf("it differs from itself: %+v", d.Ranges)
		}
	})
}
