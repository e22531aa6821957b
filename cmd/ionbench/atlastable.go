package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
)

// tally counts the outcomes of the points in one line of the table.
type tally struct {
	space, fault string
	points       int // points that were done
	classes      [trial.ClassCount]int
	worst        int64 // most milliseconds over the run without faults; 0 without points
}

// violation is an invariant that was broken, and by how many points.
type violation struct {
	verdict.Violation // of the first of these points
	points            int
	plan              string
}

// atlasText returns the table, the broken invariants and the last line. Image is the path of
// the swept firmware, if known.
func atlasText(a *atlas.Atlas, image string, took time.Duration) string {
	var b strings.Builder
	b.WriteString(cli.Table(tableOf(tallies(a))))
	for _, v := range violations(a) {
		b.WriteString("\n" + v.text(a, image))
	}
	fmt.Fprintf(&b, "\n%v seconds=%.2f\n", a.Summary(), took.Seconds())
	return b.String()
}

// text is the violation for people, with an example.
func (v *violation) text(a *atlas.Atlas, image string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v is broken at %s, such as\n", v.Rule, cli.Counted(v.points, "point"))
	for _, line := range [][2]string{
		{"broken", v.String()},
		{"plan", v.plan},
		{"id", orNothing(idOfPoint(a.Config, v.plan))},
		{"repeat", a.Config.Replay(v.plan, image)},
	} {
		fmt.Fprintf(&b, "  %-8s%s\n", line[0], line[1])
	}
	return b.String()
}

// tallies counts the outcomes of rows. Rows that differ only in where a first fault strikes
// are one line.
func tallies(a *atlas.Atlas) []*tally {
	var list []*tally
	byName := make(map[[2]string]*tally)
	for i := range a.Rows {
		r := &a.Rows[i]
		name := tallyName(r)
		t := byName[name]
		if t == nil {
			t = &tally{space: name[0], fault: name[1]}
			byName[name] = t
			list = append(list, t)
		}
		for _, run := range r.Runs {
			t.add(a, run)
		}
	}
	return list
}

// tallyName is in which space a row is, and of which fault.
func tallyName(r *atlas.Row) [2]string { return [2]string{r.Space, kindsBefore(r.Plan)} }

// testSuite is the points of a tally as a test.
func (t *tally) testSuite(a *atlas.Atlas, given string) testreport.Suite {
	part := *a
	part.Rows = nil
	for i := range a.Rows {
		if tallyName(&a.Rows[i]) == [2]string{t.space, t.fault} {
			part.Rows = append(part.Rows, a.Rows[i])
		}
	}
	s := testreport.Suite{Name: t.fault, Properties: []testreport.Property{{Name: "space", Value: t.space}, {Name: "points", Value: strconv.Itoa(t.points)}}}
	for c, n := range t.classes {
		if n > 0 {
			s.Properties = append(s.Properties, testreport.Property{Name: trial.Class(c).String(), Value: strconv.Itoa(n)})
		}
	}
	one := testreport.Test{Scenario: t.fault, Step: "every point", Status: testreport.Passed}
	broken := violations(&part)
	if t.points == 0 {
		one.Status, one.Message = testreport.Skipped, "none of its points was done"
	}
	for i, v := range broken {
		if i == 0 {
			one.Status, s.Repeat = testreport.Failed, a.Config.Replay(v.plan, given)
			one.Message = fmt.Sprintf("%v is broken at %s, such as %s: %v", v.Rule, cli.Counted(v.points, "point"), v.plan, v)
		}
		one.Text += v.text(a, given)
	}
	s.Tests = []testreport.Test{one}
	return s
}

func (t *tally) add(a *atlas.Atlas, run [2]int) {
	if run[1] < 0 {
		return
	}
	o := &a.Outcomes[run[1]]
	if t.points == 0 {
		t.worst = o.Milliseconds
	}
	t.points += run[0]
	if c, err := trial.ParseClass(o.Class); err == nil {
		t.classes[c] += run[0]
	}
	t.worst = max(t.worst, o.Milliseconds)
}

// kindsBefore returns the plan of a row in which each fault before the moving one is reduced
// to its kind.
func kindsBefore(plan string) string {
	moving := strings.Index(plan, "#")
	short := ""
	for _, joint := range []string{" then ", "; "} {
		if at := strings.LastIndex(plan[:max(moving, 0)], joint); at >= 0 {
			rest := plan[at+len(joint):]
			for _, before := range strings.Split(plan[:at], joint) {
				kind, _, _ := strings.Cut(before, " ")
				short += kind + " …" + joint
			}
			return short + rest
		}
	}
	return plan
}

// tableOf returns the table, with a column for each class.
func tableOf(list []*tally) [][]string {
	head := []string{"SPACE", "FAULT", "POINTS"}
	for c := range trial.ClassCount {
		head = append(head, strings.ToUpper(c.String()))
	}
	rows := [][]string{append(head, "SLOWEST")}
	for _, t := range list {
		row := []string{t.space, t.fault, strconv.Itoa(t.points)}
		for _, n := range t.classes {
			row = append(row, orDash(n))
		}
		slowest := "-"
		if t.points > 0 {
			slowest = extra(t.worst)
		}
		rows = append(rows, append(row, slowest))
	}
	return rows
}

// extra writes a time over that of the run without faults.
func extra(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond)
	if d < 0 {
		return d.String()
	}
	return "+" + d.String()
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// violations returns the broken invariants, each with the first point that broke it.
func violations(a *atlas.Atlas) []*violation {
	var list []*violation
	for i := range a.Rows {
		at := 0
		for _, run := range a.Rows[i].Runs {
			if run[1] >= 0 {
				list = addViolations(list, &a.Outcomes[run[1]], run[0], func() string { return a.Rows[i].PlanAt(a.Rows[i].First + uint64(at)) })
			}
			at += run[0]
		}
	}
	return list
}

// addViolations counts points that have the same outcome. The function plan returns the plan
// of the first one.
func addViolations(list []*violation, o *atlas.PointOutcome, points int, plan func() string) []*violation {
	told := make(map[verdict.Rule]bool)
	for _, broken := range o.Violations {
		if told[broken.Rule] {
			continue
		}
		told[broken.Rule] = true
		at := slices.IndexFunc(list, func(v *violation) bool { return v.Rule == broken.Rule })
		if at < 0 {
			at = len(list)
			list = append(list, &violation{Violation: broken, plan: plan()})
		}
		list[at].points += points
	}
	return list
}

// idOfPoint returns the id of a trial in an atlas; empty if the id needs the firmware file,
// which an atlas does not have.
func idOfPoint(c atlas.Config, plan string) string {
	w, err := c.World()
	if err != nil {
		return ""
	}
	plans, err := trial.ParsePlans(plan)
	if err != nil {
		return ""
	}
	return idOf(shrink.Subject{Plans: plans, World: w})
}
