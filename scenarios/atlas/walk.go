package atlas

import (
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

// counts say how far an attempt has come, in every unit.
type counts [unitCount]uint64

func countsOf(run *trial.Trial) counts {
	c := run.Bench().Station().InRun()
	return counts{
		toMeterBytes:    c.BytesToMeter,
		fromMeterBytes:  c.BytesToHost,
		toMeterFrames:   c.FramesToMeter,
		fromMeterFrames: c.FramesToHost,
		frames:          c.FramesToMeter + c.FramesToHost,
		replies:         c.Replies,
		flashOps:        c.FlashOps,
		blocks:          c.Block,
	}
}

// walk goes along a run and keeps its last states, from which faults fork.
type walk struct {
	run     *trial.Trial
	before  trial.Trial // before the last step
	idle    trial.Trial // before the present work on the flash began
	attempt int
	at      counts
}

// newWalk begins at the present state of run. Work on the flash that has begun already is left
// out.
func newWalk(run *trial.Trial) *walk {
	w := &walk{run: run, attempt: run.Attempt(), at: countsOf(run)}
	w.at[flashOps] += run.Rig().Meter().OpsBegun() - run.Rig().Meter().Chip().Ops()
	run.CopyTo(&w.idle)
	return w
}

// leg is what a run passed in one attempt: the places after from, up to to.
type leg struct {
	attempt  int
	from, to counts
}

// next takes a step and returns what the run passed. What an attempt does as it begins belongs
// to the step that began it. It returns false when the run is over.
func (w *walk) next() (leg, bool) {
	w.rest()
	w.run.CopyTo(&w.before)
	if !w.run.Step() {
		return leg{}, false
	}
	l := leg{attempt: w.run.Attempt(), from: w.at}
	if l.attempt != w.attempt {
		w.attempt, l.from = l.attempt, counts{}
	}
	w.at = countsOf(w.run)
	w.at[flashOps] = max(w.at[flashOps], l.from[flashOps])
	l.to = w.at
	return l, true
}

// rest notes that the flash is idle: there is no work, or an operation has just ended.
func (w *walk) rest() {
	m := w.run.Rig().Meter()
	if ops := m.Chip().Ops(); m.OpsBegun() == ops || ops > w.idle.Rig().Meter().Chip().Ops() {
		w.run.CopyTo(&w.idle)
	}
}

// skip takes a step without keeping the state before.
func (w *walk) skip() bool {
	w.rest()
	if !w.run.Step() {
		return false
	}
	w.attempt, w.at = w.run.Attempt(), countsOf(w.run)
	return true
}

// fork makes a copy of the run as it was before the last step, with faults about to strike; if they
// strike at a flash operation, as it was before the work on the flash began.
func (w *walk) fork(into *trial.Trial, attempt int, faults fault.Plan) error {
	from := &w.before
	if faults[0].Trigger.Unit == fault.AtFlashOp && attempt == w.idle.Attempt() {
		from = &w.idle
	}
	from.CopyTo(into)
	return into.Strike(attempt, faults)
}
