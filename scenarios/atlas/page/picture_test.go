package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

func mustPicture(t *testing.T, a *atlas.Atlas) *picture {
	t.Helper()
	p, err := newPicture(a)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// small is one fault at ten places on the wire, which carries ten bytes per second.
func small() *atlas.Atlas {
	return &atlas.Atlas{
		Format: atlas.Format, Spaces: []string{"wire"},
		Config: atlas.Config{Model: 7350, Release: "2.2", ImageBytes: 65536, Hash: "00000000"},
		Calm:   atlas.Calm{Milliseconds: 1000, Bytes: 10},
		Marks: []atlas.Mark{
			{Step: client.StepIdentify},
			{Step: client.StepDownload, Block: 1, Milliseconds: 500, ToMeter: 5, FlashOps: 0},
			{Step: client.StepVerify, Milliseconds: 1000, ToMeter: 10, FlashOps: 4},
		},
		Outcomes: []atlas.PointOutcome{
			{Future: "a", Class: "unharmed"},
			{Future: "b", Class: "resent", Milliseconds: 2000, Bytes: 253},
			{Future: "c", Class: "violated", Milliseconds: 1500, Violations: []verdict.Violation{{Rule: verdict.I4, Reason: "it does not recover"}}},
			{Future: "d", Class: "resent", Milliseconds: 9000, Bytes: 506, Lost: []string{"ITC"}},
		},
		Rows: []atlas.Row{{
			Space: "wire", Plan: "byte-flip at byte # to-meter", Unit: "to-meter", First: 1,
			Runs: [][2]int{{4, 0}, {3, 1}, {1, 2}, {2, -1}},
		}},
	}
}

// columnOfPoint finds the column of a point without a scale, to check the scales.
func columnOfPoint(a *atlas.Atlas, unit string, at uint64, columns int) int {
	return columnAt(a.At(unit, at), time.Duration(a.Calm.Milliseconds)*time.Millisecond, columns)
}

// expected is a cell, counted point by point.
type expected struct {
	byClass map[string]int
	worst   int64 // milliseconds
	costs   []int64
}

func TestCellsHoldThePointsThatPassInTheirColumnOfTheCalmRun(t *testing.T) {
	for name, s := range map[string]synthetic{
		"whole":   {wirePoints: 9000, outcomes: 200},
		"partial": {wirePoints: 9000, outcomes: 200, partial: true},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.atlas()
			p := mustPicture(t, a)
			for i := range p.panels {
				for j := range p.panels[i].rows {
					if p.panels[i].timed {
						compareRow(t, p, &p.panels[i].rows[j])
					}
				}
			}
		})
	}
}

func compareRow(t *testing.T, p *picture, r *row) {
	t.Helper()
	source := slices.IndexFunc(p.atlas.Rows, func(s atlas.Row) bool { return s.Plan == r.label })
	want := countedOneByOne(p.atlas, &p.atlas.Rows[source], r.columns)
	if len(r.cells) != len(want) {
		t.Errorf("%s has %d cells, want %d", r.label, len(r.cells), len(want))
	}
	for i := range r.cells {
		c := &r.cells[i]
		w, ok := want[c.column]
		if !ok {
			t.Fatalf("%s: column %d is empty, and the picture has %d points there", r.label, c.column, c.points())
		}
		for _, part := range c.parts {
			if got := w.byClass[p.classes[part.class]]; got != part.points {
				t.Errorf("%s, column %d: %d points are %s, want %d", r.label, c.column, part.points, p.classes[part.class], got)
			}
		}
		if ms, _ := c.costliest(p.atlas); len(c.parts) != len(w.byClass) || ms != w.worst {
			t.Errorf("%s, column %d: %d classes, longest %d ms, want %d and %d ms", r.label, c.column, len(c.parts), ms, len(w.byClass), w.worst)
		}
		if slices.Sort(w.costs); len(w.costs) > 0 && c.median != w.costs[(len(w.costs)-1)/2] {
			t.Errorf("%s, column %d: median %d ms, want %d", r.label, c.column, c.median, w.costs[(len(w.costs)-1)/2])
		}
	}
}

