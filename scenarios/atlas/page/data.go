package page

import (
	"slices"
	"strings"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

// data is what the page's script draws. To keep the page small, objects that occur often are
// lists of numbers.
type data struct {
	Classes  []string     `json:"classes"` // the last is "missing"
	Known    int          `json:"known"`   // classes that have a colour of their own
	Costs    []int64      `json:"costs"`   // upper ends of the cost steps except the last, milliseconds
	Calm     int64        `json:"calm"`    // milliseconds
	Steps    []stepData   `json:"steps"`
	Blocks   [][2]int64   `json:"blocks"`   // number, milliseconds
	Marks    [][2]int     `json:"marks"`    // index of the step, block or 0
	Names    [][]string   `json:"names"`    // lists of names of places, for Sources
	Sources  []sourceData `json:"sources"`  // rows of the atlas, for the examples in cells
	Texts    []string     `json:"texts"`    // for Outcomes
	Outcomes [][]any      `json:"outcomes"` // class, milliseconds, bytes, acts, lost texts, broken texts
	Replay   string       `json:"replay"`   // what follows the plan in the command
	Panels   []panelData  `json:"panels"`
}

type stepData struct {
	Name string `json:"name"`
	From int64  `json:"from"` // milliseconds
	To   int64  `json:"to"`
}

type sourceData struct {
	Plan  string `json:"plan"`
	Unit  string `json:"unit"`
	First uint64 `json:"first,omitempty"` // the place of the first name
	Names int    `json:"names"`           // index of a list; -1: places are numbers
}

type panelData struct {
	Space string    `json:"space"`
	Title string    `json:"title,omitempty"`
	Timed bool      `json:"timed"`
	Rows  []rowData `json:"rows"`
}

type rowData struct {
	Label   string   `json:"label"`
	Columns int      `json:"columns"`
	Names   []string `json:"names,omitempty"` // of the columns
	// Cells has for each cell: its column, how many columns before that one it also covers, the
	// median in milliseconds and the number of parts. Then for each part: its class, its points,
	// and the source, place, mark and outcome of its costliest point; -1 is none.
	Cells []int64 `json:"cells"`
}

// mostTexts is how many different texts the page has in full. Of further texts only the number of
// the invariant is kept.
const mostTexts = 1000

// encoder numbers the things that cells refer to, in the order of their first use.
type encoder struct {
	p        *picture
	data     *data
	sources  map[int]int
	names    map[string]int
	outcomes map[int]int
	texts    map[string]int
}

func newData(p *picture) *data {
	d := &data{
		Classes: p.classes, Known: len(classTones), Calm: p.atlas.Calm.Milliseconds, Replay: p.atlas.Config.ReplayFlags(""),
		Steps: []stepData{}, Blocks: [][2]int64{}, Marks: [][2]int{}, Names: [][]string{}, Sources: []sourceData{},
		Texts: []string{}, Outcomes: [][]any{}, Panels: []panelData{},
	}
	for _, s := range costSteps[:len(costSteps)-1] {
		d.Costs = append(d.Costs, s.upTo)
	}
	for _, s := range p.steps {
		d.Steps = append(d.Steps, stepData(s))
	}
	for _, b := range p.blocks {
		d.Blocks = append(d.Blocks, [2]int64{int64(b.Number), b.At})
	}
	d.marks(p.atlas.Marks)
	e := &encoder{p: p, data: d, sources: map[int]int{}, names: map[string]int{}, outcomes: map[int]int{}, texts: map[string]int{}}
	for i := range p.panels {
		e.panel(&p.panels[i])
	}
	return d
}

func (d *data) marks(marks []atlas.Mark) {
	step := -1
	for i := range marks {
		if i == 0 || marks[i].Step != marks[i-1].Step {
			step++
		}
		d.Marks = append(d.Marks, [2]int{step, marks[i].Block})
	}
}

func (e *encoder) panel(p *panel) {
	d := panelData{Space: p.space, Title: p.title, Timed: p.timed, Rows: []rowData{}}
	for i := range p.rows {
		r := &p.rows[i]
		rd := rowData{Label: r.label, Columns: r.columns, Names: r.names, Cells: []int64{}}
		for j := range r.cells {
			c := &r.cells[j]
			rd.Cells = append(rd.Cells, int64(c.column), int64(c.column-c.from), c.median, int64(len(c.parts)))
			for k := range c.parts {
				rd.Cells = e.part(rd.Cells, &c.parts[k])
			}
		}
		d.Rows = append(d.Rows, rd)
	}
	e.data.Panels = append(e.data.Panels, d)
}

func (e *encoder) part(to []int64, p *part) []int64 {
	unit := e.p.atlas.Rows[p.row].Unit
	return append(to, int64(p.class), int64(p.points), int64(e.source(p.row)), int64(p.place),
		int64(markOf(e.p.atlas, unit, p.place)), int64(e.outcome(p.outcome)))
}

func (e *encoder) source(row int) int {
	return number(e.sources, row, len(e.data.Sources), func() {
		r := &e.p.atlas.Rows[row]
		s := sourceData{Plan: r.Plan, Unit: r.Unit, Names: -1}
		if len(r.Names) > 0 {
			s.First = r.First
			s.Names = number(e.names, strings.Join(r.Names, "\x00"), len(e.data.Names), func() { e.data.Names = append(e.data.Names, r.Names) })
		}
		e.data.Sources = append(e.data.Sources, s)
	})
}

func (e *encoder) outcome(index int) int {
	if index < 0 {
		return -1
	}
	return number(e.outcomes, index, len(e.data.Outcomes), func() {
		o := &e.p.atlas.Outcomes[index]
		class := slices.Index(e.p.classes, o.Class)
		e.data.Outcomes = append(e.data.Outcomes, []any{class, o.Milliseconds, o.Bytes, o.Acts, e.allTexts(o.Lost), e.allTexts(shortened(verdict.Texts(o.Violations)))})
	})
}

func (e *encoder) allTexts(texts []string) []int {
	list := []int{}
	for _, text := range texts {
		if _, known := e.texts[text]; !known && len(e.data.Texts) >= mostTexts {
			text, _, _ = strings.Cut(text, ":")
			text = text[:min(len(text), 2)]
		}
		list = append(list, number(e.texts, text, len(e.data.Texts), func() { e.data.Texts = append(e.data.Texts, text) }))
	}
	return list
}

// number returns the number of a key. A new key gets the number next, and add is called.
func number[K comparable](numbers map[K]int, key K, next int, add func()) int {
	n, ok := numbers[key]
	if !ok {
		n = next
		numbers[key] = n
		add()
	}
	return n
}
