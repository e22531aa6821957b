package shrink

import (
	"fmt"
	"go/format"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/trial"
	"ionbench/simulator/meter"
)

// Spec is a subject as the source of a Ginkgo spec for the folder scenarios. Where the
// result broke an invariant, the spec wants that none is broken and fails until that is
// mended; otherwise it wants the class that the result has.
func Spec(s Subject, r *trial.Result) ([]byte, error) {
	if s.Config.Firmware != nil {
		return nil, errOwnFile
	}
	fields, imports := configSource(s.Config)
	name, want := "ends as "+r.Class.String(), fmt.Sprintf("\nExpect(r.Class.String()).To(Equal(%q))", r.Class)
	if r.Class == trial.Violated {
		name, want = "breaks no invariant, where once it broke "+SignatureOf(r).String(), ""
	}
	source := fmt.Sprintf(`package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	%s
)

var _ = Describe("A trial that was shrunk", func() {
	It(%q, func() {
		plans, err := trial.ParsePlans(%q)
		Expect(err).NotTo(HaveOccurred())
		r, err := trial.Try(trial.Config{%s}, plans, trial.Events)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Violations).To(BeEmpty(), "invariants")
		Expect(r.Unstruck).To(BeEmpty(), "faults that never struck")%s
	})
})
`, strings.Join(imports, "\n\t"), name+": "+s.Plans.String(), s.Plans.String(), strings.Join(fields, ", "), want)
	return format.Source([]byte(source))
}

// configSource is the fields of a configuration that are not at their defaults, as Go.
func configSource(c trial.Config) (fields, imports []string) {
	if c.Release == client.Release21() {
		fields = append(fields, "Release: client.Release21()")
		imports = append(imports, `"ionbench/client"`)
	}
	imports = append(imports, `"ionbench/scenarios/trial"`)
	if c.Model != 0 && c.Model != meter.ION7350 {
		fields = append([]string{"Model: meter.ION" + c.Model.String()}, fields...)
		imports = append(imports, `"ionbench/simulator/meter"`)
	}
	if c.Journal {
		fields = append(fields, "Journal: true")
	}
	if c.Windows {
		fields = append(fields, "Windows: true")
	}
	if c.ImageBytes != 0 && c.ImageBytes != trial.DefaultImageBytes {
		fields = append(fields, fmt.Sprintf("ImageBytes: %d", c.ImageBytes))
	}
	return fields, imports
}
