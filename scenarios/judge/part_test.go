package judge

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
)

func TestShardsTogetherHaveEveryScenarioOnce(t *testing.T) {
	full := mustSuite(t, "full")
	for _, of := range []int{1, 2, 3, 7} {
		times := map[string]int{}
		var sizes []int
		for i := range of {
			part := full.InShard(Shard{i + 1, of}, testResponse)
			for _, name := range part.names() {
				times[name]++
			}
			sizes = append(sizes, len(part.Scenarios))
			if !slices.Equal(part.Part.Chosen, full.names()) || part.Part.Shard != (Shard{i + 1, of}) {
				t.Errorf("%+v", part.Part)
			}
		}
		for _, name := range full.names() {
			if times[name] != 1 {
				t.Errorf("%s is in %d of %d shards", name, times[name], of)
			}
		}
		if slices.Max(sizes) > 2*slices.Min(sizes) {
			t.Errorf("%d shards have %v scenarios", of, sizes)
		}
	}
}

func TestAShardIsWrittenAsAFraction(t *testing.T) {
	for _, text := range []string{"", "1", "0/2", "3/2", "-1/2", "1/x", "1/2/3", "1/9999999999"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
	if s, err := ParseShard("2/3"); err != nil || s.String() != "2/3" {
		t.Errorf("%v, %v", s, err)
	}
}

func TestTheLastLineSaysInWhatWayAReportIsPartial(t *testing.T) {
	r := sampleReport(t)
	if got := r.LastLine(); got != "scenarios=3 passed=1 failed=1 skipped=1 seconds=5.0 partial=skipped suite=3" {
		t.Error(got)
	}
	r.Results = r.Results[:1]
	r.Part.Whole = r.Part.Whole[:1]
	if got := r.LastLine(); got != "scenarios=1 passed=1 failed=0 skipped=0 seconds=5.0" || r.Verdict() != "pass" {
		t.Error(got)
	}
	r.Results[0].Trouble, r.Interrupted = interrupted, true
	r.Part.Only, r.Part.Shard, r.Options.Rounds = true, Shard{1, 3}, 2
	if got := r.LastLine(); got != "scenarios=1 passed=0 failed=0 skipped=0 seconds=5.0 undecided=1 rounds=2 partial=only,shard-1/3,interrupted suite=1" || r.Verdict() != "none" {
		t.Error(got)
	}
}

func TestOneFailureInSeveralRoundsIsAFailure(t *testing.T) {
	r := sampleReport(t)
	passed, failed := r.Results[0], r.Results[1]
	failed.Scenario = passed.Scenario
	failed.Round = 2
	r.Results = []*Result{passed, failed}
	if p, f, _ := r.Counts(); p != 0 || f != 1 || r.Scenarios() != 1 || r.Verdict() != "no" {
		t.Errorf("%d passed, %d failed", p, f)
	}
	failed.Again = true // it does not count
	if p, f, _ := r.Counts(); p != 1 || f != 0 || r.Verdict() != "pass" {
		t.Errorf("%d passed, %d failed", p, f)
	}
}

func TestAFailureIsDoubtedOnlyWhereALateComputerCanBeTheReason(t *testing.T) {
	const response = 300 * time.Millisecond
	for _, test := range []struct {
		late   time.Duration
		broken []verdict.Violation
		doubt  bool
	}{
		{time.Second, nil, false},
		{50 * time.Millisecond, []verdict.Violation{{Rule: verdict.Expected}}, false},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.Expected}, {Rule: verdict.I4, Attempt: 1}}, true},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.Expected}, {Rule: verdict.I2}}, false},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.I7}}, false},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.I7, Attempt: 1}}, true},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.I8}}, false},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.Conduct, Reason: "sent again too soon"}}, true},
		{200 * time.Millisecond, []verdict.Violation{{Rule: verdict.Conduct, Reason: "sent again too soon"}, {Rule: verdict.Conduct, Reason: "other bytes"}}, false},
		{50 * time.Millisecond, []verdict.Violation{{Rule: verdict.Conduct, Reason: "sent again too soon"}}, false},
	} {
		r := &Result{Broken: test.broken, late: test.late, Attempts: []*Execution{{Asked: true, Conduct: []breach{{duty.Patience, "sent again too soon"}, {duty.Same, "other bytes"}}}}}
		if why := r.doubtful(response); (why != "") != test.doubt {
			t.Errorf("%v late, %v: %q", test.late, test.broken, why)
		}
		r.Attempts[0].Asked = false
		if why := r.doubtful(response); why != "" {
			t.Errorf("a program that waits for nothing: %q", why)
		}
	}
}

