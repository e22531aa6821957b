package scenarios_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

var _ = Describe("Article 2, “One last step remains”", row("K13"), func() {
	It("“completely exit ION Setup and reconnect … to ensure that ION Setup returns to normal operating mode instead of Firmware Recovery Mode”", func() {
		s := tell(world.Meter{})
		failed := failUpgrade(s, "cable-pull at block 7")
		plant := settingsIn(templates.PlantA())

		// The same process, at its second connection and with all boxes ticked.
		o := s.try(s.recoverAndSend(failed, templates.PlantA(), ion.AllGroups))
		Expect(o.Recovery).To(BeTrue(), "Firmware Recovery Mode, until the tool is exited")
		Expect(verdict.Lost(&plant, o.Meter.Settings, time.Hour)).To(BeZero(), "groups other than in the file: the boxes had no effect")

		// A new one: now a ticked box keeps what the meter has.
		kept := ion.Of(ion.PTCT, ion.Nameplate)
		o = s.try(s.sendTemplate(factoryTemplate(s), kept))
		Expect(o.Recovery).To(BeFalse(), "normal operating mode")
		Expect(o.Prompts).NotTo(ContainElement(client.RecoverUpgrade))
		Expect(o.Claim).NotTo(HaveOccurred(), "sending the template")
		Expect(verdict.Lost(&plant, o.Meter.Settings, time.Hour)).To(Equal(ion.AllGroups&^kept), "groups that the factory template replaced")
	})

	It("“completely exit”: a recovery that failed leaves the mode as well, and a new process finds the meter again", func() {
		s := tell(world.Meter{})
		failed := failUpgrade(s, "cable-pull at block 7")
		again := recovery(failed)
		again.Plan = planned("cable-pull at block 3")
		o := s.try(again)
		Expect(o.Recovery).To(BeTrue(), "Firmware Recovery Mode")
		Expect(s.recover(failed)).To(beUpgraded())
		identified := s.try(world.Attempt{Tool: world.Tool{Task: client.TaskIdentify}})
		Expect(identified.Recovery).To(BeFalse(), "normal operating mode")
		Expect(identified.Device.Revision).To(Equal("7350V283"))
	})
})
