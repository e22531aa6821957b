package testreport_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/schemas/schematest"
	"ionbench/scenarios/testreport"
)

func sample() *testreport.Report {
	at := time.Date(2026, 11, 26, 19, 0, 0, 0, time.FixedZone("CET", 3600))
	return &testreport.Report{Title: "a bench", Tool: "bench", Started: at, Took: 3 * time.Second, Suites: []testreport.Suite{
		{Name: "killed", File: "up.py", Started: at.Add(time.Second), Took: 2 * time.Second, Repeat: "bench again `killed`",
			Properties: []testreport.Property{{Name: "seed", Value: "1"}, {Name: "row"}},
			Tests: []testreport.Test{
				{Scenario: "killed", Step: "upgrade", Status: testreport.Passed, Took: time.Second, Stdout: "one\ntwo\n"},
				{Scenario: "killed", Step: "recovery 1", Status: testreport.Failed, Message: "I4: 100%,\n*no* <b>", Text: "at length", Stderr: "\x00"},
			}},
		{Name: "late", Tests: []testreport.Test{{Scenario: "late", Step: "verdict", Status: testreport.Undecided, Message: "the computer was late"}}},
		{Name: "asked", Tests: []testreport.Test{{Scenario: "asked", Step: "upgrade", Status: testreport.Skipped, Message: "no {unit-id}"}}},
		{Name: "duties"},
	}}
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it lacks %s:\n%s", part, text)
		}
	}
}

func TestEverySuiteOfJUnitHasItsErrorsAndItsTime(t *testing.T) {
	text := written(t, func(b *bytes.Buffer) error { return sample().WriteJUnit(b) })
	wantParts(t, text,
		`<testsuites name="a bench" tests="4" failures="1" errors="1" skipped="1" time="3.000" timestamp="2026-11-26T18:00:00">`,
		`<testsuite name="killed" tests="2" failures="1" errors="0" skipped="0" time="2.000" timestamp="2026-11-26T18:00:01" file="up.py">`,
		`<testcase name="killed: recovery 1" classname="killed" file="up.py"`, `<property name="seed" value="1">`, `<system-out>one`,
		`<error message="the computer was late">`, `<skipped message="no {unit-id}">`)
	suites := strings.Count(text, "<testsuite ")
	if suites != 4 || strings.Count(text, ` errors="`) != suites+1 || strings.Count(text, ` timestamp="`) != suites+1 {
		t.Errorf("a suite lacks its errors or its time:\n%s", text)
	}
	if err := xml.Unmarshal([]byte(text), new(struct{})); err != nil {
		t.Error(err)
	}
}

func TestCTRFIsAsItsSchemaSays(t *testing.T) {
	checker, err := schematest.New(testreport.CTRF)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*testreport.Report{sample(), {Title: "nothing", Tool: "bench"}} {
		text := written(t, func(b *bytes.Buffer) error { return r.WriteCTRF(b) })
		if err := checker.Check([]byte(text)); err != nil {
			t.Error(err)
		}
	}
	text := written(t, func(b *bytes.Buffer) error { return sample().WriteCTRF(b) })
	wantParts(t, text, `"tests": 4`, `"other": 1`, `"start": 1795716000000`, `"name": "killed: recovery 1"`, `"status": "other"`, `"seed": "1"`, `"filePath": "up.py"`)
}

func TestTheSummaryIsMarkdownInWhichNoTextIsMarkup(t *testing.T) {
	text := written(t, func(b *bytes.Buffer) error { return sample().WriteSummary(b) })
	wantParts(t, text, "## a bench\n", "| 4 | 1 | 1 | 1 | 1 | 3s |\n", "- **killed: recovery 1**: I4: 100%, \\*no\\* &lt;b&gt;\n  `bench again 'killed'`\n",
		"### Without a verdict\n\n- **late: verdict**: the computer was late\n", "### Skipped\n\n- **asked: upgrade**: no {unit-id}\n")
}

func TestASummaryHasAnEnd(t *testing.T) {
	r := &testreport.Report{Suites: []testreport.Suite{{Tests: make([]testreport.Test, 250)}}}
	for i := range r.Suites[0].Tests {
		r.Suites[0].Tests[i].Status = testreport.Failed
	}
	text := written(t, func(b *bytes.Buffer) error { return r.WriteSummary(b) })
	if n := strings.Count(text, "\n- "); n != 100 || !strings.HasSuffix(text, "\nand 150 more\n") {
		t.Errorf("%d are told\n%s", n, text)
	}
	notes := written(t, func(b *bytes.Buffer) error { return r.WriteGitHub(b) })
	if lines := strings.Split(strings.TrimSpace(notes), "\n"); len(lines) != 10 || !strings.HasSuffix(lines[9], "::and 241 more") {
		t.Errorf("%s", notes)
	}
}

func TestAnnotationsAreCommandsOfOneLine(t *testing.T) {
	text := written(t, func(b *bytes.Buffer) error { return sample().WriteGitHub(b) })
	want := "::error file=up.py,title=killed%3A recovery 1::I4: 100%25,%0A*no* <b>%0Abench again `killed`\n" +
		"::warning title=late%3A verdict::the computer was late\n"
	if text != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
}
