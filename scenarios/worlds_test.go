package scenarios_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/specs"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
)

// noneViolatedIn tours worlds and wants every point to keep every invariant, and every kind of
// fault to strike.
func noneViolatedIn(ctx context.Context, t atlas.Tour) {
	GinkgoHelper()
	var broken bytes.Buffer
	points, kinds := 0, map[fault.Kind]int{}
	t.Workers = runtime.GOMAXPROCS(0)
	t.Surveyed = func(r *worlds.Row, s *atlas.Surveyed) {
		points += s.Points
		for k, n := range s.Kinds {
			kinds[k] += n
		}
		for _, b := range s.Broken {
			fmt.Fprintf(&broken, "# %s\nionbench replay '%s' --world %s\n", strings.Join(verdict.Texts(b.Violations), "; "), b.Plan, r.Name)
		}
	}
	all, err := t.Run(ctx)
	Expect(err).NotTo(HaveOccurred(), "surveying")
	AddReportEntry("tour", fmt.Sprintf("worlds=%d points=%d", len(all), points))
	if broken.Len() > 0 {
		specs.Leave("plans.txt", broken.Bytes())
	}
	Expect(broken.String()).To(BeEmpty(), "points that break an invariant, and the commands that repeat them")
	Expect(kinds).To(HaveLen(len(fault.Kinds())), "kinds of faults that strike")
	Expect(all).NotTo(ContainElement(BeNil()), "worlds that were left out")
}

// quick are the worlds with images of a few blocks.
func quick() []worlds.Row {
	return slices.DeleteFunc(slices.Clone(worlds.Pairs().Rows()), func(r worlds.Row) bool {
		return r.World().Firmware[0].ImageBytes() > 64<<10
	})
}

var _ = Describe("The atlas: whatever breaks, whatever world it is in", Label(sweep), func() {
	It("keeps every invariant, where faults of every kind strike in every phase of the upgrade, each world with some of them", func(ctx context.Context) {
		noneViolatedIn(ctx, atlas.Tour{Worlds: quick(), Parts: 60})
	})

	It("keeps every invariant, with all of these faults in every world", Label(full), func(ctx context.Context) {
		onlyWhenAskedFor()
		noneViolatedIn(ctx, atlas.Tour{Worlds: worlds.Pairs().Rows()})
	})
})
