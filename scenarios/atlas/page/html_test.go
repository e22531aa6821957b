package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

func mustHTML(t *testing.T, a *atlas.Atlas) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inside returns what is between two texts. Each of them must occur once.
func inside(t *testing.T, page, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, before)
	text, _, ended := strings.Cut(rest, after)
	if !ok || !ended || strings.Contains(rest, before) {
		t.Fatalf("the page does not have one %q … %q", before, after)
	}
	return text
}

// dataOf reads the data of the script.
func dataOf(t *testing.T, page string) *data {
	t.Helper()
	var d data
	if err := json.Unmarshal([]byte(inside(t, page, `<script type="application/json" id="data">`, "</script>")), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// cellsOf reads a row of the data as the script does.
func cellsOf(r *rowData) []cell {
	var list []cell
	for a := r.Cells; len(a) > 0; {
		c := cell{column: int(a[0]), from: int(a[0] - a[1]), median: a[2]}
		n := a[3]
		for a = a[4:]; n > 0; n-- {
			c.parts = append(c.parts, part{class: int(a[0]), points: int(a[1]), row: int(a[2]), place: uint64(a[3]), outcome: int(a[5])})
			a = a[6:]
		}
		list = append(list, c)
	}
	return list
}

func TestThePageSaysWhatThePictureHolds(t *testing.T) {
	a := synthetic{wirePoints: 9000, outcomes: 200, pairs: true, partial: true}.atlas()
	p := mustPicture(t, a)
	d := dataOf(t, mustHTML(t, a))
	if !slices.Equal(d.Classes, p.classes) || len(d.Panels) != len(p.panels) || len(d.Marks) != len(a.Marks) {
		t.Fatalf("%d panels, %d marks and the classes %q", len(d.Panels), len(d.Marks), d.Classes)
	}
	for i := range p.panels {
		for j := range p.panels[i].rows {
			want, got := &p.panels[i].rows[j], &d.Panels[i].Rows[j]
			cells := cellsOf(got)
			if got.Label != want.label || got.Columns != want.columns || len(cells) != len(want.cells) {
				t.Fatalf("row %q has %d cells of %d, want %d of %d of %q", got.Label, len(cells), got.Columns, len(want.cells), want.columns, want.label)
			}
			for k := range cells {
				compareCell(t, a, d, &cells[k], &want.cells[k])
			}
		}
	}
}

func compareCell(t *testing.T, a *atlas.Atlas, d *data, got, want *cell) {
	t.Helper()
	if got.column != want.column || got.from != want.from || got.median != want.median || len(got.parts) != len(want.parts) {
		t.Fatalf("the page has %+v, want %+v", got, want)
	}
	for i, g := range got.parts {
		w := want.parts[i]
		if g.class != w.class || g.points != w.points || g.place != w.place || d.Sources[g.row].Plan != a.Rows[w.row].Plan {
			t.Fatalf("the page has %+v of %q, want %+v", g, d.Sources[g.row].Plan, w)
		}
		if (g.outcome < 0) != (w.outcome < 0) {
			t.Fatalf("the page has outcome %d, want %d", g.outcome, w.outcome)
		}
		if w.outcome >= 0 {
			o, from := d.Outcomes[g.outcome], a.Outcomes[w.outcome]
			if o[1] != float64(from.Milliseconds) || o[2] != float64(from.Bytes) || o[3] != float64(from.Acts) || len(o[4].([]any)) != len(from.Lost) || len(o[5].([]any)) != len(from.Violations) {
				t.Fatalf("the page has outcome %v, want %+v", o, from)
			}
		}
	}
}

// voids are the elements without an end.
var voids = []string{"meta", "input", "br", "link", "img", "hr"}

// elements reads a page and checks that every element is closed in its place.
func elements(t *testing.T, page string) []xml.StartElement {
	t.Helper()
	script := regexp.MustCompile(`(?s)(<(script|style)[^>]*>).*?(</(script|style)>)`)
	d := xml.NewDecoder(strings.NewReader(script.ReplaceAllString(page, "$1$3")))
	d.Strict, d.Entity = false, xml.HTMLEntity
	var open []string
	var all []xml.StartElement
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			all = append(all, e.Copy())
			if !slices.Contains(voids, e.Name.Local) {
				open = append(open, e.Name.Local)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != e.Name.Local {
				t.Fatalf("</%s> ends %q", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%q do not end", open)
	}
	return all
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestThePageIsWholeAndNeedsNothingElse(t *testing.T) {
	for name, a := range map[string]*atlas.Atlas{
		"whole":   synthetic{wirePoints: 9000, outcomes: 100, pairs: true}.atlas(),
		"hostile": hostile(),
		"empty":   {Format: atlas.Format},
	} {
		t.Run(name, func(t *testing.T) {
			page := mustHTML(t, a)
			ids := map[string]bool{}
			for _, e := range elements(t, page) {
				if id := attribute(e, "id"); id != "" {
					if ids[id] {
						t.Errorf("two elements are %q", id)
					}
					ids[id] = true
				}
				for _, a := range e.Attr {
					outside := slices.Contains([]string{"src", "srcset", "action", "data", "poster"}, a.Name.Local) || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#")
					if outside || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
						t.Errorf("<%s> has %s=%q", e.Name.Local, a.Name.Local, a.Value)
					}
				}
				if slices.Contains([]string{"link", "iframe", "object", "embed", "base", "img"}, e.Name.Local) {
					t.Errorf("the page has a <%s>", e.Name.Local)
				}
			}
			for _, want := range []string{"<!DOCTYPE html>", `<html lang="en">`, "<title>Atlas", "<main>", "<h1>", `<table>`, `scope="row"`, `name="viewport"`} {
				if !strings.Contains(page, want) {
					t.Errorf("the page has no %s", want)
				}
			}
		})
	}
}

func TestTheCodeOfThePageReachesNothingOutsideAndWritesNoHTML(t *testing.T) {
	style, script, err := code()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "XMLHttpRequest", "import(", "@import", "url(", "https:"} {
		if strings.Contains(style+script, bad) {
			t.Errorf("it has %s", bad)
		}
	}
	// The only address is the name of an XML namespace.
	if n := strings.Count(style+script, "http:"); n != strings.Count(script, `"http://www.w3.org/2000/svg"`) {
		t.Errorf("%d addresses", n)
	}
}

func TestThePolicyAllowsTheStyleAndTheScriptOfThePageAndNothingElse(t *testing.T) {
	page := mustHTML(t, small())
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash(inside(t, page, "<style>", "</style>")) + "; script-src " + hash(inside(t, page, "<script>", "</script>")) + "; base-uri 'none'; form-action 'none'"
	if got := html.UnescapeString(inside(t, page, `http-equiv="Content-Security-Policy" content="`, `"`)); got != want {
		t.Errorf("the policy is\n%s\nwant\n%s", got, want)
	}
}

const evil = `</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> "'&` + "\u2028"

// hostile is an atlas in which every text would be code or markup if the page did not quote it.
func hostile() *atlas.Atlas {
	a := small()
	a.Spaces[0], a.Rows[0].Space = evil, evil
	a.Rows[0].Plan = evil + " #"
	a.Config.Release, a.Config.Hash, a.Config.Firmware = evil, evil, evil
	a.Outcomes[0].Class = evil
	a.Outcomes[2].Violations, a.Outcomes[3].Lost = []verdict.Violation{{Rule: verdict.I4, Reason: evil}}, []string{evil}
	a.Rows = append(a.Rows, atlas.Row{Space: "states", Plan: "abort at state #", Unit: evil, Runs: [][2]int{{2, 2}}, Names: []string{evil, "<b>"}})
	return a
}

func TestTextsOfTheAtlasStayTexts(t *testing.T) {
	page := mustHTML(t, hostile())
	for _, bad := range []string{"<script>alert", "<img", "<!-- "} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("the page has %d scripts, want 2", n)
	}
	if strings.ContainsAny(inside(t, page, `id="data">`, "</script>"), "<>&\u2028") {
		t.Error("the data has signs that end a script or begin a comment")
	}
	d := dataOf(t, page)
	if d.Panels[0].Space != evil || d.Sources[0].Plan != evil+" #" || !slices.Contains(d.Classes, evil) || !slices.Contains(d.Texts, "I4: "+evil) || d.Names[0][0] != evil {
		t.Errorf("the texts come out as %q, %q, %q, %q, %q", d.Panels[0].Space, d.Sources[0].Plan, d.Classes, d.Texts, d.Names)
	}
}

func TestTheSummaryHasThePointsOfEveryRow(t *testing.T) {
	page := mustHTML(t, small())
	row := regexp.MustCompile(`(?s)<tr><td>wire</td><th scope="row">byte-flip at byte # to-meter</th>(.*?)</tr>`).FindStringSubmatch(page)
	if row == nil {
		t.Fatal("the row is not there")
	}
	var numbers []string
	for _, n := range regexp.MustCompile(`<td[^>]*>([^<]*)</td>`).FindAllStringSubmatch(row[1], -1) {
		numbers = append(numbers, n[1])
	}
	// points, unharmed, resent, cleared-again, recovered, settings-lost, unrecovered, violated, missing
	if want := []string{"10", "4", "3", "0", "0", "0", "0", "1", "2"}; !slices.Equal(numbers, want) {
		t.Errorf("the row is %q, want %q", numbers, want)
	}
}

func TestWhatBrokeIsListedWithTheCommandThatRepeatsIt(t *testing.T) {
	page := html.UnescapeString(mustHTML(t, small()))
	for _, want := range []string{"I4: it does not recover", "ionbench replay 'byte-flip at byte 8 to-meter' --image-size 65536"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	calm := small()
	calm.Outcomes[2].Class, calm.Outcomes[2].Violations = "recovered", nil
	if strings.Contains(mustHTML(t, calm), "Broken invariants") {
		t.Error("the page speaks of broken invariants, and none is")
	}
}

func TestAPartialAtlasSaysSo(t *testing.T) {
	const notice = "<strong>Partial.</strong>"
	a := small()
	if strings.Contains(mustHTML(t, a), notice) {
		t.Error("a whole one says it too")
	}
	a.Partial = true
	if !strings.Contains(mustHTML(t, a), notice) {
		t.Error("it does not")
	}
}

func TestOneAtlasGivesTheSameBytesEachTime(t *testing.T) {
	if testing.Short() {
		t.Skip("no two goroutines share anything")
	}
	s := synthetic{wirePoints: 9000, outcomes: 300, pairs: true, partial: true}
	page, picture := mustHTML(t, s.atlas()), mustPNG(t, s.atlas())
	if mustHTML(t, s.atlas()) != page {
		t.Error("the pages differ")
	}
	if !bytes.Equal(mustPNG(t, s.atlas()), picture) {
		t.Error("the pictures differ")
	}
}

func TestAPageOfAMillionPointsStaysSmall(t *testing.T) {
	const most = 3 << 20
	a := synthetic{wirePoints: 280_000, outcomes: 20_000, pairs: true}.atlas()
	if p := mustPicture(t, a); p.points < 1_000_000 {
		t.Fatalf("the atlas has only %d points", p.points)
	}
	if n := len(mustHTML(t, a)); n > most {
		t.Errorf("the page has %d bytes, want no more than %d", n, most)
	}
	if n := len(mustHTML(t, crowded())); n > most {
		t.Errorf("with as many sorts of pairs as there can be the page has %d bytes, want no more than %d", n, most)
	}
}

// crowded is an atlas with every pair of 25 kinds, and a different outcome in every cell.
func crowded() *atlas.Atlas {
	a := synthetic{wirePoints: 280_000, outcomes: 20_000}.atlas()
	kind := func(i int) string { return "kind-" + string(rune('a'+i)) }
	for second := range 25 {
		for first := range 25 {
			r := atlas.Row{Space: "pairs", Unit: "to-meter", First: 1, Plan: kind(first) + " at block 7 then " + kind(second) + " at byte # to-meter"}
			for i := range 280 {
				r.Runs = append(r.Runs, [2]int{1000, (second*7919 + first*104729 + i) % len(a.Outcomes)})
			}
			a.Rows = append(a.Rows, r)
		}
	}
	return a
}

func TestTextsThatAreTooLongOrTooManyAreCut(t *testing.T) {
	a := small()
	a.Outcomes[2].Violations = []verdict.Violation{{Rule: verdict.I4, Reason: strings.Repeat("ö", 10_000)}}
	if page := mustHTML(t, a); strings.Contains(page, strings.Repeat("ö", longestText)) || !strings.Contains(page, "I4: öö") {
		t.Error("a long reason is told whole, or not at all")
	}
	a.Rows[0].Runs = nil
	for i := range 3 * mostTexts {
		a.Outcomes = append(a.Outcomes, atlas.PointOutcome{Class: "violated", Violations: []verdict.Violation{{Rule: verdict.I4, Reason: "at " + grouped(i)}}})
		a.Rows = append(a.Rows, atlas.Row{Space: "many", Plan: "kill at reply # " + grouped(i), Unit: "reply", Runs: [][2]int{{1, len(a.Outcomes) - 1}}})
	}
	if n := len(dataOf(t, mustHTML(t, a)).Texts); n != mostTexts+1 {
		t.Errorf("%d texts, want %d and one for the rest", n, mostTexts)
	}
}

func TestNumbersAndTimesAreWrittenAsPeopleReadThem(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := grouped(n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for ms, want := range map[int64]string{0: "0 ms", 999: "999 ms", 1000: "1.0 s", 59_900: "59.9 s", 61_000: "1 min 01 s", 4_200_000: "1 h 10 min", -1500: "-1.5 s"} {
		if got := durationText(ms); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for ms, want := range map[int64]string{0: "0", 30_000: "30 s", 60_000: "1 min", 90_000: "1:30 min"} {
		if got := clockText(ms); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for n, want := range map[int]string{0: "0 %", 1: "< 0.01 %", 125_000: "12.50 %"} {
		if got := percentText(n, 1_000_000); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// full is a writer to a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	if err := WriteHTML(full{}, small()); err == nil {
		t.Error("the page is written to a full disk")
	}
	if err := WritePNG(full{}, small()); err == nil {
		t.Error("the picture is written to a full disk")
	}
	if err := WriteHTML(io.Discard, &atlas.Atlas{}); err == nil {
		t.Error("there is a page of an atlas without a format")
	}
	if err := WritePNG(io.Discard, &atlas.Atlas{}); err == nil {
		t.Error("there is a picture of an atlas without a format")
	}
}

// Whoever unticks everything is told so, and can have all again; what is rare can be jumped to.
func TestThePageOffersAWayOutOfAnEmptySelection(t *testing.T) {
	page := mustHTML(t, &atlas.Atlas{Format: atlas.Format})
	script := page[strings.LastIndex(page, "<script>"):]
	for _, id := range []string{"nothing", "again", "reset", "rarest"} {
		if !strings.Contains(page, ` id="`+id+`"`) || !strings.Contains(script, `getElementById("`+id+`")`) {
			t.Errorf("%s is not there, or does nothing", id)
		}
	}
}
