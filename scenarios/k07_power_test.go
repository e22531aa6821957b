package scenarios_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// Flash operations of an upgrade with so many blocks: 62 sectors are erased, a full block
// is 29 programs of 256 bytes, then comes the record of the image, and at the first boot
// the mark that it was initialised.
const eraseOps = 62

func recordOp(blocks int) int { return eraseOps + 29*blocks + 1 }

func initializedOp(blocks int) int { return recordOp(blocks) + 1 }

// powerCase is a moment at which the power is lost.
type powerCase struct {
	at string // trigger
	// Lost for ever:
	tries    string      // a line of the log that tells how often the tool tried; empty where it is silent
	then     meter.State // once power is back
	revision string      // that runs then
	// Back within the retries:
	clears int // times that the flash is cleared in all
}

// clears counts how often the loader began to clear the flash.
func clears(o *rig.Outcome) int {
	n := 0
	for _, e := range o.Trace {
		if e.What.Kind() == "state" && e.What.Details() == "erasing" {
			n++
		}
	}
	return n
}

var _ = Describe("Article, Causes and Fixes: “the loss of main power to the meter during a firmware upgrade”", row("K7", faultPower), func() {
	const size = 12 // blocks

	moments := []powerCase{
		{at: "at state erasing", tries: "No response... retrying (10 of 10)", then: meter.Application, revision: "7350V282", clears: 2},
		{at: "at flash-op 1 torn", tries: "No response... retrying (10 of 10)", then: meter.Download, clears: 2},
		{at: "at flash-op 30 torn", tries: "No response... retrying (10 of 10)", then: meter.Download, clears: 2},
		{at: "at flash-op 62 after", tries: "No response... retrying (10 of 10)", then: meter.Download, clears: 2},
		{at: fmt.Sprintf("at flash-op %d torn", eraseOps+100), tries: "No response... aborting (11 of 14)", then: meter.Download, clears: 2},
		{at: "at state programming", tries: "No response... aborting (11 of 11)", then: meter.Download, clears: 2},
		{at: "at block 7", tries: "No response... aborting (11 of 17)", then: meter.Download, clears: 2},
		{at: "at state verifying", tries: "No response... retrying (10 of 10)", then: meter.Download, clears: 2},
		{at: fmt.Sprintf("at flash-op %d torn", recordOp(size)), tries: "No response... retrying (10 of 10)", then: meter.Download, clears: 2},
		{at: fmt.Sprintf("at flash-op %d after", recordOp(size)), tries: "No response... retrying (10 of 10)", then: meter.Application, revision: "7350V283", clears: 1},
		{at: fmt.Sprintf("at flash-op %d before", initializedOp(size)), then: meter.Application, revision: "7350V283", clears: 1},
		{at: fmt.Sprintf("at flash-op %d torn", initializedOp(size)), then: meter.Application, revision: "7350V283", clears: 1},
	}

	for _, c := range moments {
		It("power-loss "+c.at+": the tool gives up as in the article's log, and with the power the meter is back", func() {
			s := tell(world.Meter{})
			a := s.upgrade(blocks(size), "power-loss "+c.at)
			o := s.try(a)
			Expect(o.Claim).To(MatchError(client.ErrNoResponse))
			Expect(o.Prompts[len(o.Prompts)-2:]).To(Equal([]client.Prompt{client.UpgradeFailed, client.CommunicationLost}))
			Expect(o.Meter.State).To(Equal(meter.Off))
			Expect(lines(o, upgradelog.UpgradeFailed)).To(HaveLen(1))
			if c.tries != "" {
				Expect(strings.Split(string(o.Log), "\n")).To(ContainElement(c.tries))
			}

			s.Heal()
			Expect(s.Meter().State()).To(Equal(c.then))
			revision, _ := s.Meter().Revision()
			Expect(revision).To(Equal(c.revision))
			Expect(s.Meter().Panel().LCD == "Upgrading…").To(Equal(c.then == meter.Download))
			Expect(s.recover(a)).To(beUpgraded())
		})

		It("power-loss "+c.at+" for 30s: the power is back within the retries, and the tool goes on by itself", func() {
			s := tell(world.Meter{})
			o := s.try(s.upgrade(blocks(size), "power-loss "+c.at+" for 30s"))
			Expect(o).To(beUpgraded())
			Expect(clears(o)).To(Equal(c.clears), "times that the flash was cleared")
			Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
		})
	}

	It("and the efficiency counts all that was sent, also before the flash was cleared again", func() {
		s := tell(world.Meter{})
		o := s.try(s.upgrade(blocks(size), "power-loss at block 7 for 30s"))
		// Block 7 is sent after 0, 10.3, 20.5, 30.8 and 41.0 s. The meter has its power back
		// after 30 s and boots for three: the fifth is answered, and not taken. 11 blocks were
		// sent and 6 taken. Of 12 blocks, 10 % are two, 20 % three, and so on: the second pass
		// has 8 of 13, 9 of 14, 10 of 15, 11 of 16, 12 of 17, then 14 of 19, 15 of 20, 16 of 21,
		// 17 of 22 and 18 of 23.
		Expect(lines(o, upgradelog.Resending)).To(HaveLen(4))
		var want []string
		for _, percent := range []string{"100.0", "100.0", "100.0", "100.0", "100.0",
			"61.5", "64.3", "66.7", "68.8", "70.6", "73.7", "75.0", "76.2", "77.3", "78.3"} {
			want = append(want, "Comm efficiency = "+percent+"%")
		}
		Expect(lines(o, upgradelog.Efficiency)).To(Equal(want))
	})
})