func countedOneByOne(a *atlas.Atlas, r *atlas.Row, columns int) map[int]*expected {
	want := map[int]*expected{}
	at := r.First
	for _, run := range r.Runs {
		for range run[0] {
			c := columnOfPoint(a, r.Unit, at, columns)
			if want[c] == nil {
				want[c] = &expected{byClass: map[string]int{}}
			}
			if run[1] < 0 {
				want[c].byClass["missing"]++
			} else {
				o := &a.Outcomes[run[1]]
				want[c].byClass[o.Class]++
				want[c].costs = append(want[c].costs, o.Milliseconds)
				want[c].worst = max(want[c].worst, o.Milliseconds)
			}
			at++
		}
	}
	return want
}

func TestEveryPointOfAnAtlasIsInOneCell(t *testing.T) {
	for name, s := range map[string]synthetic{
		"singles": {wirePoints: 30000, outcomes: 500},
		"pairs":   {wirePoints: 30000, outcomes: 500, pairs: true},
		"partial": {wirePoints: 30000, outcomes: 500, pairs: true, partial: true},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.atlas()
			want := map[string]int{}
			for i := range a.Rows {
				for _, run := range a.Rows[i].Runs {
					class := "missing"
					if run[1] >= 0 {
						class = a.Outcomes[run[1]].Class
					}
					want[class] += run[0]
				}
			}
			p := mustPicture(t, a)
			got := map[string]int{}
			for i := range p.panels {
				for _, r := range p.panels[i].rows {
					for _, c := range r.cells {
						for _, part := range c.parts {
							got[p.classes[part.class]] += part.points
						}
					}
				}
			}
			for class, n := range want {
				if got[class] != n || p.tally[slices.Index(p.classes, class)] != n {
					t.Errorf("%d points are %s, and %d by the totals, want %d", got[class], class, p.tally[slices.Index(p.classes, class)], n)
				}
			}
		})
	}
}

func TestACellShowsItsWorstClassAndTheCostliestPointOfEach(t *testing.T) {
	a := small()
	a.Rows[0].Unit = "request"
	a.Rows[0].Names = []string{"identify", "", "x"}
	a.Rows[0].Runs = [][2]int{{100, 1}, {1, 0}, {100, 1}, {1, 3}, {1, 2}, {1, -1}}
	cells := mustPicture(t, a).panels[0].rows[0].cells
	last := cells[len(cells)-1]
	if a.Outcomes[last.parts[0].outcome].Class != "violated" || last.parts[len(last.parts)-1].outcome != -1 {
		t.Errorf("the last cell begins with outcome %d and ends with %d, want what is violated first and what is missing last", last.parts[0].outcome, last.parts[len(last.parts)-1].outcome)
	}
	i := slices.IndexFunc(last.parts, func(p part) bool { return p.outcome >= 0 && a.Outcomes[p.outcome].Class == "resent" })
	if i < 0 || last.parts[i].place != 202 || last.parts[i].outcome != 3 {
		t.Errorf("its parts are %+v, want place 202 as the costliest that is resent", last.parts)
	}
}

