package atlas

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

// outcome is a comparable PointOutcome. Violations are in it as texts.
type outcome struct {
	future [8]byte
	class  trial.Class
	ms     int64
	bytes  int64
	acts   int
	lost   ion.Groups
	broken string
}

func textOf(violations []verdict.Violation) string {
	return strings.Join(verdict.Texts(violations), "\n")
}

// outcomes numbers the outcomes of points. Several goroutines may use it.
type outcomes struct {
	mu    sync.RWMutex
	index map[outcome]int32
	list  []outcome
	// violations are those of each outcome in the list.
	violations [][]verdict.Violation
}

func newOutcomes() *outcomes { return &outcomes{index: make(map[outcome]int32)} }

func (t *outcomes) number(f finding, c *calm) int32 {
	base := &c.result.Cost
	o := outcome{
		future: [8]byte(f.entry[:8]),
		class:  f.class,
		ms:     milliseconds(f.cost.Time - base.Time),
		bytes:  int64(f.cost.Bytes) - int64(base.Bytes),
		acts:   f.cost.Acts - base.Acts,
		lost:   f.cost.Lost,
		broken: textOf(f.violations),
	}
	return t.add(o, f.violations)
}

// add returns the number of an outcome with its violations. Equal outcomes have equal numbers.
func (t *outcomes) add(o outcome, violations []verdict.Violation) int32 {
	t.mu.RLock()
	n, ok := t.index[o]
	t.mu.RUnlock()
	if ok {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, ok = t.index[o]; !ok {
		n = int32(len(t.list))
		t.index[o] = n
		t.list, t.violations = append(t.list, o), append(t.violations, violations)
	}
	return n
}

// file returns an outcome as the file has it.
func (t *outcomes) file(n int32) PointOutcome {
	out := t.list[n].file()
	out.Violations = t.violations[n]
	return out
}

// file returns the outcome as the file has it, without its violations.
func (o *outcome) file() PointOutcome {
	out := PointOutcome{
		Future:       hex.EncodeToString(o.future[:]),
		Class:        o.class.String(),
		Milliseconds: o.ms,
		Bytes:        o.bytes,
		Acts:         o.acts,
	}
	for _, g := range o.lost.List() {
		out.Lost = append(out.Lost, g.Key())
	}
	return out
}

// parse is the reverse of file.
func (o *PointOutcome) parse() (outcome, error) {
	out := outcome{ms: o.Milliseconds, bytes: o.Bytes, acts: o.Acts, broken: textOf(o.Violations)}
	if n, err := hex.Decode(out.future[:], []byte(o.Future[:min(len(o.Future), 2*len(out.future))])); err != nil || n != len(out.future) {
		return out, fmt.Errorf("%q is no future: it has %d hexadecimal digits", o.Future, 2*len(out.future))
	}
	var err error
	if out.class, err = trial.ParseClass(o.Class); err != nil {
		return out, err
	}
	for _, key := range o.Lost {
		g, err := ion.ParseGroup(key)
		if err != nil {
			return out, err
		}
		out.lost |= ion.Of(g)
	}
	if !within(-maxNumber, out.ms) || !within(-maxNumber, out.bytes) || !within(-maxNumber, int64(out.acts)) {
		return out, errors.New("it has a cost that cannot be")
	}
	for _, v := range o.Violations {
		if !plain(v.String()) {
			return out, fmt.Errorf("%q is no line of text", v.String())
		}
	}
	if !slices.Equal(out.file().Lost, o.Lost) || out.file().Future != o.Future {
		return out, errors.New("its future or its lost settings are not in the form in which they are written")
	}
	return out, nil
}

// atlas builds the atlas from what was found.
func (w *sweeper) atlas() *Atlas {
	a := &Atlas{Format: Format, Config: w.config(), Spaces: []string{}, Marks: w.calm.marks}
	c := w.calm.result.Cost
	a.Calm = Calm{Milliseconds: milliseconds(c.Time), Bytes: int64(c.Bytes), Acts: c.Acts}
	b := newBinder(a, &w.table)
	for _, r := range w.rows {
		if !slices.Contains(a.Spaces, r.space) {
			a.Spaces = append(a.Spaces, r.space)
		}
		b.row(r.head())
		for _, found := range r.found {
			b.points(1, found)
		}
	}
	if w.sweep.Pairs && !slices.Contains(a.Spaces, pairsSpace) {
		a.Spaces = append(a.Spaces, pairsSpace) // the sweep was stopped before the pairs
	}
	a.Partial = a.incomplete()
	return a
}

// head returns the row as the file has it, without points.
func (r *row) head() Row {
	return Row{Space: r.space, Plan: r.before + r.text, Unit: r.unit.String(), First: r.first, Names: r.names}
}

// binder puts rows into an atlas. Outcomes are numbered in the order in which rows use them, so
// the order in which workers or shards found them does not show.
type binder struct {
	atlas   *Atlas
	table   *outcomes
	numbers map[int32]int // numbers in the atlas, by those in the table
}

func newBinder(a *Atlas, table *outcomes) *binder {
	return &binder{a, table, make(map[int32]int)}
}

// row begins a row.
func (b *binder) row(head Row) {
	head.Runs = [][2]int{}
	b.atlas.Rows = append(b.atlas.Rows, head)
}

// points appends n points with the same outcome to the last row.
func (b *binder) points(n int, found int32) {
	number := missing
	if found != missing {
		var ok bool
		if number, ok = b.numbers[found]; !ok {
			number = len(b.atlas.Outcomes)
			b.numbers[found] = number
			b.atlas.Outcomes = append(b.atlas.Outcomes, b.table.file(found))
		}
	}
	r := &b.atlas.Rows[len(b.atlas.Rows)-1]
	if last := len(r.Runs) - 1; last >= 0 && r.Runs[last][1] == number {
		r.Runs[last][0] += n
		return
	}
	r.Runs = append(r.Runs, [2]int{n, number})
}

// Summary counts what the atlas holds.
func (a *Atlas) Summary() Summary {
	var s Summary
	bad := trial.Violated.String()
	for i := range a.Rows {
		for _, run := range a.Rows[i].Runs {
			switch {
			case run[1] == missing:
				s.Skipped += run[0]
				continue
			case a.Outcomes[run[1]].Class == bad:
				s.Violations += run[0]
			}
			s.Points += run[0]
		}
	}
	classes := make(map[string]bool)
	for _, o := range a.Outcomes {
		classes[o.Future] = true
	}
	s.Classes = len(classes)
	return s
}
