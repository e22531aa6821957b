package scenarios_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// factoryTemplate is the factory supplied template of the rig's meter.
func factoryTemplate(s *plot) *dcf.File {
	GinkgoHelper()
	f, err := templates.Factory(s.World().Meters[0].Model.String())
	Expect(err).NotTo(HaveOccurred(), "the factory supplied template")
	return f
}

// settingsIn are all settings of a template.
func settingsIn(f *dcf.File) ion.Settings {
	GinkgoHelper()
	var s ion.Settings
	s.Template, _, _ = f.Get("template", "name")
	for i, setting := range ion.SettingTable() {
		text, _, ok := f.Get(setting.Group.Key(), setting.Key)
		Expect(ok).To(BeTrue(), "%s in [%s]", setting.Key, setting.Group.Key())
		v, err := setting.Parse(text)
		Expect(err).NotTo(HaveOccurred(), "%s in [%s]", setting.Key, setting.Group.Key())
		s.Values[i] = v
	}
	return s
}

// allBoxes are the 32 ways to tick the boxes of Template Paste Options.
func allBoxes() []ion.Groups {
	var all []ion.Groups
	for g := ion.Groups(0); g <= ion.AllGroups; g++ {
		all = append(all, g)
	}
	return all
}

// recoverAndSend is the article's second part from beginning to end: recovery, then a
// template, in one process of the tool.
func (s *plot) recoverAndSend(failed world.Attempt, f *dcf.File, ticked ion.Groups) world.Attempt {
	s.PutTemplate(world.Template{Own: f})
	a := recovery(failed)
	a.Connections = 2
	a.Assistant = []client.Choice{client.OK}
	a.Unticked = ion.AllGroups &^ ticked
	return a
}

// sendTemplate is a person who starts the tool anew and sends a template.
func (s *plot) sendTemplate(f *dcf.File, ticked ion.Groups) world.Attempt {
	s.PutTemplate(world.Template{Own: f})
	return world.Attempt{
		Tool:   world.Tool{Task: client.TaskConnect, Single: true},
		Person: world.Person{Connections: 1, Assistant: []client.Choice{client.OK}, Unticked: ion.AllGroups &^ ticked},
	}
}

var _ = Describe("Article 2, “upload the appropriate template to the device”", row("K12"), func() {
	It("“Press Exit and you will be returned to the Select Connection Type screen … Setup Assistant … Send … select the … Template … Template Paste Options … successfully applied … returned to the Setup Assistant window”", func() {
		s := tell(world.Meter{})
		failed := failUpgrade(s, "cable-pull at block 7")
		o := s.try(s.recoverAndSend(failed, templates.PlantA(), ion.AllGroups))
		Expect(o).To(beUpgraded())
		Expect(o.Prompts).To(Equal([]client.Prompt{
			client.ConnectionType, client.RecoverUpgrade, client.ChooseFirmware, client.UpgradeCompleted,
			client.ConnectionType, client.SetupAssistant, client.SendTemplate, client.ChooseTemplate, client.PasteOptions, client.TemplateApplied,
			client.SetupAssistant,
		}))
	})

	for _, sent := range []struct {
		name string
		file func(*plot) *dcf.File
	}{
		{"factory supplied template", factoryTemplate},
		{"template of plant A", func(*plot) *dcf.File { return templates.PlantA() }},
	} {
		It("“The check boxes … can be left checked or not as they have no effect … PT/CT settings, Clock Settings, Nameplate Settings, Energy Readings, ITC Settings … will not be retained”: "+
			"32 combinations and the "+sent.name, Label(sweep), func() {
			before := tell(world.Meter{})
			failed := failUpgrade(before, "cable-pull at block 7")
			file := sent.file(before)
			want := settingsIn(file)
			var first []byte
			for _, ticked := range allBoxes() {
				s := before.clone()
				o := s.try(s.recoverAndSend(failed, file, ticked))
				Expect(o).To(beUpgraded(), "with %v ticked", ticked)
				got := o.Meter.Settings
				Expect(got.Template).To(Equal(want.Template), "with %v ticked", ticked)
				Expect(verdict.Lost(&want, got, time.Hour)).To(BeZero(), "groups other than in the file, with %v ticked", ticked)
				Expect(before.setUp().Differs(got)).To(Equal(ion.AllGroups), "what somebody had set up, with %v ticked", ticked)
				if first == nil {
					first = ion.AppendSettings(nil, got)
				}
				Expect(ion.AppendSettings(nil, got)).To(Equal(first), "the meter with %v ticked, against none", ticked)
			}
		})
	}

	It("“custom settings saved to your template are not retained”: before any template is sent, all five groups are at the factory template's defaults", func() {
		s := tell(world.Meter{})
		o := s.recover(failUpgrade(s, "cable-pull at block 7"))
		want := meter.FactoryTemplate(meter.ION7350, "7350V283")
		Expect(verdict.Lost(&want, o.Meter.Settings, o.Cost.Time)).To(BeZero(), "groups other than the defaults")
		Expect(o.Meter.Settings.Template).To(Equal(want.Template))
	})
})
