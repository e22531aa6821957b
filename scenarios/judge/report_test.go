package judge

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/testreport"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
)

// sampleReport has one scenario of each verdict, with text that would be markup if a page did not
// quote it.
func sampleReport(t *testing.T) *Report {
	t.Helper()
	suite := mustSuite(t, "smoke")
	find := func(name string) Scenario {
		only, err := suite.Only([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		return only.Scenarios[0]
	}
	c, err := ParseCommand(`up '<script>alert(1)</script>' {tcp}`, false)
	if err != nil {
		t.Fatal(err)
	}
	attempt := func(code int, broken ...verdict.Violation) *Execution {
		a := &Execution{Command: "up x", Exit: Exit{Code: code, Took: time.Second}, Meter: verdict.Condition{State: meter.Application}, Broken: broken, LogTold: logJudged}
		a.Exit.Stdout.Write([]byte("<img src=x onerror=alert(1)> \x00\xff ]]>\n"))
		return a
	}
	recovery := attempt(1, verdict.Violation{Rule: verdict.I4, Reason: "the recovery ended with exit 1"})
	recovery.Recovery = true
	failed := &Result{Scenario: find("killed"), Attempts: []*Execution{attempt(1, verdict.Violation{Rule: verdict.I3, Reason: "<b>claimed</b>"}), recovery}, Broken: []verdict.Violation{{Rule: verdict.I1, Reason: "nobody answers"}}, Began: time.Date(2026, 11, 26, 19, 0, 0, 0, time.UTC), Took: 3 * time.Second, Repeat: "ionbench judge --only killed"}
	failed.collect()
	names := []string{"undisturbed", "killed", "wrong-unit"}
	return &Report{
		Part:  Part{Whole: names, Chosen: names},
		Suite: "smoke", Target: Target{Upgrade: c, Transport: rig.TCP}, Options: Options{}.Filled(), Took: 5 * time.Second,
		Results: []*Result{
			{Scenario: find("undisturbed"), Attempts: []*Execution{attempt(0)}, Took: time.Second},
			failed,
			{Scenario: find("wrong-unit"), Skipped: "the command has no {unit-id}"},
		},
	}
}

func TestTheJSONSaysAll(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport(t).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var o reportObject
	if err := json.Unmarshal(b.Bytes(), &o); err != nil {
		t.Fatal(err)
	}
	s := o.Scenarios
	if o.Format != Format || o.Verdict != "no" || o.Passed != 1 || o.Failed != 1 || o.Skipped != 1 || len(s) != 3 {
		t.Fatalf("%s", b.String())
	}
	if s[1].Plan != "kill at block 6" || s[1].ID == "" || s[1].Verdict != "no" || len(s[1].Broken) != 3 || len(s[1].Attempts) != 2 || s[1].Repeat == "" || s[2].Verdict != "skipped" {
		t.Errorf("%+v", s[1:])
	}
	if strings.Contains(b.String(), "null") {
		t.Error("an empty list is null")
	}
}

func TestTheTestReportHasEveryAttemptWithSeedPlanAndID(t *testing.T) {
	r := sampleReport(t).TestReport()
	if r.Tests() != 4 || r.Count(testreport.Failed) != 2 || r.Count(testreport.Skipped) != 1 || len(r.Suites) != 4 || r.Suites[2].Tests[0].Status != testreport.Skipped {
		t.Errorf("%+v", r)
	}
	killed := r.Suites[1]
	if len(killed.Tests) != 2 || killed.Tests[0].Status != testreport.Failed || !strings.Contains(killed.Tests[1].Text, "I1: nobody answers") || !strings.Contains(killed.Tests[0].Stdout, "<img") {
		t.Errorf("%+v", killed)
	}
	if killed.Tests[0].Name() != "killed: upgrade" || killed.File != "up" || killed.Started.IsZero() {
		t.Errorf("%q in %q, begun %v", killed.Tests[0].Name(), killed.File, killed.Started)
	}
	found := map[string]string{}
	for _, p := range killed.Properties {
		found[p.Name] = p.Value
	}
	if found["seed"] != "1" || found["plan"] != "kill at block 6" || !strings.HasPrefix(found["id"], "t1.") {
		t.Errorf("properties %v", found)
	}
}

func TestTheFileOfAProgramIsWhatItsCommandRuns(t *testing.T) {
	for command, want := range map[string]string{
		"./my-upgrader --tcp {tcp}": "my-upgrader", "python3 tools/up.py --image={image}": "tools/up.py", "up {tcp}": "up", "'up.sh' x": "up.sh", "": "",
	} {
		if got := sourceOf(command); got != want {
			t.Errorf("%s: %q", command, got)
		}
	}
}

func TestThePageNeedsNothingElseAndTakesNoTextForItsOwn(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport(t).WriteHTML("", &b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, no := range []string{"<script", "<img", "<b>claimed", "http:", "https:", "javascript:", "style="} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %s", no)
		}
	}
	for _, yes := range []string{
		"default-src &#39;none&#39;; style-src &#39;sha256-", "light-dark(", "&lt;script&gt;alert(1)", "I3: &lt;b&gt;claimed", "kill at block 6",
		"ionbench judge --only killed", "the command has no {unit-id}", "1 passed, 1 failed, 1 not played",
	} {
		if !strings.Contains(page, yes) {
			t.Errorf("the page lacks %s", yes)
		}
	}
	ids := regexp.MustCompile(`id="([^"]*)"`).FindAllStringSubmatch(page, -1)
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id[1]] {
			t.Errorf("two things have the id %s", id[1])
		}
		seen[id[1]] = true
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	r := sampleReport(t)
	for name, err := range map[string]error{"json": r.WriteJSON(fullDisk{}), "html": r.WriteHTML("", fullDisk{})} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
