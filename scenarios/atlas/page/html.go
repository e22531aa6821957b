package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/webpage"
)

//go:embed web
var web embed.FS

// WriteHTML writes one file that a browser shows without a network, a server or another file. It
// returns an error if the atlas is invalid or a write fails.
func WriteHTML(w io.Writer, a *atlas.Atlas) error {
	p, err := newPicture(a)
	if err != nil {
		return err
	}
	v, err := newView(p)
	if err != nil {
		return err
	}
	t, err := webpage.Template(web, "web/page.html")
	if err != nil {
		return err
	}
	return t.Execute(w, v)
}

// view is the data of the template.
type view struct {
	webpage.Head
	Data       template.JS
	Facts      []fact
	Figures    []fact
	Partial    bool
	Recoveries bool // some faults strike in a recovery
	Classes    []classView
	Costs      []costView
	Spaces     []string
	Sections   []sectionView
	Steps      []stepView
	Summary    []summaryRow
	Total      summaryRow
	Violations []violation
	More       int // violations that are not listed
}

// fact is a name and its value.
type fact struct{ Name, Value string }

type classView struct {
	Index         int
	Tone          string // its class in the style sheet
	Name, Meaning string
	Points        string
	Percent       string
}

type costView struct {
	Index int
	Label string
}

// sectionView is one of the two maps.
type sectionView struct {
	ID, Title, Text string
}

type stepView struct{ Name, From, Took string }

// summaryRow has the points of a row by class.
type summaryRow struct {
	Space, Label string
	Points       string
	Counts       []string
}

// violation is a point that broke an invariant.
type violation struct {
	Texts   []string // what it broke
	Command string
	Points  string
}

func newView(p *picture) (*view, error) {
	style, script, err := code()
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(newData(p))
	if err != nil {
		return nil, err
	}
	v := &view{
		Head:  webpage.NewHead(p.title(), style, script),
		Data:  template.JS(data),
		Facts: p.facts(), Figures: p.figures(),
		Partial: p.atlas.Partial, Recoveries: p.recoveries(),
		Sections: []sectionView{
			{"outcome", "What came of it", "Each colour is the worst outcome of the points of its cell."},
			{"cost", "What it cost", "Each colour is the longest that a point of its cell took over the run without a fault."},
		},
		Steps: p.stepViews(),
	}
	v.classes(p)
	v.summary(p)
	v.violations(p)
	return v, nil
}

// recoveries reports whether some places are counted in a recovery.
func (p *picture) recoveries() bool {
	return slices.ContainsFunc(p.atlas.Rows, func(r atlas.Row) bool {
		before, _, _ := strings.Cut(r.Plan, placeSign)
		return strings.Contains(before, " then ")
	})
}

// code returns the page's style sheet, with the colours of the tables, and its script.
func code() (style, script string, err error) {
	s, err := web.ReadFile("web/page.css")
	if err != nil {
		return "", "", err
	}
	j, err := web.ReadFile("web/page.js")
	return colourStyle() + string(s), string(j), err
}

// colourStyle is the part of the style sheet with the tables of colours.
func colourStyle() string {
	var b strings.Builder
	rule := func(name string, t tone) {
		fmt.Fprintf(&b, ".%s{background-color:light-dark(%s,%s);color:light-dark(%s,%s)}\n", name, t.light, t.dark, t.lightInk, t.darkInk)
	}
	for c, t := range classTones {
		rule(fmt.Sprintf("class-%d", c), t)
	}
	rule("class-unknown", unknownTone)
	rule("class-missing", missingTone)
	for i, s := range costSteps {
		rule(fmt.Sprintf("cost-%d", i), s.tone)
	}
	return b.String()
}

func (p *picture) title() string {
	return fmt.Sprintf("Atlas of an upgrade: ION %d, %s", p.atlas.Config.Model, bytesText(p.atlas.Config.ImageBytes))
}

func bytesText(n int) string {
	if n >= 1024 && n%1024 == 0 {
		return fmt.Sprintf("%s KiB", grouped(n/1024))
	}
	return grouped(n) + " bytes"
}

