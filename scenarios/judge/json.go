package judge

import (
	"encoding/json"
	"io"
	"time"

	"ionbench/scenarios/verdict"
)

// The report as JSON. Times are in seconds.

type reportObject struct {
	Format    string           `json:"format"`
	Suite     string           `json:"suite"`
	Verdict   string           `json:"verdict"`
	Upgrader  string           `json:"upgrader"`
	Recover   string           `json:"recover"`
	Transport string           `json:"transport"`
	Pace      int              `json:"pace"`
	Seed      uint64           `json:"seed"`
	Limit     float64          `json:"limit_seconds"`
	Started   string           `json:"started"` // RFC 3339; empty: not known
	Seconds   float64          `json:"seconds"`
	Passed    int              `json:"passed"`
	Failed    int              `json:"failed"`
	Skipped   int              `json:"skipped"`
	Partial   bool             `json:"partial"`
	Duties    []dutyObject     `json:"duties"`
	Scenarios []scenarioObject `json:"scenarios"`

	Undecided   int      `json:"undecided"`
	PartialBy   []string `json:"partial_by"` // as in the last line
	Whole       []string `json:"suite_scenarios"`
	Only        bool     `json:"only"`
	Chosen      []string `json:"chosen_scenarios"` // of all shards together
	Shard       string   `json:"shard"`
	Rounds      int      `json:"rounds"`
	Interrupted bool     `json:"interrupted"`
	Response    float64  `json:"response_seconds"`
	Baud        int      `json:"baud"`
	Keeps       bool     `json:"keeps_settings"`
	Shell       bool     `json:"shell"`
	FailSkipped bool     `json:"fail_on_skipped"`
	Witness     string   `json:"witness"`
	JudgedBy    string   `json:"judged_by"` // the ionbench
	Parallel    int      `json:"parallel"`  // scenarios at once; 0: not known, or not the same in all shards
	before      bool     // it is of the version before, in which settings_lost was what had changed since the attempt began
}

type dutyObject struct {
	ID        string    `json:"id"`
	Section   string    `json:"section"` // of PROTOCOL.md
	Text      string    `json:"text"`
	Advice    bool      `json:"advice"`
	State     DutyState `json:"state"`
	Why       string    `json:"why"`
	Scenarios []string  `json:"scenarios"`
}

type scenarioObject struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	Phase    Phase           `json:"phase"`
	Row      string          `json:"row"`
	Plan     string          `json:"plan"`
	Harms    string          `json:"harms"`
	Duties   string          `json:"duties"`
	ID       string          `json:"id"`
	Input    string          `json:"input"`
	Expected Expectation     `json:"expected"`
	Verdict  string          `json:"verdict"`
	Skipped  string          `json:"skipped"`
	Idle     bool            `json:"cannot_apply"`
	Trouble  string          `json:"trouble"` // why the verdict is none
	Round    int             `json:"round"`
	Again    bool            `json:"played_again"` // so this does not count
	Broken   []string        `json:"broken"`
	Notes    []string        `json:"notes"`
	Started  string          `json:"started"`
	Seconds  float64         `json:"seconds"`
	Late     float64         `json:"late_seconds"` // of the computer, at most; -1: not known
	Folder   string          `json:"folder"`
	Repeat   string          `json:"repeat"`
	Attempts []attemptObject `json:"attempts"`
}

type attemptObject struct {
	Name        string   `json:"name"`
	Command     string   `json:"command"`
	Plan        string   `json:"plan"`
	Exit        int      `json:"exit"`
	Signal      string   `json:"signal"`
	TimedOut    bool     `json:"timed_out"`
	Killed      bool     `json:"killed"`
	Aborted     bool     `json:"aborted"`
	Seconds     float64  `json:"seconds"`
	State       string   `json:"meter_state"`
	Revision    string   `json:"meter_revision"`
	Image       bool     `json:"image_intact"`
	FlashOps    uint64   `json:"flash_ops"`
	Lost        string   `json:"settings_lost"` // groups that somebody wants in the meter and that are not there
	Blocks      uint64   `json:"blocks_sent"`
	Resends     uint64   `json:"resends"`
	Questions   int      `json:"questions"` // messages to the meter, resends not counted; -1: not known
	Log         string   `json:"log"`
	StdoutBytes int64    `json:"stdout_bytes"`
	StderrBytes int64    `json:"stderr_bytes"`
	Broken      []string `json:"broken"`
	Running     string   `json:"meter_running"`
	Stdout      string   `json:"stdout"` // the end of it, made visible
	Stderr      string   `json:"stderr"`
	ProgramLog  string   `json:"program_log"`
	Notes       []string `json:"notes"`
	Warned      string   `json:"warned"` // duties
	Kept        bool     `json:"kept_files"`
	// What the witness says; empty for no answer, or without one.
	WitnessBefore string `json:"witness_before"`
	WitnessAfter  string `json:"witness_after"`
}

// The names and versions of the file format: the present one, and the one before, which is read as
// well; fixtures/schemas has their schemas.
const (
	formatName   = "ionbench-judge "
	Format       = formatName + "2"
	FormatBefore = formatName + "1"
)

// Verdict is the report in one word: pass, no or none. One failure makes it no. Where something
// was not played to its end, or nothing was played, there is none.
func (r *Report) Verdict() string {
	passed, failed, _ := r.Counts()
	return verdictOf(passed, failed, r.amiss(), r.Undecided(), r.Options.FailOnSkipped)
}

