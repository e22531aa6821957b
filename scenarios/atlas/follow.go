package atlas

import (
	"hash/maphash"
	"slices"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// finding is what came of one point.
type finding struct {
	entry      machine.Fingerprint // of the first state after the fault whose future is kept
	class      trial.Class
	cost       trial.Total
	violations []verdict.Violation
}

// checkpoint is a state that a run passed.
type checkpoint struct {
	state   machine.Fingerprint
	past    rig.Past
	attempt int
}

// follower follows runs to their ends, or until the rest is known. Only one goroutine uses it.
type follower struct {
	futures *futures
	seed    maphash.Seed
	fork    trial.Trial // memory of the last fork
	encoded []byte
	passed  []checkpoint
	full    bool // follow every run to its own end
}

// follow takes a run in which a fault is about to strike.
func (w *follower) follow(run *trial.Trial) finding {
	w.passed = w.passed[:0]
	for !w.full && toCheckpoint(run) {
		c := checkpoint{w.fingerprint(run), run.Rig().Past(), run.Attempt()}
		if f := w.futures.find(c.state); f != nil && f.fits(run) {
			return w.join(run, c, f)
		}
		w.passed = append(w.passed, c)
	}
	r := run.Finish()
	found := finding{class: r.Class, cost: r.Cost, violations: r.Violations}
	if !w.full {
		found.entry = w.entry(run)
		w.learn(r.Attempts, r.Cost.Lost)
	}
	return found
}

// toCheckpoint goes on until a message of the tool is under way and the fault has had all its
// effect. It returns false if the trial ends before that.
func toCheckpoint(run *trial.Trial) bool {
	for {
		station, attempt := run.Bench().Station(), run.Attempt()
		under := station.UnderWay()
		for run.Attempt() == attempt && station.UnderWay() == under {
			if !run.Step() {
				return false
			}
		}
		if station.Settled() {
			return true
		}
	}
}

func (w *follower) fingerprint(run *trial.Trial) machine.Fingerprint {
	w.encoded = run.AppendState(w.encoded[:0])
	return machine.FingerprintOf(w.encoded)
}

// entry is the state that names the run's class: the first checkpoint, or the end.
func (w *follower) entry(run *trial.Trial) machine.Fingerprint {
	if len(w.passed) > 0 {
		return w.passed[0].state
	}
	return w.fingerprint(run)
}

// fits reports whether the run has enough time for the future.
func (f *future) fits(run *trial.Trial) bool {
	return f.outcomes[0].Cost.Time-f.past.Cost.Time <= run.Rig().Left()
}

// join ends a run whose future from c on is known.
func (w *follower) join(run *trial.Trial, c checkpoint, f *future) finding {
	v := f.of(c.past, w.seed)
	out := finding{entry: c.state, class: v.class, violations: v.violations, cost: f.rest}
	out.cost.Lost = f.lost
	out.cost.Time += c.past.Cost.Time
	out.cost.Bytes += c.past.Cost.BytesToMeter
	out.cost.Acts += c.past.Cost.Acts
	done := run.Done()
	if len(done) == 0 && len(w.passed) == 0 {
		return out
	}
	attempts := append(slices.Clone(done), f.outcomesAfter(c.past, v)...)
	if len(done) > 0 {
		r := trial.ResultOf(attempts, f.lost)
		out.class, out.violations, out.cost = r.Class, r.Violations, r.Cost
	}
	if len(w.passed) > 0 {
		out.entry = w.passed[0].state
		w.learn(attempts, f.lost)
	}
	return out
}

// learn keeps the futures of the states that the run passed.
func (w *follower) learn(attempts []*rig.Outcome, lost ion.Groups) {
	for _, c := range w.passed {
		w.futures.add(c.state, newFuture(c.past, attempts[c.attempt:], lost))
	}
}

func milliseconds(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }
