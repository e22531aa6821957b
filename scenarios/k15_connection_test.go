package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/modem"
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

	for _, modemAt := range rig.Transports() {
		It(fmt.Sprintf("“enter the appropriate information (port, phone number or IP)”: an upgrade and its recovery by phone number, the modem over %v", modemAt), func(ctx SpecContext) {
			s := tellWith(world.Meter{Baud: 115200, Phone: modem.DefaultNumber}, rig.Options{Instant: true})
			failed := s.upgrade(blocks(12), "abort at block 7")
			Expect(s.over(ctx, modemAt, failed).Claim).To(MatchError(client.ErrAborted))
			Expect(s.over(ctx, modemAt, recovery(failed))).To(beUpgraded())
			Expect(s.over(ctx, modemAt, s.upgrade(blocks(3), ""))).To(beUpgraded())
		}, enough)
	}

	It("“phone number”: the whole of it at the speed of a telephone line, and nothing is changed where nobody answers", func(ctx SpecContext) {
		s := tellWith(world.Meter{Phone: modem.DefaultNumber}, rig.Options{})
		s.Bench().Station().Modem().SetTrouble(modem.NoAnswer, true)
		unanswered := s.over(ctx, rig.Bench, s.upgrade(blocks(12), ""))
		Expect(unanswered.Claim).To(MatchError(phone.ErrNoAnswer))
		Expect(unanswered.Meter.FlashOps).To(BeZero())

		s.Bench().Station().Modem().SetTrouble(modem.NoAnswer, false)
		failed := s.upgrade(blocks(12), "abort at block 7")
		Expect(s.over(ctx, rig.Bench, failed).Claim).To(MatchError(client.ErrAborted))
		Expect(s.over(ctx, rig.Bench, recovery(failed))).To(beUpgraded())
	})
})
