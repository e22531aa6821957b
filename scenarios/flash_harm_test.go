package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

var _ = Describe("A flash chip that fails, of which the article does not tell", func() {
	const size = 12 // blocks

	It("a write that lies is found out by the verification, and the download begins anew", func() {
		s := tell(world.Meter{})
		s.Meter().Chip().LieAt(eraseOps + 100)
		o := s.try(s.upgrade(blocks(size), ""))
		Expect(o).To(beUpgraded())
		Expect(told(o.Trace, story.Meter, "verified")).To(Equal([]string{"verify failed", "ok"}))
		Expect(clears(o)).To(Equal(2))
		Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
	})

	It("an image that is damaged once it was verified does not run: the meter comes up in download state", func() {
		s := tell(world.Meter{})
		a := s.upgrade(blocks(size), "")
		s.begin(a)
		for s.Meter().State() != meter.Verifying || s.Meter().Chip().Ops() < uint64(recordOp(size))-1 {
			Expect(s.Bench().Step()).To(BeTrue())
		}
		for s.Meter().State() == meter.Verifying {
			Expect(s.Bench().Step()).To(BeTrue())
		}
		address := upg.LoadAddress + uint32(blocks(size)/2)
		var held [1]byte
		s.Meter().Chip().Read(address, held[:])
		s.Meter().Chip().StickBit(address, 3, held[0]&(1<<3) == 0)
		o := s.finish()
		Expect(o.Claim).To(Or(MatchError(client.ErrTooOften), MatchError(client.ErrNotRunning)))
		Expect(lines(o, upgradelog.Restarted)).To(BeEmpty())
		Expect(o.Meter.State.Loader()).To(BeTrue())
		Expect(o.Meter.LCD).To(Equal("Upgrading…"))
		Expect(o.Meter.Revision).To(BeEmpty(), "what a power cycle would run")

		s.Meter().Chip().ClearFaults()
		Expect(s.recover(a)).To(beUpgraded())
	})

	It("a sector that cannot be erased ends the upgrade with its number, and the meter in download state", func() {
		s := tell(world.Meter{})
		s.Meter().Chip().FailErase(40)
		a := s.upgrade(blocks(size), "")
		o := s.try(a)
		Expect(o.Claim).To(MatchError(client.ErrFlash))
		Expect(o.Claim).To(MatchError(ContainSubstring("sector 40")))
		Expect(o.Meter.LCD).To(Equal("Upgrading…"))
		Expect(o.Prompts).NotTo(ContainElement(client.CommunicationLost))

		s.Meter().Chip().ClearFaults()
		Expect(s.recover(a)).To(beUpgraded())
	})
})
