package page

import "slices"

// counter counts points into the cells of a picture, row by row.
type counter struct {
	p       *picture
	classOf []int             // class of each outcome
	columns map[bool]int      // number of columns on the time axis; true: for pairs
	last    map[string]uint64 // last place of each unit
	scales  map[scaleKey]scale
	stacks  []stack // of the present row, by column
}

type scaleKey struct {
	unit    string
	columns int
}

// stack holds the points of a column while they are counted.
type stack struct {
	first uint64 // first place
	unit  string
	parts []part
	costs [][2]int64 // milliseconds, points
}

func newCounter(p *picture, sources []source) *counter {
	k := &counter{p: p, columns: map[bool]int{}, last: map[string]uint64{}, scales: map[scaleKey]scale{}}
	for i := range p.atlas.Outcomes {
		k.classOf = append(k.classOf, slices.Index(p.classes, p.atlas.Outcomes[i].Class))
	}
	for i := range p.atlas.Rows {
		r := &p.atlas.Rows[i]
		k.last[r.Unit] = max(k.last[r.Unit], r.First+uint64(r.Points()))
	}
	rows := map[bool]int{}
	for i := range sources {
		if sources[i].timed {
			rows[sources[i].moving != ""]++
		}
	}
	for pairs, cells := range map[bool]int{false: singleCells, true: pairCells} {
		k.columns[pairs] = min(max(cells/max(rows[pairs], 1), fewestTimed), mostColumns)
	}
	return k
}

// row counts the points of a source.
func (k *counter) row(s *source) row {
	r := row{label: s.label, tally: make([]int, len(k.p.classes))}
	var cut scale
	if s.timed {
		r.columns = k.columns[s.moving != ""]
		cut = k.timeScale(k.p.atlas.Rows[s.rows[0]].Unit, r.columns)
	} else {
		cut, r.names = k.nameScale(s)
		r.columns = len(cut.starts)
	}
	k.stacks = slices.Grow(k.stacks[:0], r.columns)[:r.columns]
	clear(k.stacks)
	for _, i := range s.rows {
		k.count(i, cut)
	}
	k.collect(&r, s.timed)
	return r
}

func (k *counter) timeScale(unit string, columns int) scale {
	key := scaleKey{unit, columns}
	if _, ok := k.scales[key]; !ok {
		k.scales[key] = timeScale(k.p.atlas, unit, columns, k.last[unit])
	}
	return k.scales[key]
}

// nameScale gives each place a column and a name. If there are too many places, several of them
// share a column.
func (k *counter) nameScale(s *source) (scale, []string) {
	first, end := ^uint64(0), uint64(0)
	for _, i := range s.rows {
		if r := &k.p.atlas.Rows[i]; r.Points() > 0 {
			first, end = min(first, r.First), max(end, r.First+uint64(r.Points()))
		}
	}
	if first >= end {
		return scale{}, nil
	}
	named := &k.p.atlas.Rows[s.rows[0]]
	cut := evenScale(first, end-1, namedColumns)
	names := make([]string, len(cut.starts))
	for c := range names {
		from, to := max(cut.starts[c], first), min(cut.end(c), end)-1
		names[c] = named.Place(from)
		if to > from {
			names[c] += " – " + named.Place(to)
		}
	}
	return cut, names
}

// count adds the points of row i of the atlas to their columns.
func (k *counter) count(i int, cut scale) {
	r := &k.p.atlas.Rows[i]
	at := r.First
	for _, run := range r.Runs {
		for left := uint64(run[0]); left > 0; {
			c := cut.column(at)
			n := min(left, cut.end(c)-at)
			if s := &k.stacks[c]; len(s.parts) == 0 || at < s.first {
				s.first, s.unit = at, r.Unit
			}
			k.add(&k.stacks[c], part{class: k.class(run[1]), points: int(n), outcome: run[1], row: i, place: at})
			at += n
			left -= n
		}
	}
}

func (k *counter) class(outcome int) int {
	if outcome < 0 {
		return k.p.missing()
	}
	return k.classOf[outcome]
}

func (k *counter) add(s *stack, p part) {
	ms := int64(0)
	if p.outcome >= 0 {
		ms = k.p.atlas.Outcomes[p.outcome].Milliseconds
		s.costs = append(s.costs, [2]int64{ms, int64(p.points)})
	}
	i := slices.IndexFunc(s.parts, func(q part) bool { return q.class == p.class })
	if i < 0 {
		s.parts = append(s.parts, p)
		return
	}
	q := &s.parts[i]
	p.points += q.points
	if q.outcome >= 0 && ms > k.p.atlas.Outcomes[q.outcome].Milliseconds {
		*q = p
	}
	q.points = p.points
}

func (k *counter) collect(r *row, timed bool) {
	free := 0
	for c := range k.stacks {
		s := &k.stacks[c]
		if len(s.parts) == 0 {
			continue
		}
		slices.SortFunc(s.parts, func(x, y part) int { return k.p.rank(y.class) - k.p.rank(x.class) })
		for _, p := range s.parts {
			r.tally[p.class] += p.points
			r.points += p.points
		}
		from := c
		if timed {
			from = min(max(columnAt(beginning(k.p.atlas, s.unit, s.first), k.p.whole(), r.columns), free), c)
		}
		r.cells = append(r.cells, cell{column: c, from: from, median: medianOf(s.costs), parts: s.parts})
		free = c + 1
	}
}

// medianOf returns the lower median of pairs of a value and how often it occurs.
func medianOf(costs [][2]int64) int64 {
	slices.SortFunc(costs, func(x, y [2]int64) int { return slices.Compare(x[:1], y[:1]) })
	whole := int64(0)
	for _, c := range costs {
		whole += c[1]
	}
	half := (whole + 1) / 2
	for _, c := range costs {
		if half -= c[1]; half <= 0 {
			return c[0]
		}
	}
	return 0
}
