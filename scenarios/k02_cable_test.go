package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
)

var _ = Describe("Article 1, the RS-485 cable was disconnected", row("K2", faultCable), func() {
	DescribeTable("“the RS-485 connection was re-connected after two No Response entries … the upgrade process continued”",
		func(plan string, block int) {
			const size = 40 // blocks
			s := tell(world.Meter{})
			o := s.try(s.upgrade(blocks(size), plan))
			Expect(o).To(beUpgraded())
			Expect(lines(o, upgradelog.Resending, upgradelog.Aborting, upgradelog.Retrying)).To(Equal([]string{
				fmt.Sprintf("No response... resending (1 of %d)", block),
				fmt.Sprintf("No response... resending (2 of %d)", block+1),
			}))
			// Two transmissions more than answers, from the block of the pull on.
			var want []string
			for percent := 10; percent <= 100; percent += 10 {
				answered, sent := size*percent/100, size*percent/100
				if answered >= block {
					sent += 2
				}
				want = append(want, fmt.Sprintf("Comm efficiency = %.1f%%", 100*float64(answered)/float64(sent)))
			}
			Expect(lines(o, upgradelog.Efficiency)).To(Equal(want))
			Expect(want[len(want)-1]).To(Equal("Comm efficiency = 95.2%"), "40 of 42")
			Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
		},
		EntryDescription("%[1]s"),
		Entry(nil, "cable-pull at block 1 for 2 no-responses", 1),
		Entry(nil, "cable-pull at block 20 for 2 no-responses", 20),
		Entry(nil, "cable-pull at block 40 for 2 no-responses", 40),
		Entry(nil, "cable-pull to-meter at block 7 for 2 no-responses", 7),
		Entry(nil, "cable-pull from-meter at block 7 for 2 no-responses", 7),
		Entry(nil, "cable-pull from-meter at 50% for 2 no-responses", 21),
	)
})
