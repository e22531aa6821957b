package atlas

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Merge joins the shards of one sweep, or the parts that several interruptions left. The result
// is what one run would have given; it is partial if points are in none of the parts. The error
// says which parts belong to different sweeps, or where they disagree.
func Merge(parts ...*Atlas) (*Atlas, error) {
	if len(parts) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	frame := parts[0]
	for _, p := range parts {
		if len(p.Rows) > len(frame.Rows) {
			frame = p
		}
	}
	for i, p := range parts {
		if err := sameSweep(frame, p); err != nil {
			return nil, fmt.Errorf("part %d cannot be merged with the others: %w", i+1, err)
		}
	}
	table := newOutcomes()
	numbers := make([][]int32, len(parts))
	for i, p := range parts {
		var err error
		if numbers[i], err = table.addAll(p); err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	a := &Atlas{Format: Format, Config: frame.Config, Spaces: frame.Spaces, Calm: frame.Calm, Marks: frame.Marks}
	b := newBinder(a, table)
	for i := range frame.Rows {
		if err := b.overlay(parts, numbers, i); err != nil {
			return nil, err
		}
	}
	a.Partial = a.incomplete()
	return a, nil
}

// overlay appends row i, with the points of all parts that have it.
func (b *binder) overlay(parts []*Atlas, numbers [][]int32, i int) error {
	var stretches []stretch
	var owners []int
	var head *Row
	for p, part := range parts {
		if i < len(part.Rows) {
			head = &part.Rows[i]
			owners = append(owners, p)
			stretches = append(stretches, stretch{runs: head.Runs})
		}
	}
	b.row(*head)
	for at := 0; at < head.Points(); {
		n, found := head.Points(), int32(missing)
		for _, s := range stretches {
			n = min(n, s.left())
		}
		for j := range stretches {
			outcome := stretches[j].take(n)
			if outcome == missing {
				continue
			}
			number := numbers[owners[j]][outcome]
			if found != missing && found != number {
				return fmt.Errorf("the parts disagree on %q: in part %d it is %s, in one before it %s; one of them is of another version, sweep it again",
					head.PlanAt(head.First+uint64(at)), owners[j]+1, b.table.list[number].class, b.table.list[found].class)
			}
			found = number
		}
		b.points(n, found)
		at += n
	}
	return nil
}

// stretch walks along the runs of a row.
type stretch struct {
	runs [][2]int
	used int // points of the first run that were taken
}

// left is how many points of the run are left. There must be one.
func (s *stretch) left() int { return s.runs[0][0] - s.used }

// take takes n points, at most to the end of the run, and returns their outcome.
func (s *stretch) take(n int) int {
	outcome := s.runs[0][1]
	if s.used += n; s.used == s.runs[0][0] {
		s.runs, s.used = s.runs[1:], 0
	}
	return outcome
}

// addAll adds the outcomes of an atlas and returns their numbers in the table.
func (t *outcomes) addAll(a *Atlas) ([]int32, error) {
	numbers := make([]int32, len(a.Outcomes))
	for i := range a.Outcomes {
		o, err := a.Outcomes[i].parse()
		if err != nil {
			return nil, fmt.Errorf("outcome %d: %w", i, err)
		}
		numbers[i] = t.add(o, a.Outcomes[i].Violations)
	}
	return numbers, nil
}

// sameSweep returns an error if two atlases are of different sweeps. An interrupted one may
// lack the last rows of the other.
func sameSweep(a, b *Atlas) error {
	switch {
	case a.Config != b.Config:
		return fmt.Errorf("it is of another configuration: %v, and not %v", b.Config, a.Config)
	case !slices.Equal(a.Spaces, b.Spaces):
		return fmt.Errorf("it is of other spaces: %s, and not %s", strings.Join(b.Spaces, ", "), strings.Join(a.Spaces, ", "))
	case a.Calm != b.Calm || !slices.Equal(a.Marks, b.Marks):
		return errors.New("its run without a fault is another: it was made by another version of the program")
	}
	for i := range min(len(a.Rows), len(b.Rows)) {
		one, other := &a.Rows[i], &b.Rows[i]
		if one.key() != other.key() || one.Unit != other.Unit || one.Points() != other.Points() || !slices.Equal(one.Names, other.Names) {
			return fmt.Errorf("row %d is %q at %d places from %d on, and not %q at %d places from %d on",
				i, other.Plan, other.Points(), other.First, one.Plan, one.Points(), one.First)
		}
	}
	return nil
}

// String returns the configuration for people.
func (c Config) String() string {
	words := []string{"ION " + strconv.Itoa(c.Model), "tool " + c.Release, fmt.Sprintf("image of %d bytes", c.ImageBytes)}
	for _, w := range []struct {
		said bool
		word string
	}{
		{c.Firmware != "", "of a file with revision " + c.Firmware},
		{c.Journal, "journal"},
		{c.Windows, "through the windows"},
		{c.Text != "", "and what else its world says"},
		{c.Hash != "", "hash " + c.Hash},
	} {
		if w.said {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ", ")
}

// rowKey identifies a row of an atlas.
type rowKey struct {
	space, plan string
	first       uint64
}

func (r *Row) key() rowKey { return rowKey{r.Space, r.Plan, r.First} }