func TestAFailureOfMinutesIsNotTheComputersThatWasLateForAMoment(t *testing.T) {
	r := &Result{
		Scenario: Scenario{Pace: wall}, Broken: []verdict.Violation{{Rule: verdict.Expected}}, late: 200 * time.Millisecond, Took: time.Minute,
		Attempts: []*Execution{{Asked: true}},
	}
	if why := r.doubtful(300 * time.Millisecond); why != "" {
		t.Error(why)
	}
	r.late = 20 * time.Second
	if r.doubtful(300*time.Millisecond) == "" {
		t.Error("the computer was late for a third of the time")
	}
}

func TestAnEndBecauseOfWhatIsAroundIsAdviceUntilTheFlashIsCleared(t *testing.T) {
	a := &Execution{Exit: Exit{Code: 1}}
	p := &player{scenario: &Scenario{Duties: duties(duty.Surroundings)}, attempts: []*Execution{a}}
	if !p.endedAround(a) {
		t.Error("the meter is as it was")
	}
	if a.Meter.FlashOps = 1; p.endedAround(a) {
		t.Error("the flash was cleared")
	}
}

func TestHowLateTheComputerWasIsKnownForATime(t *testing.T) {
	at := func(ms int) time.Time { return time.Time{}.Add(time.Duration(ms) * time.Millisecond) }
	l := &lateness{peaks: []peak{{at(100), 20 * time.Millisecond}, {at(200), 50 * time.Millisecond}, {at(900), 90 * time.Millisecond}}}
	for _, test := range []struct{ from, to, late int }{{0, 70, 0}, {0, 90, 20}, {150, 400, 50}, {160, 170, 50}, {210, 800, 0}, {0, 1000, 90}} {
		if got := l.worst(at(test.from), at(test.to)); got != time.Duration(test.late)*time.Millisecond {
			t.Errorf("from %d to %d: %v", test.from, test.to, got)
		}
	}
}

func written(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAReportIsReadAsItWasWritten(t *testing.T) {
	was := written(t, sampleReport(t))
	r, err := ReadJSON(strings.NewReader(was))
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, r); got != was {
		t.Errorf("%s\nis not\n%s", got, was)
	}
}

