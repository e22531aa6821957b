package specs

import (
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"ionbench/scenarios"
	"ionbench/scenarios/world"
)

// Bench is a [scenarios.Bench] of one spec.
type Bench struct{ *scenarios.Bench }

// New is [scenarios.New] in a spec, which fails if the world cannot be. If the spec fails
// later, it leaves the bench's artifacts.
func New(w world.World) Bench {
	ginkgo.GinkgoHelper()
	b, err := scenarios.New(w)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "making the bench")
	LeaveOnFailure(b.Artifacts)
	return Bench{b}
}

// Try is [scenarios.Bench.Try] in a spec, which fails if the attempt did not come out as it
// should.
func (b Bench) Try(a scenarios.Attempt) *scenarios.Outcome {
	ginkgo.GinkgoHelper()
	o, err := b.Bench.Try(a)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	return o
}
