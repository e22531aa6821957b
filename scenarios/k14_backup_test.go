package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

var _ = Describe("Article, Release Notice", row("K14"), func() {
	It("“during upgrade, the settings of the template are temporarily backed up to the computer”: after it each ticked group is as before, each unticked one at its default; 32 combinations", Label(sweep), func() {
		before := tell(world.Meter{})
		before.put(blocks(4))
		custom := *before.setUp()
		defaults := meter.FactoryTemplate(meter.ION7350, "7350V283")
		Expect(custom.Differs(&defaults)).To(Equal(ion.AllGroups), "groups that somebody had set up")
		for _, ticked := range allBoxes() {
			s := before.clone()
			a := upgrade("")
			a.Unticked = ion.AllGroups &^ ticked
			o := s.try(a)
			Expect(o).To(beUpgraded(), "with %v ticked", ticked)
			Expect(o.Meter.Lost).To(Equal(ion.AllGroups&^ticked), "groups other than before, with %v ticked", ticked)
			Expect(verdict.Lost(&defaults, o.Meter.Settings, o.Cost.Time)).To(Equal(ticked), "groups other than the defaults, with %v ticked", ticked)
			Expect(o.Meter.Settings.Template).To(Equal(custom.Template), "the template's name, with %v ticked", ticked)
		}
	})
})
