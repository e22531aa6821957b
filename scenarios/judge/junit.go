package judge

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ionbench/scenarios/verdict"
)

// The report as JUnit XML: a suite for each scenario, with its seed, plan and id as
// properties, and a case for each run of the program.

type junitReport struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr"`
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

// WriteJUnit writes the report as JUnit XML.
func (r *Report) WriteJUnit(w io.Writer) error {
	report := junitReport{Name: r.title(), Time: seconds(r.Took.Seconds())}
	for _, s := range r.Results {
		suite := r.junitSuite(s)
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Errors += suite.Errors
		report.Suites = append(report.Suites, suite)
	}
	duties := junitSuite{Name: r.Suite + "/duties", Time: seconds(0)}
	for _, d := range r.Duties() {
		duties.Properties = append(duties.Properties, junitProperty{d.ID.String(), strings.TrimSuffix(string(d.State)+": "+d.Why, ": ")})
	}
	report.Suites = append(report.Suites, duties)
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

// title is the name of the whole report, which says if it is not about the whole suite.
func (r *Report) title() string {
	title := "ionbench judge " + r.Suite
	if why := r.Partial(); len(why) > 0 {
		title += " (partial: " + strings.Join(why, ", ") + ")"
	}
	return title
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }

func (r *Report) junitSuite(s *Result) junitSuite {
	c := &s.Scenario
	suite := junitSuite{Name: r.Suite + "/" + s.name(), Time: seconds(s.Took.Seconds()), Properties: []junitProperty{
		{"title", c.Title}, {"phase", string(c.Phase)}, {"row", c.Row},
		{"seed", strconv.FormatUint(r.Options.Seed, 10)}, {"plan", c.Plans.String()}, {"harms", harmsText(c.Harms)}, {"duties", dutyNames(c.Duties)}, {"id", c.ID()}, {"input", c.input()},
		{"transport", r.Target.Transport.String()}, {"repeat", s.Repeat},
		{"round", strconv.Itoa(s.Round)}, {"partial", strings.Join(r.Partial(), ",")},
	}}
	if s.Skipped != "" {
		suite.Cases = []junitCase{{Name: "upgrade", Class: c.Name, Time: seconds(0), Skipped: &junitMessage{Message: s.Skipped}}}
		suite.Skipped = 1
	}
	told := 0
	for i, a := range s.Attempts {
		one := junitCase{Name: a.Name(), Class: c.Name, Time: seconds(a.Exit.Took.Seconds()), SystemOut: printable(a.Exit.Stdout.Kept()), SystemErr: printable(a.Exit.Stderr.Kept())}
		broken := verdict.Texts(a.Broken)
		told += len(broken)
		if i == len(s.Attempts)-1 {
			broken = append(broken, verdict.Texts(s.Broken[told:])...)
		}
		if len(broken) > 0 && s.Verdict() == "no" && !s.Again {
			one.Failure = &junitMessage{Message: broken[0], Text: fmt.Sprintf("%s\n%s", strings.Join(broken, "\n"), VerdictText(s))}
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, one)
	}
	if s.Trouble != "" {
		why := &junitMessage{Message: s.Trouble, Text: VerdictText(s)}
		suite.Cases = append(suite.Cases, junitCase{Name: "verdict", Class: c.Name, Time: seconds(0), Error: why})
		suite.Errors = 1
	}
	suite.Tests = len(suite.Cases)
	return suite
}

// mostPrinted is how many bytes of an output the XML has at most. The artifacts have more.
const mostPrinted = 16 << 10

// printable is the end of an output, with everything in it made visible.
func printable(b []byte) string {
	return VisibleText(string(b[max(0, len(b)-mostPrinted):]))
}
