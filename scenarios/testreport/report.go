// Package testreport writes the results of tests in the forms that others read: JUnit XML, CTRF
// (the Common Test Report Format, 1.0.0), a summary in Markdown, and annotations for GitHub. What
// was tested, and what came of it, is for its callers to say.
package testreport

import "time"

// Report is the results of one run.
type Report struct {
	Title   string    // such as "ionbench judge quick"
	Tool    string    // that has tested
	Started time.Time // zero: not known
	Took    time.Duration
	Suites  []Suite
}

// Suite is the tests of one scenario.
type Suite struct {
	Name       string
	File       string // where one would look; "": not known
	Started    time.Time
	Took       time.Duration
	Properties []Property
	Tests      []Test
	Repeat     string // command line that repeats it
}

// Property is a fact about a suite.
type Property struct{ Name, Value string }

// Test is one step of a scenario.
type Test struct {
	Scenario, Step string
	Status         Status
	Took           time.Duration
	Message        string // why it has not passed, in a line
	Text           string // the same, at length
	Stdout, Stderr string
}

// Name is the scenario and its step.
func (t *Test) Name() string { return t.Scenario + ": " + t.Step }

// Status is what came of a test.
type Status string

// What can come of a test. The words are those of CTRF.
const (
	Passed    Status = "passed"
	Failed    Status = "failed"
	Skipped   Status = "skipped"
	Undecided Status = "other" // it could not be played to its end
)

// count counts the tests of a suite with a status.
func (s *Suite) count(status Status) (n int) {
	for i := range s.Tests {
		if s.Tests[i].Status == status {
			n++
		}
	}
	return n
}

// Count counts the tests with a status.
func (r *Report) Count(status Status) (n int) {
	for i := range r.Suites {
		n += r.Suites[i].count(status)
	}
	return n
}

// Tests counts the tests.
func (r *Report) Tests() (n int) {
	for i := range r.Suites {
		n += len(r.Suites[i].Tests)
	}
	return n
}
