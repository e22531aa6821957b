package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/worlds"
)

// tourWorlds returns the array that --worlds names.
func (f *sweepFlags) tourWorlds(c *cli.Call) (*worlds.Array, error) {
	ofOne := append(words(f.flags(), func(flag cli.Flag) string { return flag.Name }), "space", "fault", "pairs", "html", "png", "resume")
	for _, name := range ofOne {
		if c.Given(name) {
			return nil, cli.Usage("--worlds surveys many worlds, and --%s is about the sweep of one", name).Hint("leave one of them out")
		}
	}
	return arrayOf(f.worlds)
}

// tour surveys the worlds of an array.
func (f *sweepFlags) tour(ctx context.Context, c *cli.Call) error {
	array, err := f.tourWorlds(c)
	if err != nil {
		return err
	}
	shard, shards, err := parseShard(f.shard)
	if err != nil {
		return err
	}
	if err := checkOutputs(files.File, f.json); err != nil {
		return err
	}
	began, told := time.Now(), c.Progress("worlds")
	t := &toured{array: array}
	c.Begin()
	tour := dealt(array.Rows(), shard, shards)
	tour.Workers = f.parallel
	tour.Surveyed = func(r *worlds.Row, s *atlas.Surveyed) {
		t.add(r, s)
		told.Show(len(t.worlds), len(tour.Worlds), fmt.Sprintf("%d points, %d violations", t.points, t.violations))
	}
	_, err = tour.Run(ctx)
	told.Clear()
	if err != nil {
		return err
	}
	t.took = time.Since(began)
	if err := writeOutputs(output{f.json, t.write}); err != nil {
		return err
	}
	c.Print(t.text())
	if err := f.tests.write(c, t.testReport(began)); err != nil {
		return err
	}
	switch {
	case len(t.worlds) < len(tour.Worlds) || t.skipped > 0:
		return fmt.Errorf("interrupted: %d of %d worlds were done", len(t.worlds), len(tour.Worlds))
	case t.violations > 0:
		return cli.ErrNo
	}
	return nil
}

// dealt is the tour of one shard, counted from 0; shards 0 is all. Worlds are dealt out in turn, since
// each costs the recording of its upgrades; where there are more shards than worlds, those of one
// world share its points.
func dealt(rows []worlds.Row, shard, shards int) atlas.Tour {
	n := len(rows)
	if shards > n {
		i := shard % n
		return atlas.Tour{Worlds: rows[i : i+1], Part: shard / n, Parts: (shards - i + n - 1) / n}
	}
	var t atlas.Tour
	for i := shard; i < n; i += max(shards, 1) {
		t.Worlds = append(t.Worlds, rows[i])
	}
	return t
}

// toured is what came of a tour.
type toured struct {
	array                       *worlds.Array
	worlds                      []touredWorld
	points, violations, skipped int
	took                        time.Duration
}

// touredWorld is a world of a tour.
type touredWorld struct {
	*worlds.Row
	*atlas.Surveyed
}

func (t *toured) add(r *worlds.Row, s *atlas.Surveyed) {
	t.worlds = append(t.worlds, touredWorld{r, s})
	t.points += s.Points
	t.violations += len(s.Broken)
	t.skipped += s.Skipped
}

