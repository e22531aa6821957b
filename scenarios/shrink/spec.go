package shrink

import (
	"fmt"
	"go/format"
	"strconv"
	"strings"

	"ionbench/scenarios/trial"
)

// Spec returns a subject as the source of a Ginkgo spec for the folder scenarios. If the result
// broke an invariant, the spec demands that none is broken, and fails until the cause is
// repaired. If not, the spec demands the class of the result.
func Spec(s Subject, r *trial.Result) ([]byte, error) {
	if ownFile(s.World) {
		return nil, errOwnFile
	}
	w := s.World.Trimmed()
	name, want := "ends as "+r.Class.String(), fmt.Sprintf("\nExpect(r.Class.String()).To(Equal(%q))", r.Class)
	if r.Class == trial.Violated {
		name, want = "breaks no invariant, where once it broke "+SignatureOf(r).String(), ""
	}
	source := fmt.Sprintf(`package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

var _ = Describe("A trial that was shrunk", func() {
	It(%q, func() {
		plans, err := trial.ParsePlans(%q)
		Expect(err).NotTo(HaveOccurred())
		w, err := world.Parse([]byte(%s))
		Expect(err).NotTo(HaveOccurred())
		r, err := trial.Try(*w, plans, rig.Events)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Violations).To(BeEmpty(), "invariants")
		Expect(r.Unstruck).To(BeEmpty(), "faults that never struck")%s
	})
})
`, name+": "+s.Plans.String(), s.Plans.String(), literal(w.String()), want)
	return format.Source([]byte(source))
}

// literal returns a text of several lines as a Go literal.
func literal(text string) string {
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}
