package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/mutants"
	"ionbench/scenarios/testreport"
)

const mutantsHelp = `
Prove that the bench would notice a bad upgrader and a bad meter: plant one bug after
another into either, all or those that are named, and play a suite of small probes until
one catches it. The healthy upgrader and meter come first and must pass every probe.

Each mutant is a line of a table: which side the bug is in, what caught it (an invariant,
I1 to I9, or a sentence that a probe holds), and what it took: the smallest plan of faults,
and what else was out of the ordinary. Of a mutant that is named the bug and what it broke
are told in full. The last line is for programs.
`

type mutantsFlags struct {
	list, json bool
	tests      testOutputs
}

func mutantsCommand() *cli.Command {
	f := new(mutantsFlags)
	return &cli.Command{
		Name: "mutants", Brief: "plant bugs into the upgrader and the meter and say what catches them", Help: mutantsHelp,
		Args: []cli.Arg{{Name: "MUTANT", What: "mutant", Optional: true, Many: true, Values: cli.Values{Words: mutantNames}}},
		Flags: cli.Plain(append([]cli.Flag{
			cli.Switch(&f.list, "list", "list the mutants and what they do; run none"),
			cli.Switch(&f.json, "json", "print one JSON object a mutant and one of them all, instead of the table").Writes("ionbench-mutants 1"),
		}, f.tests.flags()...)...),
		Examples: `
  ionbench mutants                                  all of them
  ionbench mutants journal-not-atomic               one, with all that there is to say of it
  ionbench mutants --list                           their names, and what they do
  ionbench mutants --json | jq 'select(.invariant == "I7")'
                                                    for programs: one object a mutant
  ionbench mutants --junit mutants.xml              for those who show tests: a test a mutant
`,
		Done: "the healthy pair passes and every mutant is caught", Failed: "one escapes or the healthy pair fails",
		Run: f.run,
	}
}

func mutantNames() []string {
	return words(mutants.All(), func(m mutants.Mutant) string { return m.Name })
}

func (f *mutantsFlags) run(ctx context.Context, c *cli.Call) error {
	if f.list && f.tests.given() {
		return cli.Usage("--list plays nothing, so there are no results to write").Hint("leave --list out")
	}
	if err := f.tests.check(f.json); err != nil {
		return err
	}
	all, err := chooseMutants(c.Args)
	if err != nil {
		return err
	}
	if f.list {
		f.tell(c, all)
		return nil
	}
	c.Begin()
	began := time.Now()
	verdicts, err := mutants.RunAll(ctx, append([]mutants.Mutant{mutants.Healthy()}, all...))
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted: the mutants were not all run")
	case err != nil:
		return err
	}
	r := mutantResults{healthy: verdicts[0], verdicts: verdicts[1:], wall: time.Since(began)}
	if f.json {
		r.encode(c)
	} else {
		c.Print(r.table(len(c.Args) > 0))
	}
	if err := f.tests.write(c, r.testReport(began)); err != nil {
		return err
	}
	return r.verdict()
}

