package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/schemas/schematest"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
)

func TestTheWorldsAreListedWithWhatIsNotUsual(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "worlds")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != cli.Done || diagnostics != "" || len(lines) != 1+len(worlds.Pairs().Rows()) {
		t.Fatalf("exit %d, %q\n%s", code, diagnostics, out)
	}
	if f := strings.Fields(lines[1]); len(f) != 2 || f[0] != "pairs-1" || f[1] != "nothing" {
		t.Errorf("the first is %q", lines[1])
	}
	if !strings.HasPrefix(lines[2], "pairs-2 ") || !strings.Contains(lines[2], " baud=1200 ") {
		t.Errorf("the second is %q", lines[2])
	}
	_, out, _ = call(t, "", "worlds", "--strength", "3")
	if n := strings.Count(out, "\ntriples-"); n != len(worlds.Triples().Rows()) {
		t.Errorf("%d triples", n)
	}
	_, out, _ = call(t, "", "worlds", "--parameters")
	if !strings.Contains(out, "\nunit-id        105, 1, 255, 256, 9999\n") {
		t.Errorf("the parameters are\n%s", out)
	}
	_, out, _ = call(t, "", "worlds", "--json")
	var o worldObject
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&o); err != nil || o.Name != "pairs-1" || o.Values["baud"] != "9600" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestAWorldIsPrintedAsAFile(t *testing.T) {
	t.Parallel()
	for _, named := range []string{"pairs-7", "7"} {
		code, out, _ := call(t, "", "worlds", named)
		w, err := world.Parse([]byte(out))
		if code != cli.Done || err != nil || worlds.Find(*w).Row == nil || worlds.Find(*w).Name != "pairs-7" {
			t.Errorf("%s: exit %d, %v\n%s", named, code, err, out)
		}
	}
	for _, bad := range []string{"pairs-0", "9999", "nix"} {
		if code, out, diagnostics := call(t, "", "worlds", bad); code != cli.Misused || out != "" || !strings.Contains(diagnostics, "ionbench worlds lists them") {
			t.Errorf("%s: exit %d, %q, %q", bad, code, out, diagnostics)
		}
	}
}

func TestTheShardsOfATourAreTheWholeTour(t *testing.T) {
	t.Parallel()
	rows := worlds.Pairs().Rows()[:7]
	for _, shards := range []int{0, 1, 3, 7, 8, 24} {
		points := make(map[string]int) // how many parts of each world there are
		parts := make(map[string]int)
		for shard := range max(shards, 1) {
			tour := dealt(rows, shard, shards)
			for _, r := range tour.Worlds {
				points[r.Name]++
				parts[r.Name] = max(tour.Parts, 1)
				if tour.Part >= max(tour.Parts, 1) {
					t.Errorf("shard %d of %d is part %d of %d", shard, shards, tour.Part, tour.Parts)
				}
			}
		}
		if len(points) != len(rows) || !maps.Equal(points, parts) {
			t.Errorf("%d shards have %v, and there are %v", shards, points, parts)
		}
	}
}

func TestATourOfTheWorldsSaysWhatItFound(t *testing.T) {
	if testing.Short() {
		t.Skip("it records upgrades with every fault at hand")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tour.json")
	array := worlds.Pairs()
	shard := fmt.Sprintf("10/%d", 300*len(array.Rows()))
	code, out, diagnostics := call(t, "", "sweep", "--worlds", "pairs", "--shard", shard, "--json", path)
	if code != cli.Done || !strings.Contains(out, " violations=0 skipped=0 seconds=") || !strings.Contains(out, "\n"+array.Rows()[9].Name+" ") {
		t.Errorf("exit %d, %q\n%s", code, diagnostics, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var o touredObject
	if err := json.Unmarshal(b, &o); err != nil || o.Array != "pairs" || len(o.Worlds) != 1 || o.Points == 0 {
		t.Errorf("%v: %s", err, b)
	}
}

func TestATourGivesTheCommandThatRepeatsWhatItFound(t *testing.T) {
	t.Parallel()
	row := worlds.At(2, 2)
	const plan = "kill at block 1"
	found := &atlas.Surveyed{Points: 2, Broken: []atlas.BrokenPoint{
		{Plan: plan, Violations: []verdict.Violation{{Rule: verdict.I3, Reason: "it is none"}, {Rule: verdict.I7, Attempt: 1, Reason: "all is lost"}}},
		{Plan: "kill at start", Violations: []verdict.Violation{{Rule: verdict.I3, Reason: "it is none either"}}},
	}}
	found.Classes[trial.Violated] = 2
	tour := &toured{array: worlds.Pairs()}
	tour.add(row, found)
	var b bytes.Buffer
	checker, err := schematest.New(tourFormat)
	if err := errors.Join(err, tour.write(&b)); err != nil {
		t.Fatal(err)
	}
	if err := checker.Check(b.Bytes()); err != nil {
		t.Error(err)
	}
	out := tour.text()
	id, ok := strings.CutPrefix(out[strings.Index(out, "repeat  "):], "repeat  ionbench replay ")
	if id, _, _ = strings.Cut(id, "\n"); !ok || !strings.Contains(out, "\nI3 is broken at 2 points of pairs-2, such as\n  broken  I3: it is none\n  plan    "+plan+"\n") ||
		!strings.Contains(out, "\nI7 is broken at 1 point of pairs-2") || !strings.HasSuffix(out, "\nworlds=1 points=2 violations=2 skipped=0 seconds=0.00\n") {
		t.Errorf("the text is\n%s", out)
	}
	w, plans, _, err := trial.ParseID(id)
	if err != nil || plans.String() != plan || worlds.Text(w) != worlds.Text(row.World()) {
		t.Errorf("%s is %q in %v: %v", id, plans, &w, err)
	}
}

func TestATourTakesNoFlagsOfASingleWorld(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--journal is about the sweep of one":                    {"--worlds", "pairs", "--journal"},
		"--space is about the sweep of one":                      {"--worlds", "pairs", "--space", "wire"},
		"--world is about the sweep of one":                      {"--worlds", "pairs", "--world", "pairs-1"},
		`there is no array of worlds "all"`:                      {"--worlds", "all"},
		`there is no array of worlds "pair"; did you mean pairs`: {"--worlds", "pair"},
	} {
		if code, out, diagnostics := call(t, "", append([]string{"sweep"}, args...)...); code != cli.Misused || out != "" || !strings.Contains(diagnostics, want) {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, diagnostics)
		}
	}
}
