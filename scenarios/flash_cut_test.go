package scenarios_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// An upgrade of 256 KiB is 35 full blocks and one of 2,304 bytes.
const (
	sweptBytes = 256 << 10
	sweptOps   = eraseOps + sweptBytes/256 + 2 // and the record, and the mark
)

// quickChip erases a sector in no more than 50 ms, so that the tool need not ask often how
// far that is: where the sweep is about what the chip holds.
func quickChip() flash.Geometry {
	g := flash.Am29F032B()
	g.EraseTime = 50 * time.Millisecond
	return g
}

// forkAtFlashOps runs the attempt that s has begun to its end. For each flash operation
// fork gets its number and the story up to the step in which the work began that the
// operation is part of, to clone: a plan that is set there strikes as if it had been set at
// the start.
func forkAtFlashOps(s *plot, fork func(op uint64, before *plot)) {
	GinkgoHelper()
	var before *plot
	for !s.Bench().Host().Done() {
		done := s.Meter().Chip().Ops()
		if !worksOnFlash(s.Meter().State()) {
			before = s.clone()
		}
		Expect(s.Bench().Step()).To(BeTrue(), "the bench goes on until the tool is done")
		for op := done + 1; op <= s.Meter().Chip().Ops(); op++ {
			fork(op, before)
		}
	}
}

func worksOnFlash(state meter.State) bool {
	switch state {
	case meter.Erasing, meter.Programming, meter.Verifying, meter.Booting:
		return true
	default:
		return false
	}
}

// powerCut is the plan of one point of the sweep. Each operation is torn in a way of its own.
func powerCut(op uint64, phase fault.Phase) fault.Plan {
	f := fault.Fault{Kind: fault.PowerLoss, Trigger: fault.FlashOp(op, phase)}
	if phase == fault.Torn {
		f.Parameters.Seed = op
	}
	return fault.Plan{f}
}

// futures are the states from which a story went on to a good end. Two states with one
// fingerprint have the same future, so that most stories need not be told to their end: a
// cleared flash looks the same whatever it held before.
type futures map[machine.Fingerprint]bool

// finish ends the attempt that s runs, unless its future is known from the moment at which
// the flash is cleared and no fault is to come.
func (f futures) finish(s *plot) (wrong []string) {
	struck := func() bool { return len(s.Bench().Station().Unstruck()) == 0 && s.Bench().Station().Reachable() }
	for !s.Bench().Host().Done() && !(s.Meter().State() == meter.Receiving && struck()) {
		if !s.Bench().Step() {
			return []string{"nothing more happens, and the tool is not done"}
		}
	}
	state := s.Bench().Fingerprint()
	if f[state] {
		return nil
	}
	o := s.Finish()
	wrong = broken(o)
	if len(wrong) == 0 && (o.Claim != nil || !o.Meter.Image) {
		wrong = []string{summary(o)}
	}
	f[state] = len(wrong) == 0
	return wrong
}

// broken is what an attempt broke, and which faults never struck.
func broken(o *rig.Outcome) []string {
	list := verdict.Texts(o.Violations)
	for _, u := range o.Unstruck {
		list = append(list, u.String())
	}
	return list
}

// cutAndRecover ends the attempt that s has begun, with its plan, in which the power stays
// away, and recovers it. It tells what is wrong with either.
func (f futures) cutAndRecover(s *plot, a world.Attempt) (wrong []string) {
	GinkgoHelper()
	o := s.Finish()
	wrong = broken(o)
	if o.Claim == nil || o.Meter.State != meter.Off {
		wrong = append(wrong, summary(o))
	}
	Expect(s.BeginRecovery(&a, nil)).To(Succeed(), "beginning the recovery")
	state := s.Bench().Fingerprint()
	if !f[state] { // after one operation is before the next
		ended := f.finish(s)
		f[state] = len(ended) == 0
		wrong = append(wrong, ended...)
	}
	return wrong
}

