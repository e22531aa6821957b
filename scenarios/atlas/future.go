package atlas

import (
	"hash/maphash"
	"sync"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// future is what follows a state, up to the end of the trial.
type future struct {
	past     rig.Past       // of the run that was followed, at this state
	outcomes []*rig.Outcome // of the attempt under way at this state, and of later ones
	lost     ion.Groups     // at the end
	rest     trial.Total    // from the state on

	mu     sync.Mutex
	judged map[uint64]*judged // by what the attempt had done before the state; nil: nobody has come to it
}

// judged is the verdict on an attempt and those after it, without numbers.
type judged struct {
	outcomes   []*rig.Outcome
	class      trial.Class // if the attempt is the first
	violations []verdict.Violation
}

func newFuture(past rig.Past, outcomes []*rig.Outcome, lost ion.Groups) *future {
	all := trial.ResultOf(outcomes, lost).Cost
	all.Time -= past.Cost.Time
	all.Bytes -= past.Cost.BytesToMeter
	all.Acts -= past.Cost.Acts
	return &future{past: past, outcomes: outcomes, lost: lost, rest: all}
}

// of returns the verdict on a run that comes to the state with another past.
func (f *future) of(p rig.Past, seed maphash.Seed) *judged {
	key := keyOf(p, seed)
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.judged[key]; v != nil {
		return v
	}
	outcomes := append([]*rig.Outcome{f.outcomes[0].With(p, f.past)}, f.outcomes[1:]...)
	r := trial.ResultOf(outcomes, f.lost)
	v := &judged{outcomes: outcomes, class: r.Class, violations: r.Violations}
	if f.judged == nil {
		f.judged = make(map[uint64]*judged, 1)
	}
	f.judged[key] = v
	return v
}

// outcomesAfter returns the outcomes of a run with past p, whose verdict is v.
func (f *future) outcomesAfter(p rig.Past, v *judged) []*rig.Outcome {
	first := *v.outcomes[0]
	first.Cost = f.outcomes[0].Cost.Minus(f.past.Cost).Plus(p.Cost)
	return append([]*rig.Outcome{&first}, v.outcomes[1:]...)
}

// keyOf hashes what the judge looks at in a past.
func keyOf(p rig.Past, seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, prompt := range p.Prompts {
		h.WriteByte(byte(prompt))
	}
	h.WriteByte(0xFF)
	maphash.WriteComparable(&h, p.LogSum())
	maphash.WriteComparable(&h, p.Cost.Resends)
	maphash.WriteComparable(&h, p.Cost.Blocks)
	maphash.WriteComparable(&h, p.Unsaid)
	maphash.WriteComparable(&h, min(p.FlashOps, 2)) // a single one is the meter's own mark
	return h.Sum64()
}

// futures are the known futures. Several goroutines may use it.
type futures struct {
	mu    sync.RWMutex
	known map[machine.Fingerprint]*future
}

func (t *futures) find(at machine.Fingerprint) *future {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.known[at]
}

func (t *futures) add(at machine.Fingerprint, f *future) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[at] == nil {
		t.known[at] = f
	}
}
