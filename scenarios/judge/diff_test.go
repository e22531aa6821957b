package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// release is the report of an upgrader that passes three scenarios.
func release(t *testing.T, change func(*Report)) *Stored {
	t.Helper()
	suite := mustSuite(t, "smoke")
	names := []string{"undisturbed", "cable-out", "wrong-serial"}
	only, err := suite.Only(names)
	if err != nil {
		t.Fatal(err)
	}
	names = only.names()
	ended := func(code int) *Execution {
		return &Execution{Exit: Exit{Code: code, Took: 4 * time.Second}, Meter: verdict.Condition{State: meter.Application}, Cost: verdict.Cost{Resends: 10}, Questions: 40}
	}
	recovery := ended(0)
	recovery.Recovery = true
	r := &Report{
		Part: Part{Whole: names, Chosen: names}, Suite: "smoke", Target: Target{Upgrade: Command{text: "up {tcp}"}, Transport: rig.TCP, KeepsSettings: true},
		Options: Options{Response: time.Second, JudgedBy: "ionbench 1"}.Filled(),
	}
	attempts := map[string][]*Execution{"undisturbed": {ended(0)}, "cable-out": {ended(1), recovery}, "wrong-serial": {ended(2)}}
	for i := range only.Scenarios {
		s := &only.Scenarios[i]
		r.Results = append(r.Results, &Result{Scenario: *s, Round: 1, Attempts: attempts[s.Name], Took: 4 * time.Second, late: time.Millisecond, Repeat: "ionbench judge --only " + s.Name})
	}
	if change != nil {
		change(r)
	}
	return stored(t, written(t, r))
}