// chooseMutants returns the mutants with these names; all mutants if there are no names.
func chooseMutants(names []string) ([]mutants.Mutant, error) {
	all := mutants.All()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []mutants.Mutant
	for _, name := range names {
		i := slices.IndexFunc(all, func(m mutants.Mutant) bool { return m.Name == name })
		if i < 0 {
			return nil, cli.Unknown("mutant", name, mutantNames()).Hint("ionbench mutants --list lists the mutants")
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func (f *mutantsFlags) tell(c *cli.Call, all []mutants.Mutant) {
	rows := [][]string{{"MUTANT", "SIDE", "WHAT IT DOES"}}
	for _, m := range all {
		if f.json {
			c.Encode(mutantObject{m.Name, m.Side, m.Text})
		}
		rows = append(rows, []string{m.Name, string(m.Side), m.Text})
	}
	if !f.json {
		c.Print(cli.Table(rows))
	}
}

// mutantResults is the result of a run.
type mutantResults struct {
	healthy  mutants.Verdict
	verdicts []mutants.Verdict
	wall     time.Duration
}

// verdict returns cli.ErrNo if a mutant was not caught or the healthy pair was.
func (r *mutantResults) verdict() error {
	if r.healthy.Caught || r.caught() < len(r.verdicts) {
		return cli.ErrNo
	}
	return nil
}

func (r *mutantResults) caught() (n int) {
	for _, v := range r.verdicts {
		if v.Caught {
			n++
		}
	}
	return n
}

// medianFaults is the median, over the caught mutants, of the number of faults in the plan
// that caught each.
func (r *mutantResults) medianFaults() float64 {
	var faults []int
	for _, v := range r.verdicts {
		if v.Caught {
			faults = append(faults, v.Faults())
		}
	}
	if len(faults) == 0 {
		return 0
	}
	slices.Sort(faults)
	return float64(faults[len(faults)/2]+faults[(len(faults)-1)/2]) / 2
}

// health says how the healthy pair did, in a word.
func (r *mutantResults) health() string {
	if r.healthy.Caught {
		return "fail"
	}
	return "pass"
}

func (r *mutantResults) table(inFull bool) string {
	rows := [][]string{{"", "MUTANT", "SIDE", "CAUGHT BY", "WITH"}}
	for _, v := range r.verdicts {
		rows = append(rows, mutantRow(v))
	}
	text := fmt.Sprintf("the healthy upgrader and meter: %s\n\n", r.health()) + cli.Table(rows)
	if r.healthy.Caught {
		text += explainMutant(r.healthy)
	}
	for _, v := range r.verdicts {
		if inFull || !v.Caught {
			text += explainMutant(v)
		}
	}
	return text + fmt.Sprintf("\nmutants=%d caught=%d healthy=%s median_faults=%g seconds=%.2f\n",
		len(r.verdicts), r.caught(), r.health(), r.medianFaults(), r.wall.Seconds())
}

func mutantRow(v mutants.Verdict) []string {
	if !v.Caught {
		return []string{"FAIL", v.Mutant.Name, string(v.Mutant.Side), "nothing", ""}
	}
	by := v.Must
	if invariant := v.Invariant(); invariant != "" {
		by = invariant
	}
	return []string{"ok", v.Mutant.Name, string(v.Mutant.Side), by, circumstances(v)}
}

// circumstances says on one line what it took to catch a mutant.
func circumstances(v mutants.Verdict) string {
	plan := v.Shrunk.String()
	switch {
	case v.With == "" && plan == "":
		return "no fault"
	case v.With == "" || plan == "":
		return v.With + plan
	}
	return v.With + "; " + plan
}

// explainMutant returns everything that is known of a verdict.
func explainMutant(v mutants.Verdict) string {
	text := fmt.Sprintf("\n%s: %s\n", v.Mutant.Name, v.Mutant.Text)
	if v.Caught {
		text += fmt.Sprintf("  caught by  %s\n  in which   %s\n  with       %s\n", v.By(), v.Must, circumstances(v))
	} else {
		text += "  no probe catches it\n"
	}
	if v.Mutant.Side != mutants.Neither {
		text += fmt.Sprintf("  repeat     ionbench mutants %s\n", v.Mutant.Name)
	}
	return text
}

// testReport is the result as tests, one for each mutant and one for the healthy pair.
func (r *mutantResults) testReport(began time.Time) *testreport.Report {
	t := &testreport.Report{Title: "ionbench mutants", Tool: "ionbench mutants", Started: began, Took: r.wall}
	t.Suites = append(t.Suites, mutantSuite(r.healthy, "passes every probe", !r.healthy.Caught, "a probe fails: "+r.healthy.Must))
	for _, v := range r.verdicts {
		t.Suites = append(t.Suites, mutantSuite(v, "is caught", v.Caught, "no probe catches it"))
	}
	return t
}

func mutantSuite(v mutants.Verdict, step string, passed bool, why string) testreport.Suite {
	s := testreport.Suite{Name: v.Mutant.Name, Properties: []testreport.Property{{Name: "text", Value: v.Mutant.Text}, {Name: "side", Value: string(v.Mutant.Side)}}}
	if v.Mutant.Side != mutants.Neither {
		s.Repeat = "ionbench mutants " + v.Mutant.Name
	}
	if v.Caught {
		s.Properties = append(s.Properties, testreport.Property{Name: "by", Value: v.By()}, testreport.Property{Name: "with", Value: circumstances(v)})
	}
	one := testreport.Test{Scenario: v.Mutant.Name, Step: step, Status: testreport.Passed}
	if !passed {
		one.Status, one.Message, one.Text = testreport.Failed, why, explainMutant(v)
	}
	s.Tests = []testreport.Test{one}
	return s
}

// mutantObject is a mutant in JSON.
type mutantObject struct {
	Mutant string       `json:"mutant"`
	Side   mutants.Side `json:"side"`
	Text   string       `json:"text"`
}

// verdictObject is the verdict on one mutant in JSON.
type verdictObject struct {
	mutantObject
	Caught    bool   `json:"caught"`
	Invariant string `json:"invariant"`
	By        string `json:"by"`
	Probe     string `json:"probe"`
	With      string `json:"with"`
	Plan      string `json:"plan"`
	Shrunk    string `json:"shrunk_plan"`
	Faults    int    `json:"faults"`
}

// mutantsObject is the result of a run in JSON.
type mutantsObject struct {
	Mutants      int     `json:"mutants"`
	Caught       int     `json:"caught"`
	Healthy      string  `json:"healthy"`
	MedianFaults float64 `json:"median_faults"`
	Seconds      float64 `json:"seconds"`
}

func (r *mutantResults) encode(c *cli.Call) {
	for _, v := range append([]mutants.Verdict{r.healthy}, r.verdicts...) {
		c.Encode(verdictObject{
			mutantObject: mutantObject{v.Mutant.Name, v.Mutant.Side, v.Mutant.Text},
			Caught:       v.Caught, Invariant: v.Invariant(), By: v.By(), Probe: v.Must, With: v.With,
			Plan: v.Plan.String(), Shrunk: v.Shrunk.String(), Faults: v.Faults(),
		})
	}
	c.Encode(mutantsObject{len(r.verdicts), r.caught(), r.health(), r.medianFaults(), r.wall.Seconds()})
}
