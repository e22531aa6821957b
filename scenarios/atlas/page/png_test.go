package page

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
)

func mustPNG(t *testing.T, a *atlas.Atlas) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePNG(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decoded(t *testing.T, a *atlas.Atlas) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(mustPNG(t, a)))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != sheetWidth {
		t.Fatalf("it is %d pixels wide, want %d", img.Bounds().Dx(), sheetWidth)
	}
	return img
}

// bandTops finds the rows of cells from top to bottom: where a colour begins in a column
// of pixels.
func bandTops(img image.Image, x int, c color.Color) []int {
	is := func(y int) bool { return sameColour(img.At(x, y), c) }
	var tops []int
	for y := 1; y < img.Bounds().Dy(); y++ {
		if is(y) && !is(y-1) {
			tops = append(tops, y)
		}
	}
	return tops
}

func sameColour(a, b color.Color) bool {
	r1, g1, b1, a1 := a.RGBA()
	r2, g2, b2, a2 := b.RGBA()
	return r1 == r2 && g1 == g2 && b1 == b2 && a1 == a2
}

func TestCellsOfThePNGHaveTheColoursOfTheirOutcomesAndCosts(t *testing.T) {
	a := small()
	img := decoded(t, a)
	p := mustPicture(t, a)
	columns := p.panels[0].rows[0].columns
	// x is the middle of the column of a byte.
	x := func(at uint64) int {
		c := columnOfPoint(a, "to-meter", at, columns)
		return plotLeft + (2*c+1)*plotWidth/(2*columns)
	}
	for _, c := range []struct {
		what    string
		place   uint64
		outcome tone
		cost    tone
	}{
		{"unharmed", 3, classTones[0], costSteps[0].tone},
		{"resent", 6, classTones[1], costSteps[2].tone},
		{"violated", 8, classTones[trial.Violated], costSteps[2].tone},
	} {
		tops, costs := bandTops(img, x(c.place), rgb(c.outcome.light)), bandTops(img, x(c.place), rgb(c.cost.light))
		if len(tops) == 0 || len(costs) == 0 || tops[0] >= costs[len(costs)-1] {
			t.Fatalf("byte %d is %s: its colours begin at %v and, for the cost, at %v", c.place, c.what, tops, costs)
		}
		for dy := range bandHeight {
			if !sameColour(img.At(x(c.place), tops[0]+dy), rgb(c.outcome.light)) {
				t.Errorf("byte %d: the band ends after %d pixels, want %d", c.place, dy, bandHeight)
				break
			}
		}
	}
}

func TestWhatIsMissingIsHatched(t *testing.T) {
	a := small()
	for i := range a.Rows[0].Runs {
		a.Rows[0].Runs[i][1] = -1
	}
	a.Rows[0].Unit = "state"
	img := decoded(t, a)
	hatched := 0
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := plotLeft; x < plotLeft+plotWidth; x++ {
			if sameColour(img.At(x, y), rgb(hatchColour)) {
				hatched++
			}
		}
	}
	if whole := 2 * plotWidth * bandHeight; hatched < whole/8 || hatched > whole/4 {
		t.Errorf("%d pixels are hatched of two bands with %d", hatched, whole)
	}
}

func TestAnAtlasWithoutRowsHasAPicture(t *testing.T) {
	if img := decoded(t, &atlas.Atlas{Format: atlas.Format}); img.Bounds().Dy() < 100 {
		t.Errorf("it is %d pixels high", img.Bounds().Dy())
	}
}

func TestHostileTextsDoNotLeaveThePicture(t *testing.T) {
	decoded(t, hostile())
}

func TestAVeryLongPictureEnds(t *testing.T) {
	f, err := newFonts()
	if err != nil {
		t.Fatal(err)
	}
	p := mustPicture(t, crowded())
	rows := 0
	for _, panel := range p.panels {
		rows += len(panel.rows)
	}
	measured := &sheet{fonts: f}
	p.drawAll(measured)
	const rowPixels = 2 * (pitch + 20) // both maps, with room for headings
	if rows <= mostDrawn || measured.y > mostDrawn*rowPixels {
		t.Errorf("of %d rows it is %d pixels high", rows, measured.y)
	}
}

func TestNamesAboveTheAxisDoNotMeet(t *testing.T) {
	var steps []name
	for i := range 5 {
		steps = append(steps, name{text: "left", x: plotLeft + 4*i, to: 120}, name{text: "right", x: plotLeft + plotWidth - 30 + 5*i, to: 140})
	}
	put := namesAbove(steps)
	if len(put) != len(steps) {
		t.Errorf("%d names are put, want %d", len(put), len(steps))
	}
	for i, n := range put {
		for _, o := range put[:i] {
			if n.lane == o.lane && n.from < o.to && o.from < n.to {
				t.Errorf("%+v meets %+v", n, o)
			}
			if crossed := n.lane < o.lane && n.from < o.x && o.x < n.to; crossed {
				t.Errorf("the leader of %+v crosses %+v", o, n)
			}
		}
	}
}
