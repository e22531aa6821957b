// Package worlds has the worlds in which upgrades are tried: a covering array over everything
// that a world can be. In [Pairs] every two values of two parameters occur together, in
// [Triples] every three of three, except those that contradict each other.
//
// A world of an array has a name, such as pairs-17. The arrays depend on nothing but this
// package, so a name means the same until a parameter or a value is added. The worlds of before are
// then called old1-pairs-17, those of the first arrays old-pairs-17, and the id of a trial, which has a
// hash of its world, still names the one that it was made in ([Numbered]).
package worlds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ionbench/client"
	"ionbench/scenarios/cover"
	"ionbench/scenarios/world"
)

// Array is one of the covering arrays. Its rows are made when they are first asked for: the triples take
// a tenth of a second.
type Array struct {
	Word     string // that names of its worlds begin with
	Strength int
	rows     func() []Row
	byText   func() map[string]*Row
}

// Rows are its worlds.
func (a *Array) Rows() []Row { return a.rows() }

// Row is a world of an array.
type Row struct {
	Name   string
	Number int   // from 1
	Values []int // by parameter
}

// Pairs has every pair of values, and the article's world first.
func Pairs() *Array { return pairs }

// Triples has every triple of values.
func Triples() *Array { return triples }

var (
	pairs   = makeArray("pairs", 2, generation)
	triples = makeArray("triples", 3, generation)
	earlier = []*Array{
		makeArray("old1-pairs", 2, 1), makeArray("old1-triples", 3, 1),
		makeArray("old-pairs", 2, 0), makeArray("old-triples", 3, 0),
	}
)

// Arrays are all arrays, the smallest first.
func Arrays() []*Array { return []*Array{pairs, triples} }

// known are the arrays whose worlds have names, the latest first.
func known() []*Array { return append(Arrays(), earlier...) }

func makeArray(word string, strength, generation int) *Array {
	a := &Array{Word: word, Strength: strength}
	a.rows = sync.OnceValue(func() (rows []Row) {
		for i, values := range cover.Array(space(generation), strength) {
			rows = append(rows, Row{fmt.Sprintf("%s-%d", word, i+1), i + 1, values})
		}
		return rows
	})
	a.byText = sync.OnceValue(func() map[string]*Row {
		rows := a.rows()
		found := make(map[string]*Row, len(rows))
		for i := range slices.Backward(rows) {
			found[Text(rows[i].World())] = &rows[i]
		}
		return found
	})
	return a
}

// at is the row with a number; nil if there is none.
func (a *Array) at(number int) *Row {
	rows := a.rows()
	if number < 1 || number > len(rows) {
		return nil
	}
	return &rows[number-1]
}

// space is that of a generation: a value that is newer is in no row.
func space(generation int) cover.Space {
	parameters := parameters()
	var s cover.Space
	for _, p := range parameters {
		newer := slices.IndexFunc(p.Values, func(v Value) bool { return v.since > generation })
		if newer < 0 {
			newer = len(p.Values)
		}
		s.Counts = append(s.Counts, newer)
	}
	rules := contradictions()
	places := make([][]int, len(rules))
	for i, c := range rules {
		for _, name := range c.parameters {
			places[i] = append(places[i], slices.IndexFunc(parameters, func(p Parameter) bool { return p.Name == name }))
		}
	}
	s.Forbidden = func(row []int) bool {
		for i, c := range rules {
			if values, all := valuesAt(parameters, places[i], row); all && c.forbids(values) {
				return true
			}
		}
		return false
	}
	return s
}

// valuesAt are the names of the values of some parameters; all is false if one is open.
func valuesAt(parameters []Parameter, places, row []int) (values []string, all bool) {
	for _, p := range places {
		if row[p] == cover.Open {
			return nil, false
		}
		values = append(values, parameters[p].Values[row[p]].Name)
	}
	return values, true
}

// World is the world of the row.
func (r *Row) World() world.World { return With(r.Values) }

// With is the world with these values, by parameter.
func With(values []int) world.World {
	w := world.World{
		Meters: []world.Meter{{}}, PCs: []world.PC{{}}, Firmware: []world.Firmware{{}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	parameters := parameters()
	for p, v := range values {
		parameters[p].Values[v].change(&w)
	}
	return w.Trimmed()
}

// Named returns the row with a name; ok is false if no array can have a world of that name. The
// error says which names there are.
func Named(name string) (r *Row, ok bool, err error) {
	for _, a := range known() {
		digits, is := strings.CutPrefix(name, a.Word+"-")
		if !is {
			continue
		}
		n, err := strconv.Atoi(digits)
		r := a.at(n)
		if err != nil || r == nil || strconv.Itoa(n) != digits {
			return nil, true, fmt.Errorf("there is no world %.40q: they are called %s-1 to %s-%d", name, a.Word, a.Word, len(a.Rows()))
		}
		return r, true, nil
	}
	return nil, false, nil
}

// At returns the row with that number of the array of a strength; nil if there is none.
func At(strength, number int) *Row {
	for _, a := range Arrays() {
		if a.Strength == strength {
			return a.at(number)
		}
	}
	return nil
}

// Numbered are the rows that have had a number in the array of a strength, the present one first. An
// id says which is meant by the hash of its world.
func Numbered(strength, number int) []*Row {
	var rows []*Row
	for _, a := range known() {
		if a.Strength != strength {
			continue
		}
		if r := a.at(number); r != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// Found is a row and the strength of its array.
type Found struct {
	Strength int
	*Row
}

// Find returns the row whose world is w, whatever its attempt is called. Its Row is nil if there
// is none.
func Find(w world.World) Found {
	text := Text(w)
	for _, a := range known() {
		if r := a.byText()[text]; r != nil {
			return Found{a.Strength, r}
		}
	}
	return Found{}
}

// Text is a world of one attempt as a text that is the same for equal worlds: without what is at
// its default, and without the attempt's title.
func Text(w world.World) string {
	w = w.Filled().Trimmed()
	for i := range w.Attempts {
		w.Attempts[i].Title = ""
	}
	return w.String()
}
