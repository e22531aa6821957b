package atlas

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/trial"
)

// Threshold is how much more a point of the same class may cost before it counts as worse. Both
// limits must be exceeded.
type Threshold struct {
	Share float64       `json:"share"` // of what it cost
	Time  time.Duration `json:"time_ns"`
}

// DefaultThreshold is 10 % and one second. One more act of the person counts if it is more than
// the share.
func DefaultThreshold() Threshold { return Threshold{Share: 0.1, Time: time.Second} }

// Change says how a point has changed.
type Change string

// The changes, in the order in which a difference lists them.
const (
	Worse    Change = "worse"
	Vanished Change = "vanished" // only the old atlas has it
	Appeared Change = "appeared" // only the new one has it
	Better   Change = "better"
	Same     Change = "same"
	Unknown  Change = "unknown" // it is missing in a partial atlas
)

// Changes returns all changes, in order.
func Changes() []Change { return []Change{Worse, Vanished, Appeared, Better, Same, Unknown} }

// Difference is how the points of one atlas have changed in another.
type Difference struct {
	// Notes are the other differences: releases, the run without a fault.
	Notes  []string       `json:"notes"`
	Points map[Change]int `json:"points"`
	// Ranges are the points that changed, by row and then by change.
	Ranges []Range `json:"ranges"`
}

// Range is neighbouring points of a row that changed in the same way.
type Range struct {
	Change Change `json:"change"`
	Why    string `json:"why,omitempty"`
	Space  string `json:"space"`
	Plan   string `json:"plan"` // of the row
	Unit   string `json:"unit"`
	First  uint64 `json:"first"` // place
	Last   uint64 `json:"last"`
	// Name is the place's name, if places have names. The range is then one place.
	Name string `json:"name,omitempty"`
	// Example is the plan of the point that became slowest, Old and New are its outcomes.
	Example string        `json:"example"`
	Old     *PointOutcome `json:"old,omitempty"`
	New     *PointOutcome `json:"new,omitempty"`
}

// Diff compares two atlases of the same meter, image size and way to the upgrade. Rows are
// matched by their plans and points by their places. The error says why the atlases cannot be
// compared.
func Diff(before, after *Atlas, t Threshold) (*Difference, error) {
	if err := checkComparable(before.Config, after.Config); err != nil {
		return nil, err
	}
	d := &Difference{Notes: notes(before, after), Points: make(map[Change]int), Ranges: []Range{}}
	for _, c := range Changes() {
		d.Points[c] = 0
	}
	c := comparison{before: before, after: after, threshold: t, verdicts: make(map[[2]int]verdictOn), into: d}
	was, is := before.byKey(), after.byKey()
	shared := false
	for i := range before.Rows {
		now := is[before.Rows[i].key()]
		shared = shared || now != nil
		c.row(&before.Rows[i], now)
	}
	for i := range after.Rows {
		if now := &after.Rows[i]; was[now.key()] == nil {
			c.row(nil, now)
		}
	}
	if !shared {
		return nil, errors.New("the atlases have no row in common: sweep the same spaces")
	}
	return d, nil
}

func checkComparable(a, b Config) error {
	switch {
	case a.ImageBytes != b.ImageBytes:
		return fmt.Errorf("the images have %d and %d bytes: a place is another moment in each; sweep with the same --image-size", a.ImageBytes, b.ImageBytes)
	case a.Model != b.Model:
		return fmt.Errorf("they are of an ION %d and an ION %d: sweep the same --model", a.Model, b.Model)
	case a.Text != b.Text:
		return errors.New("they are of different worlds: a place is another moment in each; sweep the same --world")
	case a.Windows != b.Windows:
		return errors.New("one comes to the upgrade through the windows and the other does not: a place is another moment in each; sweep both with --windows or without")
	}
	return nil
}

// notes returns the other differences.
func notes(before, after *Atlas) []string {
	list := []string{}
	a, b := before.Config, after.Config
	if a.Hash = b.Hash; a != b {
		list = append(list, fmt.Sprintf("the old atlas is of %v; the new one of %v", before.Config, after.Config))
	} else if before.Config.Hash != after.Config.Hash {
		list = append(list, "the firmware or the version of the model is another")
	}
	if before.Calm != after.Calm || !slices.Equal(before.Marks, after.Marks) {
		list = append(list, "the run without a fault is another: a place can be another moment in each")
	}
	for _, p := range []struct {
		atlas *Atlas
		name  string
	}{{before, "old"}, {after, "new"}} {
		if p.atlas.Partial {
			list = append(list, "the "+p.name+" atlas is partial: what it does not have is not compared")
		}
	}
	return list
}

func (a *Atlas) byKey() map[rowKey]*Row {
	rows := make(map[rowKey]*Row)
	for i := range a.Rows {
		rows[a.Rows[i].key()] = &a.Rows[i]
	}
	return rows
}

// absent stands for the outcome of a place that a row does not have.
const absent = missing - 1

// verdictOn says how points have changed that had one outcome and now have another.
type verdictOn struct {
	change Change
	why    string
}

// comparison compares row by row.
type comparison struct {
	before, after *Atlas
	threshold     Threshold
	verdicts      map[[2]int]verdictOn // by the outcomes in both
	into          *Difference
	ranges        []Range // of the present row
	slower        int64   // by how much the example of the last range is slower, in milliseconds
}

