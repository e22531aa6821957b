package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/verdict"
)

// readObject reads a report and checks that its parts agree. The error says what is damaged.
func readObject(in io.Reader) (*reportObject, error) {
	var o reportObject
	d := json.NewDecoder(in)
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("it is no report of ionbench judge: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the report")
	}
	switch o.Format {
	case Format:
	case FormatBefore:
		o.fillBefore()
	default:
		if !strings.HasPrefix(o.Format, formatName) {
			return nil, fmt.Errorf("it is no report of ionbench judge: its format is %.100q", o.Format)
		}
		return nil, fmt.Errorf("%w: another ionbench wrote it: its format is %.100q, and this one reads %q and %q", ErrNoComparison, o.Format, Format, FormatBefore)
	}
	if len(o.Whole) == 0 || o.Response == 0 {
		return nil, errors.New("an older ionbench wrote it, which did not say of which suite it is a part")
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	return &o, nil
}

// fillBefore marks what the version before did not say.
func (o *reportObject) fillBefore() {
	o.before = true
	for i := range o.Scenarios {
		s := &o.Scenarios[i]
		s.Late = unknown
		for j := range s.Attempts {
			s.Attempts[j].Questions = unknown
		}
	}
}

// unknown stands in the place of a number that a report does not have.
const unknown = -1

// check returns an error if one part of the report does not agree with another.
func (o *reportObject) check() error {
	if err := o.checkNumbers(); err != nil {
		return err
	}
	type round struct {
		name  string
		round int
		again bool
	}
	seen := map[round]bool{}
	for i := range o.Scenarios {
		s := &o.Scenarios[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("scenario %.100q: %w", s.Name, err)
		}
		if !slices.Contains(o.Chosen, s.Name) || !slices.Contains(o.Whole, s.Name) {
			return fmt.Errorf("scenario %.100q is not among those of its suite that were chosen", s.Name)
		}
		at := round{s.Name, s.Round, s.Again}
		if seen[at] || s.Round > o.Rounds {
			return fmt.Errorf("scenario %.100q has round %d of %d twice, or has too many", s.Name, s.Round, o.Rounds)
		}
		seen[at] = true
	}
	return o.checkCounts()
}

func (o *reportObject) checkNumbers() error {
	for _, n := range []float64{o.Limit, o.Seconds, o.Response} {
		if !isTime(n) {
			return fmt.Errorf("%v seconds are no time that a report can have", n)
		}
	}
	for _, n := range []int{o.Pace, o.Baud, o.Parallel, o.Rounds} {
		if n < 0 {
			return fmt.Errorf("the number %d is negative", n)
		}
	}
	return nil
}

// isTime reports whether a number of seconds can be the time of something that was judged.
func isTime(seconds float64) bool {
	const most = 10 * 365 * 24 * time.Hour
	return !math.IsNaN(seconds) && seconds >= 0 && seconds <= most.Seconds()
}

// checkCounts compares what the report says of all scenarios with what it says of each.
func (o *reportObject) checkCounts() error {
	worst := worstOf(o.Scenarios)
	count := func(verdict string) (n int) {
		for _, v := range worst {
			if v == verdict {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		what      string
		said, are int
	}{{"passed", o.Passed, count("pass")}, {"failed", o.Failed, count("no")}, {"were skipped", o.Skipped, count("skipped")}, {"are undecided", o.Undecided, count("none")}} {
		if c.said != c.are {
			return fmt.Errorf("it says that %d scenarios %s, and %d are there", c.said, c.what, c.are)
		}
	}
	if v := verdictOf(o.Passed, o.Failed, o.amiss(), o.Undecided, o.FailSkipped); v != o.Verdict {
		return fmt.Errorf("its verdict is said to be %.100q, and is %q by its scenarios", o.Verdict, v)
	}
	return o.checkDuties()
}

// amiss is Report.amiss.
func (o *reportObject) amiss() (n int) {
	names := map[string]bool{}
	for i := range o.Scenarios {
		if s := &o.Scenarios[i]; s.Skipped != "" && !s.Idle && !s.Again {
			names[s.Name] = true
		}
	}
	return len(names)
}

func (o *reportObject) checkDuties() error {
	states := []DutyState{DutyKept, DutyBroken, DutyAdvised, DutyNotExercised}
	seen := map[string]bool{}
	for i := range o.Duties {
		d := &o.Duties[i]
		if !slices.Contains(states, d.State) {
			return fmt.Errorf("duty %.20q is %.100q, which is no state of a duty", d.ID, d.State)
		}
		if seen[d.ID] {
			return fmt.Errorf("duty %.20q is there twice", d.ID)
		}
		seen[d.ID] = true
	}
	return nil
}

func (o *scenarioObject) check() error {
	if o.Round < 0 || !isTime(o.Seconds) || o.Late != unknown && !isTime(o.Late) {
		return fmt.Errorf("round %d, %v seconds and %v seconds late cannot be", o.Round, o.Seconds, o.Late)
	}
	if v := o.verdict(); v != o.Verdict {
		return fmt.Errorf("its verdict is said to be %.100q, and is %q by what was broken", o.Verdict, v)
	}
	if _, err := violations(o.Broken); err != nil {
		return err
	}
	if played := o.Verdict == "pass" || o.Verdict == "no"; played && len(o.Attempts) == 0 {
		return errors.New("it has a verdict and no attempt")
	}
	for i := range o.Attempts {
		if err := o.Attempts[i].check(); err != nil {
			return fmt.Errorf("attempt %d: %w", i+1, err)
		}
	}
	return nil
}

// verdict is what the fields say.
func (o *scenarioObject) verdict() string {
	r := Result{Skipped: o.Skipped, Trouble: o.Trouble, Broken: make([]verdict.Violation, len(o.Broken))}
	return r.Verdict()
}

func (o *attemptObject) check() error {
	if !isTime(o.Seconds) || o.StdoutBytes < 0 || o.StderrBytes < 0 || o.Questions < unknown {
		return errors.New("a time or a number of it cannot be")
	}
	if _, err := stateOf(o.State); err != nil {
		return err
	}
	if _, err := groupsOf(o.Lost); err != nil {
		return err
	}
	_, err := violations(o.Broken)
	return err
}

// worstOf are the verdicts of scenarios by name: the worst of their rounds.
func worstOf(all []scenarioObject) map[string]string {
	worst := map[string]string{}
	for i := range all {
		if s := &all[i]; !s.Again {
			worst[s.Name] = worse(worst[s.Name], s.Verdict)
		}
	}
	return worst
}