// facts describe the meter, the tool and the image.
func (p *picture) facts() []fact {
	c := &p.atlas.Config
	way := "started for the upgrade alone"
	if c.Windows {
		way = "through the windows of Single ION device configuration mode"
	}
	facts := []fact{
		{"Meter", fmt.Sprintf("ION %d", c.Model)},
		{"Tool", "release " + c.Release + ", " + way},
		{"Image", bytesText(c.ImageBytes)},
		{"Journal", map[bool]string{true: "kept", false: "none"}[c.Journal]},
		{"Configuration", c.Hash},
		{"Run without a fault", fmt.Sprintf("%s, %s bytes to the meter, %d acts of the person",
			durationText(p.atlas.Calm.Milliseconds), grouped(int(p.atlas.Calm.Bytes)), p.atlas.Calm.Acts)},
	}
	if c.Firmware != "" {
		facts = slices.Insert(facts, 3, fact{"Firmware", c.Firmware})
	}
	return slices.DeleteFunc(facts, func(f fact) bool { return f.Value == "" })
}

// figures are the numbers of points, classes and violations.
func (p *picture) figures() []fact {
	missing := p.tally[p.missing()]
	return []fact{
		{"points", grouped(p.points)},
		{"with an outcome", grouped(p.points - missing)},
		{"classes of points with one future", grouped(p.atlas.Summary().Classes)},
		{"violations", grouped(p.violations())},
	}
}

func (p *picture) stepViews() []stepView {
	var list []stepView
	for _, s := range p.steps {
		list = append(list, stepView{s.Name, durationText(s.From), durationText(s.To - s.From)})
	}
	return list
}

func (v *view) classes(p *picture) {
	for c, name := range p.classes {
		v.Classes = append(v.Classes, classView{
			Index: c, Tone: p.toneName(c), Name: name, Meaning: p.meaning(c), Points: grouped(p.tally[c]), Percent: percentText(p.tally[c], p.points),
		})
	}
	for i, s := range costSteps {
		v.Costs = append(v.Costs, costView{i, s.label})
	}
}

func (v *view) summary(p *picture) {
	texts := func(tally []int) (list []string) {
		for _, n := range tally {
			list = append(list, grouped(n))
		}
		return list
	}
	for i := range p.panels {
		panel := &p.panels[i]
		if !slices.Contains(v.Spaces, panel.space) {
			v.Spaces = append(v.Spaces, panel.space)
		}
		for _, r := range panel.rows {
			v.Summary = append(v.Summary, summaryRow{panel.space, panel.rowName(&r), grouped(r.points), texts(r.tally)})
		}
	}
	v.Total = summaryRow{Points: grouped(p.points), Counts: texts(p.tally)}
}

// rowName is the label of a row that makes sense without the title of its panel.
func (p *panel) rowName(r *row) string {
	if p.title == "" {
		return r.label
	}
	return strings.ReplaceAll(r.label, "…", p.title)
}

// mostViolations is how many violations are listed.
const mostViolations = 30

// violations lists the outcomes that broke an invariant, each with its first point.
func (v *view) violations(p *picture) {
	a := p.atlas
	points, first := make([]int, len(a.Outcomes)), make([]part, len(a.Outcomes))
	for i := range a.Rows {
		at := a.Rows[i].First
		for _, run := range a.Rows[i].Runs {
			if n, o := run[0], run[1]; o >= 0 && n > 0 {
				if points[o] == 0 {
					first[o] = part{row: i, place: at}
				}
				points[o] += n
			}
			at += uint64(run[0])
		}
	}
	for o := range a.Outcomes {
		if len(a.Outcomes[o].Violations) == 0 || points[o] == 0 {
			continue
		}
		if len(v.Violations) == mostViolations {
			v.More++
			continue
		}
		plan := a.Rows[first[o].row].PlanAt(first[o].place)
		v.Violations = append(v.Violations, violation{shortened(verdict.Texts(a.Outcomes[o].Violations)), a.Config.Replay(plan, ""), grouped(points[o])})
	}
}

// longestText is the greatest length of the text about a broken invariant, in bytes.
const longestText = 400

func shortened(texts []string) []string {
	list := slices.Clone(texts)
	for i, text := range list {
		if len(text) > longestText {
			list[i] = strings.ToValidUTF8(text[:longestText], "") + "…"
		}
	}
	return list
}

// grouped prints a number with commas between thousands.
func grouped(n int) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func percentText(n, of int) string {
	if n == 0 || of == 0 {
		return "0 %"
	}
	percent := 100 * float64(n) / float64(of)
	if percent < 0.01 {
		return "< 0.01 %"
	}
	return strconv.FormatFloat(percent, 'f', 2, 64) + " %"
}

// durationText prints a number of milliseconds for people.
func durationText(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < 0:
		return "-" + durationText(-ms)
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// clockText prints a tick of the time axis.
func clockText(ms int64) string {
	seconds := ms / 1000
	switch {
	case ms == 0:
		return "0"
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds%60 != 0:
		return fmt.Sprintf("%d:%02d min", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d min", seconds/60)
}