func stored(t *testing.T, text string) *Stored {
	t.Helper()
	s, err := ReadStored(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func differs(t *testing.T, old, now *Stored) *Difference {
	t.Helper()
	d, err := Diff(old, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func result(r *Report, name string) *Result {
	return r.Results[slices.IndexFunc(r.Results, func(s *Result) bool { return s.Scenario.Name == name })]
}

// lies has a program claim a success that was none.
func lies(r *Result, broken []verdict.Violation) {
	r.Attempts[0].Exit.Code, r.Attempts, r.Broken = 0, r.Attempts[:1], broken
}

func TestADifferenceSaysWhatGotWorse(t *testing.T) {
	first := func(r *Report) *Execution { return result(r, "undisturbed").Attempts[0] }
	broken := []verdict.Violation{{Rule: verdict.I2, Reason: "success is claimed"}}
	for _, test := range []struct {
		name      string
		old, now  func(*Report)
		says      string // a line of the text
		worse     bool
		scenarios string // its last line
	}{
		{"nothing", nil, nil, "", false, "worse=0 gone=0 other=0 new=0 better=0 unknown=0 same=3"},
		{"a scenario fails", nil, func(r *Report) { result(r, "cable-out").Broken = broken },
			"worse: cable-out: verdict: no, was pass: I2: success is claimed\n  ionbench judge --only cable-out\n", true, "worse=1 gone=0 other=0 new=0 better=0 unknown=0 same=2"},
		{"a duty with it", nil, func(r *Report) { result(r, "cable-out").Broken = broken }, "worse: duty D8 (A bounded number of times; ", true, ""},
		{"it is mended", func(r *Report) { result(r, "cable-out").Broken = broken }, nil,
			"better: cable-out: verdict: pass, was no: it was: I2: success is claimed\n", false, "worse=0 gone=0 other=0 new=0 better=1 unknown=0 same=2"},
		{"it fails in another way too", func(r *Report) { result(r, "cable-out").Broken = broken },
			func(r *Report) {
				result(r, "cable-out").Broken = append(slices.Clone(broken), verdict.Violation{Rule: verdict.I7, Reason: "settings are lost"})
			}, "worse: cable-out: reason: I2, I7, was I2", true, ""},
		{"settings are lost", nil, func(r *Report) { first(r).Lost = ion.Of(ion.Clock, ion.ITC) }, "worse: undisturbed: settings lost: clock,itc, was none\n", true, ""},
		{"fewer settings are lost", func(r *Report) { first(r).Lost = ion.AllGroups }, func(r *Report) { first(r).Lost = ion.Of(ion.Clock) }, "better: undisturbed: settings lost: clock, was ", false, ""},
		{"to keep settings takes more", func(r *Report) { first(r).Lost = ion.Of(ion.Clock) }, func(r *Report) {
			first(r).Questions, first(r).Cost.Resends, first(r).Exit.Took = 400, 40, time.Hour
		}, "better: undisturbed: settings lost: none, was clock\n", false, "worse=0 gone=0 other=0 new=0 better=1 unknown=0 same=2"},
		{"a recovery is needed", nil, func(r *Report) {
			first(r).Exit.Code = 1
			result(r, "undisturbed").Attempts = append(result(r, "undisturbed").Attempts, result(r, "cable-out").Attempts[1])
		}, "worse: undisturbed: exit status: exit 1, exit 0, was exit 0: the upgrade succeeded by itself\n", true, ""},
		{"a lie is mended", func(r *Report) { lies(result(r, "cable-out"), broken) }, nil,
			"better: cable-out: verdict: pass, was no", false, "worse=0 gone=0 other=0 new=0 better=1 unknown=0 same=2"},
		{"it lies", nil, func(r *Report) { lies(result(r, "cable-out"), broken) },
			"worse: cable-out: verdict: no, was pass", true, "worse=1 gone=0 other=0 new=0 better=0 unknown=0 same=2"},
		{"it crashes", nil, func(r *Report) {
			e := &result(r, "wrong-serial").Attempts[0].Exit
			e.Code, e.Signal = -1, "segmentation fault"
		}, "worse: wrong-serial: exit status: signal: segmentation fault, was exit 2: a signal ends it that nobody sent\n", true, ""},
		{"another exit status", nil, func(r *Report) { result(r, "wrong-serial").Attempts[0].Exit.Code = 77 },
			"other: wrong-serial: exit status: exit 77, was exit 2\n", false, "worse=0 gone=0 other=1 new=0 better=0 unknown=0 same=2"},
		{"resends", nil, func(r *Report) { first(r).Cost.Resends = 13 }, "worse: undisturbed: resends: 13, was 10\n", true, ""},
		{"one resend is chance", nil, func(r *Report) { first(r).Cost.Resends = 12 }, "", false, ""},
		{"fewer resends", nil, func(r *Report) { first(r).Cost.Resends = 0 }, "better: undisturbed: resends: 0, was 10\n", false, ""},
		{"a few more everywhere", nil, func(r *Report) {
			for _, s := range r.Results {
				s.Attempts[0].Cost.Resends += 2
			}
		}, "worse: all: resends: 46, was 40: ", true, ""},
		{"questions", nil, func(r *Report) { first(r).Questions = 80 }, "worse: undisturbed: questions: 80, was 40\n", true, ""},
		{"time", nil, func(r *Report) { first(r).Exit.Took = 6 * time.Second }, "worse: undisturbed: time: 6.0 s, was 4.0 s\n", true, ""},
		{"time is noise", nil, func(r *Report) { first(r).Exit.Took = 4900 * time.Millisecond }, "", false, ""},
		{"a computer that is late at each question", nil, func(r *Report) {
			first(r).Exit.Took, result(r, "undisturbed").late = 7*time.Second, 100*time.Millisecond
		}, "", false, ""},
		{"a computer that is late by more than the program bears", nil, func(r *Report) {
			first(r).Exit.Took, first(r).Cost.Resends, result(r, "undisturbed").late = 20*time.Second, 20, 300*time.Millisecond
		}, "", false, ""},
		{"the median of rounds", func(r *Report) { r.Options.Rounds = 3; playedThrice(r, 4, 4, 9) }, func(r *Report) { r.Options.Rounds = 3; playedThrice(r, 4, 40, 4) }, "", false, ""},
		{"one round fails", func(r *Report) { r.Options.Rounds = 3; playedThrice(r, 4, 4, 4) }, func(r *Report) { r.Options.Rounds = 3; playedThrice(r, 4, 4, 4); r.Results[1].Broken = broken },
			"worse: undisturbed: verdict: no, was pass", true, ""},
		{"it cannot be played any more", nil, func(r *Report) {
			s := result(r, "wrong-serial")
			s.Attempts, s.Skipped = nil, "the command has no {serial}"
		},
			"worse: wrong-serial: verdict: skipped, was pass: it could be played, and cannot any more: the command has no {serial}\n", true, ""},
		{"no verdict", nil, func(r *Report) { result(r, "cable-out").Trouble = "no room" }, "", false, "worse=0 gone=0 other=0 new=0 better=0 unknown=1 same=2"},
		{"a part of it", nil, func(r *Report) {
			r.Part.Only, r.Part.Chosen, r.Results = true, []string{r.Results[0].Scenario.Name}, r.Results[:1]
		},
			"note: the new report is partial (only): ", false, "worse=0 gone=0 other=0 new=0 better=0 unknown=2 same=1"},
		{"a scenario is new", func(r *Report) { dropFirst(r) }, nil, "new: undisturbed: verdict: pass, was absent\n", false, "worse=0 gone=0 other=0 new=1 better=0 unknown=0 same=2"},
		{"a scenario is gone", nil, func(r *Report) { dropFirst(r) }, "gone: undisturbed: verdict: absent, was pass: the suite does not have it any more\n", false, ""},
		{"another scenario by its name", nil, func(r *Report) { result(r, "undisturbed").Scenario.Expect = Refuses }, "", false, "worse=0 gone=0 other=0 new=0 better=0 unknown=1 same=2"},
		{"another pace", nil, func(r *Report) { r.Options.Pace = 10; first(r).Exit.Took = time.Hour },
			"note: resends, questions and times are not compared: the old report is of --response 1s, --pace 0, ", false, ""},
		{"more at once", nil, func(r *Report) { r.Options.Parallel = 4; first(r).Exit.Took = time.Hour }, fmt.Sprintf("note: times are not compared: %d scenarios were played at once, and then 4\n", DefaultParallel), false, ""},
		{"another ionbench", nil, func(r *Report) { r.Options.JudgedBy = "ionbench 2" }, "note: they were judged by ionbench 1 and by ionbench 2: ", false, ""},
	} {
		d := differs(t, release(t, test.old), release(t, test.now))
		text := d.Text()
		if d.Worse != test.worse || !strings.Contains(text, test.says) || !strings.HasSuffix(text, test.scenarios+"\n") && test.scenarios != "" {
			t.Errorf("%s: worse is %v\n%s", test.name, d.Worse, text)
		}
	}
}

// playedThrice plays the first scenario three times, in these seconds.
func playedThrice(r *Report, took ...int) {
	var all []*Result
	for i, s := range r.Results {
		for round, n := range took {
			again := *s
			again.Round = round + 1
			if i == 0 {
				a := *s.Attempts[0]
				a.Exit.Took = time.Duration(n) * time.Second
				again.Attempts = []*Execution{&a}
			}
			all = append(all, &again)
		}
	}
	r.Results = all
}

func dropFirst(r *Report) {
	r.Results = r.Results[1:]
	r.Part.Whole = r.Part.Whole[1:]
	r.Part.Chosen = r.Part.Whole
}

func TestReportsOfOtherKindsAreNotCompared(t *testing.T) {
	for says, now := range map[string]func(*Report){
		`the suite is another: "smoke" and "full"`:    func(r *Report) { r.Suite = "full" },
		`the transport is another: "TCP" and "PTY"`:   func(r *Report) { r.Target.Transport = rig.PTY },
		`the promise to keep settings is another: `:   func(r *Report) { r.Target.KeepsSettings = false },
		"no scenario in common that both have judged": func(r *Report) { r.Results, r.Interrupted = nil, true },
	} {
		if _, err := Diff(release(t, nil), release(t, now)); !errors.Is(err, ErrNoComparison) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	other := strings.Replace(written(t, sampleReport(t)), Format, "ionbench-judge 3", 1)
	if _, err := ReadStored(strings.NewReader(other)); !errors.Is(err, ErrNoComparison) || !strings.Contains(err.Error(), `its format is "ionbench-judge 3"`) {
		t.Error(err)
	}
}

// The report in testdata was written by the version before: it does not say how late the computer
// was, how many scenarios were played at once, and how many questions were asked.
func TestReportsOfTheVersionBeforeAreRead(t *testing.T) {
	b, err := os.ReadFile("testdata/report-1.json")
	if err != nil {
		t.Fatal(err)
	}
	old := stored(t, string(b))
	d := differs(t, old, old)
	if d.Worse || d.Scenarios[IsSame] != 3 || len(d.Changed) > 0 || len(d.Notes) != 3 {
		t.Errorf("%+v", d)
	}
	r, err := ReadJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	result(r, "killed").Broken = []verdict.Violation{{Rule: verdict.I7, Attempt: 1, Reason: "settings are lost"}}
	result(r, "killed").Attempts[1].Lost = ion.AllGroups
	if d := differs(t, old, stored(t, written(t, r))); !d.Worse || d.Scenarios[GotWorse] != 1 {
		t.Errorf("%+v", d)
	}
}

func TestDamagedReportsAreRefused(t *testing.T) {
	good := written(t, sampleReport(t))
	for says, damage := range map[string][2]string{
		"it is no report of ionbench judge: ":          {`"suite"`, `"suite`},
		"something stands behind the report":           {"\n}\n", "\n}\n{}"},
		"an older ionbench wrote it":                   {`"response_seconds": 10`, `"response_seconds": 0`},
		"-1 seconds are no time":                       {`"seconds": 5,`, `"seconds": -1,`},
		"1e+300 seconds are no time":                   {`"seconds": 5,`, `"seconds": 1e300,`},
		"cannot unmarshal number 1e400":                {`"seconds": 5,`, `"seconds": 1e400,`},
		"it says that 7 scenarios passed, and 1":       {`"passed": 1`, `"passed": 7`},
		`its verdict is said to be "pass", and is "no`: {`"verdict": "no",` + "\n \"upgrader\"", `"verdict": "pass",` + "\n \"upgrader\""},
		"which is no state of a duty":                  {`"state": "broken"`, `"state": "bent"`},
		`scenario "kil\x1bled" is not among`:           {`"name": "killed"`, `"name": "kil\u001bled"`},
		`it has a verdict and no attempt`:              {`"attempts": [`, `"attempts": [], "x": [`},
		`there is no state "upside down"`:              {`"meter_state": "application"`, `"meter_state": "upside down"`},
		`begins with no rule and reason`:               {`"I1: nobody answers"`, `"nobody answers"`},
		"the number -3 is negative":                    {`"rounds": 1`, `"rounds": -3`},
	} {
		text := strings.Replace(good, damage[0], damage[1], 1)
		if text == good {
			t.Fatalf("%q is not in the report", damage[0])
		}
		if _, err := ReadStored(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func TestADifferenceShowsNothingThatAReportCouldSmuggleIn(t *testing.T) {
	hostile := release(t, func(r *Report) {
		s := result(r, "undisturbed")
		s.Broken, s.Repeat = []verdict.Violation{{Rule: verdict.I2, Reason: "\x1b[2J\u202e\n"}}, "\x1b]0;x\a"
		s.Attempts[0].Exit.Signal = "\x1b[31m"
		r.Options.JudgedBy, r.Target.Upgrade.text = "\x1b[1m", "\x1b[2m"
	})
	d := differs(t, release(t, nil), hostile)
	b, err := json.Marshal(d)
	if text := d.Text(); err != nil || strings.ContainsAny(text, "\x1b\a\u202e") || strings.ContainsAny(string(b), "\x1b\a\u202e") {
		t.Errorf("%v: %q", err, text)
	}
}

func FuzzReadStored(f *testing.F) {
	b, err := os.ReadFile("testdata/report-1.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(strings.ReplaceAll(string(b), FormatBefore, Format)))
	good, err := ReadStored(strings.NewReader(string(b)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadStored(strings.NewReader(string(b)))
		if err != nil {
			return
		}
		for _, pair := range [][2]*Stored{{good, s}, {s, good}, {s, s}} {
			if d, err := Diff(pair[0], pair[1]); err == nil {
				_ = d.Text()
				if pair[0] == pair[1] && d.Worse {
					t.Error(d.Text())
				}
			}
		}
	})
}