// text is the table, an example of each rule that was broken in each world, and the last line.
func (t *toured) text() string {
	head := []string{"WORLD", "POINTS"}
	for c := range trial.ClassCount {
		head = append(head, strings.ToUpper(c.String()))
	}
	rows := [][]string{head}
	for _, w := range t.worlds {
		row := []string{w.Name, strconv.Itoa(w.Points)}
		for _, n := range w.Classes {
			row = append(row, orDash(n))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	b.WriteString(cli.Table(rows))
	for _, w := range t.worlds {
		for _, v := range w.broken() {
			fmt.Fprintf(&b, "\n%v is broken at %s of %s, such as\n", v.Rule, cli.Counted(v.points, "point"), w.Name)
			for _, line := range [][2]string{{"broken", v.String()}, {"plan", orNothing(v.plan)}, {"repeat", w.repeat(v.plan)}} {
				fmt.Fprintf(&b, "  %-8s%s\n", line[0], line[1])
			}
		}
	}
	fmt.Fprintf(&b, "\nworlds=%d points=%d violations=%d skipped=%d seconds=%.2f\n", len(t.worlds), t.points, t.violations, t.skipped, t.took.Seconds())
	return b.String()
}

// testReport is a tour as tests, one for each world.
func (t *toured) testReport(began time.Time) *testreport.Report {
	r := &testreport.Report{Title: "ionbench sweep --worlds " + t.array.Word, Tool: "ionbench sweep", Started: began, Took: t.took}
	for i := range t.worlds {
		w := &t.worlds[i]
		s := testreport.Suite{Name: w.Name, Properties: []testreport.Property{{Name: "points", Value: strconv.Itoa(w.Points)}}}
		one := testreport.Test{Scenario: w.Name, Step: "every phase", Status: testreport.Passed}
		for j, v := range w.broken() {
			if j == 0 {
				one.Status, s.Repeat = testreport.Failed, w.repeat(v.plan)
				one.Message = fmt.Sprintf("%v is broken at %s, such as %s: %v", v.Rule, cli.Counted(v.points, "point"), orNothing(v.plan), v)
			}
			one.Text += v.String() + "\n" + w.repeat(v.plan) + "\n"
		}
		s.Tests = []testreport.Test{one}
		r.Suites = append(r.Suites, s)
	}
	if all := len(t.array.Rows()); len(t.worlds) < all || t.skipped > 0 {
		r.Suites = append(r.Suites, interrupted("ionbench sweep", fmt.Sprintf("%d of %d worlds were done", len(t.worlds), all)))
	}
	return r
}

// broken are the rules that were broken in a world, with how many points and an example.
func (w *touredWorld) broken() []violation {
	var list []violation
	for _, p := range w.Broken {
		seen := make(map[verdict.Rule]bool)
		for _, v := range p.Violations {
			if seen[v.Rule] {
				continue
			}
			seen[v.Rule] = true
			list = countViolation(list, v, p.Plan)
		}
	}
	return list
}

func countViolation(list []violation, v verdict.Violation, plan string) []violation {
	for i := range list {
		if list[i].Rule == v.Rule {
			list[i].points++
			return list
		}
	}
	return append(list, violation{v, 1, plan})
}

func (w *touredWorld) repeat(plan string) string {
	plans, err := trial.ParsePlans(plan)
	if err != nil {
		panic(fmt.Sprintf("ionbench: the plan of a survey: %v", err))
	}
	return new(trialFlags).replayCommand(shrink.Subject{World: w.World(), Plans: plans})
}

// tourFormat is the name and version of the file that a tour writes.
const tourFormat = "ionbench-tour 1"

// touredObject is a tour in JSON.
type touredObject struct {
	Array      string              `json:"array"`
	Points     int                 `json:"points"`
	Violations int                 `json:"violations"`
	Skipped    int                 `json:"skipped"`
	Seconds    float64             `json:"seconds"`
	Worlds     []touredWorldObject `json:"worlds"`
	Format     string              `json:"format"`
}

type touredWorldObject struct {
	worldObject
	Points  int            `json:"points"`
	Classes map[string]int `json:"classes"`
	Broken  []brokenObject `json:"broken"`
}

type brokenObject struct {
	Plan       string              `json:"plan"`
	Violations []verdict.Violation `json:"violations"`
	Repeat     string              `json:"repeat"`
}

func (t *toured) write(to io.Writer) error {
	o := touredObject{t.array.Word, t.points, t.violations, t.skipped, t.took.Seconds(), []touredWorldObject{}, tourFormat}
	for _, w := range t.worlds {
		one := touredWorldObject{objectOf(w.Row), w.Points, map[string]int{}, []brokenObject{}}
		for class, n := range w.Classes {
			one.Classes[trial.Class(class).String()] = n
		}
		for _, p := range w.Broken {
			one.Broken = append(one.Broken, brokenObject{p.Plan, p.Violations, w.repeat(p.Plan)})
		}
		o.Worlds = append(o.Worlds, one)
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(o)
}