// row compares a row of both atlases. If old or now is nil, that atlas does not have it.
func (c *comparison) row(old, now *Row) {
	c.ranges = nil
	switch {
	case now == nil:
		c.places(old, old.Runs, [][2]int{{old.Points(), absent}})
	case old == nil:
		c.places(now, [][2]int{{now.Points(), absent}}, now.Runs)
	case len(old.Names)+len(now.Names) > 0:
		c.names(old, now)
	default:
		longer := now
		if old.Points() > now.Points() {
			longer = old
		}
		c.places(longer, padded(old, longer.Points()), padded(now, longer.Points()))
	}
	slices.SortStableFunc(c.ranges, func(a, b Range) int {
		return slices.Index(Changes(), a.Change) - slices.Index(Changes(), b.Change)
	})
	c.into.Ranges = append(c.into.Ranges, c.ranges...)
}

// padded returns the runs of a row, with absent points after them.
func padded(r *Row, points int) [][2]int {
	if more := points - r.Points(); more > 0 {
		return append(slices.Clip(r.Runs), [2]int{more, absent})
	}
	return r.Runs
}

// places compares places by number; r has all of them.
func (c *comparison) places(r *Row, old, now [][2]int) {
	a, b := stretch{runs: old}, stretch{runs: now}
	for at := 0; at < r.Points(); {
		n := min(a.left(), b.left())
		c.points(r, at, n, a.take(n), b.take(n))
		at += n
	}
}

// names compares places by name, one by one.
func (c *comparison) names(old, now *Row) {
	before, after := flat(old.Runs), flat(now.Runs)
	for i, name := range now.Names {
		was := absent
		if j := slices.Index(old.Names, name); j >= 0 {
			was = before[j]
		}
		c.points(now, i, 1, was, after[i])
	}
	for i, name := range old.Names {
		if !slices.Contains(now.Names, name) {
			c.points(old, i, 1, before[i], absent)
		}
	}
}

// flat returns the outcome of each point.
func flat(runs [][2]int) []int {
	var list []int
	for _, run := range runs {
		list = append(list, slices.Repeat([]int{run[1]}, run[0])...)
	}
	return list
}

// points records how n points have changed, from the at-th of a row on.
func (c *comparison) points(r *Row, at, n, old, now int) {
	v := c.verdict(old, now)
	c.into.Points[v.change] += n
	if v.change == Same || v.change == Unknown {
		return
	}
	found := Range{
		Change: v.change, Why: v.why, Space: r.Space, Plan: r.Plan, Unit: r.Unit,
		First: r.First + uint64(at), Last: r.First + uint64(at+n) - 1, Example: r.PlanAt(r.First + uint64(at)),
		Old: c.before.outcome(old), New: c.after.outcome(now),
	}
	if at < len(r.Names) {
		found.Name = r.Names[at]
	}
	slower := int64(0)
	if found.Old != nil && found.New != nil {
		slower = found.New.Milliseconds - found.Old.Milliseconds
	}
	if k := len(c.ranges); k == 0 || found.Name != "" || !c.ranges[k-1].reaches(&found) {
		c.ranges, c.slower = append(c.ranges, found), slower
		return
	}
	last := &c.ranges[len(c.ranges)-1]
	last.Last = found.Last
	if slower > c.slower {
		last.Example, last.Old, last.New, c.slower = found.Example, found.Old, found.New, slower
	}
}

// reaches reports whether next begins where r ends.
func (r *Range) reaches(next *Range) bool {
	return r.Change == next.Change && r.Why == next.Why && r.Last+1 == next.First
}

func (a *Atlas) outcome(index int) *PointOutcome {
	if index < 0 {
		return nil
	}
	return &a.Outcomes[index]
}

func (c *comparison) verdict(old, now int) verdictOn {
	switch {
	case old == missing || now == missing:
		return verdictOn{change: Unknown}
	case old == absent:
		return verdictOn{change: Appeared}
	case now == absent:
		return verdictOn{change: Vanished}
	}
	key := [2]int{old, now}
	v, ok := c.verdicts[key]
	if !ok {
		v = c.threshold.judge(&c.before.Outcomes[old], &c.after.Outcomes[now])
		c.verdicts[key] = v
	}
	return v
}

// judge compares two outcomes: by class, then by broken invariants and lost settings, then by
// cost.
func (t Threshold) judge(old, now *PointOutcome) verdictOn {
	if old.Class != now.Class {
		v := verdictOn{Better, now.Class + ", was " + old.Class}
		if classRank(now.Class) > classRank(old.Class) {
			v.change = Worse
		}
		return v
	}
	if why := t.worse(old, now); why != "" {
		return verdictOn{Worse, why}
	}
	if why := t.worse(now, old); why != "" {
		return verdictOn{Better, "the old one " + why}
	}
	return verdictOn{change: Same}
}

// worse says what makes b worse than a, which has the same class; "" if nothing does.
func (t Threshold) worse(a, b *PointOutcome) string {
	if more := without(rules(b), rules(a)); len(more) > 0 {
		return "breaks " + strings.Join(more, ", ") + " too"
	}
	if more := without(b.Lost, a.Lost); len(more) > 0 {
		return "loses " + strings.Join(more, ", ") + " too"
	}
	if ms := b.Milliseconds - a.Milliseconds; ms > t.Time.Milliseconds() && float64(ms) > t.Share*float64(a.Milliseconds) {
		return "takes longer"
	}
	if acts := b.Acts - a.Acts; acts > 0 && float64(acts) > t.Share*float64(a.Acts) {
		return "takes more acts of the person"
	}
	return ""
}

func without(list, these []string) []string {
	var rest []string
	for _, s := range list {
		if !slices.Contains(these, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

// rules returns the names of the broken rules, each once.
func rules(o *PointOutcome) []string {
	var list []string
	for _, v := range o.Violations {
		if name := v.Rule.String(); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// classRank orders classes from good to bad.
func classRank(name string) trial.Class {
	c, err := trial.ParseClass(name)
	if err != nil {
		return trial.ClassCount
	}
	return c
}
