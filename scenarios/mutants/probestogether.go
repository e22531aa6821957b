package mutants

import (
	"errors"
	"time"

	"ionbench/client"
	"ionbench/client/locks"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
)

// together are probes of two tools that are at work at the same time, and of two meters.
func together() []probe {
	return []probe{
		{must: "a meter that another process is at work on is left alone", with: "a second tool in the middle of an upgrade", play: oneMeterTwoTools},
		{must: "a log that another process writes is left alone", with: "a second tool with the same log", world: feeders("PC-0209A001-12"), play: oneLogTwoTools},
		{must: "two meters can be upgraded at once, each with a log of its own", with: "a second tool", world: feeders("PC-0209A001-12"), play: twoMetersAtOnce},
		{must: "two meters of one serial number can be upgraded at once", with: "a second tool", world: feeders(""), play: twoMetersAtOnce},
		namesakes(),
		{must: "an application that another tool has brought back is read before its flash is cleared", with: "a second computer that comes before the first has written the settings back",
			blocks: 3, world: offices, play: twoComputers},
	}
}

// offices has two computers.
func offices(w *world.World) { w.PCs = []world.PC{{Name: "office"}, {Name: "van"}} }

// busyWith is when the second of two upgrades of three blocks has to begin to be told of an
// application that the first one writes to meanwhile.
const busyWith = 85860 * time.Millisecond

func twoComputers(s *stage) {
	first, second := s.journaled(), s.journaled()
	first.PC, second.PC, second.Meanwhile = "office", "van", busyWith
	if s.err != nil {
		return
	}
	var outcomes []*rig.Outcome
	outcomes, s.err = s.rig.Together([]world.Attempt{first, second})
	for _, o := range outcomes {
		s.violations = append(s.violations, o.Violations...) // the meter does what both of them want, so its trace has another order
	}
}

// namesakes is a probe of two meters of one serial number on one line.
func namesakes() probe {
	return probe{must: "each of two meters of one serial number gets its own settings back", with: "two upgrades that were killed", world: namesake, play: eachItsOwn}
}

// feeder is the second meter of a world.
const feeder = "feeder"

// feeders has a second meter on a line of its own.
func feeders(serialNumber string) func(*world.World) {
	return func(w *world.World) {
		w.Meters = append(w.Meters, world.Meter{Name: feeder, Line: "2", SerialNumber: serialNumber, UnitID: 7})
	}
}

func namesake(w *world.World) {
	w.Meters = append(w.Meters, world.Meter{Name: feeder, UnitID: 7, SetUp: world.Highest})
}

// at plays attempts of which the second begins while the first is at work.
func (s *stage) at(one, other world.Attempt) (first, second *rig.Outcome) {
	other.Meanwhile = 30 * time.Second
	if s.err != nil {
		return new(rig.Outcome), new(rig.Outcome)
	}
	outcomes, err := s.rig.Together([]world.Attempt{one, other})
	if err != nil {
		return s.note(nil, err), new(rig.Outcome)
	}
	return s.note(outcomes[0], nil), s.note(outcomes[1], nil)
}

func oneMeterTwoTools(s *stage) {
	other := s.journaled()
	other.Log = "other.log"
	first, second := s.at(s.journaled(), other)
	s.holdUpgraded(first)
	s.hold(errors.Is(second.Claim, client.ErrMeterInUse) && second.Untouched(), "the second tool says: %v", second.Claim)
}

func oneLogTwoTools(s *stage) {
	other := s.journaled()
	other.Meter = feeder
	first, second := s.at(s.journaled(), other)
	s.holdUpgraded(first)
	var used *locks.InUseError
	s.hold(errors.As(second.Claim, &used) && second.Untouched(), "the second tool says: %v", second.Claim)
}

func twoMetersAtOnce(s *stage) {
	one, other := s.journaled(), s.journaled()
	one.Log, other.Log, other.Meter = "{serial}.log", "other.log", feeder
	first, second := s.at(one, other)
	for _, o := range []*rig.Outcome{first, second} {
		s.holdUpgraded(o)
		s.hold(o.Meter.Lost == 0, "%v lost", o.Meter.Lost)
	}
}

func eachItsOwn(s *stage) {
	s.plan = planned("kill at block 3")
	for _, meter := range []string{"", feeder} {
		a := s.journaled()
		a.Meter = meter
		s.try(a)
	}
	s.plan = nil
	for _, meter := range []string{"", feeder} {
		a := s.journaled()
		a.Meter, a.Task = meter, client.TaskRecover
		s.through(a)
		s.hold(s.rig.Lost() == 0, "%v lost", s.rig.Lost())
	}
}
