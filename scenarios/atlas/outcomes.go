package atlas

import (
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"ionbench/scenarios/trial"
	"ionbench/simulator/ion"
)

// outcome is an Outcome that can be compared.
type outcome struct {
	future [8]byte
	class  trial.Class
	ms     int64
	bytes  int64
	acts   int
	lost   ion.Groups
	broken string
}

// outcomes numbers what came of points. Several goroutines may use it.
type outcomes struct {
	mu    sync.RWMutex
	index map[outcome]int32
	list  []outcome
}

func (t *outcomes) number(f finding, c *calm) int32 {
	base := &c.result.Cost
	o := outcome{
		future: [8]byte(f.entry[:8]),
		class:  f.class,
		ms:     milliseconds(f.cost.Time - base.Time),
		bytes:  int64(f.cost.Bytes) - int64(base.Bytes),
		acts:   f.cost.Acts - base.Acts,
		lost:   f.cost.Lost,
		broken: strings.Join(f.broken, "\n"),
	}
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
		t.list = append(t.list, o)
	}
	return n
}

// file is the outcome as the file has it.
func (o *outcome) file() Outcome {
	out := Outcome{
		Future:       hex.EncodeToString(o.future[:]),
		Class:        o.class.String(),
		Milliseconds: o.ms,
		Bytes:        o.bytes,
		Acts:         o.acts,
	}
	for _, g := range o.lost.List() {
		out.Lost = append(out.Lost, g.Key())
	}
	if o.broken != "" {
		out.Broken = strings.Split(o.broken, "\n")
	}
	return out
}

// atlas puts together what was found. The outcomes are numbered as the rows name them, so
// that the order in which workers found them shows nowhere.
func (w *sweeper) atlas() *Atlas {
	a := &Atlas{Format: Format, Config: configOf(w.sweep.Config), Spaces: []string{}, Marks: w.calm.marks}
	c := w.calm.result.Cost
	a.Calm = Calm{Milliseconds: milliseconds(c.Time), Bytes: int64(c.Bytes), Acts: c.Acts}
	renumbered := make(map[int32]int)
	for _, r := range w.rows {
		if !slices.Contains(a.Spaces, r.space) {
			a.Spaces = append(a.Spaces, r.space)
		}
		out := Row{Space: r.space, Plan: r.before + r.text, Unit: r.unit.String(), First: r.first, Runs: [][2]int{}, Names: r.names}
		for _, found := range r.found {
			n := missing
			if found != missing {
				var ok bool
				if n, ok = renumbered[found]; !ok {
					n = len(a.Outcomes)
					renumbered[found] = n
					a.Outcomes = append(a.Outcomes, w.table.list[found].file())
				}
			}
			a.Partial = a.Partial || n == missing
			out.add(n)
		}
		a.Rows = append(a.Rows, out)
	}
	return a
}

// add appends one point to a row.
func (r *Row) add(outcome int) {
	if n := len(r.Runs); n > 0 && r.Runs[n-1][1] == outcome {
		r.Runs[n-1][0]++
		return
	}
	r.Runs = append(r.Runs, [2]int{1, outcome})
}

func configOf(c trial.Config) Config {
	c = c.Filled()
	out := Config{
		Model:      int(c.Model),
		Release:    c.Release.Version,
		Journal:    c.Journal,
		Windows:    c.Windows,
		ImageBytes: c.ImageBytes,
	}
	if c.Firmware != nil {
		out.Firmware = c.Firmware.Revision
	}
	return out
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
