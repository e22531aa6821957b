package scenarios_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	files "ionbench/fixtures/cases"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/specs"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// full marks the specs that take minutes. They run where the label filter asks for them:
// `make sweep`.
const full = "full"

func onlyWhenAskedFor() {
	if !strings.Contains(GinkgoLabelFilter(), full) {
		Skip("takes minutes: `make sweep` runs it")
	}
}

// noneViolated sweeps and wants every point to keep every invariant.
func noneViolated(ctx context.Context, s atlas.Sweep) {
	GinkgoHelper()
	if testing.Short() {
		f := &s.World.Firmware[0]
		f.Bytes = min(f.Bytes, ion.BlockBytes+1)
		s.Spaces = slices.DeleteFunc(slices.Clone(s.Spaces), func(space string) bool { return space == "wire" })
	}
	a, err := s.Run(ctx)
	Expect(err).NotTo(HaveOccurred(), "sweeping")
	sum := a.Summary()
	AddReportEntry("sweep", sum.String())
	if sum.Violations > 0 {
		leaveAtlas(a)
	}
	Expect(a.Partial).To(BeFalse(), "points are missing")
	Expect(sum.Skipped).To(BeZero(), "points that were left out")
	Expect(sum.Violations).To(BeZero(), "points that break an invariant; the artifacts have their plans")
	Expect(sum.Points).To(BeNumerically(">", 100), "points")
}

// leaveAtlas leaves the atlas of a failed spec behind, and the plans that broke something
// with the commands that repeat them.
func leaveAtlas(a *atlas.Atlas) {
	GinkgoHelper()
	var file, plans bytes.Buffer
	Expect(a.Write(&file)).To(Succeed())
	for i := range a.Rows {
		r := &a.Rows[i]
		place := r.First
		for _, run := range r.Runs {
			if o := &a.Outcomes[max(run[1], 0)]; run[1] >= 0 && len(o.Violations) > 0 {
				plan := r.PlanAt(place)
				fmt.Fprintf(&plans, "# %d points from here on: %s\n%s\n# %s\n", run[0], strings.Join(verdict.Texts(o.Violations), "; "), plan, a.Config.Replay(plan, ""))
			}
			place += uint64(run[0])
		}
	}
	specs.Leave("atlas.json", file.Bytes())
	specs.Leave("plans.txt", plans.Bytes())
	AddReportEntry("plans", plans.String(), ReportEntryVisibilityFailureOrVerbose)
}

// worldOf is the world of a case.
func worldOf(name string) world.World {
	text, err := files.File(name)
	if err != nil {
		panic(err)
	}
	c, err := cases.Parse(text)
	if err != nil {
		panic(err)
	}
	return c.World
}

// inEverySpace sweeps all spaces that a world has.
func inEverySpace(w world.World) atlas.Sweep {
	s := atlas.Sweep{World: w}
	for _, space := range atlas.Spaces() {
		if atlas.CheckSpace(space[0], w) == nil {
			s.Spaces = append(s.Spaces, space[0])
		}
	}
	return s
}

func calledBy(number string) func(*world.World) {
	return func(w *world.World) { w.Meters[0].Phone = number }
}

var _ = Describe("The atlas: whatever breaks, wherever, “there is still a way to recover”", Label(sweep), func() {
	DescribeTable("every place of a small upgrade", noneViolated,
		Entry("every byte on the wire and every flash operation", atlas.Sweep{World: trial.World(8 << 10), Spaces: []string{"flash", "wire"}}),
		Entry("with a journal, across the boundary of two blocks", atlas.Sweep{World: trial.World(ion.BlockBytes+1, trial.WithJournal), Spaces: []string{"flash", "frame", "state"}}),
		Entry("every space, through the windows", inEverySpace(trial.World(300, trial.ThroughWindows))),
		Entry("by telephone, at every frame and answer", atlas.Sweep{World: trial.World(300, calledBy("5550107")), Spaces: []string{"phone", "state"}}),
		Entry("release 2.1, through the windows", atlas.Sweep{World: trial.World(300, trial.ThroughWindows, trial.By(client.Release21())), Spaces: []string{"flash", "state"}}),
		Entry("a second fault in what follows the first", atlas.Sweep{
			World: trial.World(300), Pairs: true,
			Faults: []string{"frame-lost at frame # to-meter", "power-loss at flash-op #"},
		}),
	)

	DescribeTable("every place of a whole upgrade", Label(full), func(ctx context.Context, s atlas.Sweep) {
		onlyWhenAskedFor()
		noneViolated(ctx, s)
	},
		Entry("256 KiB, every byte on the wire and every flash operation", atlas.Sweep{World: trial.World(256 << 10)}),
		Entry("256 KiB with a journal", atlas.Sweep{World: trial.World(256<<10, trial.WithJournal)}),
		Entry("64 KiB in every space, with a journal and through the windows", inEverySpace(trial.World(0, trial.WithJournal, trial.ThroughWindows))),
		Entry("64 KiB in every space", inEverySpace(trial.World(0))),
		Entry("64 KiB in every space, by telephone", inEverySpace(trial.World(0, calledBy("5550107")))),
		Entry("one of eight meters on a line that a head-end polls", atlas.Sweep{World: worldOf("line-of-eight"), Spaces: []string{"flash", "frame", "reply", "state"}}),
		Entry("2 KiB, every pair", atlas.Sweep{World: trial.World(2 << 10), Pairs: true}),
	)
})
