// Package specs is for your own Ginkgo suites that test upgraders: attempts that fail the spec
// if something is wrong, matchers, and files that a failed spec writes.
//
//	var suite *testing.T // virtual time needs one
//
//	func TestUpgrader(t *testing.T) {
//		suite = t
//		RegisterFailHandler(Fail)
//		RunSpecs(t, "our upgrader")
//	}
//
//	It("gets over a cable that is out for three answers", func() {
//		meter := specs.New(world.World{})
//		ours := scenarios.Blocking(suite, func(conn net.Conn) error { return upgrade(conn, meter.Firmware()) })
//		Expect(meter.Try(scenarios.Attempt{Plan: "cable-pull at block 5 for 3 no-responses", By: ours})).To(specs.HaveUpgraded())
//	})
//
// A spec that fails writes the trace, the plans, the log and the command that repeats it into the
// folder of [Folder], and names the files in its report.
//
// Package ionbench/scenarios explains the rest. A test without Ginkgo and Gomega needs only that
// package.
package specs