// amiss is how many scenarios were skipped that could have been played: by a command with more
// placeholders, with more time, on another computer.
func (r *Report) amiss() (n int) {
	names := map[string]bool{}
	for _, s := range r.Results {
		if s.Skipped != "" && !s.Idle && !s.Again {
			names[s.Scenario.Name] = true
		}
	}
	return len(names)
}

// verdictOf is the verdict on so many scenarios; amiss are the skipped ones that could have been
// played.
func verdictOf(passed, failed, amiss, undecided int, failOnSkipped bool) string {
	switch {
	case failed > 0, failOnSkipped && amiss > 0:
		return "no"
	case undecided > 0 || passed == 0:
		return "none"
	}
	return "pass"
}

// Verdict is the result in one word: pass, no, skipped, or none where there is no verdict.
func (r *Result) Verdict() string {
	switch {
	case r.Skipped != "":
		return "skipped"
	case r.Trouble != "":
		return "none"
	case len(r.Broken) > 0:
		return "no"
	}
	return "pass"
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	o := reportObject{
		Format: Format, Suite: r.Suite, Verdict: r.Verdict(), Upgrader: r.Target.Upgrade.String(), Recover: r.Target.forAttempt(true).String(),
		Transport: r.Target.Transport.String(), Pace: r.Options.Pace, Seed: r.Options.Seed,
		Limit: r.Options.limit().Seconds(), Started: stampOf(r.Began), Seconds: r.Took.Seconds(), Partial: len(r.Partial()) > 0, Scenarios: []scenarioObject{},
		Undecided: r.Undecided(), PartialBy: listed(r.Partial()), Whole: listed(r.Part.Whole), Only: r.Part.Only, Chosen: listed(r.Part.Chosen), Shard: r.Part.Shard.String(),
		Rounds: r.Options.Rounds, Interrupted: r.Interrupted, Response: r.Options.Response.Seconds(), Baud: r.Options.Baud,
		Keeps: r.Target.KeepsSettings, Shell: r.Target.Upgrade.shell, FailSkipped: r.Options.FailOnSkipped, Witness: r.Options.Witness.String(),
		JudgedBy: r.Options.JudgedBy, Parallel: r.Options.Parallel,
	}
	o.Passed, o.Failed, o.Skipped = r.Counts()
	o.Duties = dutyObjects(r.Duties())
	for _, s := range r.Results {
		o.Scenarios = append(o.Scenarios, s.object())
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(o)
}

func dutyObjects(all []DutyResult) []dutyObject {
	list := []dutyObject{}
	for _, d := range all {
		list = append(list, dutyObject{d.ID.String(), d.Section, d.Text, d.Advice, d.State, d.Why, listed(d.Scenarios)})
	}
	return list
}

func (r *Result) object() scenarioObject {
	s := &r.Scenario
	o := scenarioObject{
		Name: s.Name, Title: s.Title, Phase: s.Phase, Row: s.Row, Plan: s.Plans.String(), Harms: harmsText(s.everyHarm()), Duties: dutyNames(s.Duties), ID: s.ID(), Input: s.input(), Expected: s.Expect,
		Verdict: r.Verdict(), Skipped: r.Skipped, Idle: r.Idle, Trouble: r.Trouble, Round: r.Round, Again: r.Again, Broken: listed(verdict.Texts(r.Broken)), Notes: listed(r.Notes),
		Started: stampOf(r.Began), Seconds: r.Took.Seconds(), Folder: r.Folder, Repeat: r.Repeat, Late: r.late.Seconds(), Attempts: []attemptObject{},
	}
	for _, a := range r.Attempts {
		m := &a.Meter
		o.Attempts = append(o.Attempts, attemptObject{
			Name: a.Name(), Command: a.Command, Plan: a.Plan.String(), Exit: a.Exit.Code, Signal: a.Exit.Signal, TimedOut: a.Exit.TimedOut,
			Killed: a.Killed, Aborted: a.Aborted, Seconds: a.Exit.Took.Seconds(),
			State: m.State.String(), Revision: m.Revision, Image: m.Image, FlashOps: m.FlashOps, Lost: a.Lost.String(),
			Blocks: a.Cost.Blocks, Resends: a.Cost.Resends, Questions: a.Questions, Log: a.LogTold,
			StdoutBytes: a.Exit.Stdout.Bytes, StderrBytes: a.Exit.Stderr.Bytes, Broken: listed(verdict.Texts(a.Broken)),
			Running: m.Running, Stdout: printable(a.Exit.Stdout.Kept()), Stderr: printable(a.Exit.Stderr.Kept()), ProgramLog: printable(a.Log),
			Notes: listed(a.Notes), Warned: dutyNames(a.Warned), Kept: a.Kept,
		})
		if w := a.Witness; w != nil {
			last := &o.Attempts[len(o.Attempts)-1]
			last.WitnessBefore, last.WitnessAfter = w.Before, w.After
		}
	}
	return o
}

// stampOf is the text of a time of the clock, empty for none.
func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// timeOf reads the text of stampOf.
func timeOf(stamp string) (time.Time, error) {
	if stamp == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, stamp)
}

// listed is a list that JSON shows as [] and not as null when it is empty.
func listed(list []string) []string { return append([]string{}, list...) }
