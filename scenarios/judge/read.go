package judge

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// ReadJSON reads a report that WriteJSON has written. Of the outputs and logs of programs it has
// only what the report shows; traces and settings it does not have. Every scenario of it must be in
// the suite of this ionbench.
func ReadJSON(in io.Reader) (*Report, error) {
	o, err := readObject(in)
	if err != nil {
		return nil, err
	}
	return o.report()
}

func (o *reportObject) report() (*Report, error) {
	r := &Report{
		Suite: o.Suite, Took: fromSeconds(o.Seconds), Interrupted: o.Interrupted,
		Part: Part{Whole: o.Whole, Chosen: o.Chosen, Only: o.Only},
		Options: Options{
			Pace: o.Pace, Baud: o.Baud, Seed: o.Seed, Response: fromSeconds(o.Response), Limit: fromSeconds(o.Limit),
			Rounds: o.Rounds, FailOnSkipped: o.FailSkipped, Witness: witnessNamed(o.Witness), JudgedBy: o.JudgedBy, Parallel: o.Parallel,
		},
		Target: Target{Upgrade: Command{text: o.Upgrader, shell: o.Shell}, Recover: Command{text: o.Recover, words: []string{o.Recover}, shell: o.Shell}, KeepsSettings: o.Keeps},
	}
	var err error
	if r.Began, err = timeOf(o.Started); err != nil {
		return nil, err
	}
	if o.Shard != "" {
		if r.Part.Shard, err = ParseShard(o.Shard); err != nil {
			return nil, err
		}
	}
	for _, t := range []rig.Transport{rig.PTY, rig.TCP} {
		if t.String() == o.Transport {
			r.Target.Transport = t
		}
	}
	suite, err := NewSuite(o.Suite, r.Options.Response)
	if err != nil {
		return nil, err
	}
	for i := range o.Scenarios {
		s, err := o.Scenarios[i].result(suite)
		if err != nil {
			return nil, err
		}
		r.Results = append(r.Results, s)
	}
	return r, nil
}

func fromSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (o *scenarioObject) result(suite *Suite) (*Result, error) {
	at := slices.IndexFunc(suite.Scenarios, func(s Scenario) bool { return s.Name == o.Name })
	if at < 0 {
		return nil, fmt.Errorf("this ionbench has no scenario %q in the suite %s", o.Name, suite.Name)
	}
	r := &Result{
		Scenario: suite.Scenarios[at], Round: o.Round, Again: o.Again, Skipped: o.Skipped, Idle: o.Idle, Trouble: o.Trouble,
		Notes: o.Notes, Took: fromSeconds(o.Seconds), Folder: o.Folder, Repeat: o.Repeat, late: fromSeconds(o.Late),
	}
	var err error
	if r.Began, err = timeOf(o.Started); err != nil {
		return nil, err
	}
	if r.Broken, err = violations(o.Broken); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", o.Name, err)
	}
	for i := range o.Attempts {
		a, err := o.Attempts[i].execution()
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", o.Name, err)
		}
		r.Attempts = append(r.Attempts, a)
	}
	return r, nil
}

