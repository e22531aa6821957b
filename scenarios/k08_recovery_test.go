package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// failUpgrade is an upgrade that the plan makes fail, and the meter a minute after the
// plan's faults have ended: in download state.
func failUpgrade(s *plot, plan string) world.Attempt {
	GinkgoHelper()
	a := s.upgrade(blocks(12), plan)
	o := s.try(a)
	Expect(o.Killed || o.Claim != nil).To(BeTrue(), "an upgrade with %q fails", plan)
	s.Heal()
	Expect(s.Meter().State().Loader()).To(BeTrue(), "the meter is left in download state")
	return a
}

// flashOf is all that the chip holds.
func flashOf(s *plot) []byte {
	g := s.Meter().Chip().Geometry()
	content := make([]byte, g.Bytes())
	s.Meter().Chip().Read(0, content)
	return content
}

// failures are ways in which an upgrade fails, of 12 blocks.
func failures() []string {
	return []string{
		"cable-pull at block 7",
		"power-loss at state erasing",
		"power-loss at flash-op 30 torn",
		"power-loss at flash-op 200 torn",
		"power-loss at state verifying",
		"abort at 60%",
		"kill at block 3",
		"meter-silent at block 12",
	}
}

var _ = Describe("Article 2, how to restart the upgrade process", row("K8"), func() {
	for _, plan := range failures() {
		if plan == "power-loss at state erasing" {
			continue // before anything was erased: the old application comes up
		}
		It("“in Single ION device configuration mode … You will be prompted … Select Yes … select an ION Firmware Upgrade file (*.UPG) … "+
			"Once the upgrade is completed the following prompt will appear. Press Exit and you will be returned to the Select Connection Type screen”: after "+plan, func() {
			s := tell(world.Meter{})
			o := s.recover(failUpgrade(s, plan))
			Expect(o.Prompts).To(Equal([]client.Prompt{
				client.ConnectionType, client.RecoverUpgrade, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType,
			}))
			Expect(o).To(beUpgraded())
			wantFromStart(o)
			Expect(o.Recovery).To(BeTrue(), "Firmware Recovery Mode")
		})
	}

	It("“ION Setup will recognize if your ION 73xx family meter is currently in upgrade mode”: a meter that is not, is not", func() {
		s := tell(world.Meter{})
		a := atTheTool(upgrade(""))
		a.Assistant = nil
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{client.ConnectionType, client.SetupAssistant}))
		Expect(o.Recovery).To(BeFalse())
		Expect(o.Meter.FlashOps).To(BeZero())
	})

	It("“select the firmware file required for the upgrade”: another file than at the first try will do", func() {
		s := tell(world.Meter{})
		a := failUpgrade(s, "cable-pull at block 7")
		s.put(blocks(5) + 100)
		Expect(s.recover(a)).To(beUpgraded())
	})
})

var _ = Describe("Article 2, “Select Yes to recover your firmware upgrade”", row("K9"), func() {
	It("answered No, the meter is untouched, and may be recovered later", func() {
		s := tell(world.Meter{})
		a := failUpgrade(s, "cable-pull at block 7")
		before := flashOf(s)
		no := recovery(a)
		no.NoRecovery = true
		o := s.try(no)
		Expect(o.Prompts).To(Equal([]client.Prompt{client.ConnectionType, client.RecoverUpgrade, client.ConnectionType}))
		Expect(o.Log).To(BeEmpty())
		Expect(o.Meter.FlashOps).To(BeZero())
		Expect(flashOf(s)).To(Equal(before))
		Expect(s.Meter().State().Loader()).To(BeTrue())
		Expect(o.Recovery).To(BeFalse(), "Firmware Recovery Mode")

		Expect(s.recover(a)).To(beUpgraded())
	})
})

var _ = Describe("Article 2, “Make sure to select the check box to use Single ION device configuration mode”", row("K10"), func() {
	It("without it nothing is detected; the tool says that the device does not answer, and names the mode", func() {
		s := tell(world.Meter{})
		a := failUpgrade(s, "cable-pull at block 7")
		before := flashOf(s)
		without := recovery(a)
		without.Single = false
		without.AtSilence = client.Exit
		o := s.try(without)
		Expect(o.Prompts).To(Equal([]client.Prompt{client.ConnectionType, client.DeviceSilent}))
		Expect(o.Claim).To(MatchError(client.ErrNoResponse))
		Expect(o.Claim).To(MatchError(ContainSubstring("restart in Single ION device configuration mode to recover it")))
		Expect(flashOf(s)).To(Equal(before))

		Expect(s.recover(a)).To(beUpgraded())
	})

	It("and with it the tool does not name it", func() {
		s := tell(world.Meter{})
		off := recovery(upgrade(""))
		off.Plan = planned("cable-pull")
		off.AtSilence = client.Exit
		o := s.try(off)
		Expect(o.Prompts).To(Equal([]client.Prompt{client.ConnectionType, client.DeviceSilent}))
		Expect(o.Claim).To(MatchError(client.ErrNoResponse))
		Expect(o.Claim).NotTo(MatchError(ContainSubstring("Single ION device configuration mode")))
	})
})

var _ = Describe("Article, Release Notice: “Previously, using ION Setup, users could go through a manually process”", row("K11"), func() {
	It("tool 2.1 detects nothing, even in Single ION device configuration mode, and says what to do by hand", func() {
		s := tell(world.Meter{})
		a := recovery(failUpgrade(s, "cable-pull at block 7"))
		a.Release = client.Release21()
		a.AtSilence = client.Exit
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{client.ConnectionType, client.DeviceSilent}))
		Expect(o.Claim).To(MatchError(ContainSubstring("start the upgrade again by hand")))
		Expect(o.Meter.FlashOps).To(BeZero())
	})

	It("and from the same window an explicit command starts the upgrade", func() {
		s := tell(world.Meter{})
		a := recovery(failUpgrade(s, "cable-pull at block 7"))
		a.Release = client.Release21()
		a.AtSilence = client.Upgrade
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{
			client.ConnectionType, client.DeviceSilent, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType,
		}))
		wantFromStart(o)
	})

	for _, release := range []client.Release{client.Release21(), client.Release22()} {
		It("an explicit command upgrades a meter in download state: "+release.String(), func() {
			s := tell(world.Meter{})
			a := failUpgrade(s, "power-loss at flash-op 200 torn")
			a.Plan = nil
			a.Release = release
			o := s.try(a)
			Expect(o.Prompts).To(Equal([]client.Prompt{client.ChooseFirmware, client.UpgradeCompleted}))
			wantFromStart(o)
			Expect(lines(o, upgradelog.SoftwareVersion)).To(Equal([]string{"Software Version (Build): " + release.String()}))
			Expect(s.Meter().State()).To(Equal(meter.Application))
		})
	}
})
