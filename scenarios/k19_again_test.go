package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios/world"
)

var _ = Describe("Article, Release Notice: “there is still a way to recover from its failed state”", row("K19", faultCable, faultPower), func() {
	// What befalls the recoveries: they meet a meter that is in download state.
	again := []string{
		"cable-pull at state erasing",
		"cable-pull at block 1",
		"cable-pull from-meter at block 7",
		"cable-pull at state verifying",
		"power-loss at state erasing",
		"power-loss at block 7",
		"power-loss at state programming",
		"power-loss at state verifying",
	}
	for _, first := range again {
		It("also when the recovery fails, and the next one: the third succeeds, after "+first, Label(sweep), func() {
			whole := tell(world.Meter{})
			failed := failUpgrade(whole, "cable-pull at block 7")
			for _, second := range again {
				s := whole.clone()
				for _, plan := range []string{first, second} {
					a := recovery(failed)
					a.Plan = planned(plan)
					Expect(s.try(a).Claim).To(HaveOccurred(), "the recovery with %q", plan)
					s.Heal()
				}
				Expect(s.recover(failed)).To(beUpgraded(), "after %q and %q", first, second)
			}
		})
	}

	It("with a journal not even the settings are lost", func() {
		s := tell(world.Meter{})
		a := s.upgrade(blocks(12), "power-loss at flash-op 200 torn")
		a.Journal = true
		Expect(s.try(a).Claim).To(HaveOccurred())
		for _, plan := range []string{"cable-pull at block 5", "kill at block 9"} {
			s.Heal()
			again := recovery(a)
			again.Plan = planned(plan)
			s.try(again)
		}
		o := s.recover(a)
		Expect(o).To(beUpgraded())
		settings := s.setUp()
		Expect(o.Meter.Settings.Template).To(Equal(settings.Template))
	})
})
