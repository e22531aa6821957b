package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// byHand is every setting as a person wrote it down before.
func byHand(s *ion.Settings) map[int]ion.Value {
	values := make(map[int]ion.Value)
	for i, v := range s.Values {
		values[i] = v
	}
	return values
}

var _ = Describe("Article, Release Notice, no saved copy of the template", row("K16"), func() {
	for _, model := range []meter.Model{meter.ION7300, meter.ION7330, meter.ION7350} {
		It(fmt.Sprintf("“you can manually restore appropriate settings using the factory supplied template”: ION%v", model), func() {
			s := tell(rig.Setup{Model: model})
			had := *s.Setup().Settings
			failed := failUpgrade(s, "cable-pull at block 7")
			o := s.try(recoverAndSend(failed, factoryTemplate(s), 0))
			Expect(o).To(beUpgraded())
			Expect(had.Differs(&o.Meter.Settings)).To(Equal(ion.AllGroups), "groups that are to be restored")

			o = s.try(rig.Attempt{Task: client.TaskWriteSettings, Writes: byHand(&had)})
			Expect(o.Claim).NotTo(HaveOccurred(), "writing the settings")
			o = s.try(rig.Attempt{Task: client.TaskReadSettings})
			Expect(o.Claim).NotTo(HaveOccurred(), "reading the settings")
			Expect(o.Read).NotTo(BeNil())
			Expect(verdict.Lost(&had, o.Read, o.Cost.Time)).To(BeZero(), "groups that were read back different")
			Expect(o.Read.Template).To(Equal(meter.FactoryTemplateName(model, model.String()+"V283")), "the factory template is what the meter runs with")
		})
	}

	It("“manually restore appropriate settings”: only those of one group, and the others stay", func() {
		s := tell(rig.Setup{})
		had := *s.Setup().Settings
		s.recover(failUpgrade(s, "cable-pull at block 7"))
		writes := map[int]ion.Value{}
		for i, setting := range ion.SettingTable() {
			if setting.Group == ion.Nameplate {
				writes[i] = had.Values[i]
			}
		}
		o := s.try(rig.Attempt{Task: client.TaskWriteSettings, Writes: writes})
		Expect(o.Claim).NotTo(HaveOccurred(), "writing the settings")
		Expect(o.Meter.Lost).To(Equal(ion.Of(ion.Nameplate)), "groups that the writing changed")
		Expect(verdict.Lost(&had, &o.Meter.Settings, o.Cost.Time)).To(Equal(ion.AllGroups&^ion.Of(ion.Nameplate)), "groups that are not restored")
	})
})
