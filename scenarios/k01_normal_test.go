package scenarios_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// blocks is the size of an image of n full blocks.
func blocks(n int) int { return n * ion.BlockBytes }

// lines are the lines of an attempt's log that are of these kinds, as printed.
func lines(o *rig.Outcome, kinds ...upgradelog.Kind) []string {
	GinkgoHelper()
	log, err := upgradelog.Parse(o.Log)
	Expect(err).NotTo(HaveOccurred(), "reading the log")
	var texts []string
	for _, e := range log.Entries {
		for _, k := range kinds {
			if e.Kind == k {
				texts = append(texts, e.Line.String())
			}
		}
	}
	return texts
}

// told are the texts of the events of one kind, in order.
func told(trace []story.Event, source story.Source, kind string) []string {
	var texts []string
	for _, e := range trace {
		if e.Source == source && e.What.Kind() == kind {
			texts = append(texts, e.What.Details())
		}
	}
	return texts
}

// heard counts the frames of a trace that the meter sent or received: those that it was
// asked while it booted are neither.
func heard(trace []story.Event) uint64 {
	const byteTime = 10 * time.Second / 9600
	n := uint64(0)
	for _, e := range trace {
		f, ok := e.What.(story.FrameSent)
		arrived := e.At + time.Duration(len(f.Bytes))*byteTime
		if ok && (f.Direction == line.FromMeter || stateAt(trace, arrived) != meter.Booting) {
			n++
		}
	}
	return n
}

func stateAt(trace []story.Event, at time.Duration) meter.State {
	state := meter.Application
	for _, e := range trace {
		if w, ok := e.What.(story.StateEntered); ok && e.At <= at {
			state = w.State
		}
	}
	return state
}

// tenPairs is the log's progress without a single resend.
func tenPairs() []string {
	var pairs []string
	for percent := 10; percent <= 100; percent += 10 {
		pairs = append(pairs, fmt.Sprintf("%d%% completed", percent), "Comm efficiency = 100.0%")
	}
	return pairs
}

// beUpgraded: the meter runs the image of the attempt.
func beUpgraded() OmegaMatcher {
	return And(
		HaveField("Claim", BeNil()),
		HaveField("Meter.State", meter.Application),
		HaveField("Meter.Image", BeTrue()),
		HaveField("Meter.Revision", HaveSuffix("V283")),
	)
}

var _ = Describe("Article 1, during normal operation", row("K1"), func() {
	const size = 30 // blocks

	It("“the meter will display the text Upgrading… on the LCD screen”, from entering download state until the restart", func() {
		s := tell(world.Meter{})
		s.begin(s.upgrade(blocks(size), ""))
		var shown []string
		for more := true; more; more = !s.Bench().Host().Done() && s.Bench().Step() {
			panel, state := s.Meter().Panel(), s.Meter().State()
			Expect(panel.LCD == "Upgrading…").To(Equal(state >= meter.Download), "the display is %q in state %v", panel.LCD, state)
			if len(shown) == 0 || shown[len(shown)-1] != panel.LCD {
				shown = append(shown, panel.LCD)
			}
		}
		o := s.finish()
		Expect(shown).To(Equal([]string{"ION7350", "Upgrading…", "ION7350"}))

		// The display changes at the loader's start and at its end, and at no other time.
		var changes []string
		for i, e := range o.Trace {
			if e.What.Kind() == "lcd" {
				changes = append(changes, e.What.Details()+" at state "+o.Trace[i-1].What.Details())
			}
		}
		Expect(changes).To(Equal([]string{"Upgrading… at state download", "ION7350 at state booting"}))
		Expect(lines(o, upgradelog.Verified, upgradelog.Restarted)).To(HaveLen(2))
	})

	It("“the communication LED (L2) will be toggling as communication traffic goes back and forth”: once with each frame", func() {
		s := tellWith(world.Meter{}, rig.Options{Trace: rig.FrameTrace})
		s.begin(s.upgrade(blocks(size), ""))
		lit := s.Meter().Panel()
		for !s.Bench().Host().Done() && s.Bench().Step() {
			panel := s.Meter().Panel()
			Expect(panel.Edges-lit.Edges).To(BeNumerically("<=", 1), "edges in one instant")
			Expect(panel.L2 != lit.L2).To(Equal(panel.Edges != lit.Edges), "the LED at edge %d", panel.Edges)
			lit = panel
		}
		o := s.finish()
		Expect(heard(o.Trace)).To(BeNumerically(">", 2*32*size), "32 frames a block, each answered")
		Expect(o.Meter.L2Edges).To(Equal(heard(o.Trace)))
	})

	It("“the Firmware Upgrade dialog box in ION Setup will show status updates every 10%”: ten pairs in the log, and to the person", func() {
		s := tell(world.Meter{})
		o := s.try(s.upgrade(blocks(size), ""))
		Expect(lines(o, upgradelog.Completed, upgradelog.Efficiency)).To(Equal(tenPairs()))
		Expect(told(o.Trace, story.Host, "log")).To(ContainElements(tenPairs()))
		Expect(lines(o, upgradelog.Resending, upgradelog.Retrying)).To(BeEmpty())
	})

	DescribeTable("the new revision runs, and the event log tells of it",
		func(model meter.Model, imageBytes int) {
			s := tell(world.Meter{Model: model, SerialNumber: fmt.Sprintf("PC-%d-01", model)})
			o := s.try(s.upgrade(imageBytes, ""))
			Expect(o).To(beUpgraded())
			Expect(o.Meter.Revision).To(Equal(fmt.Sprintf("%dV283", model)))
			Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
			var texts []string
			for _, e := range o.Meter.EventLog {
				texts = append(texts, e.Text)
			}
			Expect(texts).To(Equal([]string{"Device power-up", "Device power-up", "Factory initialize performed", "Firmware upgrade performed"}))
			Expect(o.Prompts).To(Equal([]client.Prompt{client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted}))
		},
		Entry("ION7300, one byte", meter.ION7300, 1),
		Entry("ION7330, a block and a byte", meter.ION7330, blocks(1)+1),
		Entry("ION7350, 30 blocks", meter.ION7350, blocks(size)),
		Entry("ION7350, all that its flash holds", meter.ION7350, 61*64<<10),
	)
})
