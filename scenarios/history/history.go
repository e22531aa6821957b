// Package history plays what people do, one after the other or at the same time: attempts by
// several PCs with one or more meters, with faults of their own, and what lies between them. A
// history is a world (package world) with all its attempts. Every act of every attempt is judged,
// and the last attempt of each meter must succeed if nothing disturbs it.
//
// It draws nothing and shrinks nothing: packages storm and shrink do. A history that comes out
// otherwise than before is a case file away from a test: CaseFile writes it.
package history

import (
	"fmt"
	"slices"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// Finding is a rule that an attempt has broken.
type Finding struct {
	Attempt int // from 0
	verdict.Violation
}

// String returns the finding as it is printed: "attempt 3: in act 2: I7: …".
func (f Finding) String() string { return fmt.Sprintf("attempt %d: %v", f.Attempt+1, f.Violation) }

// Result is what came of a history.
type Result struct {
	Attempts []*rig.Outcome
	Findings []Finding
	Unstruck int // faults that never struck
	Trace    []story.Event
}

// Log is what all attempts have written to their logs, in the order of time.
func (r *Result) Log() []byte {
	var log []byte
	for _, o := range r.Attempts {
		log = append(log, o.Log...)
	}
	return log
}

// Signature is which rules a history has broken, each once, in their order: what a smaller one
// must break too. It is empty for none.
func (r *Result) Signature() []verdict.Rule {
	var rules []verdict.Rule
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// Play plays a history to its end. If the simulation itself panics, that breaks I5. The error is
// about a world that cannot be played.
func Play(w world.World, trace rig.Trace) (r *Result, err error) {
	r = new(Result)
	defer func() {
		if p := recover(); p != nil {
			r.Findings = append(r.Findings, Finding{len(r.Attempts), verdict.Panicked(p)})
		}
	}()
	bench, err := rig.New(&w, rig.Options{Trace: trace})
	if err != nil {
		return nil, err
	}
	attempts := bench.World().Attempts
	for i := 0; i < len(attempts); {
		together := bench.World().Together(i)
		outcomes, err := bench.Together(together)
		if err != nil {
			return nil, fmt.Errorf("attempt %d: %w", i+1, err)
		}
		for _, o := range outcomes {
			r.add(o)
		}
		i += len(together)
	}
	r.end(bench)
	return r, nil
}

// Of is what came of a history that was played on a rig, attempt by attempt.
func Of(on *rig.Rig, attempts []*rig.Outcome) *Result {
	r := new(Result)
	for _, o := range attempts {
		r.add(o)
	}
	r.end(on)
	return r
}

func (r *Result) end(on *rig.Rig) {
	r.wantPeace(on.World())
	r.Trace = on.Trace()
}

// Verdicts says how the attempts ended, in order (cases.Words).
func (r *Result) Verdicts() string {
	var list []cases.Verdict
	for _, o := range r.Attempts {
		list = append(list, cases.VerdictOf(o))
	}
	return cases.Words(list)
}

// wantPeace looks at the peaceful attempts at the end, one for each meter: they must succeed.
func (r *Result) wantPeace(w *world.World) {
	ended := make(map[int]bool)
	for i, a := range slices.Backward(w.Attempts) {
		meter := w.PlaceOf(&a)
		if !Peaceful(&a) || ended[meter] {
			return
		}
		ended[meter] = true
		if end := r.Attempts[i]; !end.Upgraded() && !end.Twinned() {
			r.Findings = append(r.Findings, Finding{i, verdict.NotRecovered(end.Claim)})
		}
	}
}

func (r *Result) add(o *rig.Outcome) {
	for _, v := range o.Violations {
		r.Findings = append(r.Findings, Finding{len(r.Attempts), v})
	}
	r.Unstruck += len(o.Unstruck)
	r.Attempts = append(r.Attempts, o)
}

// Peaceful reports whether an attempt is a recovery as the article describes it, with all faults
// ended and none of its own.
func Peaceful(a *world.Attempt) bool {
	healed := slices.ContainsFunc(a.Before, func(b world.Action) bool { return b.Kind == world.Heal })
	return healed && a.Meanwhile == 0 && len(a.Plan) == 0 && !a.DiskFull && a.Task == client.TaskConnect && a.Single && a.Connections == 1 &&
		slices.Equal(a.Assistant, []client.Choice{client.Upgrade})
}

// CaseFile returns a history and what came of it as a case file, without the faults that never
// struck. Every attempt is expected to end as it did. It expects no violation: a case never does.
func CaseFile(w world.World, r *Result, title string) []byte {
	c := &cases.Case{Title: title, World: w}
	c.Attempts = nil
	for i, a := range w.Attempts {
		e := cases.Expect{Outcome: cases.Success}
		if i < len(r.Attempts) {
			o := r.Attempts[i]
			if v := cases.VerdictOf(o); v != cases.Unfinished {
				e.Outcome = v
			}
			a.Plan = slices.DeleteFunc(slices.Clone(a.Plan), func(f fault.Fault) bool {
				return slices.ContainsFunc(o.Unstruck, func(u story.Unstruck) bool { return u.Fault.String() == f.String() })
			})
		}
		c.Add(a, e)
	}
	c.World = c.World.Trimmed()
	var head string
	for _, f := range r.Findings {
		head += fmt.Sprintf("# Broken: %v\n", f)
	}
	return cases.Append([]byte(head), c)
}
