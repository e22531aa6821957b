package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// journaled is an upgrade by a tool that keeps a journal.
func journaled(s *plot, n int, plan string) world.Attempt {
	GinkgoHelper()
	a := s.upgrade(blocks(n), plan)
	a.Journal = true
	return a
}

// wantAllBack: the recovery has put all settings back and left no journal.
func wantAllBack(s *plot, o *rig.Outcome, had *ion.Settings, after string) {
	GinkgoHelper()
	Expect(o).To(beUpgraded(), after)
	Expect(verdict.Lost(had, o.Meter.Settings, s.Now())).To(BeZero(), "groups that are lost after %s", after)
	Expect(o.Meter.Settings.Template).To(Equal(had.Template), "the template's name after %s", after)
	Expect(s.Disk().Journals()).To(BeZero(), "journals left after %s", after)
}

// Beyond the article, whose tool keeps the settings in its memory alone: “When the
// connection is lost and ION Setup is restarted those settings are not retained.”
var _ = Describe("With a journal, which the article's tool does not have", row("K17", faultKill), func() {
	It("recovery restores all five groups after the tool was killed at any block", Label(sweep), func() {
		const size = 60
		s := tell(world.Meter{})
		had := *s.setUp()
		a := journaled(s, size, "")
		s.begin(a)
		sent := func() uint64 { return s.Bench().Station().Counts().BlocksSent }
		for n := uint64(1); n <= size; n++ {
			for sent() < n-1 {
				Expect(s.Bench().Step()).To(BeTrue(), "the upgrade goes on after block %d", sent())
			}
			// The run up to here is shared; what follows is this fork's own.
			plan := fmt.Sprintf("kill at block %d", n)
			fork := s.clone()
			killed := a
			killed.Plan = planned(plan)
			fork.chapters = []chapter{{attempt: killed}}
			Expect(fork.Bench().Station().SetPlan(killed.Plan)).To(Succeed())
			Expect(fork.finish().Killed).To(BeTrue(), plan)
			Expect(fork.Disk().Journals()).To(Equal(1), "journals after %s", plan)
			o := fork.recover(a)
			Expect(o.Prompts).To(ContainElement(client.RestoreSettings), plan)
			wantAllBack(fork, o, &had, plan)
		}
		Expect(s.finish()).To(beUpgraded(), "the run that was not killed")
	})

	for _, plan := range []string{
		"kill at state erasing", "kill at state verifying", "kill at state booting",
		"kill at block 12; cable-pull at block 12 for 5m",
		"power-loss at flash-op 300 torn; kill at no-response 3",
	} {
		It("recovery restores all five groups after "+plan, func() {
			s := tell(world.Meter{})
			had := *s.setUp()
			a := journaled(s, 12, plan)
			Expect(s.try(a).Killed).To(BeTrue())
			wantAllBack(s, s.recover(a), &had, plan)
		})
	}

	It("and after the recovery was killed as well, at whatever block", Label(sweep), func() {
		first := tell(world.Meter{})
		had := *first.setUp()
		a := journaled(first, 12, "kill at block 7")
		first.try(a)
		for n := 1; n <= 12; n++ {
			s := first.clone()
			again := recovery(a)
			again.Plan = planned(fmt.Sprintf("kill at block %d", n))
			Expect(s.try(again).Killed).To(BeTrue(), "plan %q", again.Plan)
			wantAllBack(s, s.recover(a), &had, again.Plan.String())
		}
	})

	It("but “those settings are not retained” by the article's own tool", func() {
		s := tell(world.Meter{})
		a := s.upgrade(blocks(12), "kill at block 7")
		s.try(a)
		o := s.recover(a)
		Expect(o.Prompts).NotTo(ContainElement(client.RestoreSettings))
		defaults := meter.FactoryTemplate(meter.ION7350, "7350V283")
		Expect(verdict.Lost(&defaults, o.Meter.Settings, o.Cost.Time)).To(BeZero(), "groups other than the defaults")
		Expect(s.setUp().Differs(o.Meter.Settings)).To(Equal(ion.AllGroups), "groups that are lost")
	})

	It("nothing is erased while the journal cannot be written", func() {
		s := tell(world.Meter{})
		a := journaled(s, 12, "")
		a.DiskFull = true
		o := s.try(a)
		Expect(o.Claim).To(MatchError(client.ErrNoPersistence))
		Expect(o.Claim).To(MatchError(And(ContainSubstring("no space left"), ContainSubstring("make room"))))
		Expect(o.Meter.FlashOps).To(BeZero(), "flash operations")
		Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
	})
})
