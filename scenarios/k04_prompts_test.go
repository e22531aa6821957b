package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/world"
)

// atTheTool is a person who starts the tool, connects and upgrades from Setup Assistant.
func atTheTool(a world.Attempt) world.Attempt {
	a.Task = client.TaskConnect
	a.Single = true
	a.Connections = 1
	a.Assistant = []client.Choice{client.Upgrade}
	return a
}

var _ = Describe("Article 1, after the last try", row("K4", faultCable), func() {
	for _, release := range []client.Release{client.Release21(), client.Release22()} {
		DescribeTable("“Exit this screen and you will be advised that communication has been lost … Press OK and you will be prompted again”: "+release.String(),
			func(plan string) {
				s := tell(world.Meter{})
				a := atTheTool(s.upgrade(blocks(12), plan))
				a.Release = release
				o := s.try(a)
				Expect(o.Prompts).To(Equal([]client.Prompt{
					client.ConnectionType, client.SetupAssistant, client.ChooseFirmware,
					client.UpgradeFailed, client.CommunicationLost, client.ConnectionType,
				}))
				Expect(o.Claim).To(MatchError(client.ErrNoResponse))
				Expect(o.Meter.LCD).To(Equal("Upgrading…"), "what the meter still shows")
			},
			EntryDescription("%[1]s"),
			Entry(nil, "cable-pull at block 1"),
			Entry(nil, "cable-pull at block 7"),
			Entry(nil, "cable-pull at state erasing"),
			Entry(nil, "cable-pull from-meter at block 12"),
			Entry(nil, "cable-pull at state verifying"),
		)
	}

	It("“You will see the following screen once an upgrade has failed”: no window of lost communication where none was lost", func() {
		s := tell(world.Meter{})
		a := atTheTool(s.upgrade(blocks(12), "abort at block 7"))
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{
			client.ConnectionType, client.SetupAssistant, client.ChooseFirmware, client.UpgradeFailed, client.ConnectionType,
		}))
		Expect(o.Meter.LCD).To(Equal("Upgrading…"))
	})

	It("“you will be prompted again”: the same process can go on, and has not forgotten the settings", func() {
		s := tell(world.Meter{})
		// The tool gives up after 113 s and asks five times, ten seconds each, when OK is
		// pressed once more: by then the cable is back.
		a := atTheTool(s.upgrade(blocks(12), "cable-pull at block 7 for 2m"))
		a.Connections = 2
		o := s.try(a)
		Expect(o.Prompts).To(Equal([]client.Prompt{
			client.ConnectionType, client.SetupAssistant, client.ChooseFirmware,
			client.UpgradeFailed, client.CommunicationLost, client.ConnectionType,
			client.RecoverUpgrade, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted, client.ConnectionType,
		}))
		Expect(o).To(beUpgraded())
		Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
	})
})
