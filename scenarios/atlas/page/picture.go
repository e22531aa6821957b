// Package page draws an atlas as one HTML file that needs no other file, and as one PNG.
//
// A picture has a row for each fault and a column for each part of the calm run, the run without
// faults. A cell stands for all points of its row in its column. In the first map its colour is
// the worst class of these points, in the second map their highest cost. Pairs of faults are
// grouped by the fault that moves, with a row for each kind of the other fault. Places that have
// no time in the calm run, such as states, are drawn as cells with names.
//
// The same atlas always gives the same bytes.
package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
)

// Bounds of a picture. They keep a page of a million points below three megabytes.
const (
	mostColumns  = 1000
	fewestTimed  = 16    // columns of a time axis, even if there are very many rows
	singleCells  = 25000 // for all rows of single faults together
	pairCells    = 10000 // for all rows of pairs together; their cells hold more classes
	namedColumns = 64    // cells of a row without a time axis
	mostRows     = 100   // in one panel
)

// maxPoints bounds the sum of the points of an atlas.
const maxPoints = 1 << 30

// picture is what is drawn of an atlas.
type picture struct {
	atlas   *atlas.Atlas
	classes []string // from good to bad, then unknown ones, then "missing"
	steps   []span
	blocks  []blockMark
	panels  []panel
	tally   []int // points by class
	points  int
}

// panel is a group of rows with one axis.
type panel struct {
	space string
	title string // for pairs, the fault that moves; the rows are the kinds of the other fault
	timed bool
	rows  []row
}

// row is one fault, or all pairs of the same two faults.
type row struct {
	label   string
	columns int
	names   []string // of the columns, without a time axis
	tally   []int    // points by class
	points  int
	cells   []cell // only cells with points, in order
}

// cell has the points of a row in one column.
type cell struct {
	column int
	from   int    // column where its drawing begins: a place that takes long is drawn wide
	median int64  // milliseconds more than the calm run; 0 if all points are missing
	parts  []part // by class, worst first
}

// part has the points of a cell that are in one class, and the costliest of them.
type part struct {
	class   int
	points  int
	outcome int    // of the costliest point, as an index into the atlas; -1: missing
	row     int    // of the costliest point, as an index into the atlas
	place   uint64 // of the costliest point
}

func (c *cell) points() int {
	n := 0
	for _, p := range c.parts {
		n += p.points
	}
	return n
}

// costliest is the highest cost of a point of the cell, in milliseconds more than the calm run;
// false if all points are missing.
func (c *cell) costliest(a *atlas.Atlas) (ms int64, ok bool) {
	for _, p := range c.parts {
		if p.outcome >= 0 && (!ok || a.Outcomes[p.outcome].Milliseconds > ms) {
			ms, ok = a.Outcomes[p.outcome].Milliseconds, true
		}
	}
	return ms, ok
}

// whole is the duration of the calm run.
func (p *picture) whole() time.Duration {
	return time.Duration(p.atlas.Calm.Milliseconds) * time.Millisecond
}

// missing is the class of points without an outcome.
func (p *picture) missing() int { return len(p.classes) - 1 }

// violations is how many points broke an invariant.
func (p *picture) violations() int { return p.tally[trial.Violated] }

// newPicture counts the points of an atlas into cells. It returns an error if the atlas is
// invalid.
func newPicture(a *atlas.Atlas) (*picture, error) {
	if err := check(a); err != nil {
		return nil, err
	}
	p := &picture{atlas: a, classes: classesOf(a), steps: stepsOf(a), blocks: blocksOf(a)}
	p.tally = make([]int, len(p.classes))
	sources := p.arrange()
	k := newCounter(p, sources)
	for i := range sources {
		r := k.row(&sources[i])
		p.place(&sources[i], r)
		for class, n := range r.tally {
			p.tally[class] += n
		}
		p.points += r.points
	}
	return p, nil
}

func check(a *atlas.Atlas) error {
	if a.Format != atlas.Format {
		return fmt.Errorf("the atlas is of format %q and not %q: make it again with ionbench sweep", a.Format, atlas.Format)
	}
	total := int64(0)
	for i := range a.Rows {
		r := &a.Rows[i]
		points := int64(0)
		for j, run := range r.Runs {
			if run[0] < 0 || run[0] > maxPoints {
				return fmt.Errorf("row %d (%s): run %d has %d points", i, r.Plan, j, run[0])
			}
			if run[1] < -1 || run[1] >= len(a.Outcomes) {
				return fmt.Errorf("row %d (%s): run %d names outcome %d of %d", i, r.Plan, j, run[1], len(a.Outcomes))
			}
			points = min(points+int64(run[0]), maxPoints+1)
		}
		if total = min(total+points, maxPoints+1); total > maxPoints {
			return fmt.Errorf("row %d (%s): the atlas has more than %d points up to here", i, r.Plan, maxPoints)
		}
		if r.First > ^uint64(0)>>1 {
			return fmt.Errorf("row %d (%s): no place is number %d", i, r.Plan, r.First)
		}
	}
	return nil
}

func classesOf(a *atlas.Atlas) []string {
	var list []string
	for c := range trial.ClassCount {
		list = append(list, c.String())
	}
	for i := range a.Outcomes {
		if class := a.Outcomes[i].Class; !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	return append(list, "missing")
}

// rank orders classes from good to bad. Missing comes first: it must not hide any other class.
func (p *picture) rank(class int) int {
	if class == p.missing() {
		return -1
	}
	return class
}

// kind says what the rows of a panel are.
func (p *panel) kind() string {
	name := p.space
	if name == "" {
		name = "no space"
	}
	if p.title != "" {
		name += ": " + strings.TrimSpace(p.title)
	}
	return name
}
