package judge

import (
	"strconv"
	"strings"
	"time"

	"ionbench/scenarios/testreport"
	"ionbench/scenarios/verdict"
)

// TestReport is the report as one of tests: a suite for each scenario, with its seed, plan and id
// as properties, and a test for each run of the program.
func (r *Report) TestReport() *testreport.Report {
	t := &testreport.Report{Title: r.title(), Tool: "ionbench judge", Started: r.Began, Took: r.Took}
	for _, s := range r.Results {
		t.Suites = append(t.Suites, r.testSuite(s))
	}
	duties := testreport.Suite{Name: r.Suite + "/duties"}
	for _, d := range r.Duties() {
		duties.Properties = append(duties.Properties, testreport.Property{Name: d.ID.String(), Value: strings.TrimSuffix(string(d.State)+": "+d.Why, ": ")})
	}
	t.Suites = append(t.Suites, duties)
	return t
}

// title is the name of the whole report, which says if it is not about the whole suite.
func (r *Report) title() string {
	title := "ionbench judge " + r.Suite
	if why := r.Partial(); len(why) > 0 {
		title += " (partial: " + strings.Join(why, ", ") + ")"
	}
	return title
}

func (r *Report) testSuite(s *Result) testreport.Suite {
	c := &s.Scenario
	suite := testreport.Suite{
		Name: r.Suite + "/" + s.name(), File: sourceOf(r.Target.Upgrade.String()), Started: s.Began, Took: s.Took, Repeat: s.Repeat,
		Properties: []testreport.Property{
			{Name: "title", Value: c.Title}, {Name: "phase", Value: string(c.Phase)}, {Name: "row", Value: c.Row},
			{Name: "seed", Value: strconv.FormatUint(r.Options.Seed, 10)}, {Name: "plan", Value: c.Plans.String()}, {Name: "harms", Value: harmsText(c.everyHarm())},
			{Name: "duties", Value: dutyNames(c.Duties)}, {Name: "id", Value: c.ID()}, {Name: "input", Value: c.input()},
			{Name: "transport", Value: r.Target.Transport.String()}, {Name: "repeat", Value: s.Repeat},
			{Name: "round", Value: strconv.Itoa(s.Round)}, {Name: "partial", Value: strings.Join(r.Partial(), ",")},
		},
	}
	add := func(step string, status testreport.Status, took time.Duration) *testreport.Test {
		suite.Tests = append(suite.Tests, testreport.Test{Scenario: s.name(), Step: step, Status: status, Took: took})
		return &suite.Tests[len(suite.Tests)-1]
	}
	if s.Skipped != "" {
		add("upgrade", testreport.Skipped, 0).Message = s.Skipped
	}
	told := 0
	for i, a := range s.Attempts {
		one := add(a.Name(), testreport.Passed, a.Exit.Took)
		one.Stdout, one.Stderr = printable(a.Exit.Stdout.Kept()), printable(a.Exit.Stderr.Kept())
		broken := verdict.Texts(a.Broken)
		told += len(broken)
		if i == len(s.Attempts)-1 {
			broken = append(broken, verdict.Texts(s.Broken[told:])...)
		}
		if len(broken) > 0 && s.Verdict() == "no" && !s.Again {
			one.Status, one.Message, one.Text = testreport.Failed, broken[0], strings.Join(broken, "\n")+"\n"+VerdictText(s)
		}
	}
	if s.Trouble != "" {
		why := add("verdict", testreport.Undecided, 0)
		why.Message, why.Text = s.Trouble, VerdictText(s)
	}
	return suite
}

// sourceOf is the file that a command line runs, as far as it tells: the first word that looks like
// the path of a file, such as up.py of "python3 up.py {image}".
func sourceOf(command string) string {
	words := strings.Fields(command)
	for _, word := range words {
		word = strings.Trim(word, `'"`)
		if strings.ContainsAny(word, "./") && !strings.ContainsAny(word, "{}=<>|&;$()\"'") && !strings.HasPrefix(word, "-") {
			return strings.TrimPrefix(word, "./")
		}
	}
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// mostPrinted is how many bytes of an output the XML has at most. The artifacts have more.
const mostPrinted = 16 << 10

// printable is the end of an output, with everything in it made visible.
func printable(b []byte) string {
	return visibleText(string(b[max(0, len(b)-mostPrinted):]))
}