// wantNoneWrong fails with the plan that shows what is wrong. The story is told again from
// its start, so that the trace, the log and the plan that are left behind are whole.
func wantNoneWrong(played rig.Options, a world.Attempt, wrong []string) {
	GinkgoHelper()
	if len(wrong) == 0 {
		return
	}
	played.Trace = rig.Events
	s := tellWith(world.Meter{}, played)
	s.put(sweptBytes)
	s.begin(a)
	again := futures{}.cutAndRecover(s, a)
	Fail(fmt.Sprintf("plan %q, journal %v: %q; the plan from the start: %q", a.Plan, a.Journal, wrong, again))
}

var _ = Describe("Article, Causes and Fixes: “the loss of main power to the meter during a firmware upgrade”, at every flash operation", row("K7", faultPower, sweep), func() {
	for _, c := range []struct {
		what    string
		journal bool
		chip    flash.Geometry
	}{
		{"“any settings or changes made to the template of your device will not be retained”", false, flash.Am29F032B()},
		{"with a journal the settings are retained", true, quickChip()},
	} {
		It("before it, inside it and after it, “there is still a way to recover”: "+c.what, func() {
			played := rig.Options{Trace: rig.NoTrace, Chip: c.chip}
			s := tellWith(world.Meter{}, played)
			a := s.upgrade(sweptBytes, "")
			a.Journal = c.journal
			s.begin(a)
			forks, known := 0, futures{}
			forkAtFlashOps(s, func(op uint64, before *plot) {
				for _, phase := range []fault.Phase{fault.Before, fault.Torn, fault.After} {
					forks++
					a.Plan = powerCut(op, phase)
					cut := before.clone()
					Expect(cut.Bench().Station().SetPlan(a.Plan)).To(Succeed())
					wantNoneWrong(played, a, known.cutAndRecover(cut, a))
				}
			})
			Expect(s.finish()).To(beUpgraded())
			Expect(forks).To(Equal(3*sweptOps), "flash operations, three times each")
		})
	}

	It("a fork is the run that its plan gives from the start", func() {
		s := tell(world.Meter{})
		a := s.upgrade(sweptBytes, "")
		whole := s.clone()
		s.begin(a)
		forkAtFlashOps(s, func(op uint64, before *plot) {
			if op%97 != 1 && op < sweptOps-1 {
				return
			}
			for _, phase := range []fault.Phase{fault.Before, fault.Torn, fault.After} {
				forked, replayed := before.clone(), whole.clone()
				planned := a
				planned.Plan = powerCut(op, phase)
				Expect(forked.Bench().Station().SetPlan(planned.Plan)).To(Succeed())
				replayed.begin(planned)
				one, other := forked.Finish(), replayed.Finish()
				Expect(one.Log).To(Equal(other.Log), "log with %v", planned.Plan)
				Expect(one.Trace).To(Equal(other.Trace), "trace with %v", planned.Plan)
				Expect(forked.Bench().Fingerprint()).To(Equal(replayed.Bench().Fingerprint()), "state with %v", planned.Plan)
			}
		})
	})

	It("and when the power is back within the tool's retries, it goes on by itself", func() {
		played := rig.Options{Trace: rig.NoTrace, Chip: quickChip()}
		s := tellWith(world.Meter{}, played)
		a := s.upgrade(sweptBytes, "")
		s.begin(a)
		known := futures{}
		forkAtFlashOps(s, func(op uint64, before *plot) {
			cut := before.clone()
			a.Plan = powerCut(op, fault.Torn)
			a.Plan[0].Duration = fault.Duration{Time: 30 * time.Second}
			Expect(cut.Bench().Station().SetPlan(a.Plan)).To(Succeed())
			wantNoneWrong(played, a, known.finish(cut))
		})
		Expect(s.finish()).To(beUpgraded())
	})

	It("the plan of a failure can be read again as it is printed", func() {
		for _, phase := range []fault.Phase{fault.Before, fault.Torn, fault.After} {
			plan := powerCut(1170, phase)
			Expect(planned(plan.String())).To(Equal(plan))
		}
	})
})
