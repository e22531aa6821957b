package page

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"
	"strconv"

	"ionbench/scenarios/atlas"
)

// Sizes in the PNG, in pixels unless noted.
const (
	sheetWidth = 1600
	margin     = 30
	plotLeft   = 360
	plotWidth  = sheetWidth - plotLeft - margin
	pitch      = 22 // from row to row
	bandHeight = 18
	laneHeight = 16  // of a line of names above the axis
	barHeight  = 20  // of the bar with the steps
	mostDrawn  = 600 // rows: image viewers cannot open much taller pictures
)

const (
	inkColour   = black
	quietColour = "#4b5563"
	lineColour  = "#c8d0d8"
	stepColour  = "#dfe5ea"
	otherColour = "#cfd8e0"
	hatchColour = "#9aa4af"
)

// WritePNG writes both maps, one below the other, on a white page. It returns an error if the
// atlas is invalid or a write fails.
func WritePNG(w io.Writer, a *atlas.Atlas) error {
	p, err := newPicture(a)
	if err != nil {
		return err
	}
	f, err := newFonts()
	if err != nil {
		return err
	}
	measured := &sheet{fonts: f}
	p.drawAll(measured)
	s := &sheet{fonts: f, image: image.NewRGBA(image.Rect(0, 0, sheetWidth, measured.y))}
	draw.Draw(s.image, s.image.Bounds(), image.White, image.Point{}, draw.Src)
	p.drawAll(s)
	return png.Encode(w, s.image)
}

// mapKind is one of the two maps.
type mapKind struct {
	title  string
	legend func(*picture, *sheet)
	// layer is the layer of a cell; higher layers are drawn later, over the others. Cells with
	// only missing points have layer -1. paint is the tone of a layer.
	layer func(*picture, *cell) int
	paint func(*picture, int) tone
}

func mapKinds() []mapKind {
	return []mapKind{
		{"What came of it: the worst of the points of each cell", (*picture).drawClasses,
			func(p *picture, c *cell) int { return p.rank(c.parts[0].class) },
			func(p *picture, layer int) tone { return p.tone(layer) }},
		{"What it cost: the longest of each cell, over the run without a fault", (*picture).drawCosts,
			func(p *picture, c *cell) int {
				if ms, ok := c.costliest(p.atlas); ok {
					return costStepOf(ms)
				}
				return -1
			},
			func(_ *picture, layer int) tone { return costSteps[layer].tone }},
	}
}

func (p *picture) drawAll(s *sheet) {
	p.drawHeader(s)
	for _, k := range mapKinds() {
		s.y += 34
		s.write(s.fonts.head, margin, s.y, k.title, rgb(inkColour))
		s.y += 14
		k.legend(p, s)
		p.drawMap(s, &k)
	}
	s.y += margin
}

func (p *picture) drawHeader(s *sheet) {
	s.y += margin + 22
	s.write(s.fonts.title, margin, s.y, p.title(), rgb(inkColour))
	s.y += 8
	figures := p.figures()
	if p.atlas.Partial {
		figures = append(figures, fact{"partial", "points are missing"})
	}
	p.drawFacts(s, figures)
	p.drawFacts(s, p.facts())
}

// drawFacts writes facts one after another, in as many lines as they need.
func (p *picture) drawFacts(s *sheet, facts []fact) {
	s.y += 22
	x := margin
	for _, f := range facts {
		width := textWidth(s.fonts.text, f.Name+" "+f.Value) + 28
		if x > margin && x+width > sheetWidth-margin {
			x, s.y = margin, s.y+22
		}
		room := sheetWidth - margin - x
		w := s.write(s.fonts.text, x, s.y, fitted(s.fonts.text, f.Name+" ", room), rgb(quietColour))
		s.write(s.fonts.text, x+w, s.y, fitted(s.fonts.text, f.Value, room-w), rgb(inkColour))
		x += width
	}
}

