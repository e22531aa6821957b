package testreport

import (
	"encoding/xml"
	"io"
	"strconv"
	"time"
)

type junitReport struct {
	XMLName xml.Name `xml:"testsuites"`
	junitSum
	Suites []junitSuite `xml:"testsuite"`
}

// junitSum is what a report and each of its suites say of themselves.
type junitSum struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
	Stamp    string `xml:"timestamp,attr,omitempty"`
}

type junitSuite struct {
	junitSum
	File       string           `xml:"file,attr,omitempty"`
	Properties *junitProperties `xml:"properties"`
	Cases      []junitCase      `xml:"testcase"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Skipped   *junitMessage `xml:"skipped"`
	Failure   *junitMessage `xml:"failure"`
	Error     *junitMessage `xml:"error"`
	SystemOut string        `xml:"system-out,omitempty"`
	SystemErr string        `xml:"system-err,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML. Stamps are in UTC and without a zone, as the schemas
// in use want them.
func (r *Report) WriteJUnit(w io.Writer) error {
	report := junitReport{junitSum: junitSum{
		Name: r.Title, Tests: r.Tests(), Failures: r.Count(Failed), Errors: r.Count(Undecided), Skipped: r.Count(Skipped),
		Time: seconds(r.Took), Stamp: stamp(r.Started),
	}}
	for i := range r.Suites {
		s := r.Suites[i]
		if s.Started.IsZero() {
			s.Started = r.Started
		}
		report.Suites = append(report.Suites, s.junit())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", " ")
	if err := out.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *Suite) junit() junitSuite {
	suite := junitSuite{File: s.File, junitSum: junitSum{
		Name: s.Name, Tests: len(s.Tests), Failures: s.count(Failed), Errors: s.count(Undecided), Skipped: s.count(Skipped),
		Time: seconds(s.Took), Stamp: stamp(s.Started),
	}}
	if len(s.Properties) > 0 {
		suite.Properties = &junitProperties{}
		for _, p := range s.Properties {
			suite.Properties.List = append(suite.Properties.List, junitProperty(p))
		}
	}
	for i := range s.Tests {
		t := &s.Tests[i]
		c := junitCase{Name: t.Name(), Class: s.Name, File: s.File, Time: seconds(t.Took), SystemOut: t.Stdout, SystemErr: t.Stderr}
		why := &junitMessage{t.Message, t.Text}
		switch t.Status {
		case Failed:
			c.Failure = why
		case Skipped:
			c.Skipped = why
		case Undecided:
			c.Error = why
		}
		suite.Cases = append(suite.Cases, c)
	}
	return suite
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
