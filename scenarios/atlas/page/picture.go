// Package page draws an atlas: as one HTML file that needs nothing else, and as one PNG.
//
// A picture has a row for each fault and a column for each stretch of the calm run. A cell
// stands for all points of its fault in its stretch; its colour is that of the worst that
// came of them or, in the second map, of the most that one of them cost. Pairs of faults
// are drawn by the fault that moves, with a row for each kind of the one that does not.
// Places that are at no moment of the calm run, such as states, are drawn as cells with
// names.
//
// The same atlas gives the same bytes.
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
	fewestTimed  = 16    // columns, however many rows there are
	singleCells  = 25000 // shared by the rows of single faults
	pairCells    = 10000 // shared by the rows of pairs, whose cells hold more classes each
	namedColumns = 64    // cells of a row without a time axis
	mostRows     = 100   // in one panel
)

// maxPoints bounds what the numbers of an atlas may add up to.
const maxPoints = 1 << 30

// picture is an atlas as far as it is drawn.
type picture struct {
	atlas   *atlas.Atlas
	classes []string // from good to bad, unknown ones behind, "missing" last
	steps   []span
	blocks  []blockMark
	panels  []panel
	tally   []int // points by class
	points  int
}

// panel is rows below one axis.
type panel struct {
	space string
	title string // the fault that moves, where the rows are kinds of those that do not
	timed bool
	rows  []row
}

// row is one fault, or all pairs of the same two.
type row struct {
	label   string
	columns int
	names   []string // of the columns, without a time axis
	tally   []int    // points by class
	points  int
	cells   []cell // those that hold points, in order
}

// cell is the points of a row that lie in one column.
type cell struct {
	column int
	from   int    // column from which it is drawn: places that take long are as wide as that
	median int64  // milliseconds over the calm run; 0 if all points are missing
	parts  []part // by class, worst first
}

// part is the points of a cell that are of one class, and the costliest of them.
type part struct {
	class   int
	points  int
	outcome int    // index into the atlas; -1: missing
	row     int    // likewise
	place   uint64 // of the costliest
}

func (c *cell) points() int {
	n := 0
	for _, p := range c.parts {
		n += p.points
	}
	return n
}

// costliest is the most that a point of the cell takes over the calm run, in milliseconds;
// false if all are missing.
func (c *cell) costliest(a *atlas.Atlas) (ms int64, ok bool) {
	for _, p := range c.parts {
		if p.outcome >= 0 && (!ok || a.Outcomes[p.outcome].Milliseconds > ms) {
			ms, ok = a.Outcomes[p.outcome].Milliseconds, true
		}
	}
	return ms, ok
}

// whole is how long the calm run takes.
func (p *picture) whole() time.Duration {
	return time.Duration(p.atlas.Calm.Milliseconds) * time.Millisecond
}

// missing is the class of points that have no outcome.
func (p *picture) missing() int { return len(p.classes) - 1 }

// violations are how many points broke an invariant.
func (p *picture) violations() int { return p.tally[trial.Violated] }

// newPicture aggregates an atlas. The error says what in it cannot be.
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

// rank orders classes from good to bad; what is missing is no news.
func (p *picture) rank(class int) int {
	if class == p.missing() {
		return -1
	}
	return class
}

// kind is what the rows of a panel are, in words.
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