func TestPairsAreDrawnByTheFaultThatMovesAndTheKindOfTheOther(t *testing.T) {
	a := small()
	for _, plan := range []string{
		"power-loss at block 3 for 2 no-responses then byte-flip at byte # to-meter",
		"power-loss at block 7 for 2 no-responses then byte-flip at byte # to-meter",
		"cable-pull at block 7; byte-flip at byte # to-meter",
		"cable-pull at block 7; byte-drop at byte # to-meter",
	} {
		r := a.Rows[0]
		r.Plan = plan
		a.Rows = append(a.Rows, r)
	}
	var got []string
	for _, panel := range mustPicture(t, a).panels {
		for _, r := range panel.rows {
			got = append(got, panel.title+" | "+r.label)
		}
	}
	want := []string{
		" | byte-flip at byte # to-meter",
		"byte-flip at byte # to-meter | power-loss then …",
		"byte-flip at byte # to-meter | cable-pull; …",
		"byte-drop at byte # to-meter | cable-pull; …",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSpacesComeInTheOrderInWhichTheyWereAskedFor(t *testing.T) {
	a := small()
	a.Spaces = []string{"flash", "wire"}
	a.Rows = append(a.Rows,
		atlas.Row{Space: "else", Plan: "kill at reply #", Unit: "reply", Runs: [][2]int{{1, 0}}},
		atlas.Row{Space: "flash", Plan: "power-loss at flash-op #", Unit: "flash-op", Runs: [][2]int{{4, 0}}})
	var got []string
	for _, panel := range mustPicture(t, a).panels {
		got = append(got, panel.space)
	}
	if want := []string{"flash", "wire", "else"}; !slices.Equal(got, want) {
		t.Errorf("the panels are %q, want %q", got, want)
	}
}

func TestARowThatComesInSeveralPartsIsDrawnAsOne(t *testing.T) {
	a := small()
	shard := a.Rows[0]
	shard.First, shard.Runs = 11, [][2]int{{5, 3}}
	a.Rows = append(a.Rows, shard)
	p := mustPicture(t, a)
	if len(p.panels) != 1 || len(p.panels[0].rows) != 1 || p.panels[0].rows[0].points != 15 {
		t.Errorf("%d panels, the first with %+v", len(p.panels), p.panels[0].rows)
	}
}

func TestWithoutATimeAxisEveryRowIsCellsWithNames(t *testing.T) {
	a := small()
	a.Marks = nil
	p := mustPicture(t, a)
	if p.panels[0].timed || !slices.Equal(p.panels[0].rows[0].names, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}) {
		t.Errorf("timed %v, names %q", p.panels[0].timed, p.panels[0].rows[0].names)
	}
}

func TestManyPlacesShareCellsAndTheirNamesSayWhich(t *testing.T) {
	a := small()
	a.Rows[0].Unit, a.Rows[0].Runs = "reply", [][2]int{{100, 0}}
	names := mustPicture(t, a).panels[0].rows[0].names
	if len(names) != 50 || names[0] != "1 – 2" || names[49] != "99 – 100" {
		t.Errorf("%d names, from %q to %q", len(names), names[0], names[len(names)-1])
	}
}

func TestAnUnknownClassIsWorseThanAllThatAreKnown(t *testing.T) {
	a := small()
	a.Outcomes[1].Class = "on fire"
	p := mustPicture(t, a)
	if want := []string{"unharmed", "resent", "cleared-again", "recovered", "settings-lost", "unrecovered", "violated", "on fire", "missing"}; !slices.Equal(p.classes, want) {
		t.Errorf("the classes are %q", p.classes)
	}
	if p.tone(7) != unknownTone || p.tone(8) != missingTone || p.rank(7) < p.rank(6) || p.rank(8) >= p.rank(0) {
		t.Error("it has the tone or the rank of another class")
	}
}

func TestAnAtlasThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	for want, spoil := range map[string]func(*atlas.Atlas){
		`the atlas is of format "ionbench-atlas 0"`:                                func(a *atlas.Atlas) { a.Format = "ionbench-atlas 0" },
		"row 0 (byte-flip at byte # to-meter): run 1 names outcome 4 of 4":         func(a *atlas.Atlas) { a.Rows[0].Runs[1][1] = 4 },
		"row 0 (byte-flip at byte # to-meter): run 3 names outcome -2 of 4":        func(a *atlas.Atlas) { a.Rows[0].Runs[3][1] = -2 },
		"row 0 (byte-flip at byte # to-meter): run 0 has -1 points":                func(a *atlas.Atlas) { a.Rows[0].Runs[0][0] = -1 },
		"row 0 (byte-flip at byte # to-meter): the atlas has more than":            func(a *atlas.Atlas) { a.Rows[0].Runs = [][2]int{{maxPoints, 0}, {1, 0}} },
		"row 0 (byte-flip at byte # to-meter): no place is number 184467440737095": func(a *atlas.Atlas) { a.Rows[0].First = ^uint64(0) },
	} {
		a := small()
		spoil(a)
		if _, err := newPicture(a); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
