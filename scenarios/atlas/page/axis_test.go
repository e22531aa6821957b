package page

import (
	"slices"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/atlas"
)

func TestAPlaceBelongsToTheExchangeThatCarriesIt(t *testing.T) {
	a := small()
	for _, c := range []struct {
		unit  string
		place uint64
		mark  int
	}{
		{"to-meter", 0, -1}, {"to-meter", 1, 0}, {"to-meter", 5, 0}, {"to-meter", 6, 1}, {"to-meter", 10, 1}, {"to-meter", 11, 2}, {"to-meter", 1000, 2},
		{"flash-op", 1, 1}, {"flash-op", 4, 1}, {"flash-op", 5, 2}, {"state", 1, -1},
	} {
		if got := markOf(a, c.unit, c.place); got != c.mark {
			t.Errorf("%s %d is in mark %d, want %d", c.unit, c.place, got, c.mark)
		}
	}
}

func TestAPlaceIsAsWideAsItTakes(t *testing.T) {
	a := small()
	a.Rows = append(a.Rows, atlas.Row{Space: "wire", Plan: "power-loss at flash-op #", Unit: "flash-op", First: 1, Runs: [][2]int{{1, 0}, {3, 1}}})
	p := mustPicture(t, a)
	// Ten bytes in a second, and four operations in its second half.
	for i, want := range [][][2]int{
		{{0, 100}, {101, 200}, {201, 300}, {301, 400}, {401, 500}, {501, 600}, {601, 700}, {701, 800}, {801, 900}, {901, 999}},
		{{500, 625}, {626, 750}, {751, 875}, {876, 999}},
	} {
		var got [][2]int
		for _, c := range p.panels[0].rows[i].cells {
			got = append(got, [2]int{c.from, c.column})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is drawn in columns %v, want %v", p.panels[0].rows[i].label, got, want)
		}
	}
}

func TestMarksOfOneStepAreOneSpan(t *testing.T) {
	a := &atlas.Atlas{Calm: atlas.Calm{Milliseconds: 90}, Marks: []atlas.Mark{
		{Step: client.StepIdentify}, {Step: client.StepDownload, Block: 1, Milliseconds: 10}, {Step: client.StepDownload, Block: 2, Milliseconds: 40}, {Step: client.StepVerify, Milliseconds: 70}, {Step: client.StepDownload, Milliseconds: 80},
	}}
	want := []span{{"identify", 0, 10}, {"download", 10, 70}, {"verify", 70, 80}, {"download", 80, 90}}
	if got := stepsOf(a); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := blocksOf(a); !slices.Equal(got, []blockMark{{1, 10}, {2, 40}}) {
		t.Errorf("blocks %v", got)
	}
}

func TestMarksThatGoBackwardsAreDrawnSomewhere(t *testing.T) {
	a := small()
	a.Marks[0].ToMeter, a.Marks[1].Milliseconds, a.Marks[2].ToMeter = 900, -40, 3
	p := mustPicture(t, a)
	if p.points != 10 {
		t.Errorf("%d points are drawn, want 10", p.points)
	}
}

func TestColumnsThatBeginAtTheSamePlaceAreEmptyButTheLast(t *testing.T) {
	s := scale{[]uint64{0, 4, 4, 9}}
	for place, want := range map[uint64]int{0: 0, 3: 0, 4: 2, 8: 2, 9: 3, 1 << 40: 3} {
		if got := s.column(place); got != want {
			t.Errorf("place %d lies in column %d, want %d", place, got, want)
		}
	}
	if s.end(0) != 4 || s.end(2) != 9 || s.end(3) != ^uint64(0) {
		t.Errorf("columns end at %d, %d, %d", s.end(0), s.end(2), s.end(3))
	}
}

func TestTicksAreRoundAndNotTooMany(t *testing.T) {
	for whole, want := range map[int64][]int64{
		0:         {0},
		900:       {0},
		10_000:    {0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000},
		4_200_000: {0, 600_000, 1_200_000, 1_800_000, 2_400_000, 3_000_000, 3_600_000, 4_200_000},
	} {
		if got := ticksOf(whole, 12); !slices.Equal(got, want) {
			t.Errorf("%d ms: %v, want %v", whole, got, want)
		}
	}
	if got := ticksOf(1<<50, 12); len(got) > 13 {
		t.Errorf("%d ticks for a very long time", len(got))
	}
}