func violations(texts []string) ([]verdict.Violation, error) {
	var list []verdict.Violation
	for _, text := range texts {
		v, err := verdict.Parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func witnessNamed(name string) Witness {
	if name == ByModbus.String() {
		return ByModbus
	}
	return NoWitness
}

func (o *attemptObject) execution() (*Execution, error) {
	a := &Execution{
		Recovery: o.Name == (&Execution{Recovery: true}).Name(),
		Command:  o.Command, Killed: o.Killed, Aborted: o.Aborted, LogTold: o.Log, Log: []byte(o.ProgramLog),
		Cost: verdict.Cost{Blocks: o.Blocks, Resends: o.Resends}, Questions: o.Questions,
		Exit: Exit{
			Code: o.Exit, Signal: o.Signal, TimedOut: o.TimedOut, Took: fromSeconds(o.Seconds),
			Stdout: outputOf(o.Stdout, o.StdoutBytes), Stderr: outputOf(o.Stderr, o.StderrBytes),
		},
		Meter: verdict.Condition{Revision: o.Revision, Running: o.Running, Image: o.Image, FlashOps: o.FlashOps},
	}
	var err error
	if a.Meter.State, err = stateOf(o.State); err != nil {
		return nil, err
	}
	if a.Lost, err = groupsOf(o.Lost); err != nil {
		return nil, err
	}
	if o.Plan != "" {
		if a.Plan, err = fault.Parse(o.Plan); err != nil {
			return nil, err
		}
	}
	a.Notes, a.Warned, a.Kept = o.Notes, dutiesNamed(o.Warned), o.Kept
	if o.WitnessBefore != "" || o.WitnessAfter != "" {
		a.Witness = &verdict.Witness{Before: o.WitnessBefore, After: o.WitnessAfter}
	}
	a.Broken, err = violations(o.Broken)
	return a, err
}

// dutiesNamed reads the text of dutyNames. Numbers that this ionbench does not know are left out.
func dutiesNamed(names string) []duty.ID {
	var ids []duty.ID
	for name := range strings.FieldsSeq(names) {
		if id, err := duty.Parse(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func stateOf(name string) (meter.State, error) {
	for s := meter.Off; s <= meter.Verifying; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("there is no state %q of a meter", name)
}

func groupsOf(text string) (groups ion.Groups, err error) {
	if text == ion.Groups(0).String() {
		return 0, nil
	}
	for key := range strings.SplitSeq(text, ",") {
		g, err := ion.ParseGroup(key)
		if err != nil {
			return 0, err
		}
		groups |= ion.Of(g)
	}
	return groups, nil
}

// outputOf is an output of which a report shows only the end.
func outputOf(shown string, bytes int64) Output {
	return Output{Bytes: bytes, tail: []byte(shown)}
}

// Merge makes one report of those of all shards of a suite. They must be of the same program and
// judged alike, each shard once, and together have every scenario once in each round. A report that
// was no shard stands alone, such as that of a judge that was killed.
func Merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("there are no reports")
	}
	first := parts[0]
	all := *first
	all.Results, all.Part.Shard, all.Interrupted, all.Took = nil, Shard{}, false, 0
	found := map[int]bool{}
	byName := map[string][]*Result{}
	for _, r := range parts {
		if r.Part.Shard.Of == 0 && len(parts) > 1 {
			return nil, errors.New("one of them is the report of no shard: judge with --shard I/N")
		}
		if err := r.fits(first); err != nil {
			return nil, err
		}
		if found[r.Part.Shard.I] {
			return nil, fmt.Errorf("shard %v is there twice", r.Part.Shard)
		}
		found[r.Part.Shard.I] = true
		all.Interrupted = all.Interrupted || r.Interrupted
		if !r.Began.IsZero() && r.Began.Before(all.Began) {
			all.Began = r.Began
		}
		all.Took = max(all.Took, r.Took)
		all.Strays += r.Strays
		all.Escaped = all.Escaped || r.Escaped
		if r.Options.Parallel != first.Options.Parallel {
			all.Options.Parallel = 0
		}
		own := map[string][]*Result{}
		for _, s := range r.Results {
			own[s.Scenario.Name] = append(own[s.Scenario.Name], s)
		}
		for name, results := range own {
			if byName[name] != nil {
				return nil, fmt.Errorf("scenario %s is in two reports", name)
			}
			byName[name] = results
		}
	}
	for i := 1; i <= first.Part.Shard.Of; i++ {
		if !found[i] {
			return nil, fmt.Errorf("shard %d/%d is missing", i, first.Part.Shard.Of)
		}
	}
	return &all, all.take(byName)
}

// take puts the results in the order of the suite.
func (r *Report) take(byName map[string][]*Result) error {
	for _, name := range r.Part.Chosen {
		counting := 0
		for _, s := range byName[name] {
			if !s.Again {
				counting++
			}
		}
		if counting != r.Options.Rounds {
			return fmt.Errorf("scenario %s is there %d times and should be %d times", name, counting, r.Options.Rounds)
		}
		r.Results = append(r.Results, byName[name]...)
		delete(byName, name)
	}
	for name := range byName {
		return fmt.Errorf("scenario %s is in none of the shards", name)
	}
	return nil
}

// fits returns an error if a report is not a shard of the same run as another.
func (r *Report) fits(other *Report) error {
	for _, c := range []struct{ what, this, that string }{
		{"suite", r.Suite, other.Suite},
		{"upgrader", r.Target.Upgrade.String(), other.Target.Upgrade.String()},
		{"recovery", r.Target.Recover.String(), other.Target.Recover.String()},
		{"ionbench", r.Options.JudgedBy, other.Options.JudgedBy},
		{"transport", r.Target.Transport.String(), other.Target.Transport.String()},
		{"number of shards", fmt.Sprint(r.Part.Shard.Of), fmt.Sprint(other.Part.Shard.Of)},
		{"list of scenarios", strings.Join(r.Part.Chosen, " "), strings.Join(other.Part.Chosen, " ")},
		{"set of flags", r.alike(), other.alike()},
	} {
		if c.this != c.that {
			return fmt.Errorf("shards %v and %v are not of the same run: the %s is another: %.200q and %.200q", other.Part.Shard, r.Part.Shard, c.what, c.that, c.this)
		}
	}
	return nil
}

// alike is everything that all shards of a run have alike besides the program.
func (r *Report) alike() string {
	o := &r.Options
	return fmt.Sprintf("response %v, pace %d, baud %d, seed %d, limit %v, rounds %d, only %v, keeps settings %v, fail on skipped %v, shell %v, witness %v",
		o.Response, o.Pace, o.Baud, o.Seed, o.limit(), o.Rounds, r.Part.Only, r.Target.KeepsSettings, o.FailOnSkipped, r.Target.Upgrade.shell, o.Witness)
}