func (p *picture) drawClasses(s *sheet) {
	x := margin
	for c, name := range p.classes {
		text := fmt.Sprintf("%s %s", name, grouped(p.tally[c]))
		width := 34 + textWidth(s.fonts.text, text) + 24
		if x > margin && x+width > sheetWidth-margin {
			x, s.y = margin, s.y+26
		}
		p.box(s, x, s.y, 26, 18, c)
		s.frame(x, s.y, 26, 18, rgb(lineColour))
		s.write(s.fonts.text, x+34, s.y+14, fitted(s.fonts.text, text, sheetWidth-margin-x-34), rgb(inkColour))
		x += width
	}
	s.y += 30
}

func (p *picture) drawCosts(s *sheet) {
	const width = 80
	for i, step := range costSteps {
		x := margin + i*width
		s.fill(x, s.y, width, 20, rgb(step.tone.light))
		s.write(s.fonts.small, x+(width-textWidth(s.fonts.small, step.label))/2, s.y+15, step.label, rgb(step.tone.lightInk))
	}
	x := margin + len(costSteps)*width
	s.frame(margin, s.y, x-margin, 20, rgb(lineColour))
	s.write(s.fonts.small, x+10, s.y+15, "up to; missing is hatched", rgb(quietColour))
	s.y += 32
}

// box draws a rectangle in the colour of a class.
func (p *picture) box(s *sheet, x, y, width, height, class int) {
	if class == p.missing() {
		s.hatch(x, y, width, height)
		return
	}
	s.fill(x, y, width, height, rgb(p.tone(class).light))
}

func (p *picture) drawMap(s *sheet, k *mapKind) {
	drawn, left := 0, 0
	for i := range p.panels {
		panel := &p.panels[i]
		rows := panel.rows[:min(len(panel.rows), mostDrawn-drawn)]
		left += len(panel.rows) - len(rows)
		if drawn += len(rows); len(rows) > 0 {
			p.drawPanel(s, k, panel, rows)
		}
	}
	if len(p.panels) == 0 {
		s.y += 20
		s.write(s.fonts.text, margin, s.y, "The atlas has no rows.", rgb(quietColour))
	}
	if left > 0 {
		s.y += 20
		s.write(s.fonts.text, margin, s.y, fmt.Sprintf("%s rows more: they are in the HTML page.", grouped(left)), rgb(quietColour))
	}
}

func (p *picture) drawPanel(s *sheet, k *mapKind, panel *panel, rows []row) {
	s.y += 20
	title := fitted(s.fonts.head, panel.kind(), sheetWidth-2*margin)
	s.write(s.fonts.head, margin, s.y, title, rgb(inkColour))
	s.y += 8
	if panel.timed {
		p.drawAxis(s)
	}
	for i := range rows {
		p.drawRow(s, k, panel, &rows[i])
		s.y += pitch
	}
	if panel.timed {
		p.drawClock(s)
	}
	s.y += 10
}

func (p *picture) drawRow(s *sheet, k *mapKind, panel *panel, r *row) {
	label := fitted(s.fonts.small, r.label, plotLeft-margin-12)
	s.write(s.fonts.small, plotLeft-12-textWidth(s.fonts.small, label), s.y+14, label, rgb(inkColour))
	s.fill(plotLeft, s.y+bandHeight/2, plotWidth, 1, rgb(lineColour)) // shows between the cells
	order := make([]*cell, len(r.cells))
	for i := range r.cells {
		order[i] = &r.cells[i]
	}
	slices.SortStableFunc(order, func(x, y *cell) int { return k.layer(p, x) - k.layer(p, y) })
	for _, c := range order {
		p.drawCell(s, k, panel, r, c)
	}
}

func (p *picture) drawCell(s *sheet, k *mapKind, panel *panel, r *row, c *cell) {
	x := plotLeft + c.from*plotWidth/r.columns
	width := plotLeft + (c.column+1)*plotWidth/r.columns - x
	layer, ink := k.layer(p, c), color.Color(rgb(missingTone.lightInk))
	if layer < 0 {
		s.hatch(x, s.y, width, bandHeight)
	} else {
		t := k.paint(p, layer)
		ink = rgb(t.lightInk)
		s.fill(x, s.y, width, bandHeight, rgb(t.light))
	}
	if panel.timed {
		return
	}
	s.frame(x, s.y, width, bandHeight, color.White)
	name := r.names[c.column]
	if w := textWidth(s.fonts.small, name); w <= width-4 && layer >= 0 {
		s.write(s.fonts.small, x+(width-w)/2, s.y+14, name, ink)
	}
}

