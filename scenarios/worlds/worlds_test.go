package worlds_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
)

func TestEveryWorldOfTheArraysCanBePlayedAndRead(t *testing.T) {
	for _, a := range worlds.Arrays() {
		for _, r := range a.Rows() {
			w := r.World()
			if err := trial.Check(w); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
			again, err := world.Parse([]byte(w.String()))
			if err != nil || worlds.Text(*again) != worlds.Text(w) {
				t.Errorf("%s reads as %v: %v", r.Name, again, err)
			}
		}
	}
}

func TestInEveryWorldAnUpgradeWithoutFaultsSucceedsAtOnce(t *testing.T) {
	for _, r := range worlds.Pairs().Rows() {
		got, err := trial.TryCaught(r.World(), nil, rig.NoTrace)
		if err != nil || len(got.Violations) > 0 || len(got.Attempts) > 1 {
			t.Errorf("%s: %+v, %v", r.Name, got, err)
		}
	}
}

func TestEveryValueAndEveryPairThatCanBeIsInAWorld(t *testing.T) {
	parameters := worlds.Parameters()
	seen := make(map[[4]int]bool)
	for _, r := range worlds.Pairs().Rows() {
		for p, v := range r.Values {
			for q, u := range r.Values[:p] {
				seen[[4]int{p, v, q, u}] = true
			}
		}
	}
	var missing []string
	for p := range parameters {
		for v := range parameters[p].Values {
			for q := range parameters[:p] {
				for u := range parameters[q].Values {
					if !seen[[4]int{p, v, q, u}] {
						missing = append(missing, parameters[q].Name+"="+parameters[q].Values[u].Name+" "+parameters[p].Name+"="+parameters[p].Values[v].Name)
					}
				}
			}
		}
	}
	// These contradict each other.
	want := []string{"chip=slow timeout=1s", "baud=1200 timeout=1s", "baud=2400 timeout=1s", "journal=yes folder=damaged"}
	for _, called := range []string{" telephone=called", " telephone=called-with-dcd"} {
		for _, with := range []string{"model=7300", "line=neighbour", "line=second-master", "line=comes-on", "line=goes-off", "line=off-and-on"} {
			want = append(want, with+called)
		}
	}
	slices.Sort(missing)
	if slices.Sort(want); !slices.Equal(missing, want) {
		t.Errorf("these pairs are in no world: %q", missing)
	}
}

func TestEveryParameterChangesTheWorldInItsOwnWay(t *testing.T) {
	parameters := worlds.Parameters()
	usual := make([]int, len(parameters))
	seen := map[string]string{worlds.Text(worlds.With(usual)): "the usual one"}
	names := map[string]bool{}
	for p, parameter := range parameters {
		if names[parameter.Name] {
			t.Errorf("two parameters are called %s", parameter.Name)
		}
		names[parameter.Name] = true
		for v := 1; v < len(parameter.Values); v++ {
			row := slices.Clone(usual)
			row[p] = v
			text, what := worlds.Text(worlds.With(row)), parameter.Name+"="+parameter.Values[v].Name
			if other := seen[text]; other != "" {
				t.Errorf("the world with %s is that with %s", what, other)
			}
			seen[text] = what
		}
	}
}

func TestAWorldIsFoundByItsNameAndByWhatItIs(t *testing.T) {
	for _, a := range worlds.Arrays() {
		for i := range a.Rows() {
			r := &a.Rows()[i]
			named, is, err := worlds.Named(r.Name)
			if named != r || !is || err != nil || worlds.At(a.Strength, r.Number) != r {
				t.Errorf("%s names %v, %t, %v", r.Name, named, is, err)
			}
			found := worlds.Find(r.World())
			if found.Row == nil || !reflect.DeepEqual(found.Row.Values, r.Values) {
				t.Errorf("%s is found as %v", r.Name, found)
			}
		}
	}
	for _, bad := range []string{"pairs-0", "pairs-", "pairs-01", "triples-10000", "pairs-x"} {
		if r, is, err := worlds.Named(bad); r != nil || !is || err == nil {
			t.Errorf("%s names %v, %t, %v", bad, r, is, err)
		}
	}
	for _, file := range []string{"my.world", "./pairs-1", "pair-1", ""} {
		if _, is, err := worlds.Named(file); is || err != nil {
			t.Errorf("%q is taken for a name: %v", file, err)
		}
	}
	if found := worlds.Find(world.World{}); found.Row != nil {
		t.Errorf("the article's world is %s", found.Name)
	}
}

func TestADrawnWorldCanBePlayed(t *testing.T) {
	n := uint64(1)
	below := func(most int) int {
		n = n*6364136223846793005 + 1442695040888963407
		return int(n >> 33 % uint64(most))
	}
	drawn := make(map[string]bool)
	for range 200 {
		w := worlds.Draw(below)
		if err := trial.Check(w); err != nil {
			t.Error(err)
		}
		drawn[worlds.Text(w)] = true
	}
	if len(drawn) < 190 {
		t.Errorf("200 worlds are %d", len(drawn))
	}
}

func TestTheREADMESaysHowManyThereAre(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tens := []string{"none", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	if n := len(worlds.Pairs().Rows()); !strings.Contains(string(readme), "`ionbench worlds` lists some "+tens[(n+5)/10%10]) {
		t.Errorf("there are %d", n)
	}
}
