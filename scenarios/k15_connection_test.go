package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/rig"
)

var _ = Describe("Article 2, the connection", row("K15", realtime, faultAbort), func() {
	connections := []rig.Transport{rig.PTY, rig.TCP}
	for _, failing := range connections {
		for _, recovering := range connections {
			It(fmt.Sprintf("“Select the appropriate connection type, enter the appropriate information (port, phone number or IP)”: an upgrade over %v, its recovery over %v", failing, recovering), func(ctx SpecContext) {
				s := instantly(0)
				failed := s.upgrade(blocks(12), "abort at block 7")
				Expect(s.over(ctx, failing, failed).Claim).To(MatchError(client.ErrAborted))
				Expect(s.over(ctx, recovering, recovery(failed))).To(beUpgraded())
				// And the first way once more, to a meter that runs.
				Expect(s.over(ctx, failing, s.upgrade(blocks(3), ""))).To(beUpgraded())
			}, enough)
		}
	}
})
