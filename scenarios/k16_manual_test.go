package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// byHand is every setting as a person wrote it down before.
func byHand(s *ion.Settings) []world.Write {
	var writes []world.Write
	for i, v := range s.Values {
		writes = append(writes, world.Write{Setting: i, Value: v})
	}
	return writes
}

// write is a person who writes settings by hand.
func write(writes []world.Write) world.Attempt {
	return world.Attempt{Tool: world.Tool{Task: client.TaskWriteSettings}, Person: world.Person{Writes: writes}}
}

var _ = Describe("Article, Release Notice, no saved copy of the template", row("K16"), func() {
	for _, model := range []meter.Model{meter.ION7300, meter.ION7330, meter.ION7350} {
		It(fmt.Sprintf("“you can manually restore appropriate settings using the factory supplied template”: ION%v", model), func() {
			s := tell(world.Meter{Model: model})
			had := *s.setUp()
			failed := failUpgrade(s, "cable-pull at block 7")
			o := s.try(s.recoverAndSend(failed, factoryTemplate(s), 0))
			Expect(o).To(beUpgraded())
			Expect(had.Differs(o.Meter.Settings)).To(Equal(ion.AllGroups), "groups that are to be restored")

			o = s.try(write(byHand(&had)))
			Expect(o.Claim).NotTo(HaveOccurred(), "writing the settings")
			o = s.try(world.Attempt{Tool: world.Tool{Task: client.TaskReadSettings}})
			Expect(o.Claim).NotTo(HaveOccurred(), "reading the settings")
			Expect(o.Read).NotTo(BeNil())
			Expect(verdict.Lost(&had, o.Read, o.Cost.Time)).To(BeZero(), "groups that were read back different")
			Expect(o.Read.Template).To(Equal(meter.FactoryTemplateName(model, model.String()+"V283")), "the factory template is what the meter runs with")
		})
	}

	It("“manually restore appropriate settings”: only those of one group, and the others stay", func() {
		s := tell(world.Meter{})
		had := *s.setUp()
		s.recover(failUpgrade(s, "cable-pull at block 7"))
		var writes []world.Write
		for i, setting := range ion.SettingTable() {
			if setting.Group == ion.Nameplate {
				writes = append(writes, world.Write{Setting: i, Value: had.Values[i]})
			}
		}
		o := s.try(write(writes))
		Expect(o.Claim).NotTo(HaveOccurred(), "writing the settings")
		Expect(o.Meter.Lost).To(Equal(ion.Of(ion.Nameplate)), "groups that the writing changed")
		Expect(verdict.Lost(&had, o.Meter.Settings, o.Cost.Time)).To(Equal(ion.AllGroups&^ion.Of(ion.Nameplate)), "groups that are not restored")
	})
})
