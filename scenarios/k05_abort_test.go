package scenarios_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// abortAndRestart aborts an upgrade as a plan says, and starts it again at once.
func abortAndRestart(s *plot, a world.Attempt) (aborted, again *rig.Outcome) {
	GinkgoHelper()
	aborted = s.try(a)
	Expect(aborted.Claim).To(MatchError(client.ErrAborted))
	Expect(aborted.Prompts).NotTo(ContainElement(client.CommunicationLost))
	a.Plan = nil
	return aborted, s.try(a)
}

// wantFromStart: the upgrade began anew, as the log has to say, and went through.
func wantFromStart(o *rig.Outcome) {
	GinkgoHelper()
	Expect(o).To(beUpgraded())
	Expect(lines(o, upgradelog.EnteredDownloadState, upgradelog.AlreadyInDownloadState, upgradelog.FlashCleared, upgradelog.Proceeding)).To(Equal([]string{
		"Device already in download state", "Flash memory cleared", "Proceeding with firmware download",
	}))
	Expect(lines(o, upgradelog.Completed, upgradelog.Efficiency)).To(Equal(tenPairs()))
	Expect(o.Counts.Transmitted).To(Equal(o.Counts.Blocks), "blocks sent, of %d", o.Counts.Blocks)
}

var _ = Describe("Article 1, “they may choose to Abort the upgrade and restart”", row("K5", faultAbort), func() {
	const size = 20 // blocks

	It("“it is not necessary … to power cycle their meter before restarting”, at whatever block the upgrade was aborted", Label(sweep), func() {
		whole := tell(world.Meter{})
		whole.put(blocks(size))
		for n := 1; n <= size; n++ {
			s := whole.clone()
			aborted, again := abortAndRestart(s, upgrade(fmt.Sprintf("abort at block %d", n)))
			Expect(aborted.Counts.Answered).To(Equal(n-1), "blocks answered when block %d was aborted", n)
			Expect(aborted.Meter.LCD).To(Equal("Upgrading…"))
			Expect(lines(aborted, upgradelog.AbortedByUser)).To(HaveLen(1))
			wantFromStart(again)
		}
	})

	It("at whatever frame", Label(sweep), func() {
		whole := tell(world.Meter{})
		whole.put(blocks(2))
		for n := 1; ; n++ {
			s := whole.clone()
			a := upgrade(fmt.Sprintf("abort at frame %d", n))
			s.begin(a)
			o := s.Finish()
			if len(o.Unstruck) > 0 {
				Expect(o).To(beUpgraded())
				Expect(n).To(BeNumerically(">", 2*2*32), "frames of the upgrade")
				return
			}
			s.end(o)
			Expect(o.Claim).To(MatchError(client.ErrAborted))
			a.Plan = nil
			Expect(s.try(a)).To(beUpgraded())
		}
	})

	DescribeTable("whatever the meter is doing",
		func(plan string, download bool) {
			s := tell(world.Meter{})
			aborted, again := abortAndRestart(s, s.upgrade(blocks(size), plan))
			if !download && aborted.Meter.FlashOps == 0 {
				Expect(aborted.Meter.State).To(Equal(meter.Application), "a meter that is whole is given back")
			}
			if download {
				wantFromStart(again)
			}
			Expect(again).To(beUpgraded())
		},
		EntryDescription("%[1]s"),
		Entry(nil, "abort at state download", false),
		Entry(nil, "abort at state erasing", true),
		Entry(nil, "abort at state receiving", true),
		Entry(nil, "abort at state programming", true),
		Entry(nil, "abort at 60%", true),
		Entry(nil, "abort at state verifying", false),
		Entry(nil, "abort at flash-op 30 after", true),
	)

	It("aborted again and again, it can still be restarted", func() {
		s := tell(world.Meter{})
		s.put(blocks(size))
		for n := 1; n <= size; n++ {
			Expect(s.try(upgrade(fmt.Sprintf("abort at block %d", n))).Claim).To(MatchError(client.ErrAborted))
		}
		wantFromStart(s.try(upgrade("")))
	})

	It("in the same process the settings are not lost: they “are temporarily backed up to the computer via ION Setup”", func() {
		s := tell(world.Meter{})
		a := atTheTool(s.upgrade(blocks(size), "abort at 60%"))
		a.Connections = 2
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{
			client.ConnectionType, client.SetupAssistant, client.ChooseFirmware, client.UpgradeFailed, client.ConnectionType,
			client.RecoverUpgrade, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted, client.ConnectionType,
		}))
		Expect(o).To(beUpgraded())
		Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
	})

	It("“they should first be sure that the communication line … is properly connected”: aborted while the cable is out, and restarted when it is in", func() {
		s := tell(world.Meter{})
		a := s.upgrade(blocks(size), "cable-pull at block 9; abort at no-response 3")
		aborted := s.try(a)
		Expect(aborted.Claim).To(MatchError(client.ErrAborted))
		Expect(lines(aborted, upgradelog.Resending)).To(HaveLen(3))
		s.Heal()
		a.Plan = nil
		wantFromStart(s.try(a))
	})
})

var _ = Describe("Article 1, “not necessary and not recommended to power cycle”", row("K6", faultAbort, faultPower), func() {
	const size = 12 // blocks

	// untimed is a log without its two stamps.
	untimed := func(o *rig.Outcome) []string {
		var texts []string
		for _, line := range strings.Split(string(o.Log), "\n") {
			if !strings.HasPrefix(line, "Upgrade started") && !strings.HasPrefix(line, "Upgrade completed") {
				texts = append(texts, line)
			}
		}
		return texts
	}
	// compare restarts an aborted upgrade with and without a power cycle in between.
	compare := func(whole *plot, a world.Attempt) (without, with *rig.Outcome) {
		GinkgoHelper()
		_, without = abortAndRestart(whole.clone(), a)
		s := whole.clone()
		Expect(s.try(a).Claim).To(MatchError(client.ErrAborted))
		s.PowerCycle(10 * time.Second)
		Expect(s.Meter().State().Loader()).To(BeTrue(), "the loader runs after the power cycle")
		a.Plan = nil
		with = s.try(a)
		wantFromStart(with)
		Expect(with.Meter.Settings.Differs(without.Meter.Settings)).To(BeZero(), "settings that differ with and without")
		return without, with
	}

	It("and it makes nothing worse than not doing so, at whatever block the upgrade was aborted", Label(sweep), func() {
		whole := tell(world.Meter{})
		for n := 1; n <= size; n++ {
			without, with := compare(whole, whole.upgrade(blocks(size), fmt.Sprintf("abort at block %d", n)))
			Expect(untimed(with)).To(Equal(untimed(without)))
			Expect(with.Cost.Time).To(BeNumerically("~", without.Cost.Time, 2*time.Second))
		}
	})

	It("nor in the middle of a block", func() {
		whole := tell(world.Meter{})
		compare(whole, whole.upgrade(blocks(size), "abort at flash-op 200 after"))
	})

	It("but that the flash is cleared from the start, where without it the clearing goes on", func() {
		whole := tell(world.Meter{})
		without, with := compare(whole, whole.upgrade(blocks(size), "abort at flash-op 30 after"))
		Expect(untimed(with)).To(Equal(untimed(without)))
		// 30 sectors were erased before the abort.
		Expect(with.Cost.Time - without.Cost.Time).To(BeNumerically("~", 30*time.Second, 2*time.Second))
	})
})
