package testreport

import (
	"encoding/json"
	"io"
	"strings"
	"time"
)

// CTRF is the name and version of the form that WriteCTRF writes; fixtures/schemas has its schema.
const CTRF = "ctrf 1"

type ctrfReport struct {
	Format  string      `json:"reportFormat"`
	Version string      `json:"specVersion"`
	Results ctrfResults `json:"results"`
}

type ctrfResults struct {
	Tool struct {
		Name string `json:"name"`
	} `json:"tool"`
	Summary ctrfSummary `json:"summary"`
	Tests   []ctrfTest  `json:"tests"`
}

// Times are in milliseconds, those of the clock since 1970.
type ctrfSummary struct {
	Tests    int   `json:"tests"`
	Passed   int   `json:"passed"`
	Failed   int   `json:"failed"`
	Skipped  int   `json:"skipped"`
	Pending  int   `json:"pending"`
	Other    int   `json:"other"`
	Suites   int   `json:"suites"`
	Start    int64 `json:"start"`
	Stop     int64 `json:"stop"`
	Duration int64 `json:"duration"`
}

type ctrfTest struct {
	Name     string            `json:"name"`
	Status   Status            `json:"status"`
	Duration int64             `json:"duration"`
	Start    int64             `json:"start,omitempty"`
	Suite    []string          `json:"suite"`
	Message  string            `json:"message,omitempty"`
	Trace    string            `json:"trace,omitempty"`
	File     string            `json:"filePath,omitempty"`
	Stdout   []string          `json:"stdout,omitempty"`
	Stderr   []string          `json:"stderr,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// WriteCTRF writes the report in the Common Test Report Format 1.0.0.
func (r *Report) WriteCTRF(w io.Writer) error {
	o := ctrfReport{Format: "CTRF", Version: "1.0.0", Results: ctrfResults{
		Summary: ctrfSummary{
			Tests: r.Tests(), Passed: r.Count(Passed), Failed: r.Count(Failed), Skipped: r.Count(Skipped), Other: r.Count(Undecided), Suites: len(r.Suites),
			Start: milliseconds(r.Started), Stop: milliseconds(r.Started.Add(r.Took)), Duration: r.Took.Milliseconds(),
		},
		Tests: []ctrfTest{},
	}}
	o.Results.Tool.Name = r.Tool
	for i := range r.Suites {
		s := &r.Suites[i]
		for j := range s.Tests {
			o.Results.Tests = append(o.Results.Tests, s.ctrf(&s.Tests[j]))
		}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(o)
}

func (s *Suite) ctrf(t *Test) ctrfTest {
	o := ctrfTest{
		Name: t.Name(), Status: t.Status, Duration: t.Took.Milliseconds(), Start: milliseconds(s.Started), Suite: []string{s.Name},
		Message: t.Message, Trace: t.Text, File: s.File, Stdout: lines(t.Stdout), Stderr: lines(t.Stderr), Labels: map[string]string{},
	}
	for _, p := range s.Properties {
		if p.Value != "" {
			o.Labels[p.Name] = p.Value
		}
	}
	return o
}

func milliseconds(t time.Time) int64 {
	if t.Year() < 1970 {
		return 0
	}
	return t.UnixMilli()
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
