package mutants

import (
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// stage is where a probe plays: a rig with the pair under test, and what the probe noticed.
type stage struct {
	mutant Mutant
	plan   fault.Plan
	rig    *rig.Rig
	err    error // why the probe could not be played

	violations []verdict.Violation // of the invariants and of the probe's expectations
}

// stand sets up a rig for a probe: the mutant's tool, and a meter with a bug or none.
func (s *stage) stand(p *probe, bug string) {
	blocks := p.blocks
	if blocks == 0 {
		blocks = small
	}
	w := &world.World{
		Meters:    []world.Meter{{Clock: p.clock}},
		Firmware:  append(unusable(), world.Firmware{Blocks: blocks}),
		Templates: []world.Template{{Name: plant, Own: templates.PlantA()}},
	}
	if p.world != nil {
		p.world(w)
	}
	s.rig, s.err = rig.New(w, rig.Options{Chip: p.chip, Planted: planted.Pair{Tool: s.mutant.in(Upgrader), Meter: bug}})
}

// patience is how long an attempt may take: enough for three passes over every image.
const patience = 3 * time.Hour

// upgrade is an upgrade that keeps all settings.
func (s *stage) upgrade() world.Attempt {
	return world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Single: true}, Plan: s.plan, Limit: patience}
}

// journaled is upgrade with a tool that keeps a journal.
func (s *stage) journaled() world.Attempt {
	a := s.upgrade()
	a.Journal = true
	return a
}

// try plays an attempt and notes what it broke.
func (s *stage) try(a world.Attempt) *rig.Outcome {
	if s.err != nil {
		return new(rig.Outcome)
	}
	o, err := s.rig.Try(&a)
	return s.note(o, err)
}

// recover plays the article's recovery of a and notes what it broke.
func (s *stage) recover(a world.Attempt) *rig.Outcome {
	if s.err != nil {
		return new(rig.Outcome)
	}
	o, err := s.rig.Recover(&a)
	return s.note(o, err)
}

func (s *stage) note(o *rig.Outcome, err error) *rig.Outcome {
	if err != nil {
		s.err = err
		return new(rig.Outcome)
	}
	s.violations = append(s.violations, o.Violations...)
	for _, what := range disorder(o.Trace) {
		s.hold(false, "%s", what)
	}
	if s.mutant.Side == Neither {
		s.hold(len(o.Unstruck) == 0, "faults that never struck: %v", o.Unstruck)
	}
	return o
}

// hold notes an expectation unless it holds.
func (s *stage) hold(holds bool, format string, args ...any) {
	if !holds {
		s.violations = append(s.violations, verdict.Violation{Rule: verdict.Expected, Reason: fmt.Sprintf(format, args...)})
	}
}

// holdUpgraded expects that the tool claims success and that the meter's event log has an
// upgrade.
func (s *stage) holdUpgraded(o *rig.Outcome) {
	s.hold(o.Ended && !o.Killed && o.Claim == nil, "the upgrade ends with: %v", o.Claim)
	performed := func(e meter.LogEntry) bool { return e.Text == meter.EventFirmwareUpgrade }
	s.hold(slices.ContainsFunc(o.Meter.EventLog, performed), "the meter's event log has no %q", meter.EventFirmwareUpgrade)
}

// holdRecovered expects that the attempt failed, and plays the article's recovery.
func (s *stage) holdRecovered(a world.Attempt, o *rig.Outcome) {
	s.hold(o.Killed || o.Claim != nil, "the attempt is no failure")
	if o.Ended {
		s.recover(a)
	}
}

// through plays an attempt that should succeed. If it fails, a recovery shows whether the pair
// can be recovered at all.
func (s *stage) through(a world.Attempt) *rig.Outcome {
	o := s.try(a)
	s.holdUpgraded(o)
	if o.Ended && o.Claim != nil {
		s.recover(a)
	}
	return o
}

// holdWindows expects that the person saw these prompts in this order.
func (s *stage) holdWindows(o *rig.Outcome, want ...client.Prompt) {
	s.hold(slices.Equal(o.Prompts, want), "the windows were %v and not %v", o.Prompts, want)
}

// holdClears expects that the flash was cleared that many times.
func (s *stage) holdClears(o *rig.Outcome, want int) {
	n := 0
	for _, e := range o.Trace {
		if e.What == (story.StateEntered{State: meter.Erasing}) {
			n++
		}
	}
	s.hold(n == want, "the flash was cleared %d times and not %d", n, want)
}

// disorder lists what the loader did out of order: blocks before the flash was cleared, blocks
// that were left out, or blocks that were programmed twice. A trace may begin in the middle of an
// erase.
func disorder(trace []story.Event) (list []string) {
	cleared, last, before := false, uint32(0), meter.Erasing
	for _, e := range trace {
		switch w := e.What.(type) {
		case story.StateEntered:
			switch {
			case w.State == meter.Booting || w.State == meter.Off || w.State == meter.Erasing:
				cleared, last = false, 0
			case w.State == meter.Receiving && before == meter.Erasing:
				cleared = true
			}
			before = w.State
		case story.BlockProgrammed:
			if !cleared {
				list = append(list, fmt.Sprintf("the meter takes block %d, and its flash was not cleared since it started", w.Block))
			} else if w.Block != last+1 {
				list = append(list, fmt.Sprintf("the meter programs block %d after block %d", w.Block, last))
			}
			last = w.Block
		}
	}
	return list
}
