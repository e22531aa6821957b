package page

import "slices"

// source is a group of rows of the atlas that become one row of the picture.
type source struct {
	space  string
	moving string // the fault that moves, for pairs; empty for single faults
	label  string
	timed  bool
	rows   []int
}

// arrange groups the rows of the atlas and sorts the groups: single faults before pairs, then by
// space.
func (p *picture) arrange() []source {
	type key struct {
		space, moving, label, unit string
	}
	a := p.atlas
	var list []source
	index := map[key]int{}
	for i := range a.Rows {
		r := &a.Rows[i]
		k := key{r.Space, "", r.Plan, r.Unit}
		if moving, rest := sketch(r.Plan); rest != "" {
			k.moving, k.label = moving, rest
		}
		at, ok := index[k]
		if !ok {
			at = len(list)
			index[k] = at
			list = append(list, source{space: r.Space, moving: k.moving, label: k.label, timed: timed(a, r.Unit)})
		}
		list[at].rows = append(list[at].rows, i)
	}
	return inOrder(list, a.Spaces)
}

func inOrder(list []source, spaces []string) []source {
	spaces = slices.Clone(spaces)
	var movings []string
	rank := func(in *[]string, s string) int {
		i := slices.Index(*in, s)
		if i < 0 {
			i = len(*in)
			*in = append(*in, s)
		}
		return i
	}
	type ranked struct {
		source
		by [4]int
	}
	all := make([]ranked, len(list))
	for i, s := range list {
		all[i] = ranked{s, [4]int{toInt(s.moving != ""), rank(&spaces, s.space), toInt(!s.timed), rank(&movings, s.moving)}}
	}
	slices.SortStableFunc(all, func(x, y ranked) int { return slices.Compare(x.by[:], y.by[:]) })
	for i := range all {
		list[i] = all[i].source
	}
	return list
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// place adds a row to the last panel if it belongs there, else to a new panel.
func (p *picture) place(s *source, r row) {
	last := len(p.panels) - 1
	if last < 0 || p.panels[last].space != s.space || p.panels[last].title != s.moving ||
		p.panels[last].timed != s.timed || len(p.panels[last].rows) == mostRows {
		p.panels = append(p.panels, panel{space: s.space, title: s.moving, timed: s.timed})
		last++
	}
	p.panels[last].rows = append(p.panels[last].rows, r)
}
