package specs

import (
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"ionbench/scenarios"
	"ionbench/scenarios/world"
)

// Bench is a [scenarios.Bench] for one spec.
type Bench struct{ *scenarios.Bench }

// New is [scenarios.New] in a spec. The spec fails if the world is invalid. If it fails later,
// the bench's artifacts are written.
func New(w world.World) Bench {
	ginkgo.GinkgoHelper()
	b, err := scenarios.New(w)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "making the bench")
	LeaveOnFailure(b.Artifacts)
	return Bench{b}
}

// Try is [scenarios.Bench.Try] in a spec. The spec fails if Try returns an error.
func (b Bench) Try(a scenarios.Attempt) *scenarios.Outcome {
	ginkgo.GinkgoHelper()
	o, err := b.Bench.Try(a)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	return o
}
