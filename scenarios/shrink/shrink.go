// Package shrink makes a failing trial as small as possible, as long as it fails in the same
// way: fewer faults, simpler triggers, shorter durations, a smaller image. It writes the result
// as a case file and as a Ginkgo spec.
//
// It knows no kind of fault by name: package fault says what can be tried. Equal subjects and
// predicates give equal results. It plays nothing by itself: the predicate does, as those of
// package storm and of the command `ionbench shrink` do.
package shrink

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// Subject is what is shrunk: a trial.
type Subject struct {
	World world.World
	Plans trial.Plans
}

// Options of Minimize. The zero value is a shrinking of DefaultBudget runs.
type Options struct {
	Budget   int                         // how often the predicate may be called
	Progress func(runs int, now Subject) // called with each smaller subject; nil for none
}

// DefaultBudget is how often the predicate is called by default.
const DefaultBudget = 2000

// Result is the smallest subject that was found.
type Result struct {
	Subject
	Runs int  // calls of the predicate
	Done bool // nothing smaller fails; if false, the budget or the context ended the search
}

// Minimize looks for a smaller subject for which fails is true, as it must be for s. It ends
// when no step makes the subject smaller, when the budget is spent, or with ctx.
func Minimize(ctx context.Context, s Subject, fails func(Subject) bool, o Options) Result {
	s.World = s.World.Trimmed()
	m := search(ctx, s, fails, o)
	for m.pass() && !m.spent {
	}
	return Result{Subject: m.best, Runs: m.runs, Done: !m.spent}
}

// Plan is Minimize for a plan that is played in some other way than as that of a trial.
func Plan(ctx context.Context, p fault.Plan, fails func(fault.Plan) bool) fault.Plan {
	s := Subject{World: trial.World(trial.DefaultImageBytes), Plans: trial.Plans{p}}
	m := search(ctx, s, func(s Subject) bool { return fails(s.Plans[0]) }, Options{})
	for m.passFaults() && !m.spent {
	}
	return m.best.Plans[0]
}

func search(ctx context.Context, s Subject, fails func(Subject) bool, o Options) *minimizer {
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	m := &minimizer{ctx: ctx, best: s, said: s.World.String(), named: trial.CheckSaid(s.World) == nil, fails: fails, options: o}
	m.asked = map[string]bool{key(m.said, s.Plans): true}
	return m
}

// Failure is a rule that was broken in the upgrade, or in a recovery.
type Failure struct {
	Rule       verdict.Rule
	InRecovery bool
}

// String returns the failure, such as "I4 in the recovery".
func (f Failure) String() string {
	if f.InRecovery {
		return f.Rule.String() + " in the recovery"
	}
	return f.Rule.String() + " in the upgrade"
}

// Signature is how a trial failed, without numbers: each rule that it broke, once, in the order
// of the rules and with recoveries first. An empty Signature is no failure.
type Signature []Failure

// SignatureOf returns the signature of a trial that was run.
func SignatureOf(r *trial.Result) Signature {
	var s Signature
	for _, v := range r.Violations {
		s = append(s, Failure{v.Rule, v.Attempt > 0})
	}
	slices.SortFunc(s, func(a, b Failure) int { return a.place() - b.place() })
	return slices.Compact(s)
}

// place orders failures in a signature.
func (f Failure) place() int {
	if f.InRecovery {
		return 2 * int(f.Rule)
	}
	return 2*int(f.Rule) + 1
}

// String lists the failures; it is empty for none.
func (s Signature) String() string {
	var list []string
	for _, f := range s {
		list = append(list, f.String())
	}
	return strings.Join(list, ", ")
}

// minimizer is a search at work. best always fails.
type minimizer struct {
	ctx     context.Context
	best    Subject
	said    string // the world of best, as a text
	named   bool   // an id can express its world
	history bool   // it has several attempts, each with its own plan
	fails   func(Subject) bool
	options Options
	runs    int
	spent   bool
	asked   map[string]bool // subjects whose answer is known: the first one, and those that do not fail
}

func key(said string, plans trial.Plans) string { return fmt.Sprintf("%s%q", said, plans) }

// try asks whether a candidate in the same world fails, and if so goes on from it.
func (m *minimizer) try(s Subject) bool { return valid(s.Plans) && m.ask(s, m.said) }

