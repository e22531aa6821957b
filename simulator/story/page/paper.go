package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"strings"
)

// mostOnPaper bounds the lines of a run that a page has as text before it unpacks the rest.
const mostOnPaper = 2000

// head is what the first line of a story says for people.
type head struct {
	Plan, Repeat, Outcome string
	Broken, Unstruck      []string
	Meters                []struct {
		Model, Serial string
		Unit, Baud    int
	}
}

// paper is what of a run can be read before the page has unpacked it, and where no script runs: what it was, what
// came of it, what struck, and the log. The page's own lists take its place.
func paper(story []byte) (string, error) {
	first, rest, _ := bytes.Cut(story, []byte("\n"))
	var h head
	if err := json.Unmarshal(first, &h); err != nil {
		return "", fmt.Errorf("the head of the story: %w", err)
	}
	var to strings.Builder
	fact := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&to, "<dt>%s</dt><dd>%s</dd>\n", name, html.EscapeString(text))
		}
	}
	to.WriteString("<dl>\n")
	for _, m := range h.Meters[:min(1, len(h.Meters))] {
		fact("meter", fmt.Sprintf("ION %s, %s, unit %d, %d baud", m.Model, m.Serial, m.Unit, m.Baud))
	}
	fact("plan", h.Plan)
	fact("outcome", strings.ReplaceAll(h.Outcome, "-", " "))
	fact("broken", strings.Join(h.Broken, "; "))
	fact("never struck", strings.Join(h.Unstruck, "; "))
	fact("repeat it", h.Repeat)
	to.WriteString("</dl>\n<ol class=\"rows\">\n")
	err := rows(&to, rest)
	to.WriteString("</ol>\n")
	return to.String(), err
}

// clock is a time of the run as the page's own lists have it (component/clock.js), such as 1:10:02.125.
func clock(seconds float64) string {
	ms := int64(math.Round(seconds * 1000))
	s := ms / 1000
	if h := s / 3600; h > 0 {
		return fmt.Sprintf("%d:%02d:%02d.%03d", h, s/60%60, s%60, ms%1000)
	}
	return fmt.Sprintf("%d:%02d.%03d", s/60, s%60, ms%1000)
}

// event is what an event that people read as a line can say.
type event struct {
	At                 float64
	Text, Phase, Fault string
}

// readers are the words of the events that are on paper, by their names.
var readers = map[string]func(event) string{
	"log":      func(e event) string { return e.Text },
	"output":   func(e event) string { return e.Text },
	"fault":    func(e event) string { return "fault " + e.Phase + ": " + e.Fault },
	"finished": func(e event) string { return "the tool ends: " + e.Text },
}

// rows are the lines of the log, what a program printed, and what struck, in order.
func rows(to *strings.Builder, events []byte) error {
	told := 0
	for line := range bytes.Lines(events) {
		_, name, _ := bytes.Cut(line, []byte(`"event":"`))
		name, _, _ = bytes.Cut(name, []byte(`"`))
		words, read := readers[string(name)]
		if !read {
			continue
		}
		if told == mostOnPaper {
			to.WriteString("<li>… and more, which the page shows once it is open</li>\n")
			return nil
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("an event of the story: %w", err)
		}
		told++
		fmt.Fprintf(to, "<li><time>%s</time> %s</li>\n", clock(e.At), html.EscapeString(words(e)))
	}
	return nil
}