// name is the name of a step above the axis.
type name struct {
	text     string
	x        int // left edge of the step
	from, to int // edges of the text
	lane     int // line of names, counted upwards from the axis
}

// namesAbove places the names of short steps above the axis, each on the lowest line where no
// other name or its leader is in the way.
func namesAbove(steps []name) []name {
	var put []name
	lift := func(n name) {
		n.lane = 1
		for _, o := range put {
			if o.from < n.to+8 && o.to > n.from-8 {
				n.lane = max(n.lane, o.lane+1)
			}
		}
		put = append(put, n)
	}
	middle := plotLeft + plotWidth/2
	for _, n := range slices.Backward(steps) {
		if n.x < middle {
			n.from, n.to = n.x+4, n.x+4+n.to-n.from
			lift(n)
		}
	}
	for _, n := range steps {
		if n.x >= middle {
			n.from, n.to = n.x-4-(n.to-n.from), n.x-4
			lift(n)
		}
	}
	return slices.DeleteFunc(put, func(n name) bool {
		return n.lane > mostLanes || n.from < plotLeft || n.to > plotLeft+plotWidth
	})
}

// mostLanes is how many lines of names there can be above the axis.
const mostLanes = 12

// moment is the x of a time in the calm run.
func (p *picture) moment(ms int64) int {
	return plotLeft + int(float64(ms)/float64(p.atlas.Calm.Milliseconds)*plotWidth)
}

// drawAxis draws the steps of the upgrade and its blocks.
func (p *picture) drawAxis(s *sheet) {
	var short []name
	fits := func(i int) bool {
		step := &p.steps[i]
		return textWidth(s.fonts.small, step.Name) < p.moment(step.To)-p.moment(step.From)-8
	}
	for i := range p.steps {
		if !fits(i) {
			short = append(short, name{text: p.steps[i].Name, x: p.moment(p.steps[i].From), to: textWidth(s.fonts.small, p.steps[i].Name)})
		}
	}
	above := namesAbove(short)
	lanes := 0
	for _, n := range above {
		lanes = max(lanes, n.lane)
	}
	s.y += lanes * laneHeight
	for _, n := range above {
		top := s.y - n.lane*laneHeight
		s.fill(n.x, top+3, 1, s.y-top, rgb(lineColour))
		s.write(s.fonts.small, n.from, top+13, n.text, rgb(inkColour))
	}
	for i, step := range p.steps {
		x, end := p.moment(step.From), p.moment(step.To)
		s.fill(x, s.y, max(end-x, 1), barHeight, rgb([]string{stepColour, otherColour}[i%2]))
		if fits(i) {
			s.write(s.fonts.small, (x+end-textWidth(s.fonts.small, step.Name))/2, s.y+15, step.Name, rgb(inkColour))
		}
	}
	s.y += barHeight
	p.drawBlocks(s)
}

func (p *picture) drawBlocks(s *sheet) {
	if len(p.blocks) == 0 {
		s.y += 4
		return
	}
	free := 0
	for i, b := range p.blocks {
		x, text := p.moment(b.At), strconv.Itoa(b.Number)
		if i == 0 {
			text = "block " + text
		}
		if x < free {
			s.fill(x, s.y, 1, 3, rgb(quietColour))
			continue
		}
		s.fill(x, s.y, 1, 6, rgb(quietColour))
		free = x + s.write(s.fonts.small, x+3, s.y+14, text, rgb(quietColour)) + 16
	}
	s.y += 20
}

func (p *picture) drawClock(s *sheet) {
	for _, t := range ticksOf(p.atlas.Calm.Milliseconds, 12) {
		x := p.moment(t)
		s.fill(x, s.y, 1, 5, rgb(quietColour))
		text := clockText(t)
		w := textWidth(s.fonts.small, text)
		s.write(s.fonts.small, min(max(x-w/2, plotLeft), plotLeft+plotWidth-w), s.y+18, text, rgb(quietColour))
	}
	s.y += 24
}