// ask tries a valid candidate, whose world is said as a text.
func (m *minimizer) ask(s Subject, said string) bool {
	if m.spent || m.asked[key(said, s.Plans)] {
		return false
	}
	if m.runs >= m.options.Budget || m.ctx.Err() != nil {
		m.spent = true
		return false
	}
	m.runs++
	m.asked[key(said, s.Plans)] = true
	if !m.fails(s) {
		return false
	}
	m.best, m.said = s, said
	if m.options.Progress != nil {
		m.options.Progress(m.runs, s)
	}
	return true
}

func valid(plans trial.Plans) bool {
	for _, p := range plans {
		for _, f := range p {
			if f.Validate() != nil {
				return false
			}
		}
	}
	return true
}

// pass tries everything once and returns whether anything became smaller.
func (m *minimizer) pass() bool {
	before := key(m.said, m.best.Plans)
	m.passFaults()
	m.simplifyWorld()
	return key(m.said, m.best.Plans) != before
}

// passFaults is pass in the same world.
func (m *minimizer) passFaults() bool {
	before := key(m.said, m.best.Plans)
	m.dropFaults()
	m.keepOne()
	m.dropPlans()
	m.simplifyFaults()
	return key(m.said, m.best.Plans) != before
}

// place is where a fault is.
type place struct{ attempt, fault int }

func (s Subject) places() []place {
	var list []place
	for i, p := range s.Plans {
		for j := range p {
			list = append(list, place{i, j})
		}
	}
	return list
}

// without is s without some of its faults.
func (s Subject) without(dropped []place) Subject {
	plans := make(trial.Plans, len(s.Plans))
	for _, at := range s.places() {
		if !slices.Contains(dropped, at) {
			plans[at.attempt] = append(plans[at.attempt], s.Plans[at.attempt][at.fault])
		}
	}
	s.Plans = plans
	return s
}

// dropFaults leaves out all, halves, quarters and so on down to single faults (ddmin).
func (m *minimizer) dropFaults() {
	for size := m.best.Plans.Faults(); size > 0; size /= 2 {
		for from := 0; from < m.best.Plans.Faults(); {
			places := m.best.places()
			if !m.try(m.best.without(places[from:min(from+size, len(places))])) {
				from += size
			}
		}
	}
}

// keepOne tries single faults that never end instead of several that do.
func (m *minimizer) keepOne() {
	for _, at := range m.best.places() {
		if m.best.Plans.Faults() == 1 {
			return
		}
		s := m.best
		f := m.at(at)
		f.Duration = fault.Duration{}
		s.Plans = make(trial.Plans, len(m.best.Plans))
		s.Plans[at.attempt] = fault.Plan{f}
		if m.try(s) {
			return
		}
	}
}

// dropPlans leaves out plans of recoveries that have no faults left.
func (m *minimizer) dropPlans() {
	for i := len(m.best.Plans) - 1; i > 0; i-- {
		if len(m.best.Plans[i]) > 0 {
			continue
		}
		s := m.best
		s.Plans = slices.Delete(slices.Clone(s.Plans), i, i+1)
		m.try(s)
	}
}

// replace tries another fault at a place.
func (m *minimizer) replace(at place, change func(*fault.Fault)) bool {
	s := m.best
	s.Plans = slices.Clone(s.Plans)
	s.Plans[at.attempt] = slices.Clone(s.Plans[at.attempt])
	change(&s.Plans[at.attempt][at.fault])
	return m.try(s)
}

// at is the present fault at a place.
func (m *minimizer) at(p place) fault.Fault { return m.best.Plans[p.attempt][p.fault] }

// smallest tries the least number, and if that is too small finds, by bisection, the
// smallest one below now for which try holds, as it must for now.
func smallest(least, now uint64, try func(uint64) bool) {
	if now <= least || try(least) {
		return
	}
	for low, high := least, now; high-low > 1; {
		if mid := low + (high-low)/2; try(mid) {
			high = mid
		} else {
			low = mid
		}
	}
}

// Try plays a trial, as trial.TryCaught does.
type Try func(world.World, trial.Plans, rig.Trace) (*trial.Result, error)

// FailsLike returns the predicate that a trial breaks the same invariants in the same places as
// r.
func FailsLike(r *trial.Result, try Try) func(Subject) bool {
	want := SignatureOf(r)
	return func(s Subject) bool {
		again, err := try(s.World, s.Plans, rig.NoTrace)
		return err == nil && slices.Equal(SignatureOf(again), want)
	}
}

// EndsAs returns the predicate that a trial ends in a class.
func EndsAs(class trial.Class, try Try) func(Subject) bool {
	return func(s Subject) bool {
		r, err := try(s.World, s.Plans, rig.NoTrace)
		return err == nil && r.Class == class
	}
}