func TestOnlyShardsOfOneRunAreMerged(t *testing.T) {
	shard := func(i, of int, results ...int) *Report {
		all := sampleReport(t)
		r := *all
		r.Part.Shard, r.Results = Shard{i, of}, nil
		for _, n := range results {
			r.Results = append(r.Results, all.Results[n])
		}
		return &r
	}
	r, err := Merge([]*Report{shard(2, 2, 2, 0), shard(1, 2, 1)})
	if err != nil || r.LastLine() != sampleReport(t).LastLine() || r.Results[1].Scenario.Name != "killed" {
		t.Errorf("%v: %s", err, r.LastLine())
	}
	if r, err := Merge([]*Report{sampleReport(t)}); err != nil || r.LastLine() != sampleReport(t).LastLine() {
		t.Errorf("one that is no shard, alone: %v", err)
	}
	slower := shard(2, 2, 2, 0)
	slower.Options.Response = time.Second
	for says, parts := range map[string][]*Report{
		"there are no reports":             nil,
		"is missing":                       {shard(1, 2, 0, 1, 2)},
		"is there twice":                   {shard(1, 2, 0), shard(1, 2, 1, 2)},
		"scenario killed is in two":        {shard(1, 2, 0, 1), shard(2, 2, 1, 2)},
		"is there 0 times":                 {shard(1, 2, 0), shard(2, 2, 1)},
		"the report of no shard":           {sampleReport(t), shard(1, 2, 1)},
		"the set of flags is another":      {shard(1, 2, 1), slower},
		"the number of shards is another:": {shard(1, 2, 1), shard(2, 3, 0, 2)},
	} {
		if _, err := Merge(parts); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte(`{"format":"ionbench-judge 1","suite":"smoke","suite_scenarios":["killed"],"response_seconds":1,"rounds":1,"scenarios":[{"name":"killed","verdict":"no","broken":["I2: x"],"attempts":[{"meter_state":"off","settings_lost":"none"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadJSON(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := ReadJSON(strings.NewReader(written(t, r)))
		if err != nil || again.LastLine() != r.LastLine() {
			t.Errorf("%v: %s", err, r.LastLine())
		}
		for _, s := range r.Results {
			_ = VerdictText(s)
		}
	})
}

func TestAnAbortedProgramDoesNotStayWhenTheFlashIsCleared(t *testing.T) {
	p := &player{scenario: &Scenario{Name: "aborted-erasing"}, options: &Options{Response: time.Second}}
	began := time.Now()
	for _, test := range []struct {
		took    time.Duration
		ops     uint64
		tarries bool
	}{
		{14 * time.Second, 5, false}, // the request under way is tried to its end
		{20 * time.Second, 5, true},
		{50 * time.Second, 0, false}, // there is a meter to bring back
	} {
		a := &Execution{Aborted: true, Exit: Exit{Code: 1, Took: test.took}, started: began, Meter: verdict.Condition{FlashOps: test.ops}, signals: []signalSent{{at: began.Add(time.Second)}}}
		if why := p.tarries(a); (why != "") != test.tarries {
			t.Errorf("after %v: %q", test.took, why)
		}
	}
}

// The image is gone from the moment that the clear has begun, also where no sector is erased yet.
func TestAMeterThatErasesWasNotLeftInItsLoaderBeforeTheClear(t *testing.T) {
	for state, left := range map[meter.State]bool{meter.Application: false, meter.Download: true, meter.Erasing: false} {
		a := &Execution{Aborted: true, Exit: Exit{Code: 1}, Meter: verdict.Condition{State: state}}
		if a.leftInLoader(meter.Application) != left {
			t.Errorf("%v: %v", state, !left)
		}
	}
}

func TestALogHasTheHourOfThePlaceWhereItsProgramRuns(t *testing.T) {
	began := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	here := time.FixedZone("there", int(abroadBy/time.Second))
	for told, advised := range map[string]bool{"2026-03-02 04:45:01": false, "2026-03-01 23:00:01": true, "2026-03-02 16:45:01": true, "2026-03-01 04:45:01": true} {
		at, err := time.Parse(time.DateTime, told)
		if err != nil {
			t.Fatal(err)
		}
		a := &Execution{started: began, Exit: Exit{Took: 3 * time.Second}}
		if a.adviseHour(at, here); len(a.Warned) > 0 != advised {
			t.Errorf("%s: advised: %v", told, !advised)
		}
	}
}

// A flag that the program does not know is the usual reason why it never comes to anything.
func TestWhatWasNotPlayedTellsHowTheProgramEnded(t *testing.T) {
	const why = "the program never came to clear 1, so nothing befell it there"
	refusing := Exit{Code: 2}
	if _, err := refusing.Stderr.Write([]byte("up: error: there is no flag --tpc\x1b[2J\n")); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		a    Execution
		want string
	}{
		"refused":  {Execution{Missed: why, Exit: refusing}, why + `; it ended with exit 2, and said: up: error: there is no flag --tpc\x1b[2J`},
		"silent":   {Execution{Missed: why, Exit: Exit{Code: 2}}, why + "; it ended with exit 2"},
		"content":  {Execution{Missed: why}, why},
		"killed":   {Execution{Missed: why, Killed: true, Exit: refusing}, why},
		"befallen": {Execution{Exit: refusing}, ""},
	} {
		if got := test.a.missed(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestALogThatDoesNotSayHowItsUpgradeEndedIsKnown(t *testing.T) {
	const began = "Upgrade started at Thursday, March 06, 2008 3:57:48 PM\nDevice restarted\n"
	for _, test := range []struct {
		code    int
		log     string
		advised bool
	}{
		{0, began, true},
		{0, began + "Upgrade completed at Thursday, March 06, 2008 3:58:48 PM\n", false},
		{1, began, true},
		{1, began + "Upgrade failed at Thursday, March 06, 2008 3:58:48 PM\n", false},
		{0, "", false},
	} {
		a := Execution{Exit: Exit{Code: test.code}, Log: []byte(test.log)}
		if got := a.unfinished(verdict.ReadLog(a.Log, 0)); got != test.advised {
			t.Errorf("exit %d with %q: advised %v", test.code, test.log, got)
		}
	}
}
