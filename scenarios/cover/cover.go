// Package cover makes covering arrays: few rows of values in which every pair of values of two
// parameters occurs, or every triple of values of three. Most faults that depend on parameters
// depend on one or two of them, so such rows find them at a small part of the price of all
// combinations.
//
// The rows depend on the arguments alone. Parameters and values are numbers; what they mean is
// for the caller.
package cover

import "slices"

// Open is the value of a parameter that is not chosen yet.
const Open = -1

// Space is what the rows are made of.
type Space struct {
	// Counts are how many values each parameter has, at least one.
	Counts []int
	// Forbidden reports whether the values of a row exclude each other; nil if none do. Values may
	// be Open. A row that is forbidden stays forbidden whatever is chosen for what is open.
	Forbidden func(row []int) bool
}

// Array returns rows in which every combination of values of strength parameters occurs, except
// those that no row can have. The first row has the first value of every parameter, which must
// not be forbidden. Strength is at least 1 and at most the number of parameters.
func Array(s Space, strength int) [][]int {
	b := newBuilder(s, strength)
	b.take(make([]int, len(s.Counts)))
	for i := range b.sets {
		for at := range b.sets[i].covered {
			b.include(&b.sets[i], at)
		}
	}
	return b.rows
}

// builder makes an array.
type builder struct {
	Space
	rows [][]int
	sets []set
	of   [][]*set // by parameter: the sets that it is in
	row  []int    // the row that is being made
}

// set is parameters, and which combinations of their values occur in a row or cannot.
type set struct {
	parameters []int
	covered    []bool
}

func newBuilder(s Space, strength int) *builder {
	b := &builder{Space: s, of: make([][]*set, len(s.Counts)), row: make([]int, len(s.Counts))}
	for _, parameters := range choose(len(s.Counts), strength) {
		size := 1
		for _, p := range parameters {
			size *= s.Counts[p]
		}
		b.sets = append(b.sets, set{parameters, make([]bool, size)})
	}
	for i := range b.sets {
		for _, p := range b.sets[i].parameters {
			b.of[p] = append(b.of[p], &b.sets[i])
		}
	}
	return b
}

// choose lists all ways to choose k of the numbers below n, in order.
func choose(n, k int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for last := k - 1; last < n; last++ {
		for _, before := range choose(last, k-1) {
			all = append(all, append(slices.Clip(before), last))
		}
	}
	return all
}

// index is the place of a row's combination in covered; ok is false if a value is open.
func (s *set) index(counts, row []int) (at int, ok bool) {
	for _, p := range s.parameters {
		if row[p] == Open {
			return 0, false
		}
		at = at*counts[p] + row[p]
	}
	return at, true
}

// put writes the combination at a place into a row.
func (s *set) put(counts, row []int, at int) {
	for _, p := range slices.Backward(s.parameters) {
		row[p] = at % counts[p]
		at /= counts[p]
	}
}

// include adds a row with a combination, unless one has it already or none can.
func (b *builder) include(s *set, at int) {
	if s.covered[at] {
		return
	}
	for p := range b.row {
		b.row[p] = Open
	}
	s.put(b.Counts, b.row, at)
	if b.forbidden() || !b.fill(0) {
		s.covered[at] = true // by nothing: it cannot be
		return
	}
	b.take(b.row)
}

func (b *builder) forbidden() bool { return b.Forbidden != nil && b.Forbidden(b.row) }

// take adds a row.
func (b *builder) take(row []int) {
	b.rows = append(b.rows, slices.Clone(row))
	for i := range b.sets {
		if at, ok := b.sets[i].index(b.Counts, row); ok {
			b.sets[i].covered[at] = true
		}
	}
}

// fill chooses what is open in the row, from a parameter on, so that much that is new occurs. It
// reports whether there is a way.
func (b *builder) fill(parameter int) bool {
	for parameter < len(b.row) && b.row[parameter] != Open {
		parameter++
	}
	if parameter == len(b.row) {
		return true
	}
	for _, v := range b.byGain(parameter) {
		if b.row[parameter] = v; !b.forbidden() && b.fill(parameter+1) {
			return true
		}
	}
	b.row[parameter] = Open
	return false
}

// byGain are the values of a parameter, the one with which most that is new occurs first. Where
// nothing is decided yet, values take turns.
func (b *builder) byGain(parameter int) []int {
	count := b.Counts[parameter]
	gain := make([]int, count)
	values := make([]int, count)
	for v := range values {
		values[v] = (v + len(b.rows)) % count
		b.row[parameter] = v
		for _, s := range b.of[parameter] {
			if at, ok := s.index(b.Counts, b.row); ok && !s.covered[at] {
				gain[v]++
			}
		}
	}
	b.row[parameter] = Open
	slices.SortStableFunc(values, func(v, w int) int { return gain[w] - gain[v] })
	return values
}
