package atlas_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
)

// Of a sweep that does one part of many only the points are looked at, which it counts all the same.
func TestRELIABILITYSaysHowManyPointsTheSweepHas(t *testing.T) {
	page, err := os.ReadFile("../RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "`ionbench sweep --image-size 256KiB`:")
	table, below, _ := strings.Cut(table, " points in ")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	total := lines[len(lines)-1]
	var told []int
	for _, cell := range regexp.MustCompile(`\| ([0-9,]+) \|`).FindAllStringSubmatch(table, -1) {
		told = append(told, number(t, cell[1]))
	}

	a := swept(t, atlas.Sweep{World: trial.World(256 << 10), Shard: 1, Shards: 1 << 20})
	counted := map[string]int{}
	var places []string
	all := 0
	for i := range a.Rows {
		kind, _, _ := strings.Cut(a.Rows[i].Plan, " ")
		place := kind + a.Rows[i].Unit
		if strings.HasPrefix(kind, "byte-") {
			place = a.Rows[i].Unit
		}
		if counted[place] == 0 {
			places = append(places, place)
		}
		counted[place] += a.Rows[i].Points()
		all += a.Rows[i].Points()
	}
	var want []int
	for _, place := range places {
		want = append(want, counted[place])
	}
	if !slices.Equal(told, want) || number(t, total) != all || below == "" {
		t.Errorf("the page tells %v and %s in all; the sweep has %v of %v, %d in all", told, total, want, places, all)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(fmt.Errorf("RELIABILITY.md: %w", err))
	}
	return n
}
