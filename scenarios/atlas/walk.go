package atlas

import (
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

// counts are how far an attempt has come, in every unit.
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
	}
}

// walk goes along a run and keeps what was before, from which faults fork.
type walk struct {
	run     *trial.Trial
	before  trial.Trial // before the last step
	idle    trial.Trial // before the work on the flash began that is under way
	attempt int
	at      counts
}

// newWalk begins where run stands. What has begun on the flash by then is not come by.
func newWalk(run *trial.Trial) *walk {
	w := &walk{run: run, attempt: run.Attempt(), at: countsOf(run)}
	w.at[flashOps] += run.Rig().Meter().OpsBegun() - run.Rig().Meter().Chip().Ops()
	run.CopyTo(&w.idle)
	return w
}

// leg is what a run came by, in one attempt: the places behind from up to to.
type leg struct {
	attempt  int
	from, to counts
}

// next takes a step and tells what the run came by. What an attempt does as it begins is
// part of the step that began it. It returns false when the run is over.
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

// rest notes that nothing is under way on the flash: not at all, or because an operation has
// ended just now.
func (w *walk) rest() {
	m := w.run.Rig().Meter()
	if ops := m.Chip().Ops(); m.OpsBegun() == ops || ops > w.idle.Rig().Meter().Chip().Ops() {
		w.run.CopyTo(&w.idle)
	}
}

// skip takes a step without keeping what was before.
func (w *walk) skip() bool {
	w.rest()
	if !w.run.Step() {
		return false
	}
	w.attempt, w.at = w.run.Attempt(), countsOf(w.run)
	return true
}

// fork makes a copy of the run, as it was before the last step, in which f is about to
// strike; before the work began, if f strikes at a flash operation.
func (w *walk) fork(into *trial.Trial, attempt int, f fault.Fault) error {
	from := &w.before
	if f.Trigger.Unit == fault.AtFlashOp && attempt == w.idle.Attempt() {
		from = &w.idle
	}
	from.CopyTo(into)
	return into.Strike(attempt, f)
}
