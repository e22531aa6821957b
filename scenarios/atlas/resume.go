package atlas

import (
	"fmt"
	"slices"
)

const otherFile = "sweep into another file"

// leftovers are the contents of a resumed atlas, until the sweep has laid out its rows.
type leftovers struct {
	from    *Atlas
	rows    map[rowKey]*Row // that were not taken over yet
	numbers []int32         // numbers of the atlas's outcomes in the sweep's table
}

// resume takes over what an interrupted sweep left: now the rows that are laid out, later those
// of pairs.
func (w *sweeper) resume(from *Atlas) error {
	if err := sameSweep(w.atlas(), from); err != nil {
		return fmt.Errorf("the sweep cannot go on from that file: %w; %s", err, otherFile)
	}
	numbers, err := w.table.addAll(from)
	if err != nil {
		return fmt.Errorf("the sweep cannot go on from that file: %w; %s", err, otherFile)
	}
	w.left = leftovers{from, from.byKey(), numbers}
	for _, r := range w.rows {
		w.takeOver(r)
	}
	return nil
}

// takeOver gives a row the points that the resumed atlas has of it.
func (w *sweeper) takeOver(r *row) {
	head := r.head()
	old := w.left.rows[head.key()]
	if old == nil || old.Points() != len(r.found) {
		return
	}
	delete(w.left.rows, head.key())
	at := 0
	for _, run := range old.Runs {
		for range run[0] {
			if run[1] != missing {
				r.found[at] = w.left.numbers[run[1]]
				w.done.Add(1)
			}
			at++
		}
	}
}

// check returns an error for a row that is left, since it belongs to another sweep.
func (l *leftovers) check() error {
	if len(l.rows) == 0 {
		return nil
	}
	i := slices.IndexFunc(l.from.Rows, func(r Row) bool { return l.rows[r.key()] != nil })
	return fmt.Errorf("the sweep cannot go on from that file: its row %q is none of this sweep's; %s", l.from.Rows[i].Plan, otherFile)
}
